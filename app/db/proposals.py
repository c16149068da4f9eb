"""Finding proposals, what they rest on, and telling of them."""

import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import sight as shown
from app.db.households import HEAD_OF, HOUSEHOLDS_AND_HEADS
from app.db.pages import Asked, Position, page
from app.db.scope import lies_within
from app.db.sessions import Reading
from app.db.tables.proposals import LIVE, RESPONSIBLE, Proposal
from app.db.tables.registry import Family, Household, Member
from app.db.tables.surveys import Survey
from app.domain.actors import Actor, Role
from app.domain.errors import NotFound, Said
from app.domain.households import RecordState
from app.domain.proposals import (
    ENDED,
    ON_ITS_WAY,
    PROPOSALS,
    SITUATIONS,
    ProposalAction,
    ProposalKind,
    ProposalState,
)
from app.domain.regions import Region
from app.domain.sight import SIGHT_OF, Sight
from app.domain.work_lists import Wanted
from app.domain.workflow import Fact

AUTHORSHIP = (PROPOSALS.first_action, ProposalAction.SUBMIT)
# OFFSET 0: asked row by row, along the row's own chain. Hashed, it would be all he ever did.
_AUTHORED = f"""EXISTS (SELECT FROM audit_entry e WHERE e.subject_id = {{p}}.id
    AND e.workflow = '{PROPOSALS.name}' AND e.actor_id = CAST({{actor}} AS uuid)
    AND e.action IN ({", ".join(f"'{action}'" for action in AUTHORSHIP)}) OFFSET 0)"""
_DISTRICT_CHECKS = """coalesce((SELECT o.district_checks FROM policy o
    WHERE o.regency_code = left(p.scope_code::text, 4)), false)"""
# What the table asks of a proposal `p`, of whom `{actor}` is about to move it.
CONDITIONS: dict[Fact, str] = {
    Fact.DISTRICT_CHECKS: _DISTRICT_CHECKS,
    Fact.DISTRICT_FORWARDS: f"NOT {_DISTRICT_CHECKS}",
    Fact.OWN_WORK: _AUTHORED.format(p="p", actor=":actor"),
}
FACTS = text(f"""SELECT p.id, {", ".join(f"{sql} AS {fact}" for fact, sql in CONDITIONS.items())}
FROM proposal p WHERE p.id = ANY (:ids)""")
OFFERS = {role: json.dumps(PROPOSALS.offers(role, SITUATIONS)) for role in Role}


class ProposalNotFound(NotFound):
    """No such proposal lies within your region."""

    title = Said(
        id="Usulan tidak ditemukan di wilayah Anda", en="No such proposal lies within your region"
    )


async def find(session: AsyncSession, proposal_id: UUID, *, within: Region) -> Proposal:
    found = await hold(session, [proposal_id], within=within)
    if proposal_id not in found:
        raise ProposalNotFound
    return found[proposal_id]


async def hold(
    session: AsyncSession, ids: Sequence[UUID], *, within: Region
) -> dict[UUID, Proposal]:
    """Those of them that lie within, kept from others until the transaction ends."""
    found = await session.exec(
        select(Proposal)
        .where(col(Proposal.id).in_(ids), lies_within(Proposal.scope_code, within))
        .order_by(col(Proposal.id))
        .with_for_update(key_share=True)
    )
    return {each.id: each for each in found}


async def facts_about(session: AsyncSession, household: Household) -> frozenset[Fact]:
    """How it stands with the proposal to register this household."""
    states = await session.exec(
        select(Proposal.state).where(
            Proposal.household_id == household.id,
            Proposal.kind == ProposalKind.NEW_FAMILY,
            col(Proposal.state).not_in(ENDED),
        )
    )
    state = states.one_or_none()
    if state is None:
        return frozenset()
    return frozenset({Fact.PROPOSED, *([Fact.ON_ITS_WAY] if state in ON_ITS_WAY else [])})


async def facts_of(
    session: AsyncSession, ids: Sequence[UUID], *, for_: Actor
) -> dict[UUID, frozenset[Fact]]:
    """What its table asks of each of them: by proposal, what holds for this actor now."""
    await session.flush()
    connection = await session.connection()
    found = await connection.execute(FACTS, {"ids": list(ids), "actor": for_.id})
    return {
        proposal_id: frozenset(
            fact for fact, holds in zip(CONDITIONS, holds_each, strict=True) if holds
        )
        for proposal_id, *holds_each in found
    }


async def people_of(
    session: AsyncSession, about: Proposal | Survey, *, within: Region
) -> tuple[list[Family], list[Member]]:
    """The families and the members that the proposal, or the survey, speaks of."""
    families = await session.exec(
        select(Family)
        .where(
            Family.household_id == about.household_id,
            Family.state != RecordState.INACTIVE,
            lies_within(Family.scope_code, within),
        )
        .order_by(col(Family.number), col(Family.id))
    )
    members = await session.exec(
        select(Member)
        .where(
            Member.household_id == about.household_id,
            Member.state != RecordState.INACTIVE,
            lies_within(Member.scope_code, within),
        )
        .order_by(col(Member.number), col(Member.id))
    )
    return list(families), list(members)


_WAITING = f"""'responsible_id', {RESPONSIBLE},
        'waiting_since', CASE WHEN {LIVE} THEN state_since END,
        'waiting_days', CASE WHEN {LIVE} THEN
            greatest(0, floor(extract(epoch FROM now() - state_since) / 86400)::int) END"""
_OPEN = f"({{offers}}::jsonb -> CASE WHEN {_AUTHORED} THEN 'own' ELSE 'others' END -> {{p}}.state)"


def _document(sight: Sight) -> str:
    return f"""
    SELECT json_build_object(
        'version', p.version,
        'id', p.id,
        'kind', p.kind,
        'household_id', p.household_id,
        'village_code', p.scope_code::text,
        'state', p.state,
        'content', {shown.content("p.content", sight)},
        'created_by', p.created_by,
        {_WAITING},
        'submitted_by', p.submitted_by,
        'submitted_at', p.submitted_at,
        'created_at', p.created_at,
        'updated_at', p.updated_at,
        'open_actions', {_OPEN.format(p="p", actor="$4", offers="$5")}
    )::text AS body,
    array[p.household_id] || ARRAY(
        SELECT m.id FROM member m WHERE m.household_id = p.household_id) AS subjects
    FROM proposal p WHERE p.id = $1 AND p.scope_code BETWEEN $2 AND $3
    """


async def document(reading: Reading, proposal_id: UUID, *, within: Region, seen_by: Actor) -> str:
    """The proposal as `ProposalView`, in JSON."""
    body = await reading.document(
        _document(SIGHT_OF[seen_by.role]),
        proposal_id,
        within.first,
        within.last,
        seen_by.id,
        OFFERS[seen_by.role],
    )
    if body is None:
        raise ProposalNotFound
    return body


def _asked(wanted: Wanted, after: Position, limit: int, *, by: Actor) -> Asked:
    """What is wanted, as conditions that an index answers."""
    states = wanted.states(by.role)
    either = [f"state = '{state}'" for state in states] or ["false"]
    open_now = f"jsonb_array_length({_OPEN.format(p='proposal', actor='$6', offers='$7')}) > {{}}"
    where = {
        f"{RESPONSIBLE} = {{}}": by.id if wanted.mine else None,
        "kind = {}": wanted.kind,
        "state_since <= now() - make_interval(hours => 24 * {})": wanted.waiting_days,
        open_now: 0 if wanted.open_to_me else None,
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
    sight = SIGHT_OF[seen_by.role]
    item = f"""json_build_object(
        'version', s.version, 'id', s.id, 'kind', s.kind, 'household_id', s.household_id,
        'village_code', s.scope_code::text, 'state', s.state,
        'head_name', (SELECT {shown.name("m.name", sight.identity)}
            FROM member m WHERE {HEAD_OF.format("s.household_id")}),
        'submitted_at', s.submitted_at, 'updated_at', s.updated_at, {_WAITING},
        'open_actions', {_OPEN.format(p="s", actor="$6", offers="$7")})"""
    statement, arguments = page(
        "proposal",
        _asked(wanted, after, limit, by=seen_by),
        within=within,
        item=item,
        subjects=HOUSEHOLDS_AND_HEADS.format("s.household_id"),
        also=(seen_by.id, OFFERS[seen_by.role]),
    )
    return str(await reading.document(statement, *arguments))


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
