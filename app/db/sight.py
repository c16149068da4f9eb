"""`Sight`, for the database: the SQL that shows, masks or hides a column.

The fragments are chosen by words of our own, never by what a caller sent.
"""

from app.domain.sight import Shown, Sight


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


def content(column: str, sight: Sight) -> str:
    """The frozen copy of a proposal, as far as the role reads of the household itself."""
    if sight.identity is not Shown.CLEAR:
        return "NULL::json"
    if sight.nik is Shown.CLEAR:
        return f"{column}::json"
    return f"""json_build_object(
        'household', {column} -> 'household',
        'families', {_each(column, "families", "card_number", sight.nik)},
        'members', {_each(column, "members", "nik", sight.nik)})"""


def _each(column: str, part: str, key: str, shown: Shown) -> str:
    masked = number(f"(each ->> '{key}')", shown)
    return f"""(SELECT jsonb_agg(each || jsonb_build_object('{key}', {masked}))
        FROM jsonb_array_elements({column} -> '{part}') AS each)"""


def changes(text: str, sight: Sight) -> str:
    """Before and after, for who reads identity; numbers are masked, as in every list.

    The fingerprint of a frozen copy is not told: a masked number could be tried out against it.
    """
    if sight.identity is not Shown.CLEAR:
        return "NULL::json"
    before, after = (number(f"(pair ->> {place})", Shown.MASKED) for place in (0, 1))
    return f"""(SELECT coalesce(json_object_agg(pointer, CASE
            WHEN pointer IN ('/nik', '/card_number') THEN json_build_array({before}, {after})
            WHEN pointer = '/content' THEN json_build_array(NULL, 'frozen')
            ELSE pair END ORDER BY pointer), '{{}}')
        FROM json_each({text}::json) AS changed (pointer, pair))"""


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
