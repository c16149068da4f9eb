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


# A number by its name, at any depth of a document; the first four of its signs stay.
KEYED = r'"(nik|card_number)": "((?:[^"\\]|\\.){0,4})(?:[^"\\]|\\.)*"'


def side(column: str, sight: Sight) -> str:
    """What is now, or what is proposed, as far as the role reads of people."""
    if sight.identity is not Shown.CLEAR:
        return "NULL::json"
    said = _numbers_masked(column, sight)
    withheld = _array(sight.withheld.get("members", ()))
    if sight.survey is not Survey.FULL:
        return f"({said} - 'answers')::json"
    return f"""(SELECT CASE WHEN said ? 'answers' THEN
            jsonb_set(said, '{{answers}}', (said -> 'answers') - {withheld}) ELSE said END
        FROM (SELECT {said}) AS told (said))::json"""


def asked(column: str, sight: Sight) -> str:
    """What a proposal asks and rests on. A number somebody wrote into a note is masked too."""
    if sight.identity is not Shown.CLEAR:
        return "NULL::json"
    column = column if sight.health else f"({column} - 'health')"
    if sight.nik is Shown.CLEAR:
        return f"({column})::json"
    return f"""(SELECT a || {_note("a")} || CASE WHEN a ? 'evidence' THEN
            jsonb_build_object('evidence', (SELECT coalesce(jsonb_agg(e || {_note("e")}), '[]')
                FROM jsonb_array_elements(a -> 'evidence') AS every (e))) ELSE '{{}}' END
        FROM (SELECT {_numbers_masked(column, sight)}) AS asked (a))::json"""


def _numbers_masked(column: str, sight: Sight) -> str:
    if sight.nik is Shown.CLEAR:
        return f"({column})"
    masked = r'"\1": "\2************"'
    return f"regexp_replace(({column})::text, '{KEYED}', '{masked}', 'g')::jsonb"


def _note(document: str) -> str:
    said = words(f"({document} ->> 'note')")
    return f"""CASE WHEN {document} ->> 'note' IS NOT NULL
        THEN jsonb_build_object('note', {said}) ELSE '{{}}' END"""


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
            WHEN pointer ~ '(^|^/(answers|asks)/.*)/(nik|card_number)$'
                THEN json_build_array({before}, {after})
            WHEN pointer IN ('/content', '/answers') THEN json_build_array(NULL, 'frozen')
            WHEN pointer LIKE '/asks/%note' THEN {words("pair::text")}::json
            ELSE pair END ORDER BY pointer), '{{}}')
        FROM json_each({text}::json) AS changed (pointer, pair)
        WHERE NOT {_unread("pointer", sight)}{"" if sight.programmes else _OF_NO_PROGRAMME})"""


# Who is proposed for what, and paid, for who does not read of programmes.
_OF_NO_PROGRAMME = " AND pointer !~ '^/asks/(programmes?|payee_id|new_payee_id|period)(/|$)'"


def _masked_in_pair(place: int) -> str:
    masked = number(f"(pair ->> {place})", Shown.MASKED)
    return f"""CASE WHEN json_typeof(pair -> {place}) = 'string'
        THEN to_json({masked}) ELSE pair -> {place} END"""


def grounds(text: str, sight: Sight) -> str:
    """What a step rests on. A number that somebody wrote into a note is masked, however he wrote
    it; who reads no names reads neither who chaired nor anybody's own words."""
    kept = f"({text}::jsonb - 'marks')"
    if sight.identity is not Shown.CLEAR:
        kept = f"({kept} - 'note' #- '{{deliberation,chair}}')"
    told = f"{words(f'{kept}::text')}::jsonb"
    return f"""(SELECT {told} || CASE WHEN g ? 'marks'
            THEN jsonb_build_object('marks', {marks("g -> 'marks'", sight)}) ELSE '{{}}' END
        FROM (SELECT {text}::jsonb) AS given (g))::json"""


# An id, in parts that are each too short to be masked, and how it is written for that while.
APART = "\x01"  # nobody can have typed it
ID = (
    r"(?<![0-9a-fA-F])([0-9a-fA-F]{8})-([0-9a-fA-F]{4})-([0-9a-fA-F]{4})-([0-9a-fA-F]{4})"
    r"-([0-9a-fA-F]{6})([0-9a-fA-F]{6})(?![0-9a-fA-F])"
)
ID_APART = APART.join(["", r"\1", r"-\2", r"-\3", r"-\4", r"-\5", r"\6", ""])


def words(text: str) -> str:
    """Anybody's own words, without the numbers of people in them. An id is nobody's number."""
    digit = r"[\s.-]*[0-9]"
    apart = f"regexp_replace({text}, '{ID}', '{ID_APART}', 'g')"
    return (
        f"replace(regexp_replace({apart}, '([0-9](?:{digit}){{3}})(?:{digit}){{8,}}', "
        rf"'\1************', 'g'), '{APART}', '')"
    )


# --- of what was returned


def marks(column: str, sight: Sight, *, below: str = "") -> str:
    """What a return points at, as far as the role reads it; `below` some place, or of it all."""
    named = sight.identity is Shown.CLEAR
    note = words("(mark ->> 'note')") if named else "NULL::text"
    there = f"mark ->> 'pointer' = '' OR mark ->> 'pointer' LIKE '{below}%'"
    return f"""(SELECT json_agg(json_build_object('pointer', mark ->> 'pointer',
            'reason', mark ->> 'reason', 'note', {note}) ORDER BY number)
        FROM jsonb_array_elements({column}) WITH ORDINALITY AS every (mark, number)
        WHERE ({there}) AND NOT {_out_of_sight("(mark ->> 'pointer')", sight)})"""


def changed_since(column: str, sight: Sight) -> str:
    """Place by place what is another than was returned, as far as the role reads of people."""
    if sight.identity is not Shown.CLEAR:
        return "NULL::json"
    before, after = (_told_of_pair(place, sight) for place in (0, 1))
    return f"""(SELECT coalesce(json_agg(json_build_object('pointer', pointer,
            'before', {before}, 'after', {after}) ORDER BY pointer), '[]')
        FROM json_each(({column})::json) AS changed (pointer, pair)
        WHERE NOT {_out_of_sight("pointer", sight)})"""


def _told_of_pair(place: int, sight: Sight) -> str:
    if sight.nik is Shown.CLEAR:
        return f"pair -> {place}"
    said = words(f"(pair -> {place})::text")
    return f"""CASE WHEN pointer ~ '/(nik|card_number)$' THEN {_masked_in_pair(place)}
        ELSE {said}::json END"""


def _out_of_sight(pointer: str, sight: Sight) -> str:
    """Whether it points at what the role does not read of health, or at answers that it does not,
    wherever they stand."""
    answers = _answers_out_of_sight(pointer, sight)
    return answers if sight.health else f"({answers} OR {pointer} ~ '^(/[a-z]+)?/health(/|$)')"


def _answers_out_of_sight(pointer: str, sight: Sight) -> str:
    if sight.survey is not Survey.FULL:
        return f"{pointer} ~ '^/[a-z]+/answers(/|$)'"
    if not sight.withheld:
        return "false"
    at_once = "|".join(sorted(sight.withheld.get("members", ())))
    return f"""(regexp_replace({pointer}, '^/survey', '') ~ '{pointers_to(sight.withheld)}'
        OR {pointer} ~ '^/[a-z]+/answers/({at_once})$')"""
