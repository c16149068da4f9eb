"""The agendas of deliberations: names that come on, go off, get their outcome, and are frozen."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, text
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import sight as shown
from app.db.scope import lies_within
from app.db.sessions import Reading
from app.db.tables.deliberations import AgendaItem, Deliberation
from app.db.tables.proposals import Proposal
from app.domain.deliberation_answers import OF_HEALTH
from app.domain.deliberations import Judgement
from app.domain.errors import Conflict, Said
from app.domain.proposals import ProposalState
from app.domain.regions import Region
from app.domain.sight import Shown, Sight, Survey


class OnAnotherAgenda(Conflict):
    """The proposal stands on an open agenda already."""

    title = Said(
        id="Usulan sudah ada dalam agenda yang terbuka",
        en="The proposal stands on an open agenda already",
    )
    detail = Said(
        id="Satu usulan hanya dibahas dalam satu musyawarah yang belum ditutup. Pakai agenda itu, "
        "atau keluarkan usulan ini dari sana.",
        en="A proposal is on one open agenda at a time. Use that one, or take it off there.",
    )


AWAITED = (ProposalState.DRAFTED, ProposalState.AWAITING_DELIBERATION)
# Whom the proposal `p` names: the first who moves, the person it is about, else the head of the
# family, else of the household. The NIK is masked before it is kept anywhere else.
PERSON = """SELECT m.id, m.name, m.nik FROM member m
    WHERE m.household_id = p.household_id AND (m.id = p.member_id OR m.state <> 'inactive')
    ORDER BY (m.id = p.member_id OR m.id::text = p.asks #>> '{member_ids,0}') IS TRUE DESC,
        (m.family_id = p.family_id AND m.relation_to_family_head = 1) IS TRUE DESC,
        (m.relation_to_household_head = 1) IS TRUE DESC, m.number, m.id LIMIT 1"""
NIK = "coalesce(p.asks #>> '{people,0,nik}', m.nik)"
NAMED = f"""jsonb_build_object(
    'name', coalesce(p.asks #>> '{{people,0,name}}', m.name),
    'nik', {shown.number(NIK, Shown.MASKED)}, 'address', h.address, 'rt', h.rt, 'rw', h.rw,
    'kind', p.kind, 'programme', p.asks ->> 'programme')"""
ABOUT = f"""LEFT JOIN household h ON h.id = p.household_id
    LEFT JOIN LATERAL ({PERSON}) m ON true"""

ENLIST = text("""
INSERT INTO agenda_item (deliberation_id, scope_code, proposal_id, number, is_open)
SELECT :deliberation, :scope, wanted.id, :there + row_number() OVER (ORDER BY place), true
FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS wanted (id, place)
WHERE NOT EXISTS (SELECT FROM agenda_item o WHERE o.proposal_id = wanted.id AND o.is_open)
RETURNING proposal_id
""")
STRIKE = text("""
DELETE FROM agenda_item WHERE deliberation_id = :deliberation AND proposal_id = :proposal
RETURNING number
""")
CLOSE_UP = text("""
UPDATE agenda_item SET number = number - 1 WHERE deliberation_id = :deliberation AND number > :gone
""")
JUDGE = text("""
UPDATE agenda_item i SET outcome = v.outcome, reason = v.reason, note = v.note, answers = v.answers
FROM json_to_recordset(:rows)
    AS v (proposal_id uuid, outcome text, reason text, note text, answers jsonb)
WHERE i.deliberation_id = :deliberation AND i.proposal_id = v.proposal_id
""")
FREEZE = text(f"""
UPDATE agenda_item i SET is_open = false, named = found.named
FROM (
    SELECT p.id, {NAMED} AS named
    FROM agenda_item o JOIN proposal p ON p.id = o.proposal_id {ABOUT}
    WHERE o.deliberation_id = :deliberation
) AS found
WHERE i.deliberation_id = :deliberation AND i.proposal_id = found.id
""")
RELEASE = text("UPDATE agenda_item SET is_open = false WHERE deliberation_id = :deliberation")


async def items(
    session: AsyncSession, deliberation: Deliberation, *, within: Region
) -> list[AgendaItem]:
    """Its names, in the order of their numbers."""
    found = await session.exec(
        select(AgendaItem)
        .where(
            AgendaItem.deliberation_id == deliberation.id,
            lies_within(AgendaItem.scope_code, within),
        )
        .order_by(col(AgendaItem.number))
    )
    return list(found)


async def awaited(session: AsyncSession, *, most: int, within: Region) -> list[UUID]:
    """What a deliberation could take up: drafts too, but nothing that is on an open agenda."""
    taken = select(AgendaItem.proposal_id).where(
        col(AgendaItem.is_open), lies_within(AgendaItem.scope_code, within)
    )
    found = await session.exec(
        select(Proposal.id)
        .where(
            col(Proposal.state).in_(AWAITED),
            col(Proposal.id).not_in(taken),
            lies_within(Proposal.scope_code, within),
        )
        .order_by(col(Proposal.id))
        .limit(most)
    )
    return list(found)


async def count(session: AsyncSession, deliberation: Deliberation) -> int:
    found = await session.exec(
        select(func.count()).where(AgendaItem.deliberation_id == deliberation.id)
    )
    return found.one()


async def enlist(
    session: AsyncSession, deliberation: Deliberation, ids: Sequence[UUID], *, there: int
) -> set[UUID]:
    """Put them behind those that are `there`; which were put, comes back."""
    values = {
        "deliberation": deliberation.id,
        "scope": deliberation.scope_code,
        "ids": list(ids),
        "there": there,
    }
    return {row.proposal_id for row in await _run(session, ENLIST, values)}


async def strike(session: AsyncSession, deliberation: Deliberation, proposal_id: UUID) -> bool:
    """Take a name off, and close the gap. Whether it was there."""
    values = {"deliberation": deliberation.id, "proposal": proposal_id}
    gone = [row.number for row in await _run(session, STRIKE, values)]
    for number in gone:
        await _run(session, CLOSE_UP, {"deliberation": deliberation.id, "gone": number})
    return bool(gone)


async def judge(
    session: AsyncSession, deliberation: Deliberation, given: Mapping[UUID, Judgement]
) -> None:
    rows = [{"proposal_id": str(each), **vars(judged)} for each, judged in given.items()]
    await _run(session, JUDGE, {"deliberation": deliberation.id, "rows": json.dumps(rows)})


async def freeze(session: AsyncSession, deliberation: Deliberation) -> None:
    """Keep how each is named now, as the minutes will for ever."""
    await _run(session, FREEZE, {"deliberation": deliberation.id})


async def release(session: AsyncSession, deliberation: Deliberation) -> None:
    """The names may come onto another agenda."""
    await _run(session, RELEASE, {"deliberation": deliberation.id})


async def _run(
    session: AsyncSession, statement: TextClause, values: Mapping[str, object]
) -> Sequence[Row[Any]]:
    await session.flush()
    result = await (await session.connection()).execute(statement, values)
    return result.all() if result.returns_rows else ()


def _answers(sight: Sight) -> str:
    if sight.survey is not Survey.FULL:
        return "NULL::jsonb"
    hidden = "" if sight.health else f" - '{{{','.join(sorted(OF_HEALTH))}}}'::text[]"
    return f"(i.answers{hidden})"


def item(sight: Sight) -> str:
    """One `AgendaItemView`: of a row `i` of the agenda, its proposal and whom it names."""
    named = f"coalesce(i.named, {NAMED})"
    programme = f"{named} ->> 'programme'" if sight.programmes else "NULL"
    return f"""json_build_object(
        'number', i.number, 'proposal_id', i.proposal_id,
        'village_code', i.scope_code::text, 'kind', {named} ->> 'kind',
        'programme', {programme}, 'state', p.state,
        'name', {shown.name(f"({named} ->> 'name')", sight.identity)},
        'nik', {named} ->> 'nik',
        'address', {shown.detail(f"({named} ->> 'address')", sight)},
        'rt', {named} ->> 'rt', 'rw', {named} ->> 'rw',
        'outcome', i.outcome, 'reason', i.reason,
        'note', {shown.detail("i.note", sight)}, 'answers', {_answers(sight)})"""


def _page(sight: Sight) -> str:
    return f"""
    WITH page AS MATERIALIZED (
        SELECT * FROM agenda_item
        WHERE deliberation_id = $1 AND scope_code BETWEEN $2 AND $3 AND number > $4
        ORDER BY number LIMIT $5::int + 1
    ), told AS (
        SELECT i.number, p.household_id, m.id AS member_id, {item(sight)} AS line
        FROM page i JOIN proposal p ON p.id = i.proposal_id {ABOUT}
        ORDER BY i.number LIMIT $5::int
    )
    SELECT json_build_object(
        'next', CASE WHEN (SELECT count(*) FROM page) > $5::int
            THEN (SELECT max(number)::text FROM told) END,
        'items', coalesce((SELECT json_agg(line ORDER BY number) FROM told), '[]'::json)
    )::text AS body,
    (SELECT array_remove(array_agg(household_id) || array_agg(member_id), NULL) FROM told)
        AS subjects
    FROM deliberation d WHERE d.id = $1 AND d.scope_code BETWEEN $2 AND $3"""


async def page(  # noqa: PLR0913 - a page: of which, from where, how long, for whom
    reading: Reading,
    deliberation_id: UUID,
    after: int,
    limit: int,
    *,
    within: Region,
    sight: Sight,
) -> str | None:
    """A page of `AgendaItemView`s, in JSON, by their numbers."""
    return await reading.document(
        _page(sight), deliberation_id, within.first, within.last, after, limit
    )
