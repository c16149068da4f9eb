"""The same tables, with the columns that are told."""
# ruff: noqa: DJ001, DJ008 - the tables are there, and nobody prints them

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CASCADE, Count, OuterRef, Prefetch, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from bench.rivals.rules import HEAD, LEFT, has_ended


class Scoped(models.QuerySet):
    def within(self, actor: Any) -> "Scoped":  # noqa: ANN401
        return self.filter(scope_code__range=(actor.region.first, actor.region.last))


class Region(models.Model):
    scope_code = models.BigIntegerField(primary_key=True)
    code = models.TextField()
    name = models.TextField()

    class Meta:
        managed = False
        db_table = "region"


class InVillage(models.Model):
    """`scope_code` is the number of its village."""

    objects = Scoped.as_manager()

    class Meta:
        abstract = True

    @property
    def village_code(self) -> str:
        return str(self.scope_code)


class Household(InVillage):
    id = models.UUIDField(primary_key=True)
    scope_code = models.BigIntegerField()
    village = models.ForeignObject(
        Region, CASCADE, from_fields=["scope_code"], to_fields=["scope_code"], related_name="+"
    )
    address = models.TextField(null=True)
    rt = models.TextField(null=True)
    rw = models.TextField(null=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    state = models.TextField()
    inactive_reason = models.TextField(null=True)
    inactive_on = models.DateField(null=True)
    dtks_id = models.TextField(null=True)
    version = models.IntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "household"

    @property
    def location(self) -> dict[str, float] | None:
        if self.latitude is None:
            return None
        return {"latitude": self.latitude, "longitude": self.longitude}

    @property
    def proposal(self) -> "Proposal | None":
        return next(reversed(self.proposals.all()), None)

    @property
    def open_proposals(self) -> list["Proposal"]:
        return [each for each in self.proposals.all() if not has_ended(each.state)]

    @property
    def marks(self) -> list[dict[str, Any]] | None:
        drafted = (
            p for p in self.proposals.all() if (p.kind, p.state) == ("new_family", "drafted")
        )
        return next((each.marks for each in drafted), None)

    @property
    def survey(self) -> "Survey | None":
        finished = [each for each in self.surveys.all() if each.state == "finished"]
        return finished[-1] if finished else None

    @property
    def survey_draft_id(self) -> UUID | None:
        return next((each.id for each in self.surveys.all() if each.state == "drafted"), None)


class Family(models.Model):
    id = models.UUIDField(primary_key=True)
    household = models.ForeignKey(Household, CASCADE, related_name="families")
    number = models.IntegerField()
    card_number = models.TextField(null=True)
    state = models.TextField()
    version = models.IntegerField()
    updated_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "family"


class Member(InVillage):
    id = models.UUIDField(primary_key=True)
    household = models.ForeignKey(Household, CASCADE, related_name="members")
    family = models.ForeignKey(Family, CASCADE, null=True, related_name="+")
    scope_code = models.BigIntegerField()
    village = models.ForeignObject(
        Region, CASCADE, from_fields=["scope_code"], to_fields=["scope_code"], related_name="+"
    )
    number = models.IntegerField(null=True)
    name = models.TextField()
    nik = models.TextField(null=True)
    nik_verdict = models.TextField()
    nik_codes = ArrayField(models.TextField())
    sex = models.IntegerField(null=True)
    birth_place = models.TextField(null=True)
    birth_date = models.DateField(null=True)
    mother_name = models.TextField(null=True)
    relation_to_household_head = models.IntegerField(null=True)
    relation_to_family_head = models.IntegerField(null=True)
    marital_status = models.IntegerField(null=True)
    state = models.TextField()
    inactive_reason = models.TextField(null=True)
    inactive_on = models.DateField(null=True)
    dtks_id = models.TextField(null=True)
    version = models.IntegerField()
    updated_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "member"

    @property
    def nik_check(self) -> dict[str, Any]:
        return {"verdict": self.nik_verdict, "codes": self.nik_codes}


# Whoever has left a household is told no more.
THERE = Member.objects.exclude(state=LEFT)
MEMBERS_THERE = Prefetch("members", THERE.order_by("number"))
FAMILIES_THERE = Prefetch("families", Family.objects.exclude(state=LEFT).order_by("number"))


def member_count() -> Coalesce:
    of_household = THERE.filter(household=OuterRef("id")).values("household")
    return Coalesce(Subquery(of_household.values(many=Count("id"))), 0)


def head_name(household_id: str) -> Subquery:
    heads = THERE.filter(household=OuterRef(household_id), relation_to_household_head=HEAD)
    return Subquery(heads.values("name")[:1])


class Survey(InVillage):
    id = models.UUIDField(primary_key=True)
    household = models.ForeignKey(Household, CASCADE, related_name="surveys")
    scope_code = models.BigIntegerField()
    codebook = models.TextField()
    surveyed_on = models.DateField()
    enumerator_name = models.TextField(null=True)
    respondent_name = models.TextField(null=True)
    checked_on = models.DateField(null=True)
    checker_name = models.TextField(null=True)
    outcome = models.IntegerField(null=True)
    duplicate_of = models.TextField(null=True)
    answers = models.JSONField()
    state = models.TextField()
    finished_at = models.DateTimeField(null=True)
    created_by = models.UUIDField()
    version = models.IntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "survey"
        ordering = ("surveyed_on", "finished_at")

    @property
    def member_count(self) -> int | None:
        return self.answers.get("counts", {}).get("member_count")

    @property
    def family_count(self) -> int | None:
        return self.answers.get("counts", {}).get("family_count")


class Proposal(InVillage):
    id = models.UUIDField(primary_key=True)
    kind = models.TextField()
    household = models.ForeignKey(Household, CASCADE, related_name="proposals")
    family_id = models.UUIDField(null=True)
    member_id = models.UUIDField(null=True)
    scope_code = models.BigIntegerField()
    state = models.TextField()
    state_since = models.DateTimeField()
    marks = models.JSONField(null=True)
    created_by = models.UUIDField()
    taken_over_by = models.UUIDField(null=True, db_column="responsible_id")
    submitted_by = models.UUIDField(null=True)
    submitted_at = models.DateTimeField(null=True)
    urgent = models.BooleanField()
    period = models.DateField(null=True)
    version = models.IntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "proposal"
        ordering = ("created_at", "id")

    @property
    def responsible_id(self) -> UUID:
        return self.taken_over_by or self.created_by

    @property
    def waiting_since(self) -> Any:  # noqa: ANN401
        return None if has_ended(self.state) else self.state_since

    @property
    def waiting_days(self) -> int | None:
        since = self.waiting_since
        return since and max(0, (timezone.now() - since) // timedelta(days=1))

    @property
    def open_marks(self) -> int:
        return len(self.marks or ()) if self.state == "drafted" else 0


class Recipient(InVillage):
    id = models.UUIDField(primary_key=True)
    household = models.ForeignKey(Household, CASCADE, related_name="recipients")
    scope_code = models.BigIntegerField()
    family_id = models.UUIDField(null=True)
    member_id = models.UUIDField(null=True)
    payee_id = models.UUIDField(null=True)
    programme = models.TextField()
    period_from = models.DateField()
    period_to = models.DateField(null=True)
    proposal_id = models.UUIDField(null=True)
    end_reason = models.TextField(null=True)
    ended_on = models.DateField(null=True)
    state = models.TextField()
    version = models.IntegerField()
    updated_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "recipient"
        ordering = ("period_from", "id")


class Account(models.Model):
    id = models.UUIDField(primary_key=True)
    username = models.TextField(unique=True)
    password_hash = models.TextField()
    state = models.TextField()
    session_version = models.IntegerField()

    class Meta:
        managed = False
        db_table = "account"


class Assignment(models.Model):
    id = models.UUIDField(primary_key=True)
    account = models.ForeignKey(Account, CASCADE, related_name="assignments")
    role = models.TextField()
    region_code = models.TextField()
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "assignment"


class SignIn(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid4)
    account_id = models.UUIDField()
    assignment_id = models.UUIDField()
    session_version = models.IntegerField()
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "sign_in"


class RefreshToken(models.Model):
    token_hash = models.BinaryField(primary_key=True)
    sign_in = models.ForeignKey(SignIn, CASCADE, related_name="+")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "refresh_token"


class AuditEntry(models.Model):
    id = models.BigAutoField(primary_key=True)
    workflow = models.TextField()
    subject_id = models.UUIDField()
    scope_code = models.BigIntegerField()
    action = models.TextField()
    source = models.TextField()
    target = models.TextField()
    version = models.IntegerField()
    actor_id = models.UUIDField()
    actor_role = models.TextField()
    actor_region_code = models.TextField()
    channel = models.TextField()
    request_id = models.TextField()
    grounds = models.TextField()
    changes = models.TextField()
    # The trigger fills them: they are read again once it has.
    seq = models.IntegerField(null=True)
    at = models.DateTimeField(null=True)
    prev_hash = models.BinaryField(null=True)
    hash = models.BinaryField(null=True)

    class Meta:
        managed = False
        db_table = "audit_entry"
