"""`Sight`, for the database: the SQL that shows, masks or hides a column.

The fragments are chosen by words of our own, never by what a caller sent.
"""

from collections.abc import Iterable, Mapping

from app.domain.sight import Shown, Sight, Survey, pointers_to


def number(column: str, shown: Shown) -> str:
    """A NIK or a family card number; masked, its first four digits stay."""
    masked = f"left({column}, 4) || repeat('*', greatest(length({column}) - 4, 0))"
    return {Shown.CLEAR: column, Shown.MASKED: masked, Shown.HIDDEN: "NULL::text"}[shown]


def name(column: str, shown: Shown) -> str:
    """A person's name; masked, the initials stay."""
    masked = f"regexp_replace({column}, '(\\w)[^ ]*', '\\1***', 'g')"
    return {Shown.CLEAR: column, Shown.MASKED: masked, Shown.HIDDEN: "NULL::text"}[shown]


def detail(column: str, sight: Sight) -> str:
    """What tells of a person besides the name: in the clear or not at all."""
    return column if sight.identity is Shown.CLEAR else f"nullif({column}, {column})"


ONCE = ("counts", "household", "participation")  # sections that are asked once


def answers(column: str, sight: Sight) -> str:
    """The answers of a sheet, as far as the role reads them; a summary has none."""
    if sight.survey is not Survey.FULL:
        return "NULL::jsonb"
    withheld = sight.withheld
    sections = {
        name: f"(a -> '{name}') - {_array(withheld[name])}" for name in ONCE if name in withheld
    }
    if "members" in withheld:
        sections["members"] = _each_member(withheld["members"])
    if sight.nik is not Shown.CLEAR or any(place.startswith("rosters") for place in withheld):
        sections["rosters"] = _rosters(sight)
    if not sections:
        return column
    parts = " || ".join(
        f"CASE WHEN a ? '{name}' THEN jsonb_build_object('{name}', {told}) ELSE '{{}}' END"
        for name, told in sorted(sections.items())
    )
    return f"(SELECT a || {parts} FROM (SELECT {column}) AS sheet (a))"


def _array(keys: Iterable[str]) -> str:
    """Keys of our own codebooks, as SQL."""
    return f"'{{{','.join(sorted(keys))}}}'::text[]"


def _each_member(keys: Iterable[str]) -> str:
    return f"""(SELECT coalesce(jsonb_object_agg(id, said - {_array(keys)}), '{{}}')
        FROM jsonb_each(a -> 'members') AS member (id, said))"""


def _rosters(sight: Sight) -> str:
    """Whole rosters are left out, and fields of others; the numbers in them are masked."""
    gone = _array(sight.withheld.get("rosters", ()))
    masked = number("(line ->> 'nik')", sight.nik)
    return f"""(SELECT coalesce(jsonb_object_agg(name, (
            SELECT coalesce(jsonb_agg({_line(sight.withheld)} || CASE WHEN line ? 'nik'
                THEN jsonb_build_object('nik', {masked}) ELSE '{{}}' END), '[]')
            FROM jsonb_array_elements(lines) AS each (line))), '{{}}')
        FROM jsonb_each((a -> 'rosters') - {gone}) AS roster (name, lines))"""


def _line(withheld: Mapping[str, Iterable[str]]) -> str:
    partly = {
        place.removeprefix("rosters."): keys
        for place, keys in withheld.items()
        if place.startswith("rosters.")
    }
    cases = [f"WHEN '{name}' THEN line - {_array(keys)}" for name, keys in sorted(partly.items())]
    return f"CASE name {' '.join(cases)} ELSE line END" if cases else "line"


def content(column: str, sight: Sight) -> str:
    """The frozen copy of a proposal, as far as the role reads of the household itself."""
    if sight.identity is not Shown.CLEAR:
        return "NULL::json"
    if sight.nik is Shown.CLEAR and sight.survey is Survey.FULL and not sight.withheld:
        return f"{column}::json"
    sheet = f"({column} -> 'survey')"
    return f"""CASE WHEN {column} IS NOT NULL THEN json_build_object(
        'household', {column} -> 'household',
        'families', {_each(column, "families", "card_number", sight.nik)},
        'members', {_each(column, "members", "nik", sight.nik)},
        'survey', {_frozen(sheet, sight)},
        'doubts', {_doubts(f"{column} -> 'doubts'", sight)}) END"""


def _frozen(sheet: str, sight: Sight) -> str:
    if sight.survey is Survey.HIDDEN:
        return "NULL::json"
    said = answers(f"{sheet} -> 'answers'", sight)
    return f"""CASE WHEN jsonb_typeof({sheet}) = 'object' THEN {sheet}
        || jsonb_build_object('answers', {said}) END"""


def _doubts(column: str, sight: Sight) -> str:
    """What was unusual, as far as the answers are read that it speaks of."""
    if sight.survey is not Survey.FULL:
        return "NULL::json"
    hidden = pointers_to(sight.withheld)
    return f"""(SELECT coalesce(json_agg(doubt), '[]')
        FROM jsonb_array_elements(coalesce({column}, '[]')) AS every (doubt)
        WHERE NOT regexp_replace(doubt ->> 'pointer', '^/survey', '') ~ '{hidden}')"""


def _each(column: str, part: str, key: str, shown: Shown) -> str:
    masked = number(f"(each ->> '{key}')", shown)
    return f"""(SELECT jsonb_agg(each || jsonb_build_object('{key}', {masked}))
        FROM jsonb_array_elements({column} -> '{part}') AS each)"""


def _unread(pointer: str, sight: Sight) -> str:
    """Whether it points at an answer that the role does not read."""
    if sight.survey is not Survey.FULL:
        return f"{pointer} LIKE '/answers%'"
    return f"{pointer} ~ '{pointers_to(sight.withheld)}'"


def changed(text: str, sight: Sight) -> str:
    """Pointers to what changed. Which answers, is told to those who read them."""
    return f"""ARRAY(SELECT DISTINCT CASE WHEN {_unread("k", sight)} THEN '/answers' ELSE k END AS k
        FROM json_object_keys({text}::json) k ORDER BY k)"""


def changes(text: str, sight: Sight) -> str:
    """Before and after, for who reads identity; numbers are masked, as in every list.

    The fingerprint of a frozen copy is not told: a masked number could be tried out against it.
    """
    if sight.identity is not Shown.CLEAR:
        return "NULL::json"
    before, after = (_masked_in_pair(place) for place in (0, 1))
    return f"""(SELECT coalesce(json_object_agg(pointer, CASE
            WHEN pointer ~ '(^|^/answers/.*)/(nik|card_number)$'
                THEN json_build_array({before}, {after})
            WHEN pointer IN ('/content', '/answers') THEN json_build_array(NULL, 'frozen')
            ELSE pair END ORDER BY pointer), '{{}}')
        FROM json_each({text}::json) AS changed (pointer, pair)
        WHERE NOT {_unread("pointer", sight)})"""


def _masked_in_pair(place: int) -> str:
    masked = number(f"(pair ->> {place})", Shown.MASKED)
    return f"""CASE WHEN json_typeof(pair -> {place}) = 'string'
        THEN to_json({masked}) ELSE pair -> {place} END"""


def grounds(text: str, sight: Sight) -> str:
    """What a step rests on. A number that somebody wrote into a note is masked, however he wrote
    it; who reads no names reads neither who chaired nor anybody's own words."""
    if sight.identity is not Shown.CLEAR:
        text = f"({text}::jsonb - 'note' #- '{{deliberation,chair}}')::text"
    digit = r"[\s.-]*[0-9]"
    return (
        f"regexp_replace({text}, '([0-9](?:{digit}){{3}})(?:{digit}){{8,}}', "
        r"'\1************', 'g')::json"
    )
