"""What the drafts of all kinds have in common."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from app.db.tables.base import new_id
from app.domain.evidence import EvidenceType
from app.domain.proposals import ProposalKind
from app.routers.shapes import Line, Note, Shape, ShortLine, Version

HOUSEHOLD = "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10"
FAMILY = "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a11"
MEMBER = "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a12"


def example(kind: ProposalKind, asks: dict[str, Any], **more: Any) -> ConfigDict:  # noqa: ANN401
    shown = {"kind": kind.value, "household_id": HOUSEHOLD, **more, "asks": asks}
    return ConfigDict(json_schema_extra={"examples": [shown]})


class Evidence(Shape):
    """A piece of evidence: an uploaded document, or what it is in words; or both."""

    type: EvidenceType
    document_id: UUID | None = Field(default=None, description="Of `POST /v1/documents`.")
    note: Note | None = Field(default=None, examples=["Akta kematian no. 3672-KM-12112026-0003."])


class Asks(Shape):
    """What is asked for, and what it rests on."""

    note: Note | None = Field(default=None, description="Why, in words.")
    evidence: list[Evidence] = Field(default=[], max_length=20)


class AsksWithReason(Asks):
    """The reason is one of `/v1/reasons`, which says what has to stand beside it."""

    reason: ShortLine | None = Field(default=None, examples=["deceased"])
    other_record: ShortLine | None = Field(
        default=None, description="The DTKS id of the record that is kept, for a duplicate."
    )
    other_person: Line | None = Field(
        default=None, description="Whom the reason is about, where it is somebody else."
    )


class WithAsks(Shape):
    def columns(self) -> dict[str, Any]:
        """As columns of the proposal; what is asked, as JSON with what was sent."""
        sent = self.model_dump(exclude={"asks"}, exclude_none=True)
        return {**sent, "asks": asked(getattr(self, "asks", None))}


class DraftBase(WithAsks):
    """The beginning of a proposal. Each kind adds `kind`, its subject and `asks`."""

    id: UUID = Field(default_factory=new_id, description="Chosen by you if you like (offline).")
    household_id: UUID


class AboutARecord(Shape):
    base_version: Version | None = Field(
        default=None,
        description="The version of the subject that you read: the member, else the family, else "
        "the household. Left out: the present one, and in a change the one it was.",
    )


class ChangesBase(WithAsks):
    """What changes in a proposal that is drafted: all that it asks, in place of what it asked."""


def asked(asks: Shape | None) -> dict[str, Any]:
    """What was not sent is not there; a null that was sent is."""
    return asks.model_dump(mode="json", exclude_unset=True) if asks else {}


OfMember = Annotated[UUID, Field(description="A member of that household.")]
OfFamily = Annotated[UUID, Field(description="A family of that household.")]
