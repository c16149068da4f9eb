"""Proposals about programmes: for somebody, no longer for somebody, paid to another, on again."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.domain.asks import AskedAlready
from app.domain.programmes import programmes, reactivation_of_pbi
from app.domain.proposals import ProposalKind
from app.domain.recipients import (
    AsksNotAccepted,
    EndedTooLongAgo,
    NotARecipient,
    NothingReceived,
    RecipientAlready,
    RecipientChanged,
    SecondProgramme,
)
from app.routers.asks.base import (
    FAMILY,
    MEMBER,
    Asks,
    AsksWithReason,
    ChangesBase,
    DraftBase,
    OfFamily,
    OfMember,
    example,
)
from app.routers.shapes import DayPassed, Line, Month, Note, Shape, ShortLine

CODES = tuple(programmes())
GROUNDS = tuple(each.code for each in reactivation_of_pbi().grounds)

# How these kinds are refused: drafted, submitted and decided on.
DRAFTING = (AsksNotAccepted, RecipientAlready, NotARecipient, NothingReceived, EndedTooLongAgo)
STEPPING = (*DRAFTING, SecondProgramme, AskedAlready)
DECIDING = (RecipientChanged, RecipientAlready, EndedTooLongAgo)


class InAProgramme(Shape):
    programme: Literal[CODES] | None = Field(  # type: ignore[valid-type]
        default=None, description="A code of `/v1/programmes`.", examples=["PKH"]
    )


# --- usulan bansos


class ProgrammeAsks(InAProgramme, Asks):
    period: Month | None = Field(
        default=None,
        description="The first month with it; left out, the month in which it is submitted. A "
        "family takes one family programme in a period.",
        examples=["2026-12-01"],
    )
    payee_id: OfMember | None = Field(
        default=None,
        description="Whom a family's aid is paid to (pengurus): of the same card, registered, "
        "older than 17.",
    )


class ProgrammeDraft(DraftBase):
    """Usulan bansos: of a family or of a person, by the unit of the programme."""

    model_config = example(
        ProposalKind.PROGRAMME,
        {"programme": "PKH", "period": "2026-12-01", "payee_id": MEMBER},
        family_id=FAMILY,
    )

    kind: Literal[ProposalKind.PROGRAMME]
    family_id: OfFamily | None = None
    member_id: OfMember | None = None
    asks: ProgrammeAsks = ProgrammeAsks()


class ProgrammeChanges(ChangesBase):
    kind: Literal[ProposalKind.PROGRAMME]
    asks: ProgrammeAsks


# --- ketidaklayakan


class IneligibilityAsks(AsksWithReason):
    effective_on: DayPassed | None = Field(
        default=None, description="See `date_means` of the reason.", examples=["2026-11-02"]
    )
    period: Month | None = Field(
        default=None,
        description="The first month without it; left out, the month after the submission.",
    )
    programmes: list[Literal[CODES]] = Field(  # type: ignore[valid-type]
        default=[], max_length=len(CODES), description="None: all that is received."
    )


class IneligibilityDraft(DraftBase):
    """Ketidaklayakan, of a member, of a family with its members, or else of the household."""

    model_config = example(
        ProposalKind.INELIGIBILITY,
        {
            "reason": "no_longer_poor",
            "effective_on": "2026-11-02",
            "evidence": [{"type": "visit_report", "note": "Kunjungan 2 November 2026."}],
        },
        family_id=FAMILY,
    )

    kind: Literal[ProposalKind.INELIGIBILITY]
    family_id: OfFamily | None = None
    member_id: OfMember | None = None
    asks: IneligibilityAsks = IneligibilityAsks()


class IneligibilityChanges(ChangesBase):
    kind: Literal[ProposalKind.INELIGIBILITY]
    asks: IneligibilityAsks


# --- ganti pengurus


class PayeeChangeAsks(InAProgramme, Asks):
    new_payee_id: UUID | None = Field(
        default=None,
        description="Of the same family card, registered, older than 17, with a NIK in order.",
    )


class PayeeChangeDraft(DraftBase):
    """Ganti pengurus, of a family's programme that still runs."""

    model_config = example(
        ProposalKind.PAYEE_CHANGE,
        {"programme": "PKH", "new_payee_id": MEMBER, "note": "Pengurus lama meninggal."},
        family_id=FAMILY,
    )

    kind: Literal[ProposalKind.PAYEE_CHANGE]
    family_id: OfFamily
    asks: PayeeChangeAsks = PayeeChangeAsks()


class PayeeChangeChanges(ChangesBase):
    kind: Literal[ProposalKind.PAYEE_CHANGE]
    asks: PayeeChangeAsks


# --- reaktivasi PBI


class HealthGrounds(Shape):
    """Why it is needed. Only roles that read of somebody's health read this."""

    ground: Literal[GROUNDS] | None = Field(  # type: ignore[valid-type]
        default=None,
        description="A ground of `/v1/programmes/PBI_JK`. An emergency goes before the others.",
        examples=["medical_emergency"],
    )
    note: Note | None = None
    facility_name: Line | None = Field(default=None, examples=["RSUD Kota Cilegon"])
    letter_number: ShortLine | None = Field(default=None, examples=["445/118/RSUD/2026"])
    letter_date: DayPassed | None = None


class PbiReactivationAsks(Asks):
    card_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{13}$", strict=True)] | None = (
        Field(default=None, description="BPJS card: 13 digits.", examples=["0001234567890"])
    )
    ended_on: DayPassed | None = Field(
        default=None, description="The day on which the card was switched off."
    )
    period: Month | None = Field(default=None, description="The first month with it again.")
    health: HealthGrounds = HealthGrounds()


class PbiReactivationDraft(DraftBase):
    """Reaktivasi PBI-JK, of a member whose PBI ended less than six months ago."""

    model_config = example(
        ProposalKind.PBI_REACTIVATION,
        {
            "card_number": "0001234567890",
            "ended_on": "2026-10-01",
            "health": {
                "ground": "medical_emergency",
                "facility_name": "RSUD Kota Cilegon",
                "letter_number": "445/118/RSUD/2026",
                "letter_date": "2026-11-18",
            },
        },
        member_id=MEMBER,
    )

    kind: Literal[ProposalKind.PBI_REACTIVATION]
    member_id: OfMember
    asks: PbiReactivationAsks = PbiReactivationAsks()


class PbiReactivationChanges(ChangesBase):
    kind: Literal[ProposalKind.PBI_REACTIVATION]
    asks: PbiReactivationAsks
