"""Finding households, and telling of them. Every search says within which region it may look."""

import json
from collections.abc import Collection
from functools import cache
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import families, members, recipients, sheets
from app.db import sight as shown
from app.db.pages import Asked, page
from app.db.scope import lies_within, one_of
from app.db.sessions import Reading
from app.db.tables.proposals import LIVE
from app.db.tables.registry import Family, Household, Member
from app.db.tables.surveys import Survey
from app.domain.actors import Actor, Role
from app.domain.errors import NotFound, Said
from app.domain.households import HOUSEHOLDS, SITUATIONS
from app.domain.proposals import PROPOSALS, ProposalKind
from app.domain.regions import Region
from app.domain.sight import Shown, Sight, sight_of

SITUATION = f"""coalesce(
    (SELECT 'once_registered' FROM household x
     WHERE x.id = {{household}} AND x.dtks_id IS NOT NULL),
    (SELECT CASE WHEN bool_and(p.state = '{PROPOSALS.initial}') THEN 'proposed'
            ELSE 'on_its_way' END
     FROM proposal p WHERE p.household_id = {{household}} AND p.{LIVE}
        AND p.kind IN ('{ProposalKind.NEW_FAMILY}', '{ProposalKind.MOVE}')
     HAVING count(*) > 0), 'free')"""
# The head `m` of the household with that id.
HEAD_OF = """m.household_id = {0}
    AND m.relation_to_household_head = 1 AND m.state <> 'inactive'"""
# A list names the heads, so it is read of them: the ids of all its households, and of their heads.
# It is found by their villages, in this month: fifty households would be fifty keys of an index.
EACH_AND_HEAD = """CASE WHEN count(*) > 0 THEN ARRAY(SELECT village_in_month(code, now())
        FROM unnest(array_agg(DISTINCT s.scope_code)) AS code)
    || NULL::uuid || array_agg({0}) || array_agg({1}) ELSE '{{}}' END"""
OFFERS = {role: json.dumps(HOUSEHOLDS.offers(role, SITUATIONS)) for role in Role}


class HouseholdNotFound(NotFound):
    """No such household lies within your region."""

    title = Said(
        id="Rumah tangga tidak ditemukan di wilayah Anda",
        en="No such household lies within your region",
    )


async def find(
    session: AsyncSession, household_id: UUID, *, within: Region, hold: bool = False
) -> Household:
    """`hold` keeps others from changing it, or from proposing it, until the transaction ends."""
    statement = select(Household).where(
        Household.id == household_id, lies_within(Household.scope_code, within)
    )
    if hold:
        statement = statement.with_for_update(key_share=True)
    household = (await session.exec(statement)).one_or_none()
    if household is None:
        raise HouseholdNotFound
    return household


async def hold(
    session: AsyncSession, ids: Collection[UUID], *, within: Region
) -> dict[UUID, Household]:
    """Those of them that lie within, kept from others until the transaction ends."""
    found = await session.exec(
        select(Household)
        .where(one_of(Household.id, ids), lies_within(Household.scope_code, within))
        .order_by(col(Household.id))
        .with_for_update(key_share=True)
    )
    return {each.id: each for each in found}


async def hold_around(
    session: AsyncSession, subject: Household | Family | Member | Survey, *, within: Region
) -> Household:
    """The subject's household, held; and the subject itself as it is once it is held."""
    if isinstance(subject, Household):
        await session.refresh(subject, with_for_update={"key_share": True})
        return subject
    household = await find(session, subject.household_id, within=within, hold=True)
    await session.refresh(subject)
    return household


_PROPOSAL = """json_build_object('id', p.id, 'kind', p.kind, 'state', p.state,
            'family_id', p.family_id, 'member_id', p.member_id)"""


def open_marks(household: str, sight: Sight, *, below: str = "") -> str:
    """What is to be mended of a household whose proposal came back with marks."""
    return f"""(SELECT {shown.marks("p.marks", sight, below=below)} FROM proposal p
        WHERE p.household_id = {household} AND p.kind = '{ProposalKind.NEW_FAMILY}'
            AND p.state = '{PROPOSALS.initial}')"""


@cache
def _document(sight: Sight) -> str:
    """One household with its families, its members and the newest proposal about it."""
    return f"""
    SELECT json_build_object(
        'version', h.version,
        'id', h.id,
        'village_code', h.scope_code::text,
        'village_name', (SELECT r.name FROM region r WHERE r.scope_code = h.scope_code),
        {_place(sight)},
        'state', h.state,
        'inactive_reason', h.inactive_reason,
        'inactive_on', h.inactive_on,
        'dtks_id', h.dtks_id,
        'families', coalesce((SELECT json_agg({families.document(sight)} ORDER BY f.number, f.id)
            FROM family f WHERE f.household_id = h.id AND f.state <> 'inactive'), '[]'),
        'members', coalesce((SELECT json_agg({members.document(sight)} ORDER BY m.number, m.id)
            FROM member m WHERE m.household_id = h.id AND m.state <> 'inactive'), '[]'),
        'proposal', (SELECT {_PROPOSAL} FROM proposal p WHERE p.household_id = h.id
            ORDER BY p.created_at DESC, p.id DESC LIMIT 1),
        'open_proposals', coalesce((SELECT json_agg({_PROPOSAL} ORDER BY p.created_at, p.id)
            FROM proposal p WHERE p.household_id = h.id AND p.{LIVE}), '[]'),
        'recipients', {recipients.of_household("h.id", sight)},
        'marks', {open_marks("h.id", sight)},
        'survey', {sheets.current("h.id", sight)},
        'survey_draft_id', {sheets.draft_id("h.id", sight)},
        'created_at', h.created_at,
        'updated_at', h.updated_at,
        'open_actions', $4::jsonb -> {SITUATION.format(household="h.id")} -> h.state
    )::text AS body,
    array[h.id, NULL] || ARRAY(SELECT m.id FROM member m WHERE m.household_id = h.id
        AND (m.state <> 'inactive' OR {sheets.answered_for("m.id", "h.id", sight)})) AS subjects
    FROM household h WHERE h.id = $1 AND h.scope_code BETWEEN $2 AND $3
    """


def _place(sight: Sight) -> str:
    point = "json_build_object('latitude', h.latitude, 'longitude', h.longitude)"
    point = f"CASE WHEN h.latitude IS NOT NULL THEN {point} END"
    return f"""
        'address', {shown.detail("h.address", sight)},
        'rt', {shown.detail("h.rt", sight)},
        'rw', {shown.detail("h.rw", sight)},
        'location', {point if sight.identity is Shown.CLEAR else "NULL::json"}"""


async def document(reading: Reading, household_id: UUID, *, within: Region, seen_by: Actor) -> str:
    """The household as `HouseholdView`, in JSON."""
    body = await reading.document(
        _document(sight_of(seen_by)),
        household_id,
        within.first,
        within.last,
        OFFERS[seen_by.role],
    )
    if body is None:
        raise HouseholdNotFound
    return body


# Whoever lives in each, looked at once: for the line, and for the access log.
_LIVING_THERE = """CROSS JOIN LATERAL (
    SELECT count(*) AS many, array_agg(name) FILTER (WHERE relation_to_household_head = 1) AS heads,
        array_agg(id) FILTER (WHERE relation_to_household_head = 1) AS head_ids
    FROM member WHERE household_id = s.id AND state <> 'inactive') AS living"""


_OF_THE_LIST = EACH_AND_HEAD.format("s.id", "living.head_ids[1]")


@cache
def _line(sight: Sight) -> str:
    return f"""{_LIVING_THERE} CROSS JOIN LATERAL (
        SELECT s.version, s.id, s.scope_code::text AS village_code,
            {shown.detail("s.address", sight)} AS address,
            {shown.detail("s.rt", sight)} AS rt, {shown.detail("s.rw", sight)} AS rw,
            s.state, s.dtks_id,
            {shown.name("living.heads[1]", sight.identity)} AS head_name,
            living.many AS member_count, s.updated_at) AS line"""


async def list_page(reading: Reading, asked: Asked, *, within: Region, sight: Sight) -> str:
    """A page of `HouseholdLine`s, in JSON."""
    statement, arguments = page(
        "household",
        asked,
        within=within,
        item="line",
        joined=_line(sight),
        subjects=_OF_THE_LIST,
    )
    return str(await reading.document(statement, *arguments))
