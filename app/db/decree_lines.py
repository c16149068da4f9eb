"""The numbered list of a decree: a line for each person, or each family, that it speaks of.

Written in the transaction of the determination and never changed: `siks_app` may only add.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import sight as shown
from app.db.members import MemberNotFound
from app.db.pages import Asked, ids_of, page
from app.db.sessions import Reading
from app.db.tables.decrees import DecreeBook
from app.domain.actors import Actor
from app.domain.decrees import EFFECT_OF, DecreeNotFound, Effect, NotEarlier
from app.domain.households import RecordState
from app.domain.proposals import ProposalKind, ProposalState
from app.domain.regions import Region
from app.domain.sight import Sight, sight_of

K = ProposalKind
# Of all the household's people, those in whom something changed just now.
_OF_ALL = (K.REMOVAL, K.RESTORATION)
_HAS_PEOPLE = (K.NEW_FAMILY, K.NEW_MEMBER, K.MOVE, *_OF_ALL)


def _words(words: Collection[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


_EFFECT = " ".join(f"WHEN '{kind}' THEN '{effect}'" for kind, effect in EFFECT_OF.items())
WRITE = text(f"""
WITH taken AS (
    SELECT id, scope_code, kind, household_id, family_id, member_id, linked_id,
        CASE kind {_EFFECT} END AS effect, asks ->> 'reason' AS reason,
        asks ->> 'programme' AS programme
    FROM proposal WHERE id = ANY (:ids) AND state = '{ProposalState.DETERMINED}'
),
person AS (
    SELECT t.*, m.id AS whom, m.family_id AS of_family, m.dtks_id, m.name, m.number AS place
    FROM taken t JOIN member m ON m.household_id = t.household_id AND CASE
        WHEN t.kind = '{K.NEW_FAMILY}' THEN m.state = '{RecordState.REGISTERED}'
        WHEN t.member_id IS NOT NULL THEN m.id = t.member_id
        WHEN t.kind IN ({_words(_OF_ALL)}) THEN
            (t.family_id IS NULL OR m.family_id = t.family_id) AND m.updated_at >= :begun
        ELSE t.kind = '{K.NEW_MEMBER}' AND m.updated_at >= :begun
            AND m.state = '{RecordState.REGISTERED}' END
    WHERE t.kind <> '{K.MOVE}'
),
mover AS (
    SELECT t.*, m.id AS whom, m.family_id AS of_family, m.dtks_id, m.name, m.number AS place,
        l.scope_code AS left_scope, l.household_id AS left_household
    FROM taken t JOIN proposal l ON l.id = t.linked_id
        CROSS JOIN LATERAL jsonb_array_elements_text(l.asks -> 'member_ids') AS named (id)
        JOIN member m ON m.id = named.id::uuid
    WHERE t.kind = '{K.MOVE}'
),
line AS (
    SELECT id, scope_code, kind, effect, household_id, of_family, whom, dtks_id, name, reason,
        programme, NULL::text AS left_village, NULL::text AS reached, scope_code AS first, place
    FROM person
    UNION ALL
    SELECT t.id, t.scope_code, t.kind, t.effect, t.household_id, t.family_id, NULL, h.dtks_id,
        (SELECT m.name FROM member m WHERE m.household_id = t.household_id AND CASE
            WHEN t.family_id IS NULL THEN m.relation_to_household_head = 1
            ELSE m.family_id = t.family_id AND m.relation_to_family_head = 1 END
            AND m.state <> '{RecordState.INACTIVE}'),
        t.reason, t.programme, NULL, NULL, t.scope_code, 0
    FROM taken t JOIN household h ON h.id = t.household_id
    WHERE t.member_id IS NULL AND t.kind NOT IN ({_words(_HAS_PEOPLE)})
    UNION ALL
    SELECT id, scope_code, kind, '{Effect.MOVED_IN}', household_id, of_family, whom, dtks_id,
        name, reason, NULL, left_scope::text, scope_code::text, scope_code, place
    FROM mover
    UNION ALL
    SELECT linked_id, left_scope, kind, '{Effect.MOVED_OUT}', left_household, of_family, whom,
        dtks_id, name, reason, NULL, left_scope::text, scope_code::text, scope_code, place
    FROM mover
),
written AS (
    INSERT INTO decree_line (decree_id, number, scope_code, proposal_id, kind, effect,
        household_id, family_id, member_id, dtks_id, name, reason, programme, from_village,
        to_village)
    SELECT :decree, :lines + row_number() OVER (ORDER BY first, id, place, whom), scope_code, id,
        kind, effect, household_id, of_family, whom, dtks_id, name, reason, programme,
        left_village, reached
    FROM line
    RETURNING 1
)
SELECT count(*) FROM written
""")


async def write(
    session: AsyncSession, book: DecreeBook, ids: Collection[UUID], *, since: datetime
) -> None:
    """A line for each whom these proposals, determined since then, were about."""
    connection = await session.connection()
    book.lines += await connection.scalar(
        WRITE, {"decree": book.decree_id, "ids": ids, "lines": book.lines, "begun": since}
    )


# --- telling of it


def _line(sight: Sight) -> str:
    programme = "s.programme" if sight.programmes else "NULL"
    return f"""json_build_object(
    'decree_id', s.decree_id, 'number', s.number, 'village_code', s.scope_code::text,
    'proposal_id', s.proposal_id, 'kind', s.kind, 'effect', s.effect,
    'household_id', s.household_id, 'family_id', s.family_id, 'member_id', s.member_id,
    'dtks_id', s.dtks_id, 'name', {shown.name("s.name", sight.identity)},
    'reason', s.reason, 'programme', {programme},
    'from_village_code', s.from_village, 'to_village_code', s.to_village)"""


_NUMBERED = "(SELECT *, number AS id FROM decree_line) AS decree_line"


async def list_page(reading: Reading, asked: Asked, *, within: Region, seen_by: Actor) -> str:
    """A page of `DecreeLine`s, in JSON, village by village in the order of the numbers."""
    statement, arguments = page(
        _NUMBERED,
        asked,
        within=within,
        item=_line(sight_of(seen_by)),
        subjects=ids_of("coalesce(s.member_id, s.household_id)"),
    )
    return str(await reading.document(statement, *arguments))


async def checks(reading: Reading, asked: Asked, *, within: Region, language: str) -> str:
    """A page of `DecreeCheck`s, in JSON."""
    item = """json_build_object('proposal_id', s.id, 'village_code', s.scope_code::text,
        'kind', s.kind, 'version', s.version, 'found', s.found,
        'problem', CASE WHEN s.refusal IS NOT NULL THEN json_build_object(
            'code', s.refusal ->> 'code', 'title', s.refusal -> 'title' ->> $6,
            'detail', s.refusal -> 'detail' ->> $6, 'pointers', s.refusal -> 'pointers') END)"""
    statement, arguments = page(
        "(SELECT *, proposal_id AS id FROM decree_check) AS decree_check",
        asked,
        within=within,
        item=item,
        also=(language,),
    )
    return str(await reading.document(statement, *arguments))


_OF_A_MEMBER = """
WITH whose AS (
    SELECT * FROM member WHERE id = $1 AND scope_code BETWEEN $2 AND $3
),
found AS (
    SELECT l.* FROM whose JOIN decree_line l ON l.member_id = whose.id
    UNION ALL
    SELECT l.* FROM whose JOIN decree_line l ON l.member_id IS NULL
        AND l.household_id = whose.household_id
        AND (l.family_id IS NULL OR l.family_id = whose.family_id)
)
SELECT json_build_object('member_id', whose.id, 'items', coalesce((
    SELECT json_agg(json_build_object('decree', json_build_object('id', d.id,
            'number', d.number, 'dated', d.dated, 'period', d.period), 'line', {line})
        ORDER BY d.period, d.dated, d.id, s.number)
    FROM found s JOIN decree d ON d.id = s.decree_id), '[]'))::text AS body,
    array[whose.id] AS subjects
FROM whose
"""


async def of_member(reading: Reading, member_id: UUID, *, within: Region, seen_by: Actor) -> str:
    """The decrees in which that person stands, as `DecreesOfMember` in JSON."""
    line = _line(sight_of(seen_by))
    body = await reading.document(
        _OF_A_MEMBER.replace("{line}", line), member_id, within.first, within.last
    )
    if body is None:
        raise MemberNotFound
    return body


# --- the difference between two

# From the first word of the lines between to the last: what of it is left in the end. Whoever was
# added was not there before, whoever was removed is not there now; who came and went is no
# difference.
_PRESENT = "'added', 'restored'"
_WHERE = "'added', 'restored', 'removed', 'moved_in', 'moved_out'"
_DIFFERENCES = """
WITH between_them AS (
    SELECT d.id, d.period, d.dated FROM decree d, decree one, decree other
    WHERE one.id = $6 AND other.id = $7 AND d.state IN ('applying', 'in_force')
        AND (d.period, d.dated, d.id) > (other.period, other.dated, other.id)
        AND (d.period, d.dated, d.id) <= (one.period, one.dated, one.id)
),
line AS (
    SELECT l.*, coalesce(l.member_id, l.family_id, l.household_id) AS whom,
        row_number() OVER (PARTITION BY coalesce(l.member_id, l.family_id, l.household_id)
            ORDER BY b.period, b.dated, b.id, l.number) AS turn
    FROM between_them b JOIN decree_line l ON l.decree_id = b.id
    WHERE l.scope_code BETWEEN $1 AND $2
),
folded AS (
    SELECT whom AS id,
        (array_agg(scope_code ORDER BY turn DESC))[1] AS scope_code,
        (array_agg(household_id ORDER BY turn DESC))[1] AS household_id,
        (array_agg(family_id ORDER BY turn DESC))[1] AS family_id,
        (array_agg(member_id ORDER BY turn DESC))[1] AS member_id,
        (array_agg(name ORDER BY turn DESC))[1] AS name,
        (array_agg(dtks_id ORDER BY turn DESC))[1] AS dtks_id,
        (array_agg(effect ORDER BY turn) FILTER (WHERE effect IN (${WHERE})))[1] AS first,
        (array_agg(effect ORDER BY turn DESC) FILTER (WHERE effect IN (${WHERE})))[1] AS last,
        (array_agg(from_village ORDER BY turn) FILTER (WHERE from_village IS NOT NULL))[1]
            AS from_village,
        (array_agg(to_village ORDER BY turn DESC) FILTER (WHERE to_village IS NOT NULL))[1]
            AS to_village,
        array_agg(effect ORDER BY turn) AS effects,
        array_agg(DISTINCT reason) FILTER (WHERE reason IS NOT NULL) AS reasons,
        array_agg(DISTINCT decree_id) AS decrees
    FROM line GROUP BY whom
),
judged AS (
    SELECT *, CASE
        WHEN first IN (${PRESENT}) AND last = 'removed' THEN NULL
        WHEN first IN (${PRESENT}) THEN 'added'
        WHEN last = 'removed' THEN 'removed'
        WHEN from_village <> to_village THEN 'moved'
        ELSE 'changed' END AS difference
    FROM folded
),
told AS MATERIALIZED (SELECT * FROM judged WHERE difference IS NOT NULL),
page AS MATERIALIZED (
    SELECT * FROM told WHERE (scope_code, id) > ($3::bigint, $4::uuid)
    ORDER BY scope_code, id LIMIT $5::int + 1
),
shown AS (SELECT * FROM page ORDER BY scope_code, id LIMIT $5::int)
SELECT json_build_object(
    'next', CASE WHEN (SELECT count(*) FROM page) > $5::int THEN
        (SELECT scope_code || '.' || id FROM shown ORDER BY scope_code DESC, id DESC LIMIT 1) END,
    'counts', (SELECT json_build_object(
        'added', count(*) FILTER (WHERE difference = 'added'),
        'removed', count(*) FILTER (WHERE difference = 'removed'),
        'moved', count(*) FILTER (WHERE difference = 'moved'),
        'changed', count(*) FILTER (WHERE difference = 'changed')) FROM told),
    'items', coalesce((SELECT json_agg(json_build_object(
        'difference', difference, 'village_code', scope_code::text,
        'household_id', household_id, 'family_id', family_id, 'member_id', member_id,
        'dtks_id', dtks_id, 'name', ${NAME}, 'effects', effects,
        'reasons', coalesce(reasons, '{}'), 'decree_ids', decrees,
        'from_village_code', CASE WHEN difference = 'moved' THEN from_village END,
        'to_village_code', CASE WHEN difference = 'moved' THEN to_village END)
        ORDER BY scope_code, id) FROM shown s), '[]'))::text AS body,
    (SELECT coalesce(array_agg(coalesce(member_id, household_id)), '{}') FROM shown) AS subjects
""".replace("${WHERE}", _WHERE).replace("${PRESENT}", _PRESENT)
_COMPARABLE = """
SELECT (one.period, one.dated, one.id) > (other.period, other.dated, other.id)
FROM decree one, decree other WHERE one.id = $1 AND other.id = $2
"""


async def differences(  # noqa: PLR0913 - a page: of which two, where, for whom
    reading: Reading, asked: Asked, one: UUID, other: UUID, *, within: Region, seen_by: Actor
) -> str:
    """What the decrees after `other` up to `one` changed, person by person, in JSON."""
    is_later = await reading.value(_COMPARABLE, one, other)
    if is_later is None:
        raise DecreeNotFound
    if not is_later:
        raise NotEarlier
    name = shown.name("s.name", sight_of(seen_by).identity)
    reach = (within.first, within.last, asked.after.scope_code, asked.after.id, asked.limit)
    return str(await reading.document(_DIFFERENCES.replace("${NAME}", name), *reach, one, other))
