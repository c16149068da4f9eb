"""Finding proposals, what they rest on, and telling of them."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from itertools import compress
from typing import TypeVar
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from app.db import moves
from app.db import sight as shown
from app.db.facts import facts_asked, offered, open_to, words
from app.db.households import EACH_AND_HEAD, HEAD_OF
from app.db.pages import Asked, Position, page, rows_of
from app.db.plain import plain
from app.db.scope import lies_within, one_of
from app.db.sessions import Reading, connection_in
from app.db.tables.proposals import LIVE, RESPONSIBLE, Proposal
from app.db.tables.registry import Family, Household, Member
from app.db.tables.surveys import Survey
from app.domain.actors import Actor, Role
from app.domain.errors import NotFound, Said
from app.domain.facts import Fact
from app.domain.households import RecordState
from app.domain.proposals import (
    ENDED,
    GRANTS,
    ON_ITS_WAY,
    ProposalAction,
    ProposalKind,
    ProposalState,
)
from app.domain.regions import Region
from app.domain.sight import Sight, sight_of
from app.domain.work_lists import Wanted

Record = TypeVar("Record", Family, Member)
_GRANTS = words(GRANTS)


class ProposalNotFound(NotFound):
    """No such proposal lies within your region."""

    title = Said(
        id="Usulan tidak ditemukan di wilayah Anda", en="No such proposal lies within your region"
    )


async def find(session: AsyncSession, proposal_id: UUID, *, within: Region) -> Proposal:
    """It, kept from others until the transaction ends."""
    await moves.hold_ends(session, [proposal_id])
    found = await session.exec(
        select(Proposal)
        .where(Proposal.id == proposal_id, lies_within(Proposal.scope_code, within))
        .with_for_update(key_share=True)
    )
    proposal = found.one_or_none()
    if proposal is None:
        raise ProposalNotFound
    return proposal


async def facts_about(
    session: AsyncSession, household: Household, member: Member | None = None
) -> frozenset[Fact]:
    """How it stands with the proposal to register this household, or this member of it."""
    kind, about = col(Proposal.kind), col(Proposal.member_id)
    registers = kind == ProposalKind.NEW_FAMILY
    if household.state is RecordState.PROPOSED:
        registers |= kind == ProposalKind.MOVE  # it is drafted for whoever arrives
    if member is not None:
        registers |= (kind == ProposalKind.NEW_MEMBER) & (about == member.id)
    states = await session.exec(
        select(Proposal.state).where(
            Proposal.household_id == household.id,
            registers,
            col(Proposal.state).not_in(ENDED),
        )
    )
    found = set(states)
    on_its_way = {Fact.ON_ITS_WAY} if found & ON_ITS_WAY else set()
    return frozenset({Fact.PROPOSED, *on_its_way} if found else ())


async def on_the_desk(
    session: AsyncSession, household_id: UUID, member_id: UUID | None, *, within: Region
) -> Proposal | None:
    """The proposal to register this household, or this member, as it lies with its village."""
    about = [col(Proposal.kind) == ProposalKind.NEW_FAMILY]
    if member_id is not None:
        about += [col(Proposal.member_id) == member_id]
    found = await session.exec(
        select(Proposal).where(
            Proposal.household_id == household_id,
            or_(*about),
            Proposal.state == ProposalState.DRAFTED,
            lies_within(Proposal.scope_code, within),
        )
    )
    return found.first()


async def correction_of(
    session: AsyncSession,
    household_id: UUID,
    about: Mapping[str, UUID],
    *,
    within: Region,
    kind: ProposalKind = ProposalKind.CORRECTION,
) -> Proposal | None:
    """The newest correction of a member, or of a family, that has not ended; or what `kind` is."""
    found = await session.exec(
        select(Proposal)
        .where(
            Proposal.household_id == household_id,
            Proposal.kind == kind,
            col(Proposal.state).not_in(ENDED),
            lies_within(Proposal.scope_code, within),
        )
        .filter_by(**about)
        .order_by(col(Proposal.created_at).desc())
    )
    return found.first()


async def being_corrected(
    session: AsyncSession, households: Collection[UUID], *, within: Region
) -> set[UUID]:
    """Those of these households of which something is to be corrected."""
    found = await session.exec(
        select(Proposal.household_id).where(
            one_of(Proposal.household_id, households),
            Proposal.kind == ProposalKind.CORRECTION,
            col(Proposal.state).not_in(ENDED),
            lies_within(Proposal.scope_code, within),
        )
    )
    return set(found)


async def facts_of(
    session: AsyncSession,
    ids: Sequence[UUID],
    *,
    for_: Actor,
    action: ProposalAction | None = None,
) -> dict[UUID, frozenset[Fact]]:
    """What its table asks of each of them, for this action or for any: what holds for him now."""
    asked, facts = facts_asked(action, for_.role, actor="$2")
    statement = f"SELECT {', '.join(['p.id', *facts])} FROM proposal p WHERE p.id = ANY ($1)"
    who = (for_.id,) if "$2" in statement else ()  # not every fact asks who he is
    found = await (await connection_in(session)).fetch(statement, list(ids), *who)
    return {row["id"]: frozenset(compress(asked, tuple(row)[1:])) for row in found}


async def people_of(
    session: AsyncSession, about: Proposal | Survey, *, within: Region
) -> tuple[list[Family], list[Member]]:
    """The families and the members that the proposal, or the survey, speaks of."""
    return await people_of_each(session, [about.household_id], within=within)


async def people_of_each(
    session: AsyncSession, households: Collection[UUID], *, within: Region
) -> tuple[list[Family], list[Member]]:
    """The families and the members of these households, in the order of their numbers."""
    families = await session.exec(_there_in(Family, households, within))
    members = await session.exec(_there_in(Member, households, within))
    return list(families), list(members)


async def people_seen_in(
    session: AsyncSession, households: Collection[UUID], *, within: Region
) -> tuple[list[Family], list[Member]]:
    """The same, to be looked at only."""
    families = await plain(session, Family, _there_in(Family, households, within))
    members = await plain(session, Member, _there_in(Member, households, within))
    return families, members


def _there_in(
    kind: type[Record], households: Collection[UUID], within: Region
) -> SelectOfScalar[Record]:
    return (
        select(kind)
        .where(
            one_of(kind.household_id, households),
            kind.state != RecordState.INACTIVE,
            lies_within(kind.scope_code, within),
        )
        .order_by(col(kind.number), col(kind.id))
    )


_WAITING = f"""'responsible_id', {RESPONSIBLE},
        'waiting_since', CASE WHEN {LIVE} THEN state_since END,
        'waiting_days', CASE WHEN {LIVE} THEN
            greatest(0, floor(extract(epoch FROM now() - state_since) / 86400)::int) END"""


# What was frozen besides what is now and what is proposed. A draft has the null of JSON.
_BESIDE = "(nullif(p.content, 'null') - 'now' - 'proposed')"


def _told(part: str, sight: Sight) -> str:
    """Who receives what is not for every role."""
    return part if sight.programmes else f"CASE WHEN p.kind NOT IN ({_GRANTS}) THEN {part} END"


@cache
def _document(sight: Sight, role: Role) -> str:
    return f"""
    SELECT json_build_object(
        'version', p.version,
        'id', p.id,
        'kind', p.kind,
        'household_id', p.household_id,
        'family_id', p.family_id,
        'member_id', p.member_id,
        'linked_id', p.linked_id,
        'base_version', p.base_version,
        'village_code', p.scope_code::text,
        'state', p.state,
        'period', p.period,
        'missed_period', p.missed_period,
        'urgent', p.urgent,
        'asks', {_told(shown.asked("p.asks", sight), sight)},
        'now', {_told(shown.side("p.content -> 'now'", sight), sight)},
        'proposed', {_told(shown.side("p.content -> 'proposed'", sight), sight)},
        'content', CASE p.kind WHEN '{ProposalKind.NEW_FAMILY}'
            THEN {shown.content("p.content", sight)}
            ELSE {_told(shown.asked(_BESIDE, sight), sight)} END,
        'marks', {_told(shown.marks("p.marks", sight), sight)},
        'changed_since_return', CASE WHEN p.state <> '{ProposalState.DRAFTED}'
            AND p.changed_since_return IS NOT NULL
            THEN {_told(shown.changed_since("p.changed_since_return", sight), sight)} END,
        'created_by', p.created_by,
        {_WAITING},
        'submitted_by', p.submitted_by,
        'submitted_at', p.submitted_at,
        'created_at', p.created_at,
        'updated_at', p.updated_at,
        'open_actions', {open_to("p", role, offers="$4", actor="$5")}
    )::text AS body,
    array[p.household_id] || ARRAY(
        SELECT m.id FROM member m WHERE m.household_id = p.household_id) AS subjects
    FROM proposal p WHERE p.id = $1 AND p.scope_code BETWEEN $2 AND $3
    """


async def document(reading: Reading, proposal_id: UUID, *, within: Region, seen_by: Actor) -> str:
    """The proposal as `ProposalView`, in JSON."""
    body = await reading.document(
        _document(sight_of(seen_by), seen_by.role),
        proposal_id,
        within.first,
        within.last,
        *offered(seen_by),
    )
    if body is None:
        raise ProposalNotFound
    return body


ALREADY_SAID = frozenset({Fact.OTHERS_WORD})


def _asked(wanted: Wanted, after: Position, limit: int, *, by: Actor) -> Asked:
    """What is wanted, as conditions that an index answers."""
    states = wanted.states(by.role)
    either = [f"state = '{state}'" for state in states] or ["false"]
    open_now = open_to("proposal", by.role, offers="$6", actor="$7")
    # What he may take back waits for nobody: whether he may, is not asked of every row.
    waiting = open_to("proposal", by.role, offers="$6", actor="$7", granted=ALREADY_SAID)
    where = {
        f"{RESPONSIBLE} = {{}}": by.id if wanted.mine else None,
        "kind = {}": wanted.kind,
        "state_since <= now() - make_interval(hours => 24 * {})": wanted.waiting_days,
        f"jsonb_array_length({waiting}) > {{}}": 0 if wanted.open_to_me else None,
        f"{open_now} @> jsonb_build_array(jsonb_build_object('action', {{}}::text))": wanted.action,
        "period = {}": wanted.period,
        "asks ->> 'programme' = {}": wanted.programme,
        "urgent AND {}": wanted.urgent or None,
    }
    return Asked(after, limit, where, either if len(states) < len(ProposalState) else ())


async def list_page(  # noqa: PLR0913 - a page: of what, from where, how long, whose, for whom
    reading: Reading,
    wanted: Wanted,
    *,
    after: Position,
    limit: int,
    within: Region,
    seen_by: Actor,
) -> str:
    """A page of `ProposalLine`s, in JSON."""
    statement, arguments = lines(wanted, after, limit, within=within, seen_by=seen_by)
    return str(await reading.document(statement, *arguments))


# Looked up once: for the line, and for the access log.
_HEADS = f"""LEFT JOIN LATERAL (
    SELECT m.id AS head_id, m.name AS head_called
    FROM member m WHERE {HEAD_OF.format("s.household_id")}
) AS head ON true"""


def lines(
    wanted: Wanted, after: Position, limit: int, *, within: Region, seen_by: Actor
) -> tuple[str, tuple[object, ...]]:
    """A statement that selects a page of `ProposalLine`s, in JSON, and its arguments."""
    sight = sight_of(seen_by)
    item = f"""json_build_object(
        'version', s.version, 'id', s.id, 'kind', s.kind, 'household_id', s.household_id,
        'village_code', s.scope_code::text, 'state', s.state, 'period', s.period,
        'urgent', s.urgent,
        'head_name', {shown.name("head_called", sight.identity)},
        'submitted_at', s.submitted_at, 'updated_at', s.updated_at, {_WAITING},
        'open_marks', CASE s.state WHEN '{ProposalState.DRAFTED}'
            THEN coalesce(jsonb_array_length(s.marks), 0) ELSE 0 END,
        'open_actions', {open_to("s", seen_by.role, offers="$6", actor="$7")})"""
    return page(
        "proposal",
        _asked(wanted, after, limit, by=seen_by),
        within=within,
        item=item,
        joined=_HEADS,
        subjects=EACH_AND_HEAD.format("s.household_id", "head_id"),
        also=offered(seen_by),
    )


def matching(  # noqa: PLR0913 - as a page, and how many of them
    wanted: Wanted,
    after: Position,
    limit: int,
    *,
    within: Region,
    seen_by: Actor,
    most: int,
) -> tuple[str, tuple[object, ...]]:
    """A statement that selects the proposals that are wanted, in order, `most` and one more."""
    return rows_of(
        "proposal",
        _asked(wanted, after, limit, by=seen_by),
        within=within,
        also=offered(seen_by),
        most=str(most + 1),
    )


async def known(reading: Reading, proposal_id: UUID, *, within: Region) -> None:
    """Refuse where there is no such proposal: an empty history would say that there is one."""
    found = await reading.value(
        "SELECT true FROM proposal WHERE id = $1 AND scope_code BETWEEN $2 AND $3",
        proposal_id,
        within.first,
        within.last,
    )
    if found is None:
        raise ProposalNotFound
