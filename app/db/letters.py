"""Finding letters, and telling of them: to officers, and to whoever holds one in his hand."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import sight as shown
from app.db.members import MemberNotFound
from app.db.pages import Asked, page
from app.db.scope import lies_within
from app.db.sessions import Reading
from app.db.tables.lists import Letter
from app.domain.actors import Actor, Role
from app.domain.letters import LETTERS, LetterNotFound, LetterState
from app.domain.regions import Region
from app.domain.sight import Shown, Sight

OFFERS = {role: json.dumps(LETTERS.offers(role, {"any": ()})["any"]) for role in Role}


async def find(session: AsyncSession, letter_id: UUID, *, within: Region) -> Letter:
    """Kept from others until the transaction ends."""
    found = await session.exec(
        select(Letter)
        .where(Letter.id == letter_id, lies_within(Letter.scope_code, within))
        .with_for_update(key_share=True)
    )
    letter = found.one_or_none()
    if letter is None:
        raise LetterNotFound
    return letter


async def issued(
    session: AsyncSession, member_id: UUID, purpose: str, *, within: Region
) -> Letter | None:
    """The one letter of that person for that purpose which nobody has ended."""
    found = await session.exec(
        select(Letter)
        .where(
            Letter.member_id == member_id,
            Letter.purpose == purpose,
            Letter.state == LetterState.ISSUED,
            lies_within(Letter.scope_code, within),
        )
        .with_for_update(key_share=True)
    )
    return found.one_or_none()


async def next_serial(session: AsyncSession) -> int:
    connection = await session.connection()
    return int(await connection.scalar(text("SELECT nextval('letter_number')")))


# --- whom it is about

_PERSON = """
SELECT m.state, m.scope_code, json_build_object(
    'name', m.name, 'nik', m.nik, 'card_number', f.card_number, 'dtks_id', m.dtks_id,
    'sex', m.sex, 'birth_place', m.birth_place, 'birth_date', m.birth_date,
    'address', h.address, 'rt', h.rt, 'rw', h.rw,
    'village', v.name, 'village_code', v.code, 'district', d.name, 'regency', k.name,
    'province', p.name)::text AS content
FROM member m
JOIN household h ON h.id = m.household_id
LEFT JOIN family f ON f.id = m.family_id
JOIN region v ON v.scope_code = m.scope_code
JOIN region d ON d.code = v.parent_code
JOIN region k ON k.code = d.parent_code
JOIN region p ON p.code = k.parent_code
WHERE m.id = :member_id AND m.scope_code BETWEEN :first AND :last
"""


async def person(session: AsyncSession, member_id: UUID, *, within: Region) -> dict[str, Any]:
    """State, place and what a letter says of him, as it stands now."""
    connection = await session.connection()
    reach = {"member_id": member_id, "first": within.first, "last": within.last}
    row = (await connection.execute(text(_PERSON), reach)).one_or_none()
    if row is None:
        raise MemberNotFound
    return {"state": row.state, "scope_code": row.scope_code, "content": json.loads(row.content)}


# --- as JSON

_STATE = """CASE WHEN {0}.state = 'issued' AND {0}.expires_at <= now() THEN 'expired'
    ELSE {0}.state END"""


def _view(of: str, offers: str, sight: Sight) -> str:
    state = _STATE.format(of)
    return f"""json_build_object(
        'version', {of}.version, 'id', {of}.id, 'number', {of}.number, 'purpose', {of}.purpose,
        'note', {shown.detail(f"{of}.note", sight)}, 'member_id', {of}.member_id,
        'name', {shown.name(f"({of}.content ->> 'name')", sight.identity)},
        'dtks_id', {of}.content ->> 'dtks_id', 'village_code', {of}.scope_code::text,
        'issued_by', {of}.issued_by, 'issued_as', {of}.issued_as,
        'issuer_region_code', {of}.issuer_region_code,
        'issued_on', {of}.issued_on, 'valid_until', {of}.valid_until,
        'state', {state}, 'open_actions', {offers}::jsonb -> ({state}),
        'created_at', {of}.created_at, 'updated_at', {of}.updated_at)"""


async def document(
    reading: Reading, letter_id: UUID, *, within: Region, seen_by: Actor, sight: Sight
) -> str:
    """The letter as `LetterView`, in JSON."""
    statement = f"""
        SELECT {_view("s", "$4", sight)}::text AS body, array[s.member_id] AS subjects
        FROM letter s WHERE s.id = $1 AND s.scope_code BETWEEN $2 AND $3"""
    offers = OFFERS[seen_by.role]
    body = await reading.document(statement, letter_id, within.first, within.last, offers)
    if body is None:
        raise LetterNotFound
    return body


async def list_page(
    reading: Reading, asked: Asked, *, within: Region, seen_by: Actor, sight: Sight
) -> str:
    """A page of `LetterView`s, in JSON."""
    statement, arguments = page(
        "letter",
        asked,
        within=within,
        item=_view("s", "$6", sight),
        subjects="ARRAY(SELECT DISTINCT member_id FROM shown)",
        also=(OFFERS[seen_by.role],),
    )
    return str(await reading.document(statement, *arguments))


_PAPER = f"""
SELECT json_build_object('id', s.id, 'number', s.number, 'purpose', s.purpose, 'note', s.note,
    'code', s.code, 'content', s.content, 'issued_as', s.issued_as,
    'issued_on', s.issued_on, 'valid_until', s.valid_until, 'created_at', s.created_at,
    'state', {_STATE.format("s")})::text AS body, array[s.member_id] AS subjects
FROM letter s WHERE s.id = $1 AND s.scope_code BETWEEN $2 AND $3
"""


async def paper(reading: Reading, letter_id: UUID, *, within: Region) -> str:
    """All that is printed on it, in JSON."""
    body = await reading.document(_PAPER, letter_id, within.first, within.last)
    if body is None:
        raise LetterNotFound
    return body


# One row, whether or not there is such a letter: an unknown code takes the same way.
_CHECKED = f"""
SELECT json_build_object(
    'verdict', CASE WHEN s.id IS NULL THEN 'unknown'
        WHEN ({_STATE.format("s")}) = 'issued' THEN 'valid' ELSE {_STATE.format("s")} END,
    'number', s.number, 'purpose', s.purpose,
    'name', {shown.name("(s.content ->> 'name')", Shown.MASKED)},
    'issued_on', s.issued_on, 'valid_until', s.valid_until,
    'issued_as', s.issued_as, 'issuer_region_code', s.issuer_region_code,
    'issuer_region_name', r.name)::text
FROM (SELECT $1::text AS code) asked
LEFT JOIN letter s ON s.code = asked.code AND s.scope_code BETWEEN $2 AND $3
LEFT JOIN region r ON r.code = s.issuer_region_code
"""


async def checked(reading: Reading, code: str, *, within: Region) -> dict[str, Any]:
    """What anybody is told of a code: nobody's name in full, no number of his."""
    found: dict[str, Any] = json.loads(
        await reading.value(_CHECKED, code, within.first, within.last)
    )
    return found


# --- for the sweep


async def late(reading: Reading, *, within: Region) -> list[tuple[UUID, Actor]]:
    """Those whose last day is over, and who issued each."""
    rows = await reading.rows(
        """SELECT id, issued_by, issued_as, issuer_region_code FROM letter
        WHERE state = 'issued' AND expires_at <= now() AND scope_code BETWEEN $1 AND $2""",
        within.first,
        within.last,
    )
    return [(row["id"], _issuer(dict(row))) for row in rows]


def _issuer(row: Mapping[str, Any]) -> Actor:
    return Actor(row["issued_by"], Role(row["issued_as"]), Region(row["issuer_region_code"]))
