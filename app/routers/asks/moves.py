"""A move (pindah): what its two villages ask for, each in a proposal of its own."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.domain.asks import AskedAlready
from app.domain.moves import (
    BusyElsewhere,
    Direction,
    HouseholdDoesNotFit,
    MoveHasEnded,
    MoveNotComplete,
    NobodyOnRecord,
    NoLongerAsAgreed,
    NotOneHousehold,
    OtherVillageGoesOn,
    OtherVillageKnows,
)
from app.domain.niks import without_white_space
from app.domain.proposals import ProposalKind
from app.routers.asks.base import HOUSEHOLD, MEMBER, Asks, ChangesBase, DraftBase
from app.routers.shapes import (
    CardNumber,
    DayPassed,
    MaritalStatus,
    NikText,
    Relation,
    Shape,
    VillageCode,
)

# The ways in which a move can be refused.
DRAFTING = (HouseholdDoesNotFit,)
STEPPING = (
    MoveNotComplete,
    HouseholdDoesNotFit,
    OtherVillageKnows,
    OtherVillageGoesOn,
    AskedAlready,
    NobodyOnRecord,
    NotOneHousehold,
    BusyElsewhere,
)
DECIDING = (NoLongerAsAgreed, MoveHasEnded)
MOST_PEOPLE = 30
MovedOn = Annotated[
    DayPassed | None,
    Field(description="Since when they live there.", examples=["2026-11-02"]),
]


class Arriving(Shape):
    """Somebody who comes, and how he will live there. Who keeps a family card names no family."""

    nik: Annotated[NikText, AfterValidator(without_white_space)] | None = Field(
        default=None, description="Of whom this village asks for. The registry knows where."
    )
    member_id: UUID | None = Field(
        default=None, description="Of whom the village of origin has announced."
    )
    family_id: UUID | None = Field(
        default=None, description="A family of the household of arrival that is joined."
    )
    card_number: CardNumber | None = Field(
        default=None, description="Of a new family card. Left out with `family_id`: the present."
    )
    relation_to_household_head: Relation | None = None
    relation_to_family_head: Relation | None = None
    marital_status: MaritalStatus | None = None


def _each_once(people: list[Arriving]) -> list[Arriving]:
    named = [str(each.member_id or each.nik) for each in people if each.member_id or each.nik]
    if len(named) != len(set(named)):
        raise PydanticCustomError("repeated", "the same person twice")
    return people


def _members_once(ids: list[UUID]) -> list[UUID]:
    if len(ids) != len(set(ids)):
        raise PydanticCustomError("repeated", "the same member twice")
    return ids


class DepartureAsks(Asks):
    """In the village of origin: who of the household leaves, and where to."""

    direction: Literal[Direction.DEPARTURE]
    member_ids: Annotated[list[UUID], AfterValidator(_members_once)] = Field(
        default=[], max_length=MOST_PEOPLE, description="None: all who are registered in it."
    )
    to_village_code: VillageCode | None = None
    moved_on: MovedOn = None


class ArrivalAsks(Asks):
    """In the village of arrival: who comes, and into which household."""

    direction: Literal[Direction.ARRIVAL]
    household_id: UUID | None = Field(
        default=None, description="Where it is another than the proposal was drafted for."
    )
    people: Annotated[list[Arriving], AfterValidator(_each_once)] = Field(
        default=[], max_length=MOST_PEOPLE
    )
    moved_on: MovedOn = None


MoveAsks = Annotated[DepartureAsks | ArrivalAsks, Field(discriminator="direction")]


class MoveDraft(DraftBase):
    """Either village may begin; the other one gets its part when this is submitted."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "move",
                    "household_id": HOUSEHOLD,
                    "asks": {
                        "direction": "departure",
                        "member_ids": [MEMBER],
                        "to_village_code": "3522012001",
                        "moved_on": "2026-11-02",
                        "evidence": [{"type": "move_letter", "note": "SKPWNI/3672/02112026/0007"}],
                    },
                },
                {
                    "kind": "move",
                    "household_id": HOUSEHOLD,
                    "asks": {
                        "direction": "arrival",
                        "people": [
                            {
                                "nik": "3672015905840001",
                                "relation_to_household_head": 1,
                                "relation_to_family_head": 1,
                            }
                        ],
                        "moved_on": "2026-11-02",
                    },
                },
            ]
        }
    )

    kind: Literal[ProposalKind.MOVE]
    asks: MoveAsks


class MoveChanges(ChangesBase):
    kind: Literal[ProposalKind.MOVE]
    asks: MoveAsks
