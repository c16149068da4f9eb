"""Proposals about the records: corrected, taken out, brought back, or one member more."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from app.domain.proposals import ProposalKind
from app.routers.asks.base import (
    MEMBER,
    AboutARecord,
    Asks,
    AsksWithReason,
    ChangesBase,
    DraftBase,
    OfFamily,
    OfMember,
    example,
)
from app.routers.shapes import (
    CardNumber,
    Day,
    DayPassed,
    Line,
    Location,
    MaritalStatus,
    MemberNumber,
    Neighbourhood,
    NikText,
    Relation,
    SexCode,
    Shape,
)


class Relations(Shape):
    """How somebody else stands to the heads from then on."""

    relation_to_household_head: Relation | None = None
    relation_to_family_head: Relation | None = None


OfOthers = dict[UUID, Relations]
OTHERS: Any = Field(
    default_factory=dict,
    max_length=30,
    description="Where the head changes or leaves: how the others stand to the new one.",
)


class Corrected(Shape):
    """The new values: of the household, of the family or of the member it is about."""

    address: Line | None = None
    rt: Neighbourhood | None = None
    rw: Neighbourhood | None = None
    location: Location | None = None
    card_number: CardNumber | None = None
    number: MemberNumber | None = Field(
        default=None, description="Of the member, or of the family (1 to 10), in the household."
    )
    name: Line | None = None
    nik: NikText | None = None
    sex: SexCode | None = None
    birth_place: Line | None = None
    birth_date: Day | None = None
    mother_name: Line | None = None
    family_id: UUID | None = Field(default=None, description="A family of the same household.")
    relation_to_household_head: Relation | None = None
    relation_to_family_head: Relation | None = None
    marital_status: MaritalStatus | None = None


class CorrectionAsks(Asks):
    changes: Corrected = Corrected()
    relations: OfOthers = OTHERS


class CorrectionDraft(DraftBase, AboutARecord):
    """Perbaikan data, of a member, of a family, or else of the household."""

    model_config = example(
        ProposalKind.CORRECTION,
        {
            "changes": {"name": "Siti Aminah", "birth_date": "1984-05-19"},
            "note": "Ejaan nama mengikuti KTP.",
            "evidence": [{"type": "identity_card_copy", "note": "KTP asli diperlihatkan."}],
        },
        member_id=MEMBER,
        base_version=3,
    )

    kind: Literal[ProposalKind.CORRECTION]
    family_id: OfFamily | None = None
    member_id: OfMember | None = None
    asks: CorrectionAsks = CorrectionAsks()


class CorrectionChanges(ChangesBase, AboutARecord):
    kind: Literal[ProposalKind.CORRECTION]
    asks: CorrectionAsks


class RemovalAsks(AsksWithReason):
    effective_on: DayPassed | None = Field(
        default=None, description="See `date_means` of the reason.", examples=["2026-11-02"]
    )
    relations: OfOthers = OTHERS


class RemovalDraft(DraftBase, AboutARecord):
    """Penghapusan, of a member, of a family, or else of the household."""

    model_config = example(
        ProposalKind.REMOVAL,
        {
            "reason": "deceased",
            "effective_on": "2026-11-02",
            "evidence": [{"type": "death_certificate", "note": "3672-KM-02112026-0003"}],
        },
        member_id=MEMBER,
    )

    kind: Literal[ProposalKind.REMOVAL]
    family_id: OfFamily | None = None
    member_id: OfMember | None = None
    asks: RemovalAsks = RemovalAsks()


class RemovalChanges(ChangesBase, AboutARecord):
    kind: Literal[ProposalKind.REMOVAL]
    asks: RemovalAsks


class RestorationAsks(Asks):
    relations: OfOthers = OTHERS


class RestorationDraft(DraftBase, AboutARecord):
    """Pemulihan: what a removal took out comes back as it was."""

    model_config = example(
        ProposalKind.RESTORATION,
        {
            "note": "Orangnya masih hidup; surat kematian atas nama lain.",
            "evidence": [{"type": "visit_report", "note": "Ditemui pada 18 November 2026."}],
        },
        member_id=MEMBER,
    )

    kind: Literal[ProposalKind.RESTORATION]
    family_id: OfFamily | None = None
    member_id: OfMember | None = None
    asks: RestorationAsks = RestorationAsks()


class RestorationChanges(ChangesBase, AboutARecord):
    kind: Literal[ProposalKind.RESTORATION]
    asks: RestorationAsks


class NewMemberDraft(DraftBase):
    """Penambahan anggota: the member is drafted first, in the household that is registered."""

    model_config = example(
        ProposalKind.NEW_MEMBER,
        {"note": "Lahir setelah pendataan."},
        member_id=MEMBER,
    )

    kind: Literal[ProposalKind.NEW_MEMBER]
    member_id: OfMember
    asks: Asks = Asks()


class NewMemberChanges(ChangesBase):
    kind: Literal[ProposalKind.NEW_MEMBER]
    asks: Asks
