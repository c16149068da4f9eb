"""Which rows of a resource an extract has, as conditions on the row `s` of `extract_rows`."""

import re

from app.db import extract_rows as selected
from app.db.changes import touched
from app.domain.changes import Change, Cursor
from app.domain.extracts.columns import Resource
from app.domain.extracts.wanted import Wanted
from app.domain.regions import Region
from app.domain.sight import Sight

_OF_PROGRAMME = {
    Resource.HOUSEHOLDS: "r.household_id = s.id",
    Resource.MEMBERS: "(r.member_id = s.id OR r.family_id = s.family_id)",
}
_RECEIVES = """EXISTS (SELECT FROM recipient r
    WHERE {which} AND r.state <> 'ended' AND r.programme = {{}})"""


def conditions_of(
    wanted: Wanted, region: Region, sight: Sight, *, first: int
) -> tuple[list[str], list[object]]:
    """The conditions, and their arguments from `$first` on."""
    found = _filters(wanted)
    if wanted.decree_id is not None:
        found[_as_of(wanted.resource, region)] = wanted.decree_id
    conditions = [each.format(f"${n}") for n, each in enumerate(found, first)]
    if wanted.changed_after is not None:
        conditions.append(
            f"s.id IN (SELECT id FROM ({_touched(wanted, region, sight)}) AS touched)"
        )
    return [_standing(wanted), *conditions], [*found.values()]


def _standing(wanted: Wanted) -> str:
    source = selected.SOURCES[wanted.resource]
    elsewhere = wanted.filters.state is not None or wanted.decree_id is not None
    return source.always if elsewhere else source.stands


def _filters(wanted: Wanted) -> dict[str, object]:
    filters, values = wanted.filters, selected.SOURCES[wanted.resource].values
    kind, programme = "s.kind = {}", f"{values.get('programme', 's.programme')} = {{}}"
    if wanted.resource in _OF_PROGRAMME:
        programme = _RECEIVES.format(which=_OF_PROGRAMME[wanted.resource])
    if wanted.resource is Resource.DECISIONS:
        kind = "EXISTS (SELECT FROM proposal p WHERE p.id = s.subject_id AND p.kind = {})"
    found = {
        "s.state = {}": filters.state,
        programme: filters.programme,
        kind: filters.kind,
        "s.action = {}": filters.verdict,
        f"{values.get('decided_at', 's.updated_at')} >= {{}}": filters.updated_since,
    }
    return {condition: value for condition, value in found.items() if value is not None}


# --- as of a decree

# What the first line after it says of somebody tells how he stood then; where there is none, he
# stands as he stood.
_THEN = """coalesce((SELECT CASE l.effect WHEN 'removed' THEN true WHEN 'moved_out' THEN true
        WHEN 'moved_in' THEN l.from_village::bigint BETWEEN {first} AND {last} ELSE false END
    FROM decree_line l JOIN decree d ON d.id = l.decree_id JOIN decree x ON x.id = {{}}
    WHERE l.member_id = {member}.id AND d.state IN ('applying', 'in_force')
        AND l.effect IN ('added', 'restored', 'removed', 'moved_in', 'moved_out')
        AND (d.period, d.dated, d.id) > (x.period, x.dated, x.id)
    ORDER BY d.period, d.dated, d.id, l.number LIMIT 1), {member}.state = 'registered')"""


def _as_of(resource: Resource, region: Region) -> str:
    """Who was registered as of the decree `{}`; of households, those where somebody was."""
    reach = {"first": region.first, "last": region.last}
    if resource is Resource.MEMBERS:
        return _THEN.format(member="s", **reach)
    then = _THEN.format(member="m", **reach)
    return f"EXISTS (SELECT FROM member m WHERE m.household_id = s.id AND {then})"


# --- what changed since

_PLACES = re.compile(r"\$([1-4])\b")


def _touched(wanted: Wanted, region: Region, sight: Sight) -> str:
    """The rows that were touched since, with the places of our own making written into it."""
    after = wanted.since or Cursor(0)
    places = (region.first, region.last, after.xid, after.id)
    statement = touched(wanted.resource, sight)
    return _PLACES.sub(lambda found: f"({places[int(found[1]) - 1]})", statement)


def gone_since(wanted: Wanted, region: Region, sight: Sight) -> str:
    """A SELECT of (id, change, at): of what was given, or would have been, and is no more."""
    source = selected.SOURCES[wanted.resource]
    here = f"FROM {source.table} s WHERE s.id = t.id AND {_here(region)}"
    return f"""SELECT t.id::text AS id, CASE WHEN EXISTS (SELECT {here})
        THEN '{Change.REMOVED}' ELSE '{Change.LEFT}' END AS change, t.at
    FROM ({_touched(wanted, region, sight)}) AS t
    WHERE t.how IS NOT NULL AND NOT EXISTS (SELECT {here} AND {source.stands})"""


def _here(region: Region) -> str:
    return f"s.scope_code BETWEEN {region.first} AND {region.last}"
