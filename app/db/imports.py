"""Finding imports, and telling of them: one, a page of them, and their rows with what is wrong."""

import json
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import refusals
from app.db.pages import Asked, page
from app.db.scope import lies_within
from app.db.sessions import Reading
from app.db.tables.imports import Import
from app.domain.actors import Actor, Role
from app.domain.errors import Language
from app.domain.facts import Fact
from app.domain.imports.columns import ImportKind
from app.domain.imports.workflow import IMPORTS, OVER, SITUATIONS, ImportNotFound
from app.domain.regions import Region

OFFERS = {role: json.dumps(IMPORTS.offers(role, SITUATIONS)) for role in Role}


async def find(session: AsyncSession, import_id: UUID, *, within: Region) -> Import:
    """Kept from others until the transaction ends."""
    found = await session.exec(
        select(Import)
        .where(Import.id == import_id, lies_within(Import.scope_code, within))
        .with_for_update(key_share=True)
    )
    import_ = found.one_or_none()
    if import_ is None:
        raise ImportNotFound
    return import_


async def same_file(
    session: AsyncSession, kind: ImportKind, sha256: bytes, *, of: Region, within: Region
) -> Import | None:
    """The import of these very bytes by that region, unless nothing came of it: one at the most.

    What one of its villages has sent is another: there, only the rows of that village counted.
    """
    found = await session.exec(
        select(Import).where(
            Import.kind == kind,
            Import.sha256 == sha256,
            Import.scope_code == of.first,
            lies_within(Import.scope_code, within),
            col(Import.state).not_in(OVER),
        )
    )
    return found.one_or_none()


def facts_of(import_: Import, *, for_: Actor) -> frozenset[Fact]:
    return frozenset() if import_.created_by == for_.id else SITUATIONS["others"]


# {me} is the reader, {open} what is open to him in which situation.
_VIEW = """json_build_object(
    'version', s.version, 'id', s.id, 'kind', s.kind, 'layout', s.layout, 'state', s.state,
    'mode', s.mode, 'file_name', s.file_name, 'bytes', s.bytes,
    'sha256', encode(s.sha256, 'hex'), 'region_code', {region}, 'sent_as', s.sent_as,
    'created_by', s.created_by, 'found', s.found,
    'counts', json_build_object('rows', s.rows, 'bad', s.bad, 'doubtful', s.doubtful,
        'doubled', s.doubled, 'units', s.units, 'taken', s.taken, 'same', s.same,
        'left', s.left_out, 'kept', s.kept),
    'problem', {problem},
    'results', (SELECT coalesce(json_agg(json_build_object('format', r.format,
            'language', r.language, 'bytes', r.bytes, 'sha256', encode(r.sha256, 'hex'),
            'made_at', r.made_at) ORDER BY r.format), '[]')
        FROM import_result r WHERE r.import_id = s.id AND r.sha256 IS NOT NULL),
    'job_id', (SELECT j.id FROM job j WHERE j.subject_id = s.id ORDER BY j.id DESC LIMIT 1),
    'created_at', s.created_at, 'updated_at', s.updated_at,
    'open_actions', {open}::jsonb
        -> (CASE WHEN s.created_by = {me}::uuid THEN 'own' ELSE 'others' END) -> s.state)"""
# The nation has no code.
_REGION = "coalesce((SELECT r.code FROM region r WHERE r.scope_code = s.scope_code), '')"


def _view(first: int) -> str:
    me, open_, language = (f"${number}" for number in range(first, first + 3))
    return (
        _VIEW.replace("{problem}", refusals.shown("s.refusal", language))
        .replace("{me}", me)
        .replace("{open}", open_)
        .replace("{region}", _REGION)
    )


_DOCUMENT = f"""SELECT {_view(4)}::text AS body, NULL::uuid[] AS subjects
FROM import s WHERE s.id = $1 AND s.scope_code BETWEEN $2 AND $3"""


async def document(
    reading: Reading, import_id: UUID, *, within: Region, seen_by: Actor, language: Language
) -> str:
    """The import as `ImportView`, in JSON."""
    told_to = (seen_by.id, OFFERS[seen_by.role], language.value)
    body = await reading.document(_DOCUMENT, import_id, within.first, within.last, *told_to)
    if body is None:
        raise ImportNotFound
    return body


async def list_page(
    reading: Reading, asked: Asked, *, within: Region, seen_by: Actor, language: Language
) -> str:
    """A page of `ImportView`s, in JSON."""
    statement, arguments = page(
        "import",
        asked,
        within=within,
        item=_view(6),
        subjects="NULL::uuid[]",
        also=(seen_by.id, OFFERS[seen_by.role], language.value),
    )
    return str(await reading.document(statement, *arguments))
