"""A workflow is a table of transitions; everything else is read off the table."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from itertools import combinations
from types import MappingProxyType
from typing import Generic, TypeVar

from app.domain.actors import Actor, Role
from app.domain.errors import Conflict, Fault, Incomplete, NotPermitted, Said
from app.domain.facts import BARS, Fact

State = TypeVar("State", bound=StrEnum)
Action = TypeVar("Action", bound=StrEnum)


class Ground(StrEnum):
    """What a step may have to rest on."""

    REASON = "reason"  # a code of the closed list
    NOTE = "note"  # why, in words
    MARKS = "marks"  # what of it, place by place
    DELIBERATION = "deliberation"  # musyawarah desa/kelurahan
    STATEMENT = "statement"  # SPTJM
    LETTER_NUMBER = "letter_number"  # surat pengesahan
    LETTER_DATE = "letter_date"
    DECREE_NUMBER = "decree_number"  # SK penetapan
    DECREE_DATE = "decree_date"


Offers = dict[str, dict[str, list[dict[str, object]]]]


class RoleMayNot(NotPermitted):
    """This action belongs to another role."""

    title = Said(id="Tindakan ini milik peran lain", en="This action belongs to another role")
    detail = Said(
        id="Peran {role} tidak berwenang {action} {name}. Yang berwenang: {roles}.",
        en="The role {role} may never {action} a {name}. Those who may: {roles}.",
    )


class ActionNotOpen(Conflict):
    """This action is not open in the present state."""

    title = Said(
        id="Tindakan ini belum atau tidak lagi terbuka",
        en="This action is not open in the present state",
    )
    detail = Said(
        id="Tidak dapat {action} {name} yang berstatus {state}. Baca ulang, lalu pilih dari "
        "open_actions.",
        en="Cannot {action} a {name} that is {state}. Read it again and choose from open_actions.",
    )


class TargetNotOpen(Incomplete):
    """The action leads elsewhere."""

    title = Said(id="Tujuan tidak tersedia", en="The action leads elsewhere")
    detail = Said(
        id="Untuk {action} dari status {state}, isi target dengan salah satu: {targets}.",
        en="To {action} from {state}, give as target one of: {targets}.",
    )


class GroundsMissing(Incomplete):
    """This action has to rest on more than was given."""

    title = Said(id="Dasar tindakan belum lengkap", en="The grounds are incomplete")
    detail = Said(
        id="Untuk {action} {name}, lengkapi: {missing}.",
        en="To {action} a {name}, give: {missing}.",
    )


class GroundsNotAsked(Incomplete):
    """This action does not rest on that: kept in the audit, it would mislead."""

    title = Said(id="Ada dasar yang tidak berlaku", en="Grounds that do not belong here")
    detail = Said(
        id="Untuk {action} {name}, hapus: {unasked}.",
        en="To {action} a {name}, leave out: {unasked}.",
    )


ALWAYS_WELCOME = frozenset({Ground.NOTE})
NO_GROUNDS: Mapping[Ground, object] = MappingProxyType({})
GROUND_NOT_ASKED = Said(
    id="Tindakan ini tidak bersandar pada bagian ini; hapus.",
    en="This action does not rest on this; leave it out.",
)
GROUND_MISSING = Said(id="Bagian ini wajib diisi.", en="This is required.")

ALTERNATIVES = frozenset({Fact.DISTRICT_CHECKS, Fact.DISTRICT_FORWARDS, Fact.OTHER_VILLAGE})


@dataclass(frozen=True)
class Transition(Generic[State, Action]):
    """One row: who may lead what from where to where, resting on what.

    `needs` are grounds that must be given, `takes` those that may. `when` names the fact without
    which the row does not stand; `unless` the fact, or the facts, that bar it.
    """

    action: Action
    source: State
    target: State
    by: frozenset[Role]
    needs: frozenset[Ground] = frozenset()
    takes: frozenset[Ground] = frozenset()
    when: Fact | None = None
    unless: Fact | frozenset[Fact] | None = None
    law: str = ""

    def stands(self, facts: Collection[Fact]) -> bool:
        return self.when is None or self.when in facts

    @property
    def bars(self) -> list[Fact]:
        """What bars it, in the order in which it is told."""
        named = {self.unless} if isinstance(self.unless, Fact) else self.unless or frozenset()
        return [fact for fact in Fact if fact in named]

    def barred(self, facts: Collection[Fact]) -> Fact | None:
        return next((fact for fact in self.bars if fact in facts), None)


@dataclass(frozen=True)
class Step(Generic[State, Action]):
    """One transition taken by someone. This is what the audit keeps."""

    workflow: str
    action: Action
    source: State | None
    target: State
    actor: Actor
    grounds: Mapping[Ground, object] = field(default_factory=lambda: NO_GROUNDS)


@dataclass(frozen=True)
class OpenAction(Generic[State, Action]):
    """What somebody may do now: with which grounds, and where to, if he is to choose."""

    action: Action
    needs: tuple[Ground, ...]
    targets: tuple[State, ...]


class Workflow(Generic[State, Action]):
    """`begun` says by which action of whom a thing comes into being, in the state `initial`.

    `chosen` are the actions whose target the actor names; elsewhere the table knows it. `beside`
    are those that keep the state or take back: nobody is waited for because of them, no arrow is
    drawn.
    `implied` are those that nobody asks for: another subject's step brings them about.
    """

    def __init__(  # noqa: PLR0913 - what a table is made of
        self,
        name: str,
        *,
        initial: State,
        begun: tuple[Action, frozenset[Role]],
        transitions: Iterable[Transition[State, Action]],
        chosen: Collection[Action] = (),
        beside: Collection[Action] = (),
        implied: Collection[Action] = (),
    ) -> None:
        self.name = name
        self.initial = initial
        self.first_action, self.first_roles = begun
        self.chosen = frozenset(chosen)
        self.beside = frozenset(beside)
        self.implied = frozenset(implied)
        self.transitions = tuple(transitions)
        # A thousand steps of one list are looked up once.
        self._row = cache(self._look_up)
        self._roles = cache(self.roles_for)
        for number, row in enumerate(self.transitions):
            for other in self.transitions[:number]:
                if self._clash(row, other):
                    raise ValueError(f"{name}: two rows for {row.action} from {row.source}")

    def _clash(self, row: Transition[State, Action], other: Transition[State, Action]) -> bool:
        if (row.source, row.action) != (other.source, other.action) or not row.by & other.by:
            return False
        if row.action in self.chosen:
            return row.target is other.target
        return row.when is other.when or not {row.when, other.when} <= ALTERNATIVES

    def begin(self, *, by: Actor) -> Step[State, Action]:
        """The step that brings a thing into being."""
        if by.role not in self.first_roles:
            raise self._role_may_not(self.first_action, by)
        return Step(self.name, self.first_action, None, self.initial, by)

    def permit(self, action: Action, *, by: Actor) -> None:
        """Refuse whoever never takes this action, before anything is told of its subject."""
        if by.role not in self._roles(action):
            raise self._role_may_not(action, by)

    def step(  # noqa: PLR0913 - each is a column of the table
        self,
        state: State,
        action: Action,
        *,
        by: Actor,
        grounds: Mapping[Ground, object] | None = None,
        facts: Collection[Fact] = (),
        to: State | None = None,
    ) -> Step[State, Action]:
        """The step that leads on from `state`, or a `Refusal` that says why there is none."""
        self.permit(action, by=by)
        grounds = grounds or NO_GROUNDS
        given = frozenset(ground for ground, said in grounds.items() if said)
        row = self._row(state, action, by.role, frozenset(facts), to, given)
        return Step(self.name, action, row.source, row.target, by, grounds)

    def _look_up(  # noqa: PLR0913, PLR0917 - each is a column of the table
        self,
        state: State,
        action: Action,
        role: Role,
        facts: frozenset[Fact],
        to: State | None,
        given: frozenset[Ground],
    ) -> Transition[State, Action]:
        row = self._found(state, action, role, facts, to)
        self._demand(row, given)
        return row

    def _found(
        self, state: State, action: Action, role: Role, facts: frozenset[Fact], to: State | None
    ) -> Transition[State, Action]:
        rows = [
            row
            for row in self.transitions
            if row.action is action and row.source is state and role in row.by and row.stands(facts)
        ]
        if not rows:
            raise ActionNotOpen(action=action, name=self.name, state=state)
        for row in rows:
            bar = row.barred(facts)
            if bar is not None:
                raise BARS[bar](action=action, name=self.name)
        return self._row_to(to, rows)

    def _role_may_not(self, action: Action, by: Actor) -> RoleMayNot:
        return RoleMayNot(role=by.role, action=action, name=self.name, roles=self.roles_for(action))

    def _row_to(
        self, to: State | None, rows: list[Transition[State, Action]]
    ) -> Transition[State, Action]:
        for row in rows:
            if row.target is to or (to is None and row.action not in self.chosen):
                return row
        targets = [row.target for row in rows]
        said = TargetNotOpen.detail
        words: dict[str, object] = {
            "action": rows[0].action,
            "state": rows[0].source,
            "targets": targets,
        }
        raise TargetNotOpen([Fault("/target", "target_not_open", said, words)], **words)

    def _demand(self, row: Transition[State, Action], given: frozenset[Ground]) -> None:
        missing = sorted(row.needs - given)
        if missing:
            faults = [Fault(f"/grounds/{g}", "missing", GROUND_MISSING) for g in missing]
            raise GroundsMissing(faults, action=row.action, name=self.name, missing=missing)
        welcome = row.needs | row.takes | ALWAYS_WELCOME
        unasked = sorted(given - welcome)
        if unasked:
            faults = [Fault(f"/grounds/{g}", "not_asked", GROUND_NOT_ASKED) for g in unasked]
            raise GroundsNotAsked(faults, action=row.action, name=self.name, unasked=unasked)

    def roles_for(self, action: Action) -> frozenset[Role]:
        rows = [row.by for row in self.transitions if row.action is action]
        return frozenset().union(*rows, self.first_roles if action is self.first_action else ())

    def waits_for(self, role: Role) -> list[State]:
        """The states in which something is open to that role, in the order of the states."""
        silent = self.beside | self.implied
        moved = {r.source for r in self.transitions if role in r.by and r.action not in silent}
        return [state for state in type(self.initial) if state in moved]

    def facts_for(self, action: Action, role: Role) -> frozenset[Fact]:
        """All on which this action may depend for that role; the others need not be known."""
        rows = [row for row in self.transitions if row.action is action and role in row.by]
        return frozenset(fact for row in rows for fact in (row.when, *row.bars) if fact)

    def sources_of(self, action: Action, role: Role) -> set[State]:
        """The states from which that role may take this action."""
        return {r.source for r in self.transitions if r.action is action and role in r.by}

    def open_to(
        self, role: Role, state: State, *, facts: Collection[Fact] = ()
    ) -> list[OpenAction[State, Action]]:
        """What somebody in that role may do now. Which alternative stands need not be known."""
        rows = [
            row
            for row in self.transitions
            if row.source is state
            and role in row.by
            and row.action not in self.implied
            and row.barred(facts) is None
        ]
        actions = dict.fromkeys(row.action for row in rows)
        return [self._offer(action, [r for r in rows if r.action is action]) for action in actions]

    def bars_for(self, role: Role) -> list[Fact]:
        """Whatever may bar that role from anything, in the order of the facts."""
        found = {bar for row in self.transitions if role in row.by for bar in row.bars}
        return [fact for fact in Fact if fact in found]

    def situations(self, role: Role) -> dict[str, frozenset[Fact]]:
        """What may bar that role, in every combination: each by its facts, one blank between."""
        bars = self.bars_for(role)
        return {
            " ".join(facts): frozenset(facts)
            for number in range(len(bars) + 1)
            for facts in combinations(bars, number)
        }

    def offers(self, role: Role, situations: Mapping[str, Collection[Fact]]) -> Offers:
        """Situation -> state -> what is open, as JSON: for a statement that answers with it."""
        return {
            situation: {
                state: [vars(offer) for offer in self.open_to(role, state, facts=facts)]
                for state in type(self.initial)
            }
            for situation, facts in situations.items()
        }

    def _offer(
        self, action: Action, rows: list[Transition[State, Action]]
    ) -> OpenAction[State, Action]:
        needs = frozenset.intersection(*(row.needs for row in rows))
        targets = tuple(row.target for row in rows) if action in self.chosen else ()
        return OpenAction(action, tuple(sorted(needs)), targets)
