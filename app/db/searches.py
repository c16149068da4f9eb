"""Finding people by what is known of them: the same questions for members and for households.

Names are looked up in `name_key`, with `=` only, because no other index works under row-level
security. For each length of a name there is one range of the index, read in order and no further
than is given: what is read does not grow with the number of people who bear the name. Only where
three words are asked for and more, longer names are read that may lack one of them.
"""

from functools import cache

from app.db import sight as shown
from app.db.access import PeopleReading
from app.db.households import HEAD_OF
from app.db.regions import RegionNotFound
from app.domain.niks import without_white_space
from app.domain.regions import Region, Tier
from app.domain.searches import Match, Question, permit_reach
from app.domain.sight import Shown

MOST_WORDS = 8  # of a name, as the keys are made
ALIKE = 0.4  # share of trigrams; one wrong letter in a word of six leaves as many

# $1 and $2 are the range of the region, $3 the limit, $4 the region's code, $5 what was typed, and
# $6 a birth date. Each gives (household_id, member_id, matched_by, place), one more than the limit
# at least where there are more.
BY_NIK = f"""
found AS MATERIALIZED (
    SELECT household_id, id AS member_id, '{Match.NIK}' AS matched_by,
        row_number() OVER (ORDER BY scope_code, id) AS place
    FROM (
        SELECT * FROM member WHERE nik = $5 AND scope_code BETWEEN $1 AND $2
        ORDER BY scope_code LIMIT $3 + 1
    ) AS holders
)
"""
BY_DTKS_ID = f"""
bearers AS (
    SELECT household_id, id AS member_id, number FROM member
    WHERE dtks_id = $5 AND scope_code BETWEEN $1 AND $2
    UNION ALL
    SELECT h.id, m.id, m.number FROM household h LEFT JOIN member m ON m.household_id = h.id
    WHERE h.dtks_id = $5 AND h.scope_code BETWEEN $1 AND $2
),
found AS MATERIALIZED (
    SELECT household_id, member_id, '{Match.DTKS_ID}' AS matched_by,
        row_number() OVER (ORDER BY number, member_id) AS place
    FROM bearers
)
"""
BY_CARD_NUMBER = f"""
bearers AS (
    SELECT * FROM family WHERE card_number = $5 AND scope_code BETWEEN $1 AND $2
    ORDER BY scope_code LIMIT $3 + 1
),
found AS MATERIALIZED (
    SELECT f.household_id, m.id AS member_id, '{Match.CARD_NUMBER}' AS matched_by,
        row_number() OVER (ORDER BY f.scope_code, f.id, m.number, m.id) AS place
    FROM bearers f LEFT JOIN member m ON m.family_id = f.id
)
"""

# A name of that length which has the words that lead to it is looked up for the others.
_HAS_OTHERS = """
cardinality({others}) = (
    SELECT count(*) FROM unnest({others}) AS word, name_key AS k
    WHERE (k.key, k.words, k.scope_code, k.member_id)
        = (word, name_key.words, name_key.scope_code, name_key.member_id)
)"""
# A name that is no longer than the question is found by all its words at once, and so is a longer
# one by one word or by a pair; only of three and more must the rest be looked up.
_KEY_OF_NAME = "CASE WHEN length = asked.many THEN array_to_string(asked.words, ' ') ELSE pair END"
_OTHERS_FIT = _HAS_OTHERS.format(others="asked.longest[3:]")
_NAME_FITS = f"CASE WHEN asked.many <= 2 OR length = asked.many THEN true ELSE {_OTHERS_FIT} END"
_KEY_OF_BIRTH = "asked.longest[1] || '|' || $6::date::text"
_BIRTH_FITS = _HAS_OTHERS.format(others="asked.longest[2:]")

# The longest words, which few share, lead to the others: not everybody called Nur Hayati.
_ASKED = """
asked AS MATERIALIZED (
    SELECT words, cardinality(words) AS many, longest, array_to_string(
        ARRAY(SELECT word FROM unnest(longest[1:2]) AS word ORDER BY word COLLATE "C"), ' '
    ) AS pair
    FROM name_words($5) AS words, LATERAL (
        SELECT ARRAY(SELECT word FROM unnest(words) AS word ORDER BY length(word) DESC, word)
    ) AS of_them (longest)
)"""
_FITTING = """
fitting AS MATERIALIZED (
    SELECT k.member_id, k.words FROM asked, generate_series(asked.many, {most}) AS length, LATERAL (
        SELECT * FROM name_key
        WHERE key = {key} AND words = length::smallint AND scope_code BETWEEN $1 AND $2 AND {fits}
        ORDER BY scope_code, member_id LIMIT 2 * $3 + 1
    ) AS k
    WHERE asked.many > 0 LIMIT 2 * $3 + 1
)"""
# Where nobody is called so: of those born that day, whoever shares a word ...
_BORN_THEN = """
similar_names AS MATERIALIZED (
    SELECT DISTINCT k.member_id FROM asked, unnest(asked.words) AS word,
        generate_series(1, {most}) AS length, LATERAL (
            SELECT member_id FROM name_key
            WHERE key = word || '|' || $6::date::text AND words = length::smallint
            AND scope_code BETWEEN $1 AND $2
            ORDER BY scope_code, member_id LIMIT $3 + 1
        ) AS k
    WHERE NOT EXISTS (SELECT FROM fitting)
)"""
# ... and in a village everybody whose name looks alike. Further out that would be too many to read.
_LOOKING_ALIKE = """
similar_names AS MATERIALIZED (
    SELECT id AS member_id FROM member
    WHERE scope_code BETWEEN $1 AND $2 AND similarity(name, $5) >= {alike}
    AND NOT EXISTS (SELECT FROM fitting)
    ORDER BY similarity(name, $5) DESC, id LIMIT $3 + 1
)"""
_NOBODY = "similar_names AS (SELECT NULL::uuid AS member_id WHERE false)"
# One by one: joined, they would be looked for among all people of the region, where the planner
# takes those for few.
_RANKED = """
found AS MATERIALIZED (
    SELECT m.household_id, m.id AS member_id, matched_by, row_number() OVER (
        ORDER BY words, name_plain(m.name) <> name_plain($5), similarity(m.name, $5) DESC,
            m.scope_code, m.id
    ) AS place
    FROM (
        SELECT member_id, words, '{by}' AS matched_by FROM fitting
        UNION ALL SELECT member_id, NULL, '{similar}' FROM similar_names
    ) AS candidates
    CROSS JOIN LATERAL (
        SELECT * FROM member WHERE id = member_id AND scope_code BETWEEN $1 AND $2 LIMIT 1
    ) AS m
)"""


def _by_name(key: str, fits: str, similar: str, by: Match) -> str:
    parts = (
        _ASKED,
        _FITTING.format(key=key, fits=fits, most=MOST_WORDS),
        similar.format(most=MOST_WORDS, alike=ALIKE),
        _RANKED.format(by=by, similar=Match.SIMILAR_NAME),
    )
    return ",".join(parts)


BY_NAME = _by_name(_KEY_OF_NAME, _NAME_FITS, _NOBODY, Match.NAME)
BY_NAME_IN_A_VILLAGE = _by_name(_KEY_OF_NAME, _NAME_FITS, _LOOKING_ALIKE, Match.NAME)
BY_NAME_AND_BIRTH_DATE = _by_name(_KEY_OF_BIRTH, _BIRTH_FITS, _BORN_THEN, Match.NAME_AND_BIRTH_DATE)

# What is shown of them. Of a region there is not, nothing is selected at all.
ANSWER = f"""
wanted AS ({{wanted}}),
shown AS (SELECT * FROM wanted ORDER BY place LIMIT $3),
told AS (
    SELECT json_agg({{item}} ORDER BY s.place) AS items, CASE WHEN count(*) > 0 THEN
        array_agg(s.household_id) || NULL::uuid || array_agg(s.member_id) || array_agg(head.id)
        ELSE '{{{{}}}}' END AS subjects
    FROM shown s {{joined}} LEFT JOIN LATERAL (
        SELECT m.id, m.name FROM member m WHERE {HEAD_OF.format("s.household_id")} LIMIT 1
    ) AS head ON true
)
SELECT json_build_object(
    'more', (SELECT count(*) FROM wanted) > $3, 'items', coalesce(items, '[]')
)::text AS body, subjects
FROM told
WHERE $4::text = '' OR EXISTS (SELECT FROM region WHERE code = $4)
"""
VILLAGE_NAME = "(SELECT r.name FROM region r WHERE r.scope_code = {0}.scope_code)"
MASKED_NIK = shown.number("m.nik", Shown.MASKED)  # as in every list

MEMBER_HIT = f"""json_build_object(
    'id', m.id, 'household_id', m.household_id, 'village_code', m.scope_code::text,
    'village_name', {VILLAGE_NAME.format("m")}, 'name', m.name, 'nik', {MASKED_NIK},
    'birth_date', m.birth_date, 'sex', m.sex, 'state', m.state, 'dtks_id', m.dtks_id,
    'head_name', head.name, 'matched_by', s.matched_by)"""
HOUSEHOLD_HIT = f"""json_build_object(
    'id', h.id, 'village_code', h.scope_code::text, 'village_name', {VILLAGE_NAME.format("h")},
    'address', h.address, 'rt', h.rt, 'rw', h.rw, 'state', h.state, 'dtks_id', h.dtks_id,
    'head_name', head.name,
    'member_count', (SELECT count(*) FROM member m
        WHERE m.household_id = h.id AND m.state <> 'inactive'),
    'matched', CASE WHEN m.id IS NOT NULL THEN json_build_object(
        'id', m.id, 'name', m.name, 'nik', {MASKED_NIK}, 'birth_date', m.birth_date,
        'state', m.state) END,
    'matched_by', s.matched_by)"""

MEMBERS = ANSWER.format(
    wanted="SELECT * FROM found WHERE member_id IS NOT NULL",
    item=MEMBER_HIT,
    joined="JOIN member m ON m.id = s.member_id",
)
HOUSEHOLDS = ANSWER.format(
    wanted="SELECT DISTINCT ON (household_id) * FROM found ORDER BY household_id, place",
    item=HOUSEHOLD_HIT,
    joined="JOIN household h ON h.id = s.household_id LEFT JOIN member m ON m.id = s.member_id",
)


async def members(reading: PeopleReading, question: Question, *, within: Region, limit: int) -> str:
    """A `MemberHits`, in JSON. For those who read names in the clear."""
    return await _answered(reading, MEMBERS, question, _reach(question, within), limit)


async def households(
    reading: PeopleReading, question: Question, *, within: Region, limit: int
) -> str:
    """A `HouseholdHits`, in JSON. For those who read names in the clear."""
    return await _answered(reading, HOUSEHOLDS, question, _reach(question, within), limit)


def _reach(question: Question, within: Region) -> Region:
    region = question.region or within
    if not within.covers(region):
        raise RegionNotFound
    permit_reach(question, region)
    return region


async def _answered(
    reading: PeopleReading, answer: str, question: Question, region: Region, limit: int
) -> str:
    born = () if question.birth_date is None else (question.birth_date,)
    reach = (region.first, region.last, limit, region.code)
    statement = _statement(_found(question, region), answer)
    body = await reading.document(statement, *reach, _as_kept(question), *born)
    if body is None:
        raise RegionNotFound
    return body


@cache
def _statement(found: str, answer: str) -> str:
    """One for each way to find, and each answer."""
    return f"WITH {found}, {answer}"


def _found(question: Question, region: Region) -> str:
    if question.by is not Match.NAME:
        return FOUND[question.by]
    if question.birth_date is not None:
        return BY_NAME_AND_BIRTH_DATE
    return BY_NAME_IN_A_VILLAGE if region.tier is Tier.VILLAGE else BY_NAME


FOUND = {
    Match.NIK: BY_NIK,
    Match.DTKS_ID: BY_DTKS_ID,
    Match.CARD_NUMBER: BY_CARD_NUMBER,
}


def _as_kept(question: Question) -> str:
    """Numbers are kept without white space, and DTKS ids in capitals."""
    if question.by is Match.NAME:
        return question.said
    kept = without_white_space(question.said)
    return kept.upper() if question.by is Match.DTKS_ID else kept
