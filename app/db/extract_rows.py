"""The rows of extracts: the one place that knows how the columns of a resource are selected.

Each statement reads one table, `s`, and what its columns need beside it; of groups that the sight
hides nothing is selected, nor joined. The values follow from audited records alone: so whoever
keeps a copy learns from the audit which rows to read again.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.db import sight as shown
from app.db.tables.audit import DECISIONS
from app.domain.extracts.columns import Column, Kind, Resource, columns_of
from app.domain.extracts.formats import DELIMITER, LINE_END
from app.domain.sight import Sight

_LIVE = "<> 'ended'"


@dataclass(frozen=True)
class Source:
    """`values` are the columns that are not called so in the table; `joins`, by their names, are
    in an order in which each may use those before it."""

    table: str
    whom: str  # of whom a row is: stands in the access log
    stands: str  # what a reader is told of, unless he asks for another state
    values: Mapping[str, str]
    joins: Mapping[str, str] = field(default_factory=dict)
    always: str = "true"  # what holds of every row, whatever is asked


# Looked up once for all rows of a village that follow each other.
_PLACES = {
    "place": """JOIN LATERAL (SELECT v1.name AS province, v2.name AS regency, v3.name AS district,
            v.name AS village
        FROM region v JOIN region v3 ON v3.code = left(v.code, 6)
            JOIN region v2 ON v2.code = left(v.code, 4) JOIN region v1 ON v1.code = left(v.code, 2)
        WHERE v.scope_code = s.scope_code OFFSET 0) place ON true""",
}
_PLACE = {
    "province_code": "left(s.scope_code::text, 2)",
    "regency_code": "left(s.scope_code::text, 4)",
    "district_code": "left(s.scope_code::text, 6)",
    "village_code": "s.scope_code::text",
    "province": "place.province",
    "regency": "place.regency",
    "district": "place.district",
    "village": "place.village",
}


def _survey(household: str, told: str) -> str:
    """The current one: it is read once for all people of the household that follow each other."""
    return f"""LEFT JOIN LATERAL (SELECT y.surveyed_on, y.outcome, {told} FROM survey y
        WHERE y.household_id = {household} AND y.state = 'finished'
        ORDER BY y.surveyed_on DESC, y.finished_at DESC LIMIT 1) sheet ON true"""


def _programmes(which: str) -> str:
    return f"""ARRAY(SELECT DISTINCT r.programme FROM recipient r
        WHERE {which} AND r.state {_LIVE} ORDER BY 1)"""


def _head(of: str) -> str:
    return f"SELECT x.* FROM member x WHERE {of} = 1 AND x.state <> 'inactive'"


_OF_FAMILY = _head("x.family_id = s.family_id AND x.relation_to_family_head")
_OF_HOUSEHOLD = _head("x.household_id = s.household_id AND x.relation_to_household_head")

_DECIDED = re.sub(r"\b(workflow|action)\b", r"s.\1", DECISIONS)

SOURCES: dict[Resource, Source] = {
    Resource.HOUSEHOLDS: Source(
        "household",
        whom="s.id",
        stands="s.state = 'registered'",
        values={
            "families": "(SELECT count(*) FROM family f "
            "WHERE f.household_id = s.id AND f.state = s.state)",
            "members": "(SELECT count(*) FROM member m "
            "WHERE m.household_id = s.id AND m.state = s.state)",
            "surveyed_on": "sheet.surveyed_on",
            "outcome": "sheet.outcome",
            "programmes": _programmes("r.household_id = s.id"),
            **_PLACE,
        },
        joins={**_PLACES, "sheet": _survey("s.id", "y.answers AS told")},
    ),
    Resource.MEMBERS: Source(
        "member",
        whom="s.id",
        stands="s.state = 'registered'",
        values={
            "household_dtks_id": "h.dtks_id",
            "card_number": "f.card_number",
            "surveyed_on": "sheet.surveyed_on",
            "programmes": _programmes("r.member_id = s.id"),
            "family_programmes": _programmes("r.family_id = s.family_id"),
            **_PLACE,
        },
        joins={
            **_PLACES,
            "h": "JOIN household h ON h.id = s.household_id",
            "f": "LEFT JOIN family f ON f.id = s.family_id",
            "sheet": _survey("s.household_id", "y.answers -> 'members' AS told"),
        },
    ),
    Resource.RECIPIENTS: Source(
        "recipient",
        whom="coalesce(s.member_id, s.household_id)",
        stands="true",
        values={
            "unit": "CASE WHEN s.member_id IS NULL THEN 'family' ELSE 'person' END",
            "card_number": "f.card_number",
            "name": "w.name",
            "nik": "w.nik",
            "payee_name": "payee.name",
            "payee_nik": "payee.nik",
            **_PLACE,
        },
        joins={
            **_PLACES,
            "w": f"""LEFT JOIN LATERAL (SELECT x.* FROM member x WHERE x.id = s.member_id
                UNION ALL {_OF_FAMILY} AND s.member_id IS NULL LIMIT 1) w ON true""",
            # Not coalesce: row-level security would keep that from the index.
            "f": """LEFT JOIN family f ON f.id =
                CASE WHEN s.family_id IS NULL THEN w.family_id ELSE s.family_id END""",
            "payee": "LEFT JOIN member payee ON payee.id = s.payee_id",
        },
    ),
    Resource.PROPOSALS: Source(
        "proposal",
        whom="coalesce(s.member_id, s.household_id)",
        stands="s.state <> 'drafted'",
        always="s.state <> 'drafted'",
        values={
            "reason": "s.asks ->> 'reason'",
            "programme": "s.asks ->> 'programme'",
            "name": "w.name",
            **_PLACE,
        },
        joins={
            **_PLACES,
            "w": f"""LEFT JOIN LATERAL (SELECT x.* FROM member x WHERE x.id = s.member_id
                UNION ALL {_OF_FAMILY} AND s.member_id IS NULL
                UNION ALL {_OF_HOUSEHOLD} AND s.member_id IS NULL AND s.family_id IS NULL
                LIMIT 1) w ON true""",
        },
    ),
    Resource.DECISIONS: Source(
        "audit_entry",
        whom="coalesce(p.member_id, p.household_id)",
        stands=_DECIDED,
        always=_DECIDED,
        values={
            "id": "s.id::text",
            "proposal_id": "s.subject_id",
            "kind": "p.kind",
            "household_id": "p.household_id",
            "family_id": "p.family_id",
            "member_id": "p.member_id",
            "verdict": "s.action",
            "reason": "s.grounds::json ->> 'reason'",
            "programme": "p.asks ->> 'programme'",
            "decided_by": "s.actor_role",
            "decided_at": "s.at",
            **_PLACE,
        },
        joins={**_PLACES, "p": "JOIN proposal p ON p.id = s.subject_id"},
    ),
}
_TYPES = {
    Kind.TEXT: "text",
    Kind.INTEGER: "bigint",
    Kind.NUMBER: "numeric",
    Kind.BOOLEAN: "boolean",
}


def rows(resource: Resource, sight: Sight, *, where: str) -> str:
    """A SELECT of the columns that the sight shows, as they are called and typed."""
    wanted = columns_of(resource, sight)
    named = ", ".join(f'{_value(resource, each, sight)} AS "{each.name}"' for each in wanted)
    return f"SELECT {named} {_source(resource, wanted, sight)} WHERE {where}"


def documents(resource: Resource, sight: Sight, *, where: str, source: str = "") -> str:
    """A SELECT of (scope_code, id, whom, body): each row as a JSON object of its columns."""
    wanted = columns_of(resource, sight)
    named = ", ".join(f'{_value(resource, each, sight)} AS "{each.name}"' for each in wanted)
    return f"""SELECT {_keys(resource, source)}, row_to_json(line)::text AS body
        {_source(resource, wanted, sight, source)}
        CROSS JOIN LATERAL (SELECT {named}) line WHERE {where}"""


def lines(resource: Resource, sight: Sight, *, where: str, source: str = "") -> str:
    """The same, each with the end of its line."""
    found = documents(resource, sight, where=where, source=source)
    return f"SELECT *, body || E'\\n' AS line FROM ({found}) AS document"


def separated(resource: Resource, sight: Sight, *, where: str, source: str = "") -> str:
    """As `lines`, each row as a line of CSV."""
    wanted = columns_of(resource, sight)
    cells = [_cell(each, _value(resource, each, sight)) for each in wanted]
    return f"""SELECT {_keys(resource, source)}, {_joined(cells)} AS line
        {_source(resource, wanted, sight, source)} WHERE {where}"""


def numbered(resource: Resource, *, where: str, most: str) -> str:
    """A source whose rows know in which `part` of their village they are, by `most` rows. They are
    numbered while they are narrow: as lines, each would be held until its village is through."""
    return f"""(SELECT s.*, (row_number() OVER (PARTITION BY s.scope_code ORDER BY s.id) - 1)
        / {most} AS part FROM {SOURCES[resource].table} s WHERE {where})"""


def _keys(resource: Resource, source: str) -> str:
    keys = f"s.scope_code AS scope_code, s.id AS id, {SOURCES[resource].whom} AS whom"
    return f"{keys}, s.part AS part" if source else keys


def _value(resource: Resource, column: Column, sight: Sight) -> str:
    if column.section is not None:
        return f'{column.section}."{column.name}"'
    value = SOURCES[resource].values.get(column.name, f"s.{column.name}")
    if column.name.endswith(("nik", "card_number")):
        return shown.number(value, sight.nik)
    return value


def _source(resource: Resource, wanted: Sequence[Column], sight: Sight, numbered: str = "") -> str:
    """FROM, and as much of the joins as these columns need."""
    source = SOURCES[resource]
    asked = " ".join([*(_value(resource, each, sight) for each in wanted), source.whom])
    sections = {each.section: None for each in wanted if each.section is not None}
    if sections:
        asked += " sheet."
    needed: list[str] = []
    for name, join in reversed([*source.joins.items()]):
        if re.search(rf"\b{name}\.", asked):
            needed.insert(0, join)
            asked += join
    needed += [_section(resource, each, wanted) for each in sections]
    return " ".join([f"FROM {numbered or source.table} s", *needed])


def _section(resource: Resource, section: str, wanted: Sequence[Column]) -> str:
    """The answers of one part of the sheet, each read from it once, all in one pass."""
    part = "sheet.told -> s.id::text"
    if resource is not Resource.MEMBERS:
        part = f"sheet.told -> '{section}'"
    asked = ", ".join(f'"{c.name}" {_TYPES[c.kind]}' for c in wanted if c.section == section)
    return f"LEFT JOIN LATERAL jsonb_to_record({part}) AS {section} ({asked}) ON true"


# --- CSV

_AT_ONCE = 80  # PostgreSQL's functions take a hundred arguments
_END = f"E{LINE_END!r}"


def _joined(cells: Sequence[str]) -> str:
    """Of NULL, nothing is written."""
    between = f"'{DELIMITER}'"
    whole = [part for cell in cells for part in (between, cell)][1:]
    parts = _cut([*whole, _END])
    return " || ".join(f"concat({', '.join(part)})" for part in parts)


def _cut(parts: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(parts), _AT_ONCE):
        yield parts[first : first + _AT_ONCE]


# What begins with a letter or a digit is no formula; only what does not is looked at more closely.
# The rule is that of `app.exchange.sheets.neutral`.
_PLAIN = "ascii({0}) > 64 OR ascii({0}) BETWEEN 48 AND 57"
_NEUTRAL = r"""regexp_replace(ltrim({0}, E' \t\r\n'),
    '^(?=[=@]|[-+](?!$|[0-9]+([.,][0-9]+)?$))', '''')"""
_UTC = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'


# Words of our own, in which there is nothing to quote.
_OURS = frozenset(
    {
        *("id", "dtks_id", "household_id", "household_dtks_id", "family_id", "member_id"),
        *("payee_id", "proposal_id", "province_code", "regency_code", "district_code"),
        *("village_code", "state", "kind", "unit", "nik_verdict", "verdict", "source", "target"),
        "decided_by",
    }
)


def _cell(column: Column, value: str) -> str:
    if column.name in _OURS:
        return value
    match column.kind:
        case Kind.TEXT:
            return _quoted(value)
        case Kind.BOOLEAN:
            return f"({value})::text"
        case Kind.TIMESTAMP:
            return f"to_char({value} AT TIME ZONE 'UTC', '{_UTC}')"
        case Kind.TEXTS:
            return f"array_to_string({value}, '|')"
    return value


def _quoted(value: str) -> str:
    text = f"({value})::text"
    neutral = f"CASE WHEN {_PLAIN.format(text)} THEN {text} ELSE {_NEUTRAL.format(text)} END"
    return f"""'"' || replace({neutral}, '"', '""') || '"'"""
