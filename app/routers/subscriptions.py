"""Webhooks: `/v1/subscriptions`, and the secret of each."""

import json
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from app.commands.subscriptions import Rules, Wanted, amend, ping, rotate, subscribe, take
from app.db import subscriptions
from app.db.audit import MovedMeanwhile
from app.db.pages import Asked
from app.db.sessions import reading_in
from app.domain.actors import Role
from app.domain.changes import FORM, Change, Cursor
from app.domain.diagrams import as_markdown
from app.domain.errors import Outdated
from app.domain.extracts.columns import Resource, ResourceNotGranted
from app.domain.regions import OutsideYourRegion
from app.domain.sight import ReadsNobody
from app.domain.subscriptions import (
    MOST_EVENTS,
    SECRETS_OVERLAP,
    SUBSCRIPTIONS,
    CursorNotFit,
    Form,
    SubscriptionAction,
    SubscriptionEnded,
    SubscriptionNotFound,
    SubscriptionState,
    TooManySubscriptions,
)
from app.domain.targets import LONGEST, TargetRefused
from app.domain.workflow import ActionNotOpen, Ground, RoleMayNot
from app.routers.access import (
    AccessNow,
    After,
    CurrentActor,
    IfMatch,
    LanguageAsked,
    Limit,
    ReadingNow,
    ToldOnce,
    Transaction,
    WritingRoute,
    answer_page,
    answer_versioned,
    etag,
)
from app.routers.audit import AuditEntryView, answer_step
from app.routers.problems import VersionNotNamed, refuses
from app.routers.shapes import Line, RegionCode, Shape

PATH = "/v1/subscriptions"
router = APIRouter(prefix=PATH, tags=["subscriptions"], route_class=WritingRoute)

Url = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST, strict=True, strip_whitespace=False),
    Field(
        description="Where messages are posted to: https, a public address, port 443 or above "
        "1023, no user or password. Redirects are not followed.",
        examples=["https://dinsos.bantenprov.example/siks"],
    ),
]
Place = Annotated[
    str,
    StringConstraints(pattern=f"^{FORM}$", max_length=40, strict=True),
    Field(description="A cursor of changes, `xid.id`.", examples=["81234.0"]),
]
Event = Annotated[
    str,
    StringConstraints(pattern=rf"^({'|'.join(Resource)})\.(\*|{'|'.join(Change)})$", strict=True),
]
Events = Annotated[
    list[Event],
    Field(
        min_length=1,
        max_length=MOST_EVENTS,
        description="What is told, by resource and change; `members.*` is all of members.",
        examples=[["members.*", "households.left"]],
    ),
    AfterValidator(lambda events: list(dict.fromkeys(events))),
]


class SubscriptionDraft(Shape):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "url": "https://dinsos.bantenprov.example/siks",
                    "events": ["members.*", "households.left"],
                    "region_code": "36",
                    "description": "Gudang data Dinas Sosial",
                }
            ]
        }
    )

    url: Url
    events: Events
    region_code: RegionCode | None = Field(default=None, description="A part of yours; none: all.")
    form: Form = Field(default=Form.STANDARD, description="How messages are written.")
    description: Line | None = None
    after: Place | None = Field(
        default=None,
        description="Where it begins: the `changes_after` of an extract; none: now.",
    )

    def wanted(self) -> Wanted:
        after = Cursor.read(self.after) if self.after else None
        return Wanted(self.url, self.events, self.region_code, self.form, self.description, after)


class SubscriptionFields(Shape):
    url: Url = ""
    events: Events = Field(default=[])
    region_code: RegionCode = ""
    description: Line | None = None

    def sent(self) -> dict[str, object]:
        return self.model_dump(exclude_unset=True)


class OpenSubscriptionAction(BaseModel):
    action: SubscriptionAction
    needs: list[Ground]
    targets: list[SubscriptionState]


class SubscriptionProblem(BaseModel):
    """Why the service stopped."""

    code: str
    title: str
    detail: str


class SubscriptionView(BaseModel):
    version: int
    id: UUID
    state: SubscriptionState
    url: str
    events: list[str]
    form: Form
    region_code: str = Field(description="What is followed; empty for the nation.")
    description: str | None
    owner: UUID
    role: Role
    after: str = Field(description="Everything up to here was taken.")
    message_id: UUID | None = Field(description="The message that is on its way.")
    attempts: int = Field(description="Of that message, in vain.")
    next_attempt_at: datetime | None
    failing_since: datetime | None
    former_secret_until: datetime | None = Field(
        description="Until then messages are signed with the former secret too."
    )
    problem: SubscriptionProblem | None
    created_at: datetime
    updated_at: datetime
    open_actions: list[OpenSubscriptionAction]


class SubscriptionPage(BaseModel):
    next: str | None = Field(description="Send it as `after` for the next page; null: the last.")
    items: list[SubscriptionView]


class NewSubscription(SubscriptionView):
    secret: str | None = Field(description="`whsec_...`, shown once; null: in a repeat.")


class SecretOrder(Shape):
    overlap_hours: Annotated[int, Field(ge=0, le=168, strict=True)] = Field(
        default=SECRETS_OVERLAP // timedelta(hours=1),
        description="How long messages are signed with the former secret too; 0 where it leaked.",
    )


class NewSecret(BaseModel):
    secret: str | None = Field(description="`whsec_...`, shown once; null: in a repeat.")


class PingQueued(BaseModel):
    message_id: UUID = Field(description="Its `webhook-id`; see the deliveries.")


class PlainStep(Shape):
    action: Literal[SubscriptionAction.PAUSE, SubscriptionAction.RESUME, SubscriptionAction.END]

    def place(self) -> Cursor | None:
        return None


class ReplayStep(Shape):
    action: Literal[SubscriptionAction.REPLAY]
    after: Place = Field(description="What came behind here is sent once more, in new messages.")

    def place(self) -> Cursor | None:
        return Cursor.read(self.after)


SubscriptionStep = Annotated[PlainStep | ReplayStep, Field(discriminator="action")]


async def rules_of(request: Request) -> Rules:
    rules: Rules = request.app.state.webhooks
    return rules


RulesNow = Annotated[Rules, Depends(rules_of)]

WHO = (RoleMayNot, ReadsNobody)
CHECKED = (TargetRefused, ResourceNotGranted, OutsideYourRegion)
CHANGED = (ActionNotOpen, MovedMeanwhile, Outdated, VersionNotNamed)


@router.post(
    "",
    status_code=201,
    response_model=NewSubscription,
    responses=refuses(*WHO, *CHECKED, TooManySubscriptions, CursorNotFit),
)
async def create_subscription(
    draft: SubscriptionDraft,
    actor: CurrentActor,
    session: Transaction,
    language: LanguageAsked,
    rules: RulesNow,
) -> Response:
    """Have the changes of your region posted to an address of yours, signed (Standard Webhooks).

    The secret stands in this answer and nowhere else. You are sent what `GET /v1/changes` would
    give you: at least once, in order, as long as you may read it. `docs/webhooks.md` says more.
    """
    made, secret = await subscribe(session, draft.wanted(), by=actor, rules=rules)
    body = await subscriptions.document(
        await reading_in(session), made.id, within=actor.region, seen_by=actor, language=language
    )
    return _told_once(body, secret, {"Location": f"{PATH}/{made.id}", "ETag": etag(made.version)})


def _told_once(body: str, secret: str, headers: dict[str, str] | None = None) -> Response:
    said: dict[str, Any] = json.loads(body)
    told, kept = ({**said, "secret": each} for each in (secret, None))
    return ToldOnce(json.dumps(told), kept=json.dumps(kept), headers=headers)


@router.get("", response_model=SubscriptionPage, responses=refuses())
async def list_subscriptions(
    request: Request,
    actor: CurrentActor,
    reading: ReadingNow,
    after: After,
    language: LanguageAsked,
    state: Annotated[SubscriptionState | None, Query()] = None,
    limit: Limit = 50,
) -> Response:
    """Your subscriptions; for an administrator, those of all who are in the region."""
    asked = Asked(after, limit, {"state = {}": state})
    body = await subscriptions.list_page(
        reading, asked, within=actor.region, seen_by=actor, language=language
    )
    return answer_page(request, body)


@router.get(
    "/{subscription_id}",
    response_model=SubscriptionView,
    responses=refuses(SubscriptionNotFound),
)
async def read_subscription(
    subscription_id: UUID, actor: CurrentActor, reading: ReadingNow, language: LanguageAsked
) -> Response:
    """A subscription: how far it has come, and why the service stopped, if it did."""
    return answer_versioned(
        await subscriptions.document(
            reading, subscription_id, within=actor.region, seen_by=actor, language=language
        )
    )


@router.patch(
    "/{subscription_id}",
    response_model=SubscriptionView,
    responses=refuses(SubscriptionNotFound, *WHO, *CHECKED, *CHANGED),
)
async def change_subscription(
    subscription_id: UUID,
    fields: SubscriptionFields,
    actor: CurrentActor,
    session: Transaction,
    language: LanguageAsked,
    version: IfMatch,
    rules: RulesNow,
) -> Response:
    """Change the fields you send. A message that is on its way goes to the new address."""
    await amend(session, subscription_id, fields.sent(), by=actor, version=version, rules=rules)
    return answer_versioned(
        await subscriptions.document(
            await reading_in(session),
            subscription_id,
            within=actor.region,
            seen_by=actor,
            language=language,
        )
    )


@router.post(
    "/{subscription_id}/steps",
    status_code=201,
    response_model=AuditEntryView,
    description="Pause a subscription, resume it where it stands, replay from a cursor on, or end "
    "it.\n\n" + as_markdown(SUBSCRIPTIONS),
    responses=refuses(SubscriptionNotFound, *WHO, *CHANGED, CursorNotFit),
)
async def take_subscription_step(
    subscription_id: UUID,
    step: SubscriptionStep,
    actor: CurrentActor,
    session: Transaction,
    access: AccessNow,
    version: IfMatch,
) -> Response:
    entry = await take(
        session, subscription_id, step.action, after=step.place(), by=actor, version=version
    )
    return await answer_step(session, access, entry)


@router.post(
    "/{subscription_id}/secrets",
    status_code=201,
    response_model=NewSecret,
    responses=refuses(SubscriptionNotFound, RoleMayNot, ActionNotOpen, MovedMeanwhile),
)
async def rotate_subscription_secret(
    subscription_id: UUID,
    order: SecretOrder,
    actor: CurrentActor,
    session: Transaction,
    rules: RulesNow,
) -> Response:
    """Another secret. For a while messages bear two signatures, so that the receiver can change
    over; it stands in this answer and nowhere else."""
    overlap = timedelta(hours=order.overlap_hours)
    secret = await rotate(session, subscription_id, overlap=overlap, by=actor, rules=rules)
    return _told_once("{}", secret)


@router.post(
    "/{subscription_id}/pings",
    status_code=202,
    responses=refuses(SubscriptionNotFound, RoleMayNot, SubscriptionEnded),
)
async def ping_subscription(
    subscription_id: UUID, actor: CurrentActor, session: Transaction
) -> PingQueued:
    """A message about nobody, sent once and soon, whether the subscription is active or not."""
    return PingQueued(message_id=await ping(session, subscription_id, by=actor))
