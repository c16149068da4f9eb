"""What the kinds about programmes look at and do alike, for any number of proposals at once."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.kinds.base import Follow, Follows
from app.commands.kinds.records import documents_of
from app.db import claims, proposals, recipients, surveys
from app.db.audit import Move, record_all
from app.db.claims import Claim, Taken
from app.db.families import FamilyNotFound
from app.db.members import MemberNotFound
from app.db.tables.base import now
from app.db.tables.proposals import Proposal
from app.db.tables.recipients import Recipient
from app.db.tables.registry import Family, Member
from app.db.tables.surveys import Survey
from app.domain import evidence
from app.domain import recipients as rules
from app.domain.actors import Actor
from app.domain.asks import HELD_BY, HELD_ELSEWHERE, AskedAlready
from app.domain.errors import Fault, Refusal
from app.domain.programmes import Programme, known
from app.domain.recipients import AsksNotAccepted

Row = TypeVar("Row", Family, Member, Recipient)
Found = TypeVar("Found")
Claimed = tuple[Proposal, Mapping[str, Any]]  # with what it froze
HEAD = 1
PAYEES = ("payee_id", "new_payee_id")


@dataclass(frozen=True)
class Scene:
    """A proposal, the people of its household, and what they receive."""

    proposal: Proposal
    families: Mapping[UUID, Family]
    members: Mapping[UUID, Member]
    recipients: Sequence[Recipient]
    survey: Survey | None
    documents: set[str]  # that its village has, of those it names

    @property
    def asks(self) -> Mapping[str, Any]:
        return self.proposal.asks

    @cached_property
    def family(self) -> Family | None:
        return self.families.get(self.proposal.family_id) if self.proposal.family_id else None

    @cached_property
    def member(self) -> Member | None:
        return self.members.get(self.proposal.member_id) if self.proposal.member_id else None

    @property
    def programme(self) -> Programme:
        if "programme" not in self.asks:
            raise AsksNotAccepted([rules.fault("/asks/programme", "missing")])
        return known(self.asks["programme"])

    def named(self, key: str) -> Member | None:
        """The member whom the asks name by that key."""
        said = self.asks.get(key)
        return self.members.get(UUID(said)) if said else None

    def of_family(self, family_id: UUID | None) -> list[Member]:
        """Everybody of a family card, the head first."""
        people = [each for each in self.members.values() if each.family_id == family_id]
        return sorted(people, key=lambda each: each.relation_to_family_head != HEAD)

    def received(self, programme: str) -> list[Recipient]:
        """What the family or the person it is about has, or had, of that programme."""
        about = self.proposal.member_id or self.proposal.family_id
        return [
            each
            for each in self.recipients
            if each.programme == programme and (each.member_id or each.family_id) == about
        ]

    def receiving(self, programme: str) -> Recipient | None:
        return next((e for e in self.received(programme) if e.state in rules.LIVE), None)

    def evidence_faults(self) -> list[Fault]:
        return [*evidence.wanting(self.asks, ()), *self.unknown_documents()]

    def unknown_documents(self) -> Iterator[Fault]:
        return evidence.unknown(self.asks, self.documents)

    def frozen(self, now_: object, proposed: object, **more: object) -> dict[str, Any]:
        """What everybody on its way reads of it from then on."""
        return {
            "subject": self.subject(),
            "now": now_,
            "proposed": proposed,
            "reason": self.asks.get("reason"),
            "effective_on": self.asks.get("effective_on"),
            "note": self.asks.get("note"),
            "evidence": self.asks.get("evidence", []),
            **more,
        }

    def frozen_part(self, name: str) -> dict[str, Any]:
        """`now` or `proposed`, as it was submitted."""
        part: dict[str, Any] = (self.proposal.content or {})[name]
        return part

    def told_of(self, some: Iterable[Recipient]) -> list[dict[str, Any]]:
        return [rules.told(each) for each in some]

    def subject(self) -> dict[str, Any]:
        """Whom it is about, by ids and by name: of a family, its head's."""
        stands_for = self.member or next(iter(self.of_family(self.proposal.family_id)), None)
        ids = {
            name: str(value) if (value := getattr(self.proposal, name)) else None
            for name in ("household_id", "family_id", "member_id")
        }
        return {
            **ids,
            "dtks_id": stands_for.dtks_id if stands_for else None,
            "name": stands_for.name if stands_for else None,
        }


Scenes = dict[UUID, Scene]  # by proposal


async def look(
    session: AsyncSession, about: Sequence[Proposal], by: Actor, *, surveyed: bool = False
) -> Scenes:
    """In as many statements for two thousand as for one."""
    ids = {each.household_id for each in about}
    families, members = await proposals.people_seen_in(session, ids, within=by.region)
    received = await recipients.of_households(session, ids, within=by.region)
    sheets = await surveys.current_of_each(session, ids, within=by.region) if surveyed else {}
    families_of, members_of = by_household(families), by_household(members)
    recipients_of, there = by_household(received), await documents_of(session, about, by)
    return {
        each.id: Scene(
            each,
            {one.id: one for one in families_of[each.household_id]},
            {one.id: one for one in members_of[each.household_id]},
            recipients_of[each.household_id],
            sheets.get(each.household_id),
            there[each.id],
        )
        for each in about
    }


def by_household(rows: Iterable[Row]) -> Mapping[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.household_id].append(row)
    return found


async def look_into(session: AsyncSession, proposal: Proposal, by: Actor) -> Scene:
    """At one that is drafted. Whoever it names belongs to the household, or is not found."""
    scene = (await look(session, [proposal], by))[proposal.id]
    known = {*scene.members, *(each.member_id for each in scene.recipients)}
    named = [proposal.member_id, *(UUID(scene.asks[key]) for key in PAYEES if scene.asks.get(key))]
    if any(each is not None and each not in known for each in named):
        raise MemberNotFound
    if proposal.family_id is not None and proposal.family_id not in scene.families:
        raise FamilyNotFound
    return scene


def each_alone(
    scenes: Scenes, look_at: Callable[[Scene], Found]
) -> tuple[dict[UUID, Found], Follows]:
    """What is found of those that pass, and the refusals of the others."""
    passed: dict[UUID, Found] = {}
    refused: Follows = {}
    for each, scene in scenes.items():
        try:
            passed[each] = look_at(scene)
        except Refusal as refusal:
            refused[each] = refusal
    return passed, refused


def submission(content: Mapping[str, Any], by: Actor, **more: object) -> dict[str, object]:
    return {"content": content, "submitted_by": by.id, "submitted_at": now(), **more}


# --- what an open proposal has for itself


async def claim(
    session: AsyncSession,
    wanted: Mapping[UUID, Sequence[Claim]],
    refusal: Callable[[Sequence[Taken]], Refusal],
) -> Follows:
    """Lay these claims of each; those whose claims are taken get none, and the refusal."""
    taken = await claims.lay(session, [claim for each in wanted.values() for claim in each])
    lost: dict[UUID, list[Taken]] = defaultdict(list)
    for each in taken:
        lost[each.claim.proposal.id].append(each)
    return {each: refusal(found) for each, found in lost.items()}


async def claim_recipients(
    session: AsyncSession, contents: Mapping[UUID, Claimed], field: str
) -> Follows:
    """A field of every recipient that these proposals froze."""
    wanted = {
        each: [Claim(UUID(one["id"]), field, proposal) for one in content["now"]["recipients"]]
        for each, (proposal, content) in contents.items()
    }
    return await claim(session, wanted, asked_already)


def reopening(field: str) -> Follow:
    """Take hold again of what was let go; another may have taken it meanwhile."""

    async def reopened(session: AsyncSession, about: Sequence[Proposal], _: Actor) -> Follows:
        contents = {each.id: (each, each.content or {}) for each in about}
        return {each.id: {} for each in about} | await claim_recipients(session, contents, field)

    return reopened


def asked_already(taken: Sequence[Taken]) -> AskedAlready:
    """Another open proposal wants to change the same of these recipients."""
    return AskedAlready([_held(each) for each in taken])


def _held(taken: Taken) -> Fault:
    words: dict[str, object] = {
        "id": str(taken.other_id),
        "kind": taken.other_kind,
        "state": taken.other_state,
    }
    said = HELD_BY if taken.other_id else HELD_ELSEWHERE
    return Fault(f"/now/recipients/{taken.claim.field}", "asked_already", said, words)


# --- recipients that move


def unchanged(scene: Scene, fields: Sequence[str]) -> list[Recipient]:
    """The recipients that the proposal froze, or the refusal that says what is other now."""
    frozen = scene.frozen_part("now")["recipients"]
    rows = {str(each.id): each for each in scene.recipients}
    rules.unchanged(frozen, {key: rules.told(row) for key, row in rows.items()}, fields)
    return [rows[each["id"]] for each in frozen]


async def move(session: AsyncSession, moves: Iterable[Move]) -> None:
    await record_all(session, Recipient, list(moves))
