"""What is asked and answered, field by field as by the service."""

import json
from typing import Any

from rest_framework import serializers

from app.domain.proposals import Verdict
from bench.rivals import rules
from bench.rivals.drf_way.models import (
    AuditEntry,
    Family,
    Household,
    Member,
    Proposal,
    Recipient,
    Survey,
)


class HouseholdLine(serializers.ModelSerializer):
    village_code = serializers.CharField()
    head_name = serializers.CharField()
    member_count = serializers.IntegerField()

    class Meta:
        model = Household
        fields = (
            "version",
            "id",
            "village_code",
            "address",
            "rt",
            "rw",
            "state",
            "dtks_id",
            "head_name",
            "member_count",
            "updated_at",
        )


class Number(serializers.CharField):
    """In the clear for those whose role reads it."""

    def to_representation(self, value: str) -> str | None:
        reader = self.context["request"].user
        return value if rules.reads_niks(reader) else rules.masked(value)


class FamilyView(serializers.ModelSerializer):
    household_id = serializers.UUIDField()
    card_number = Number()

    class Meta:
        model = Family
        fields = (
            "version",
            "id",
            "household_id",
            "number",
            "card_number",
            "state",
            "updated_at",
        )


class MemberView(serializers.ModelSerializer):
    household_id = serializers.UUIDField()
    family_id = serializers.UUIDField()
    nik = Number()
    nik_check = serializers.DictField()

    class Meta:
        model = Member
        fields = (
            "version",
            "id",
            "household_id",
            "family_id",
            "number",
            "name",
            "nik",
            "nik_check",
            "mother_name",
            "sex",
            "birth_place",
            "birth_date",
            "relation_to_household_head",
            "relation_to_family_head",
            "marital_status",
            "state",
            "inactive_reason",
            "inactive_on",
            "dtks_id",
            "updated_at",
        )


class ProposalRef(serializers.ModelSerializer):
    class Meta:
        model = Proposal
        fields = ("id", "kind", "state", "family_id", "member_id")


class RecipientView(serializers.ModelSerializer):
    household_id = serializers.UUIDField()

    class Meta:
        model = Recipient
        fields = (
            "version",
            "id",
            "household_id",
            "programme",
            "family_id",
            "member_id",
            "payee_id",
            "period_from",
            "period_to",
            "state",
            "end_reason",
            "ended_on",
            "proposal_id",
            "updated_at",
        )


class SheetView(serializers.ModelSerializer):
    household_id = serializers.UUIDField()
    village_code = serializers.CharField()
    member_count = serializers.IntegerField()
    family_count = serializers.IntegerField()

    class Meta:
        model = Survey
        fields = (
            "version",
            "id",
            "household_id",
            "village_code",
            "codebook",
            "surveyed_on",
            "enumerator_name",
            "outcome",
            "member_count",
            "family_count",
            "state",
            "finished_at",
            "updated_at",
            "respondent_name",
            "checked_on",
            "checker_name",
            "duplicate_of",
            "answers",
            "created_by",
            "created_at",
        )


class HouseholdView(serializers.ModelSerializer):
    village_code = serializers.CharField()
    village_name = serializers.CharField(source="village.name")
    location = serializers.DictField()
    families = FamilyView(many=True)
    members = MemberView(many=True)
    proposal = ProposalRef()
    open_proposals = ProposalRef(many=True)
    recipients = RecipientView(many=True)
    marks = serializers.JSONField()
    survey = SheetView()
    survey_draft_id = serializers.UUIDField()
    open_actions = serializers.SerializerMethodField()

    class Meta:
        model = Household
        fields = (
            "version",
            "id",
            "village_code",
            "village_name",
            "address",
            "rt",
            "rw",
            "location",
            "state",
            "inactive_reason",
            "inactive_on",
            "dtks_id",
            "families",
            "members",
            "proposal",
            "open_proposals",
            "recipients",
            "marks",
            "survey",
            "survey_draft_id",
            "created_at",
            "updated_at",
            "open_actions",
        )

    def get_open_actions(self, household: Household) -> list[dict[str, Any]]:
        return rules.household_offers(
            self.context["request"].user,
            household.state,
            household.dtks_id,
            {each.kind: each.state for each in household.open_proposals},
        )


class Search(serializers.Serializer):
    nik = serializers.CharField(max_length=40, required=False)
    name = serializers.CharField(max_length=200, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=50, default=20)


class MemberHit(serializers.ModelSerializer):
    household_id = serializers.UUIDField()
    village_code = serializers.CharField()
    village_name = serializers.CharField(source="village.name")
    nik = serializers.SerializerMethodField()
    head_name = serializers.CharField()
    matched_by = serializers.SerializerMethodField()

    class Meta:
        model = Member
        fields = (
            "id",
            "household_id",
            "village_code",
            "village_name",
            "name",
            "nik",
            "birth_date",
            "sex",
            "state",
            "dtks_id",
            "head_name",
            "matched_by",
        )

    def get_nik(self, member: Member) -> str | None:
        return rules.masked(member.nik)

    def get_matched_by(self, _: Member) -> str:
        return self.context["matched_by"]


class ProposalLine(serializers.ModelSerializer):
    household_id = serializers.UUIDField()
    village_code = serializers.CharField()
    head_name = serializers.CharField()
    responsible_id = serializers.UUIDField()
    waiting_since = serializers.DateTimeField()
    waiting_days = serializers.IntegerField()
    open_marks = serializers.IntegerField()
    open_actions = serializers.SerializerMethodField()

    class Meta:
        model = Proposal
        fields = (
            "version",
            "id",
            "kind",
            "household_id",
            "village_code",
            "state",
            "period",
            "urgent",
            "head_name",
            "submitted_at",
            "updated_at",
            "responsible_id",
            "waiting_since",
            "waiting_days",
            "open_marks",
            "open_actions",
        )

    def get_open_actions(self, proposal: Proposal) -> list[dict[str, Any]]:
        return rules.offers(self.context["request"].user, proposal.state)


class DecisionRequest(serializers.Serializer):
    verdict = serializers.ChoiceField([verdict.value for verdict in Verdict])


class Said(serializers.CharField):
    def to_representation(self, value: str) -> Any:  # noqa: ANN401
        return json.loads(value)


class Hex(serializers.CharField):
    def to_representation(self, value: bytes) -> str:
        return value.hex()


class AuditEntryView(serializers.ModelSerializer):
    region_code = serializers.CharField(source="scope_code")
    grounds = Said()
    changed = serializers.SerializerMethodField()
    changes = Said()
    prev_hash = Hex()
    hash = Hex()

    class Meta:
        model = AuditEntry
        fields = (
            "id",
            "workflow",
            "subject_id",
            "seq",
            "region_code",
            "action",
            "source",
            "target",
            "version",
            "actor_id",
            "actor_role",
            "actor_region_code",
            "channel",
            "request_id",
            "grounds",
            "changed",
            "changes",
            "at",
            "prev_hash",
            "hash",
        )

    def get_changed(self, entry: AuditEntry) -> list[str]:
        return sorted(json.loads(entry.changes))


class PasswordGrant(serializers.Serializer):
    grant_type = serializers.ChoiceField(["password"])
    username = serializers.CharField(max_length=100)
    password = serializers.CharField(max_length=1024, trim_whitespace=False)
