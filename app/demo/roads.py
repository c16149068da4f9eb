"""The roads that records, surveys and proposals of the demo take, each computed once by its table.

Many subjects take the same road, so a road is a template: its steps are asked of the workflows of
the domain, and `app.demo.staging` applies them to everything that takes it. Whatever a table
refuses stops the load.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from app.db.audit_rows import canonical
from app.demo import accounts as offices
from app.demo.accounts import Office
from app.demo.regencies import Regency
from app.domain.actors import Actor, Role
from app.domain.deliberations import DELIBERATIONS, DeliberationAction
from app.domain.documents import DOCUMENTS
from app.domain.households import (
    FAMILIES,
    HOUSEHOLDS,
    MEMBERS,
    RecordAction,
    Records,
    RecordState,
)
from app.domain.policies import road as fact_of
from app.domain.proposals import (
    PROPOSALS,
    Outcome,
    ProposalAction,
    ProposalState,
)
from app.domain.regions import Region
from app.domain.surveys import SURVEYS, SurveyAction, SurveyState
from app.domain.workflow import Ground, Step

A, G, S = ProposalAction, Ground, ProposalState
AnyStep = Step[Any, Any]


@dataclass(frozen=True)
class Move:
    """What the holder of an office does with a proposal that waits for him."""

    office: Office
    action: ProposalAction
    grounds: Mapping[Ground, object] = field(default_factory=dict)
    to: ProposalState | None = None


LETTER = {G.LETTER_NUMBER: "460/118/Dinsos/2026", G.LETTER_DATE: "2026-01-26"}
DECREE = {G.DECREE_NUMBER: "14/HUK/2026", G.DECREE_DATE: "2026-02-16"}
REJECTION = {
    G.REASON: "no_longer_poor",
    G.NOTE: "Kunjungan rumah: penghasilan tetap, rumah permanen.",
}
RETURN = {G.REASON: "data_incomplete", G.NOTE: "Berita acara belum menyebut RT keluarga ini."}
WITHDRAWAL = {G.NOTE: "Keluarga ini akan pindah."}
LOOKED_OVER = {G.NOTE: "Sudah dicocokkan dengan KTP dan KK di rumah."}


HELD_ON = date(2026, 1, 15)
MINUTES_NUMBER = "470/12/MUS/2026"
OF_THE_VILLAGE = UUID(int=0)  # `app.demo.staging` puts the village's own deliberation there


def _deliberation(chair: str) -> Mapping[Ground, object]:
    return {
        G.DELIBERATION: {
            "deliberation_id": OF_THE_VILLAGE,
            "held_on": HELD_ON,
            "chair": chair,
            "minutes_number": MINUTES_NUMBER,
            "outcome": Outcome.ELIGIBLE,
        }
    }


def _climb(regency: Regency) -> tuple[Move, ...]:
    deliberation = _deliberation(regency.chair)
    checks = (Move(offices.DISTRICT_OFFICER, A.APPROVE),) if regency.district_checks else ()
    return (
        Move(offices.OPERATOR, A.SUBMIT),
        Move(offices.OPERATOR, A.DELIBERATE, deliberation, to=S.AWAITING_VILLAGE_HEAD),
        Move(offices.HEAD, A.APPROVE),
        *checks,
        Move(offices.VERIFIER, A.APPROVE),
        Move(offices.ENDORSER, A.APPROVE, LETTER),
        Move(offices.PROVINCE_OFFICER, A.APPROVE),
        Move(offices.ANALYST, A.APPROVE),
        Move(offices.DETERMINER, A.APPROVE, DECREE),
    )


def _courses(regency: Regency) -> list[tuple[Move, ...]]:
    """What becomes of the proposals of one village, in their order; the last are only drafted."""
    climb = _climb(regency)
    desk = next(n for n, move in enumerate(climb) if move.office is offices.VERIFIER)
    back = Move(offices.VERIFIER, A.RETURN, RETURN, to=S.AWAITING_DELIBERATION)
    return [
        *(climb[:length] for length in range(1, len(climb) + 1)),
        (*climb[:desk], Move(offices.VERIFIER, A.REJECT, REJECTION)),
        (*climb[:1], Move(offices.OPERATOR, A.WITHDRAW, WITHDRAWAL)),
        (*climb[:desk], back),
        climb,
        climb,
        climb,
        (),
    ]


@dataclass(frozen=True)
class Road:
    """The steps of one subject from its beginning. `leads_to` is where they end."""

    number: int
    steps: tuple[AnyStep, ...]

    @property
    def leads_to(self) -> str:
        return str(self.steps[-1].target)

    def takes(self, action: str) -> bool:
        return any(step.action == action for step in self.steps)


class Roads:
    """Those of one regency. Records are registered by what is decided about their proposal."""

    def __init__(self, regency: Regency) -> None:
        self._regency = regency
        self.all: list[Road] = []
        self.proposals = [self._proposal(course) for course in _courses(regency)]
        self.drafted = self.proposals[-1]
        self.deliberation = self._deliberation()
        self.scan = self._kept([DOCUMENTS.begin(by=self._by(offices.OPERATOR))])
        self.surveys = {
            state: self._survey(state) for state in (SurveyState.DRAFTED, SurveyState.FINISHED)
        }
        self.records = {
            state: {flow.name: self._record(flow, state) for flow in RECORDS}
            for state in (RecordState.PROPOSED, RecordState.REGISTERED)
        }

    @property
    def visitor(self) -> Office:
        return offices.ENUMERATOR if self._regency.enumerators else offices.OPERATOR

    def _kept(self, steps: Sequence[AnyStep]) -> Road:
        self.all.append(Road(len(self.all), tuple(steps)))
        return self.all[-1]

    def _proposal(self, course: Sequence[Move]) -> Road:
        facts = {fact_of(district_checks=self._regency.district_checks)}
        steps: list[AnyStep] = [PROPOSALS.begin(by=self._by(offices.OPERATOR))]
        for move in course:
            step = PROPOSALS.step(
                steps[-1].target,
                move.action,
                by=self._by(move.office),
                grounds=move.grounds,
                facts=facts,
                to=move.to,
            )
            steps.append(step)
        return self._kept(steps)

    def _deliberation(self) -> Road:
        """Held, closed and scanned, for all the village's proposals that have come so far."""
        by, D = self._by(offices.OPERATOR), DeliberationAction  # noqa: N806 - short, as above
        steps: list[AnyStep] = [DELIBERATIONS.begin(by=by)]
        for action in (D.ENLIST, D.JUDGE, D.CLOSE, D.ATTACH_SCAN):
            steps.append(DELIBERATIONS.step(steps[-1].target, action, by=by))
        return self._kept(steps)

    def _survey(self, state: SurveyState) -> Road:
        by = self._by(self.visitor)
        steps = [SURVEYS.begin(by=by)]
        if state is SurveyState.FINISHED:
            finish = SurveyAction.FINISH
            steps.append(SURVEYS.step(SURVEYS.initial, finish, by=by, grounds=LOOKED_OVER))
        return self._kept(steps)

    def _record(self, flow: Records, state: RecordState) -> Road:
        steps = [flow.begin(by=self._by(offices.OPERATOR))]
        if state is RecordState.REGISTERED:
            by = self._by(offices.DETERMINER)
            steps.append(flow.step(flow.initial, RecordAction.REGISTER, by=by))
        return self._kept(steps)

    def _by(self, office: Office) -> Actor:
        """Any holder of the office in the regency: a table asks for the role alone."""
        code = f"{self._regency.code}011001"[: office.tier]
        return Actor(UUID(int=0), Role(office.role), Region(code))


def as_rows(roads: Roads) -> Iterator[tuple[object, ...]]:
    """As `staged_step` has them. `place` says what happens before what in a village."""
    for road in roads.all:
        for number, step in enumerate(road.steps, 1):
            place = REGISTERED if step.action is RecordAction.REGISTER else BEFORE[step.workflow]
            yield (
                road.number,
                place + number,
                step.workflow,
                step.action,
                step.source,
                step.target,
                number,
                step.actor.role,
                canonical(dict(step.grounds)),
                step.action in CHANGING,
                number == len(road.steps),
            )


RECORDS = (HOUSEHOLDS, FAMILIES, MEMBERS)
BEFORE = {
    **{flow.name: 0 for flow in RECORDS},
    SURVEYS.name: 10,
    DOCUMENTS.name: 15,
    DELIBERATIONS.name: 19,  # it is closed as the proposals are led on
    PROPOSALS.name: 20,
}
REGISTERED = 90
CHANGING = {  # more than a state
    RecordAction.REGISTER,
    SurveyAction.FINISH,
    ProposalAction.SUBMIT,
    DeliberationAction.ATTACH_SCAN,
}
