"""Finding visits and the enumerators who make them, and telling of both."""

import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import sight as shown
from app.db.accounts import is_current
from app.db.households import HEAD_OF
from app.db.pages import Asked, page
from app.db.scope import lies_within
from app.db.sessions import Reading
from app.db.tables.accounts import Account, Assignment
from app.db.tables.registry import Household
from app.db.tables.surveys import Survey
from app.db.tables.visits import IS_OPEN, Visit
from app.domain.accounts import AccountState
from app.domain.actors import Actor, Role
from app.domain.households import RecordState
from app.domain.regions import Region
from app.domain.sight import Shown, Sight, pointers_to, sight_of
from app.domain.sight import Survey as Extent
from app.domain.visits import OPEN, SITUATIONS, VISITS, Candidate, VisitNotFound, VisitState, whose

# The household of each is read of, and its head.
_HOUSEHOLDS_AND_HEADS = f"""ARRAY(
    SELECT unnest(array_remove(array[s.household_id, m.id], NULL))
    FROM shown s LEFT JOIN member m ON {HEAD_OF.format("s.household_id")})"""
OFFERS = {role: json.dumps(VISITS.offers(role, SITUATIONS)) for role in Role}


async def find(session: AsyncSession, visit_id: UUID, *, within: Region, by: Actor) -> Visit:
    """An enumerator finds his own."""
    statement = select(Visit).where(Visit.id == visit_id, lies_within(Visit.scope_code, within))
    only = whose(by, mine=False)
    if only is not None:
        statement = statement.where(Visit.enumerator_id == only)
    visit = (await session.exec(statement)).one_or_none()
    if visit is None:
        raise VisitNotFound
    return visit


async def candidates(
    session: AsyncSession, household_ids: Sequence[UUID], *, within: Region
) -> dict[UUID, Candidate]:
    """Those households that lie within, and whether somebody is to visit them already."""
    has_visit = exists().where(
        col(Visit.household_id) == col(Household.id), col(Visit.state).in_(OPEN)
    )
    found = await session.exec(
        select(Household.id, Household.scope_code, Household.state, has_visit).where(
            col(Household.id).in_(household_ids), lies_within(Household.scope_code, within)
        )
    )
    return {
        household_id: Candidate(household_id, scope_code, RecordState(state), there)
        for household_id, scope_code, state, there in found
    }


async def villages_of(
    session: AsyncSession, enumerator_id: UUID, *, within: Region
) -> frozenset[int]:
    """Where somebody is an enumerator now; nowhere, if he was dismissed."""
    found = await session.exec(
        select(Assignment.scope_code)
        .join(Account, col(Account.id) == col(Assignment.account_id))
        .where(
            Account.id == enumerator_id,
            Account.state == AccountState.ACTIVE,
            Assignment.role == Role.ENUMERATOR,
            lies_within(Assignment.scope_code, within),
            is_current(),
        )
    )
    return frozenset(found)


async def is_accepted(session: AsyncSession, survey: Survey, *, within: Region) -> bool:
    """Whether the survey has been looked over and found good."""
    found = await session.exec(
        select(Visit.id).where(
            Visit.household_id == survey.household_id,
            Visit.survey_id == survey.id,
            Visit.state == VisitState.ACCEPTED,
            lies_within(Visit.scope_code, within),
        )
    )
    return found.first() is not None


def _household(sight: Sight) -> str:
    """What whoever goes there needs, and a list of visits is read by."""
    point = "json_build_object('latitude', h.latitude, 'longitude', h.longitude)"
    point = f"CASE WHEN h.latitude IS NOT NULL THEN {point} END"
    return f"""(SELECT json_build_object(
        'address', {shown.detail("h.address", sight)}, 'rt', {shown.detail("h.rt", sight)},
        'rw', {shown.detail("h.rw", sight)},
        'location', {point if sight.identity is Shown.CLEAR else "NULL::json"},
        'head_name', (SELECT {shown.name("m.name", sight.identity)}
            FROM member m WHERE {HEAD_OF.format("h.id")}))
        FROM household h WHERE h.id = s.household_id)"""


def _marks(sight: Sight) -> str:
    """What was wrong with answers, as far as the role reads these answers."""
    return f"""(SELECT coalesce(json_agg(json_build_object('pointer', mark ->> 'pointer',
            'note', {shown.words("(mark ->> 'note')")}) ORDER BY number), '[]')
        FROM jsonb_array_elements(s.marks) WITH ORDINALITY AS every (mark, number)
        WHERE NOT mark ->> 'pointer' ~ '{pointers_to(sight.withheld)}')"""


def _item(sight: Sight, offers: str, asker: str) -> str:
    """A row `s` as `VisitView`; why it was sent back is told to those who read surveys."""
    reads = sight.survey is Extent.FULL
    return f"""json_build_object(
        'version', s.version, 'id', s.id, 'village_code', s.scope_code::text,
        'household_id', s.household_id, 'household', {_household(sight)},
        'enumerator_id', s.enumerator_id, 'due_on', s.due_on, 'survey_id', s.survey_id,
        'note', {shown.words("s.note") if reads else "NULL::text"},
        'marks', {_marks(sight) if reads else "NULL::json"},
        'state', s.state, 'created_by', s.created_by, 'created_at', s.created_at,
        'updated_at', s.updated_at,
        'open_actions', {offers}::jsonb
            -> CASE WHEN s.enumerator_id = {asker}::uuid THEN 'own' ELSE 'others' END -> s.state)"""


async def document(reading: Reading, visit_id: UUID, *, within: Region, seen_by: Actor) -> str:
    """The visit as `VisitView`, in JSON."""
    statement = f"""
    WITH shown AS (
        SELECT * FROM visit WHERE id = $1 AND scope_code BETWEEN $2 AND $3
        AND ($6::uuid IS NULL OR enumerator_id = $6)
    )
    SELECT {_item(sight_of(seen_by), "$4", "$5")}::text AS body,
        {_HOUSEHOLDS_AND_HEADS} AS subjects
    FROM shown s"""
    body = await reading.document(
        statement,
        visit_id,
        within.first,
        within.last,
        OFFERS[seen_by.role],
        seen_by.id,
        whose(seen_by, mine=False),
    )
    if body is None:
        raise VisitNotFound
    return body


async def list_page(reading: Reading, asked: Asked, *, within: Region, seen_by: Actor) -> str:
    """A page of `VisitView`s, in JSON."""
    statement, arguments = page(
        "visit",
        asked,
        within=within,
        item=_item(sight_of(seen_by), "$6", "$7"),
        subjects=_HOUSEHOLDS_AND_HEADS,
        also=(OFFERS[seen_by.role], seen_by.id),
    )
    return str(await reading.document(statement, *arguments))


ENUMERATORS = f"""(
    SELECT a.* FROM assignment a
    WHERE a.role = '{Role.ENUMERATOR}' AND a.begins_at <= now()
        AND (a.ends_at IS NULL OR a.ends_at > now())
        AND NOT EXISTS (SELECT FROM account o
            WHERE o.id = a.account_id AND o.state <> '{AccountState.ACTIVE}')
) AS enumerator"""
ENUMERATOR = f"""json_build_object(
    'account_id', s.account_id, 'village_code', s.region_code,
    'display_name', (SELECT o.display_name FROM account o WHERE o.id = s.account_id),
    'open_visits', (SELECT count(*) FROM visit v
        WHERE v.enumerator_id = s.account_id AND v.scope_code = s.scope_code AND v.{IS_OPEN}))"""


async def enumerators(reading: Reading, asked: Asked, *, within: Region) -> str:
    """A page of those who may be sent, village by village, in JSON."""
    statement, arguments = page(ENUMERATORS, asked, within=within, item=ENUMERATOR)
    return str(await reading.document(statement, *arguments))
