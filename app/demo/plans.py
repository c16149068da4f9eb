"""What is to become of every household of a village of the demo."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.demo.people import HouseholdSketch, MemberSketch, households
from app.demo.regencies import Regency, regency_of
from app.demo.roads import Road, Roads
from app.domain.niks import KnownRegions, NikCheck, NikVerdict, check
from app.domain.people import Sex
from app.domain.proposals import ProposalState
from app.domain.surveys import SurveyState

SEED = 2026
ENTERED_ONLY = 3  # every so many-th of those who cannot be proposed as they are
FIT = {NikVerdict.VALID, NikVerdict.VALID_WITH_WARNING}


@dataclass(frozen=True)
class Village:
    """How many households it has in the demo, and who deals its people their numbers."""

    code: str
    households: int
    dealer: int

    @property
    def regency(self) -> Regency:
        return regency_of(self.code)


@dataclass(frozen=True)
class Plan:
    """`proposal` is the road of its proposal, where there is one."""

    number: int
    household: HouseholdSketch
    checks: Sequence[NikCheck]
    proposal: Road | None

    @property
    def registered(self) -> bool:
        return self.proposal is not None and self.proposal.leads_to == ProposalState.DETERMINED

    @property
    def survey(self) -> SurveyState:
        """Nothing is finished with a NIK that cannot be, or where somebody was called away."""
        doubtful = any(found.verdict is NikVerdict.INVALID for found in self.checks)
        unfinished = doubtful or self.proposal is None
        return SurveyState.DRAFTED if unfinished else SurveyState.FINISHED

    @property
    def unusual(self) -> bool:
        """Whether a rule may be broken that is a warning: few are, and each is in the content."""
        return any(found.codes for found in self.checks) or any(
            "." in member.name for member in self.household.members
        )

    @property
    def dtks_ids(self) -> int:
        """How many it takes."""
        return 1 + len(self.household.members) if self.registered else 0


def plans(village: Village, roads: Roads, known: KnownRegions, today: date) -> Iterator[Plan]:
    """Whoever is in order goes the roads in turn; most of the others are drafted, a few not even.

    That those proposed are in order as the domain sees it is held by the tests: to look each of
    them over with the whole questionnaire would take longer than everything else together.
    """
    proposed = others = 0
    sketches = households(SEED, village.code, village.households, dealer=village.dealer)
    for number, household in enumerate(sketches):
        checks = [_checked(member, known, today) for member in household.members]
        road: Road | None = roads.drafted
        if _in_order(household, checks):
            road = roads.proposals[proposed % len(roads.proposals)]
            proposed += 1
        else:
            others += 1
            road = None if others % ENTERED_ONLY == 0 else roads.drafted
        yield Plan(number, household, checks, road)


def _checked(member: MemberSketch, known: KnownRegions, today: date) -> NikCheck:
    return check(
        member.nik,
        regions=known,
        sex=Sex(member.sex),
        birth_date=member.birth_date,
        today=today,
    )


def _in_order(household: HouseholdSketch, checks: Sequence[NikCheck]) -> bool:
    return (
        not household.counted_next_door
        and all(family.card_number for family in household.families)
        and all(found.verdict in FIT for found in checks)
    )
