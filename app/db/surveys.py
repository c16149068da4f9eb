"""Finding surveys, and telling of them: one sheet, and the sheets of one household."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import sheets
from app.db.households import SITUATION, HouseholdNotFound, open_marks
from app.db.scope import lies_within, one_of
from app.db.sessions import Reading
from app.db.tables.surveys import Survey
from app.domain.actors import Actor, Role
from app.domain.errors import NotFound, Said
from app.domain.households import SITUATIONS
from app.domain.regions import Region
from app.domain.sight import Sight, sight_of
from app.domain.surveys import SURVEYS, SurveyState

OFFERS = {role: json.dumps(SURVEYS.offers(role, SITUATIONS)) for role in Role}


class SurveyNotFound(NotFound):
    """No such survey lies within your region."""

    title = Said(
        id="Survei tidak ditemukan di wilayah Anda", en="No such survey lies within your region"
    )


async def find(session: AsyncSession, survey_id: UUID, *, within: Region) -> Survey:
    statement = select(Survey).where(Survey.id == survey_id, lies_within(Survey.scope_code, within))
    survey = (await session.exec(statement)).one_or_none()
    if survey is None:
        raise SurveyNotFound
    return survey


async def current_of_each(
    session: AsyncSession, households: Collection[UUID], *, within: Region
) -> dict[UUID, Survey]:
    """The newest finished sheet of each of these households that has one."""
    found = await session.exec(
        select(Survey)
        .ext(distinct_on(col(Survey.household_id)))
        .where(
            one_of(Survey.household_id, households),
            Survey.state == SurveyState.FINISHED,
            lies_within(Survey.scope_code, within),
        )
        .order_by(
            col(Survey.household_id),
            col(Survey.surveyed_on).desc(),
            col(Survey.finished_at).desc(),
        )
    )
    return {survey.household_id: survey for survey in found}


def _document(sight: Sight) -> str:
    open_now = f"""CASE WHEN h.state = 'inactive' THEN '[]'::jsonb
        ELSE $4::jsonb -> {SITUATION.format(household="h.id")} -> s.state END"""
    marks = open_marks("s.household_id", sight, below="/survey")
    also = f", 'marks', {marks}, 'findings', $5::json, 'open_actions', {open_now}"
    return f"""
    SELECT {sheets.document(sight, also=also)}::text AS body,
    {sheets.SUBJECTS.format("s.household_id")} AS subjects
    FROM survey s JOIN household h ON h.id = s.household_id
    WHERE s.id = $1 AND s.scope_code BETWEEN $2 AND $3
    """


async def document(
    reading: Reading,
    survey_id: UUID,
    *,
    within: Region,
    seen_by: Actor,
    findings: str | None = None,
) -> str:
    """The survey as `SurveyView`, in JSON; `findings` are JSON too."""
    body = await reading.document(
        _document(sight_of(seen_by)),
        survey_id,
        within.first,
        within.last,
        OFFERS[seen_by.role],
        findings,
    )
    if body is None:
        raise SurveyNotFound
    return body


@dataclass(frozen=True)
class Visited:
    """The last sheet of the page before: `day.id`."""

    on: date
    id: UUID


LATEST = Visited(date.max, UUID(int=2**128 - 1))

# The newest first: `ix_survey_household_id_surveyed_on_id`, read backwards.
HISTORY = """
WITH page AS MATERIALIZED (
    SELECT * FROM survey WHERE household_id = $1 AND scope_code BETWEEN $2 AND $3
    AND (surveyed_on, id) < ($4::date, $5::uuid)
    ORDER BY surveyed_on DESC, id DESC LIMIT $6::int + 1
),
shown AS (SELECT * FROM page ORDER BY surveyed_on DESC, id DESC LIMIT $6::int)
SELECT json_build_object(
    'next', CASE WHEN (SELECT count(*) FROM page) > $6::int THEN
        (SELECT surveyed_on || '.' || id FROM shown ORDER BY surveyed_on, id LIMIT 1)
    END,
    'items', coalesce(
        (SELECT json_agg({line} ORDER BY s.surveyed_on DESC, s.id DESC) FROM shown s), '[]'::json
    )
)::text AS body,
CASE WHEN EXISTS (SELECT FROM shown) THEN {subjects} END AS subjects
FROM household h WHERE h.id = $1 AND h.scope_code BETWEEN $2 AND $3
"""


async def history(  # noqa: PLR0913 - a page: of whom, from where, for whom
    reading: Reading,
    household_id: UUID,
    after: Visited,
    limit: int,
    *,
    within: Region,
    seen_by: Actor,
) -> str:
    """A page of `SurveyLine`s of one household."""
    body = await reading.document(
        HISTORY.format(
            line=sheets.line(sight_of(seen_by)), subjects=sheets.SUBJECTS.format("h.id")
        ),
        household_id,
        within.first,
        within.last,
        after.on,
        after.id,
        limit,
    )
    if body is None:
        raise HouseholdNotFound
    return body
