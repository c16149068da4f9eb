"""Finding lists, and telling of them; where the file of one lies, and which are kept no longer."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import refusals
from app.db.pages import Asked, page
from app.db.scope import lies_within
from app.db.sessions import Reading, in_turn
from app.db.tables.lists import List
from app.domain.actors import Actor, Role
from app.domain.errors import Language
from app.domain.lists import ListFormat, ListKind, ListNotFound, ListNotMade, ListState
from app.domain.regions import Region


@dataclass(frozen=True)
class Made:
    """A file that is there to be fetched."""

    list_id: UUID
    kind: ListKind
    format: ListFormat
    region: str  # its name
    sha256: bytes
    size: int


async def find(session: AsyncSession, list_id: UUID, *, within: Region) -> List:
    """Kept from others until the transaction ends."""
    found = await session.exec(
        select(List)
        .where(List.id == list_id, lies_within(List.scope_code, within))
        .with_for_update(key_share=True)
    )
    list_ = found.one_or_none()
    if list_ is None:
        raise ListNotFound
    return list_


async def open_ones(session: AsyncSession, *, within: Region, by: Actor) -> int:
    """How many of his are being made. One after the other: the next counts what this one asks."""
    await in_turn(session, "lists", by.id)
    found = await session.exec(
        select(func.count())
        .select_from(List)
        .where(
            List.created_by == by.id,
            List.state == ListState.REQUESTED,
            lies_within(List.scope_code, within),
        )
    )
    return int(found.one())


_REGION = "(SELECT r.{} FROM region r WHERE r.scope_code = s.scope_code)"
# {in} is the reader's language.
_VIEW = f"""json_build_object(
    'version', s.version, 'id', s.id, 'kind', s.kind, 'format', s.format, 'state', s.state,
    'region_code', coalesce({_REGION.format("code")}, ''),
    'region_name', coalesce({_REGION.format("name")}, 'Indonesia'),
    'programme', s.programme, 'rows', s.rows_of, 'language', s.language, 'purpose', s.purpose,
    'asked_as', s.asked_as, 'created_by', s.created_by,
    'names', s.names, 'bytes', s.bytes, 'sha256', encode(s.sha256, 'hex'),
    'problem', {{problem}},
    'file', CASE WHEN s.state = 'made' THEN '/v1/lists/' || s.id || '/file' END,
    'job_id', (SELECT j.id FROM job j WHERE j.subject_id = s.id ORDER BY j.id DESC LIMIT 1),
    'made_at', s.made_at, 'expires_at', s.expires_at,
    'created_at', s.created_at, 'updated_at', s.updated_at)""".replace(
    "{problem}", refusals.shown("s.refusal", "{in}")
)
_DOCUMENT = f"""
SELECT {_VIEW.replace("{in}", "$5")}::text AS body, NULL::uuid[] AS subjects
FROM list s WHERE s.id = $1 AND s.created_by = $2 AND s.scope_code BETWEEN $3 AND $4
"""
_FOUND = f"""
SELECT json_build_object('kind', s.kind, 'format', s.format, 'state',
        CASE WHEN s.state = 'made' AND s.expires_at <= now() THEN 'expired' ELSE s.state END,
    'region', coalesce({_REGION.format("name")}, 'Indonesia'),
    'sha256', encode(s.sha256, 'hex'), 'bytes', s.bytes)::text AS body, NULL::uuid[] AS subjects
FROM list s
WHERE s.id = $1 AND s.created_by = $2 AND s.scope_code BETWEEN $3 AND $4 AND s.asked_as = $5
"""
_OLD = """
SELECT DISTINCT s.id, j.asked_by, j.role, j.asker_region_code AS region_code
FROM list s JOIN job j ON j.subject_id = s.id
WHERE s.state = 'made' AND s.expires_at <= now() AND s.scope_code BETWEEN $1 AND $2
"""
_NEEDLESS = """
SELECT s.id FROM list s
WHERE s.id = ANY ($3) AND s.scope_code BETWEEN $1 AND $2 AND s.state IN ('failed', 'expired')
"""


async def document(
    reading: Reading, list_id: UUID, *, within: Region, seen_by: Actor, language: Language
) -> str:
    """The list as `ListView`, in JSON: for whoever asked for it."""
    reach = (list_id, seen_by.id, within.first, within.last)
    body = await reading.document(_DOCUMENT, *reach, language.value)
    if body is None:
        raise ListNotFound
    return body


async def list_page(
    reading: Reading, asked: Asked, *, within: Region, seen_by: Actor, language: Language
) -> str:
    """A page of one's own `ListView`s, in JSON."""
    own = Asked(asked.after, asked.limit, {**asked.where, "created_by = {}": seen_by.id})
    statement, arguments = page(
        "list",
        own,
        within=within,
        item=_VIEW.replace("{in}", "$6"),
        subjects="NULL::uuid[]",
        also=(language.value,),
    )
    return str(await reading.document(statement, *arguments))


async def made(reading: Reading, list_id: UUID, *, within: Region, by: Actor) -> Made:
    """Where its bytes are found: for whoever asked, in the role in which he did."""
    reach = (list_id, by.id, within.first, within.last)
    body = await reading.document(_FOUND, *reach, by.role.value)
    if body is None:
        raise ListNotFound
    told = json.loads(body)
    if told["state"] != ListState.MADE:
        raise ListNotMade(state=told["state"])
    return Made(
        list_id,
        ListKind(told["kind"]),
        ListFormat(told["format"]),
        told["region"],
        bytes.fromhex(told["sha256"]),
        told["bytes"],
    )


# --- for the sweep


async def old(reading: Reading, *, within: Region) -> list[tuple[UUID, Actor]]:
    """Those whose days are over, and who asked for each."""
    rows = await reading.rows(_OLD, within.first, within.last)
    return [
        (row["id"], Actor(row["asked_by"], Role(row["role"]), Region(row["region_code"])))
        for row in rows
    ]


async def needless(reading: Reading, ids: Collection[UUID], *, within: Region) -> list[UUID]:
    """Which of these have no file that anybody may fetch."""
    rows = await reading.rows(_NEEDLESS, within.first, within.last, [*ids])
    return [row["id"] for row in rows]
