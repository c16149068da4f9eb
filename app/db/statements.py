"""Finding responsibility statements, and telling of them."""

import json
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import sight as shown
from app.db.deliberations import scan
from app.db.pages import Asked, page
from app.db.scope import lies_within
from app.db.sessions import Reading
from app.db.tables.statements import ResponsibilityStatement
from app.domain.actors import Role
from app.domain.errors import NotFound, Said
from app.domain.regions import Region
from app.domain.sight import SIGHT_OF
from app.domain.statements import STATEMENTS

OFFERS = {role: json.dumps(STATEMENTS.offers(role, {"now": frozenset()})["now"]) for role in Role}


class StatementNotFound(NotFound):
    """No such responsibility statement lies within your region."""

    title = Said(
        id="SPTJM tidak ditemukan di wilayah Anda",
        en="No such responsibility statement lies within your region",
    )


async def find(
    session: AsyncSession, statement_id: UUID, *, within: Region
) -> ResponsibilityStatement:
    found = await session.exec(
        select(ResponsibilityStatement)
        .where(
            ResponsibilityStatement.id == statement_id,
            lies_within(ResponsibilityStatement.scope_code, within),
        )
        .with_for_update(key_share=True)
    )
    statement = found.one_or_none()
    if statement is None:
        raise StatementNotFound
    return statement


def _told(s: str, role: Role) -> str:
    return f"""'version', {s}.version, 'id', {s}.id, 'village_code', {s}.scope_code::text,
        'number', {s}.number, 'dated', {s}.dated, 'signed_by', json_build_object(
            'name', {shown.name(f"{s}.signatory_name", SIGHT_OF[role].identity)},
            'position', {s}.signatory_position),
        'names', cardinality({s}.proposal_ids), 'scan', {scan(s)}, 'state', {s}.state,
        'created_by', {s}.created_by, 'created_at', {s}.created_at, 'updated_at', {s}.updated_at"""


async def document(reading: Reading, statement_id: UUID, *, within: Region, seen_by: Role) -> str:
    """The statement as `StatementView`, in JSON. It names who signed, and nobody on record."""
    told = f"""
        SELECT json_build_object({_told("s", seen_by)}, 'proposal_ids', s.proposal_ids,
            'open_actions', $4::jsonb -> s.state)::text AS body, NULL::uuid[] AS subjects
        FROM responsibility_statement s WHERE s.id = $1 AND s.scope_code BETWEEN $2 AND $3"""
    body = await reading.document(told, statement_id, within.first, within.last, OFFERS[seen_by])
    if body is None:
        raise StatementNotFound
    return body


async def list_page(reading: Reading, asked: Asked, *, within: Region, seen_by: Role) -> str:
    """A page of `StatementLine`s, in JSON."""
    statement, arguments = page(
        "responsibility_statement",
        asked,
        within=within,
        item=f"json_build_object({_told('s', seen_by)}, 'open_actions', $6::jsonb -> s.state)",
        subjects="NULL::uuid[]",
        also=(OFFERS[seen_by],),
    )
    return str(await reading.document(statement, *arguments))
