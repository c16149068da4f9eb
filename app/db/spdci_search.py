"""Searches by the SPDCI standard: a bounded tree of comparisons, as one statement.

Who is found is found within the region; what is told of him are the rows of an extract, so that
one place alone knows what a sight shows.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.db import extract_rows
from app.db.sessions import Reading
from app.domain.extracts.columns import Resource, columns_of
from app.domain.regions import Region
from app.domain.sight import Sight
from app.domain.spdci import objects
from app.domain.spdci.attributes import Entity, Key
from app.domain.spdci.criteria import (
    MOST_FOUND,
    Comparison,
    Condition,
    Joined,
    Operator,
    Query,
)

_SIGNS = {
    Operator.EQ: "= {0}",
    Operator.GT: "> {0}",
    Operator.GE: ">= {0}",
    Operator.LT: "< {0}",
    Operator.LE: "<= {0}",
    Operator.IN: "= ANY ({0})",
}
# Of a member `m` of the household `h`; {0} is the sign and the value.
_TESTS: dict[Key, str] = {
    Key.NIK: "m.nik {0}",
    Key.CARD_NUMBER: """m.family_id IN (SELECT f.id FROM family f
        WHERE f.scope_code BETWEEN $1 AND $2 AND f.card_number {0})""",
    Key.SEX: "m.sex {0}",
    Key.MARITAL_STATUS: "m.marital_status {0}",
    Key.BIRTH_DATE: "m.birth_date {0}",
    Key.BIRTH_YEAR: "extract(year FROM m.birth_date) {0}",
    Key.AGE: "extract(year FROM age(current_date, m.birth_date)) {0}",
    Key.GROUP_SIZE: """(SELECT count(*) FROM member x
        WHERE x.household_id = h.id AND x.state = h.state) {0}""",
    Key.PROGRAMME: """EXISTS (SELECT FROM recipient r WHERE r.household_id = h.id
        AND r.scope_code BETWEEN $1 AND $2 AND r.state <> 'ended' AND r.programme {0})""",
}
_OF_ENTITY: dict[Entity, dict[Key, str]] = {
    Entity.MEMBER: {Key.DTKS_ID: "m.dtks_id {0}", Key.LAST_UPDATED: "m.updated_at {0}"},
    Entity.GROUP: {Key.DTKS_ID: "h.dtks_id {0}", Key.LAST_UPDATED: "h.updated_at {0}"},
}
_TYPES: dict[Key, str] = {
    Key.SEX: "smallint",
    Key.MARITAL_STATUS: "smallint",
    Key.BIRTH_DATE: "date",
    Key.BIRTH_YEAR: "numeric",
    Key.AGE: "numeric",
    Key.GROUP_SIZE: "bigint",
    Key.LAST_UPDATED: "date",
}
_SIZE = "(SELECT count(*) FROM member x WHERE x.household_id = {0}.id AND x.state = {0}.state)"
_ORDERS: dict[Entity, dict[Key, str]] = {
    Entity.MEMBER: {
        Key.NIK: "m.nik",
        Key.DTKS_ID: "m.dtks_id",
        Key.BIRTH_DATE: "m.birth_date",
        Key.LAST_UPDATED: "m.updated_at",
        Key.GROUP_SIZE: _SIZE.format("h"),
    },
    Entity.GROUP: {
        Key.DTKS_ID: "h.dtks_id",
        Key.LAST_UPDATED: "h.updated_at",
        Key.GROUP_SIZE: _SIZE.format("h"),
    },
}
_REACH = "{0}.scope_code BETWEEN $1 AND $2 AND {0}.state = 'registered'"
_IN_HOUSEHOLD = "m.household_id = h.id AND m.scope_code = h.scope_code"
_WANTED: dict[Entity, str] = {
    Entity.MEMBER: f"""SELECT m.id FROM member m JOIN household h ON {_IN_HOUSEHOLD}
        WHERE {_REACH.format("m")} AND {_REACH.format("h")} AND {{condition}}""",
    Entity.GROUP: f"""SELECT h.id FROM household h
        WHERE {_REACH.format("h")} AND EXISTS (SELECT FROM member m
            WHERE {_IN_HOUSEHOLD} AND {_REACH.format("m")} AND {{condition}})""",
}
_ROW = {Entity.MEMBER: "m", Entity.GROUP: "h"}
_ENOUGH = MOST_FOUND + 1
# $3 and $4 are the first and the last place of the page. Too many are nobody.
_PAGE = f"""
WITH wanted AS MATERIALIZED (SELECT id, row_number() OVER () AS place
    FROM ({{wanted}} ORDER BY {{order}} LIMIT {_ENOUGH}) AS ordered),
page AS MATERIALIZED (SELECT id, place FROM wanted WHERE place BETWEEN $3 AND $4
    AND (SELECT count(*) FROM wanted) <= {MOST_FOUND}),
{{told}}
SELECT json_build_object('total', (SELECT count(*) FROM wanted), 'rows', coalesce(
    (SELECT json_agg({{row}} ORDER BY page.place) FROM page JOIN told ON told.id = page.id), '[]')
)::text AS body, {{subjects}} AS subjects
"""
_PEOPLE = """people AS MATERIALIZED (
    SELECT d.id, d.body, m.household_id, m.number FROM ({documents}) AS d
    JOIN member m ON m.id = d.id)"""


@dataclass
class _Written:
    """The values that a condition compares with, by their place."""

    arguments: list[Any] = field(default_factory=list)
    first: int = 5

    def value(self, value: object) -> str:
        self.arguments.append(value)
        return f"${self.first + len(self.arguments) - 1}"


@dataclass(frozen=True)
class Found:
    """A page of objects, and how many there are of all: more than the most is too many."""

    records: list[Any]
    total: int

    @property
    def is_too_many(self) -> bool:
        return self.total > MOST_FOUND


async def search(reading: Reading, query: Query, *, within: Region, sight: Sight) -> Found:
    written = _Written()
    condition = _condition(query.condition, query.entity, written)
    wanted = _WANTED[query.entity].format(condition=condition)
    told = _told(query.entity, sight)
    statement = _PAGE.format(wanted=wanted, order=_order(query), **told)
    last = query.page.size * query.page.number
    reach = (within.first, within.last, last - query.page.size + 1, last)
    body = await reading.document(statement, *reach, *written.arguments)
    read = json.loads(body or '{"total": 0, "rows": []}')
    return Found([*_objects(query.entity, read["rows"], sight)], read["total"])


def _objects(entity: Entity, rows: Sequence[Any], sight: Sight) -> Iterable[Any]:
    if entity is Entity.MEMBER:
        return [objects.member(row) for row in rows]
    asked = columns_of(Resource.HOUSEHOLDS, sight)
    return [objects.group(row["group"], row["members"], asked) for row in rows]


def _told(entity: Entity, sight: Sight) -> dict[str, str]:
    """What stands in the statement of an entity: its rows, and whose they are."""
    page = "s.id IN (SELECT id FROM page)"
    if entity is Entity.MEMBER:
        told = extract_rows.documents(Resource.MEMBERS, sight, where=page)
        subjects = "ARRAY(SELECT id FROM page)"
        return {"told": f"told AS ({told})", "row": "told.body::json", "subjects": subjects}
    households = extract_rows.documents(Resource.HOUSEHOLDS, sight, where=page)
    stands = "s.state = 'registered' AND s.household_id IN (SELECT id FROM page)"
    people = extract_rows.documents(Resource.MEMBERS, sight, where=stands)
    return {
        "told": f"told AS ({households}), {_PEOPLE.format(documents=people)}",
        "row": """json_build_object('group', told.body::json, 'members', coalesce((SELECT
            json_agg(p.body::json ORDER BY p.number, p.id) FROM people p
            WHERE p.household_id = told.id), '[]'))""",
        "subjects": "ARRAY(SELECT id FROM page UNION ALL SELECT id FROM people)",
    }


def _order(query: Query) -> str:
    row = _ROW[query.entity]
    asked = [
        f"{_ORDERS[query.entity][each.key]} {'DESC' if each.descending else 'ASC'} NULLS LAST"
        for each in query.order
    ]
    return ", ".join([*asked, f"{row}.scope_code", f"{row}.id"])


def _condition(condition: Condition, entity: Entity, written: _Written) -> str:
    if isinstance(condition, Comparison):
        return _comparison(condition, entity, written)
    parts = [_condition(each, entity, written) for each in condition.parts]
    return f"NOT ({parts[0]})" if condition.how == Joined.NOT else _joined(condition.how, parts)


def _joined(how: str, parts: Sequence[str]) -> str:
    return "(" + f" {how.upper()} ".join(parts) + ")"


def _comparison(comparison: Comparison, entity: Entity, written: _Written) -> str:
    key = comparison.attribute.key
    if key is Key.REGION:
        return _lies_in(comparison.values, written)
    several = comparison.operator is Operator.IN
    value = [*comparison.values] if several else comparison.values[0]
    type_ = _TYPES.get(key, "text") + ("[]" if several else "")
    placeholder = f"{written.value(value)}::{type_}"
    test = _OF_ENTITY[entity].get(key) or _TESTS[key]
    return "(" + test.format(_SIGNS[comparison.operator].format(placeholder)) + ")"


def _lies_in(regions: Iterable[Region], written: _Written) -> str:
    parts = [
        f"h.scope_code BETWEEN {written.value(each.first)} AND {written.value(each.last)}"
        for each in regions
    ]
    return _joined("or", parts)
