"""Telling a person who read of him: his own log, wherever those sit who did."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from app.db.accounts import NATION_NAME
from app.db.members import MemberNotFound
from app.db.sessions import Reading
from app.domain.regions import Region

LAST = 2**63 - 1
BEGINNING, END = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """From then on, and before then."""

    since: datetime | None
    until: datetime | None


# The newest first. That he asks is itself a reading, told from the next time on.
_PAGE = """
WITH whose AS (
    SELECT id, household_id, scope_code FROM member WHERE id = $1 AND scope_code BETWEEN $2 AND $3
),
page AS MATERIALIZED (
    SELECT r.* FROM whose, readings_of(
        whose.id, whose.household_id, whose.scope_code, $4, $5, $6, $7::int + 1) AS r
),
shown AS (SELECT * FROM page ORDER BY id DESC LIMIT $7::int)
SELECT json_build_object(
    'next', CASE WHEN (SELECT count(*) FROM page) > $7::int
        THEN (SELECT min(id)::text FROM shown) END,
    'items', coalesce((SELECT json_agg(json_build_object(
        'at', s.at, 'account_id', s.actor_id, 'role', s.actor_role,
        'region', json_build_object('code', s.actor_region_code, 'name',
            coalesce((SELECT r.name FROM region r WHERE r.code = s.actor_region_code), $8)),
        'agreement', s.agreement, 'purpose', s.purpose, 'operation', s.operation,
        'people', s.people, 'extract_id', s.extract_id) ORDER BY s.id DESC) FROM shown s), '[]')
)::text AS body, array[whose.id] AS subjects
FROM whose
"""


async def of_member(  # noqa: PLR0913 - a page: of whom, from where, from when until when
    reading: Reading, member_id: UUID, span: Span, before: int, limit: int, *, within: Region
) -> str:
    """A page of `AccessView`s, in JSON."""
    body = await reading.document(
        _PAGE,
        member_id,
        within.first,
        within.last,
        span.since or BEGINNING,
        span.until or END,
        before,
        limit,
        NATION_NAME,
    )
    if body is None:
        raise MemberNotFound
    return body
