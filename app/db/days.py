"""What waits for somebody today, in one look: each part no further than it is told."""

import json
import re
from datetime import date
from typing import Any, NamedTuple

from app.db.counts import MOST, statement_of_whole
from app.db.notices import is_wide, unread
from app.db.sessions import Reading
from app.db.windows import HOLDS, Calendars, around, calendars_of
from app.domain.actors import Actor
from app.domain.proposals import PROPOSALS, ProposalState
from app.domain.visits import ENUMERATORS, REVIEWERS

FIRST_FEW = 10
_PLACE = re.compile(r"\$([0-9]+)")
# $1 to $3 are the region, $4 all states, $5 those that wait for the role, $6 who asks.
_FIRST = f"""(SELECT coalesce(json_agg(json_build_object(
    'id', p.id, 'kind', p.kind, 'state', p.state, 'village_code', p.scope_code::text,
    'waiting_since', p.state_since, 'period', p.period, 'programme', p.asks ->> 'programme',
    'waiting_days', greatest(0, floor(extract(epoch FROM now() - p.state_since) / 86400)::int)
) ORDER BY p.state_since, p.id), '[]') FROM (
    SELECT few.id FROM unnest($5::text[]) AS mine (state) CROSS JOIN LATERAL (
        SELECT id, state_since FROM proposal w
        WHERE w.state = mine.state AND w.scope_code BETWEEN $2 AND $3
        ORDER BY w.scope_code, w.id LIMIT {MOST + 1}
    ) AS few ORDER BY few.state_since, few.id LIMIT {FIRST_FEW}
) AS oldest JOIN proposal p USING (id))"""
_VISITS = f"""(SELECT json_agg(json_build_object(
    'state', state, 'count', count, 'exact', exact, 'due_on', due_on) ORDER BY state)
    FROM (SELECT state, least(count(*), {MOST}) AS count, count(*) <= {MOST} AS exact,
        min(due_on) AS due_on FROM (
        SELECT state, due_on FROM visit v WHERE v.scope_code BETWEEN $2 AND $3 AND {{whose}}
        ORDER BY v.scope_code, v.id LIMIT {MOST + 1}) AS few GROUP BY state) AS counted)"""
_HIS_OWN = "v.enumerator_id = $6 AND v.state IN ('assigned', 'sent_back')"


class Day(NamedTuple):
    states: list[dict[str, Any]]  # as the counts tell them
    first: list[dict[str, Any]]
    visits: list[dict[str, Any]]
    unread: int
    calendars: Calendars


async def look(reading: Reading, *, on: date, seen_by: Actor) -> Day:
    region, regencies = seen_by.region, [seen_by.region.code[:4]]
    [row] = await reading.rows(
        _statement(seen_by),
        region.code,
        region.first,
        region.last,
        list(ProposalState),
        PROPOSALS.waits_for(seen_by.role),
        seen_by.id,
        regencies,
        around(regencies),
        on,
    )
    return Day(
        json.loads(row["counts"])["states"],
        json.loads(row["first"]),
        json.loads(row["visits"] or "[]"),
        row["unread"],
        calendars_of(row["held"]),
    )


def _statement(actor: Actor) -> str:
    news = _with_other_numbers(unread(wide=is_wide(actor)), {1: 2, 2: 3, 3: 6, 6: 2})
    held = HOLDS.format(regencies="$7::text[]", around="$8::text[]", day="$9::date")
    return f"""
WITH mine (states) AS (SELECT $5::text[])
SELECT ({statement_of_whole()}) AS counts, {_FIRST}::text AS first, {news} AS unread,
    {_visits_of(actor)}::text AS visits, held
FROM ({held}) AS around (held), (SELECT $6::uuid) AS who"""


def _visits_of(actor: Actor) -> str:
    if actor.role in ENUMERATORS:
        return _VISITS.format(whose=_HIS_OWN)
    return _VISITS.format(whose="v.state = 'submitted'") if actor.role in REVIEWERS else "NULL"


def _with_other_numbers(sql: str, number_of: dict[int, int]) -> str:
    return _PLACE.sub(lambda found: f"${number_of[int(found[1])]}", sql)
