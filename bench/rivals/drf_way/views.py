"""Lists, one household, searches, counts; submitting and deciding; signing in."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import APIException, NotAuthenticated, PermissionDenied
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.domain.actors import Actor, Role
from app.domain.errors import Conflict, Refusal
from app.domain.proposals import ProposalAction, ProposalState
from app.domain.regions import Region as Reach
from app.domain.workflow import Step
from bench.rivals import rules
from bench.rivals.drf_way import serializers
from bench.rivals.drf_way.access import Known
from bench.rivals.drf_way.models import (
    FAMILIES_THERE,
    MEMBERS_THERE,
    Account,
    AuditEntry,
    Household,
    Member,
    Proposal,
    RefreshToken,
    Region,
    SignIn,
    head_name,
    member_count,
)


class Households(ListAPIView):
    serializer_class = serializers.HouseholdLine

    def get_queryset(self) -> QuerySet[Household]:
        reach = Household.objects.within(self.request.user)
        told = {"head_name": head_name("id"), "member_count": member_count()}
        return reach.order_by("scope_code", "id").annotate(**told)


class OneHousehold(RetrieveAPIView):
    serializer_class = serializers.HouseholdView

    def get_queryset(self) -> QuerySet[Household]:
        return (
            Household.objects.within(self.request.user)
            .select_related("village")
            .prefetch_related(FAMILIES_THERE, MEMBERS_THERE, "surveys", "proposals", "recipients")
        )


class Members(APIView):
    def post(self, request: Request) -> Response:
        asked = serializers.Search(data=request.data)
        asked.is_valid(raise_exception=True)
        limit = asked.validated_data["limit"]
        found = (
            _asked(asked.validated_data)
            .within(request.user)
            .select_related("village")
            .annotate(head_name=head_name("household_id"))
        )[: limit + 1]
        context = {"matched_by": "nik" if "nik" in asked.validated_data else "name"}
        hits = serializers.MemberHit(found[:limit], many=True, context=context)
        return Response({"more": len(found) > limit, "items": hits.data})


def _asked(search: dict[str, Any]) -> QuerySet[Member]:
    if "nik" in search:
        return Member.objects.filter(nik=search["nik"])
    return Member.objects.filter(name__icontains=search["name"]).order_by("name", "id")


class Proposals(ListAPIView):
    serializer_class = serializers.ProposalLine

    def get_queryset(self) -> QuerySet[Proposal]:
        actor = self.request.user
        found = Proposal.objects.within(actor).order_by("scope_code", "id")
        if self.request.query_params.get("open_to_me") == "true":
            found = found.filter(state__in=rules.waits_for(actor))
        return found.annotate(head_name=head_name("household_id"))


class Counts(APIView):
    permission_classes = (Known,)

    def get(self, request: Request) -> Response:
        actor = request.user
        region = Region.objects.get(scope_code=actor.region.first)
        counted = (
            Proposal.objects.within(actor)
            .order_by()
            .values_list("state")
            .annotate(Count("id"), Min("state_since"))
        )
        found = {state: (count, oldest) for state, count, oldest in counted}
        mine = rules.waits_for(actor)
        states = []
        for state in ProposalState:
            count, oldest = found.get(state, (0, None))
            waiting = None if rules.has_ended(state) else oldest
            states.append(
                {
                    "state": state,
                    "count": count,
                    "oldest_waiting_since": waiting,
                    "open_to_me": state in mine,
                }
            )
        return Response({"region_code": region.code, "region_name": region.name, "states": states})


# --- steps


class Outdated(APIException):
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "changed meanwhile"


class NotNow(APIException):
    status_code = status.HTTP_409_CONFLICT


class Submit(APIView):
    permission_classes = (Known,)

    @transaction.atomic
    def post(self, request: Request, pk: UUID) -> Response:
        proposal, now = _held(request, pk), timezone.now()
        step = _step(proposal, ProposalAction.SUBMIT, request.user)
        changes = {
            "/submitted_by": [
                proposal.submitted_by and str(proposal.submitted_by),
                str(request.user.id),
            ],
            "/submitted_at": [
                proposal.submitted_at and proposal.submitted_at.isoformat(),
                now.isoformat(),
            ],
        }
        proposal.submitted_by, proposal.submitted_at = request.user.id, now
        return _take(proposal, step, changes, now)


class Decide(APIView):
    permission_classes = (Known,)

    @transaction.atomic
    def post(self, request: Request, pk: UUID) -> Response:
        asked = serializers.DecisionRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        proposal = _held(request, pk)
        step = _step(proposal, ProposalAction(asked.validated_data["verdict"]), request.user)
        return _take(proposal, step, {}, timezone.now())


def _held(request: Request, pk: UUID) -> Proposal:
    proposal = get_object_or_404(Proposal.objects.within(request.user).select_for_update(), pk=pk)
    if f'"{proposal.version}"' != request.headers.get("If-Match"):
        raise Outdated
    return proposal


def _step(proposal: Proposal, action: ProposalAction, actor: Actor) -> Step[Any, Any]:
    try:
        return rules.step(proposal.state, action, actor)
    except Conflict as refusal:
        raise NotNow(str(refusal)) from None
    except Refusal as refusal:
        raise PermissionDenied(str(refusal)) from None


def _take(
    proposal: Proposal,
    step: Step[ProposalState, ProposalAction],
    changes: dict[str, Any],
    now: datetime,
) -> Response:
    proposal.state, proposal.state_since = step.target, now
    proposal.version, proposal.updated_at = proposal.version + 1, now
    proposal.save(
        update_fields=[
            "state",
            "state_since",
            "version",
            "updated_at",
            "submitted_by",
            "submitted_at",
        ]
    )
    entry = AuditEntry.objects.create(
        workflow=step.workflow,
        subject_id=proposal.id,
        scope_code=proposal.scope_code,
        action=step.action,
        source=step.source,
        target=step.target,
        version=proposal.version,
        actor_id=step.actor.id,
        actor_role=step.actor.role,
        actor_region_code=step.actor.region.code,
        channel="http",
        request_id=str(uuid4()),
        grounds=rules.said({}),
        changes=rules.said(changes),
    )
    entry.refresh_from_db(fields=["seq", "at", "prev_hash", "hash"])
    return Response(serializers.AuditEntryView(entry).data, status.HTTP_201_CREATED)


# --- the door


class SignInView(APIView):
    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request) -> Response:
        grant = serializers.PasswordGrant(data=request.data)
        grant.is_valid(raise_exception=True)
        username, password = grant.validated_data["username"], grant.validated_data["password"]
        account = Account.objects.filter(username=username.casefold(), state="active").first()
        if account is None or not rules.fits(password, account.password_hash):
            raise NotAuthenticated
        return Response(_let_in(account))


def _let_in(account: Account) -> dict[str, Any]:
    now, refresh_token = timezone.now(), rules.refresh_token()
    held = account.assignments.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=now), begins_at__lte=now
    )
    if len(held) != 1:
        raise NotNow("none or several assignments")
    (assignment,) = held
    region = Region.objects.filter(code=assignment.region_code).first()
    with transaction.atomic():
        begun = SignIn.objects.create(
            account_id=account.id,
            assignment_id=assignment.id,
            session_version=account.session_version,
            started_at=now,
            ends_at=now + timedelta(hours=rules.SIGN_IN_LIVES_FOR),
        )
        RefreshToken.objects.create(
            token_hash=sha256(refresh_token.encode()).digest(),
            sign_in=begun,
            issued_at=now,
            expires_at=now + timedelta(hours=rules.REFRESH_LIVES_FOR),
        )
    actor = Actor(account.id, Role(assignment.role), Reach(assignment.region_code))
    return {
        "access_token": rules.token_for(actor, account.session_version),
        "token_type": "Bearer",
        "expires_in": rules.LIVES_FOR,
        "refresh_token": refresh_token,
        "role": actor.role,
        "region": {
            "code": assignment.region_code,
            "name": region.name if region else "Indonesia",
        },
        "assignment_id": assignment.id,
    }
