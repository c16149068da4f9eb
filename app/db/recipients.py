"""Finding recipients, and telling of them: one, a page of a region's, and those of a household."""

from collections.abc import Collection
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import sight as shown
from app.db.pages import Asked, page
from app.db.scope import lies_within, one_of
from app.db.sessions import Reading
from app.db.tables.base import new_id, now
from app.db.tables.recipients import Recipient
from app.domain.errors import NotFound, Said
from app.domain.recipients import RECIPIENTS
from app.domain.regions import Region
from app.domain.sight import Sight

# The head `m` of the family of a row `r`: whose name stands for it.
HEAD_OF_FAMILY = """m.family_id = r.family_id AND m.relation_to_family_head = 1
    AND m.state <> 'inactive'"""


class RecipientNotFound(NotFound):
    """No such recipient lies within your region."""

    title = Said(
        id="Penerima tidak ditemukan di wilayah Anda",
        en="No such recipient lies within your region",
    )


async def of_households(
    session: AsyncSession, households: Collection[UUID], *, within: Region
) -> list[Recipient]:
    """All they ever had, kept from others until the transaction ends."""
    found = await session.exec(
        select(Recipient)
        .where(
            one_of(Recipient.household_id, households),
            lies_within(Recipient.scope_code, within),
        )
        .order_by(col(Recipient.id))
        .with_for_update(key_share=True)
    )
    return list(found)


async def of_units(
    session: AsyncSession, ids: Collection[UUID], *, within: Region
) -> list[Recipient]:
    """All that these members and families ever had, in whichever household."""
    found = await session.exec(
        select(Recipient)
        .where(
            or_(one_of(Recipient.member_id, ids), one_of(Recipient.family_id, ids)),
            lies_within(Recipient.scope_code, within),
        )
        .order_by(col(Recipient.id))
        .with_for_update(key_share=True)
    )
    return list(found)


def candidate(**values: object) -> Any:  # noqa: ANN401
    """A new row, not yet kept; no object of the session, of which a thousand take long to make."""
    at = now()
    return SimpleNamespace(
        id=new_id(),
        period_to=None,
        end_reason=None,
        ended_on=None,
        state=RECIPIENTS.initial,
        version=1,
        created_at=at,
        updated_at=at,
        **values,
    )


def line(sight: Sight) -> str:
    """The JSON of a row `r` of the table, as `RecipientView`."""
    name = shown.name("m.name", sight.identity)
    return f"""json_build_object(
        'version', r.version, 'id', r.id, 'household_id', r.household_id,
        'village_code', r.scope_code::text, 'programme', r.programme,
        'unit', CASE WHEN r.member_id IS NULL THEN 'family' ELSE 'person' END,
        'family_id', r.family_id, 'member_id', r.member_id,
        'name', CASE WHEN r.member_id IS NULL
            THEN (SELECT {name} FROM member m WHERE {HEAD_OF_FAMILY})
            ELSE (SELECT {name} FROM member m
                WHERE m.id = r.member_id) END,
        'payee_id', r.payee_id,
        'payee_name', (SELECT {name} FROM member m
            WHERE m.id = r.payee_id),
        'period_from', r.period_from, 'period_to', r.period_to, 'state', r.state,
        'end_reason', r.end_reason, 'ended_on', r.ended_on, 'proposal_id', r.proposal_id,
        'updated_at', r.updated_at)"""


def of_household(household: str, sight: Sight) -> str:
    """What its families and members have and had, for who reads programmes."""
    if not sight.programmes:
        return "NULL::json"
    return f"""coalesce((SELECT json_agg({line(sight)} ORDER BY r.period_from, r.id)
        FROM recipient r WHERE r.household_id = {household}), '[]')"""


def _subjects(rows: str) -> str:
    """The households, and everybody named."""
    return f"""ARRAY(SELECT DISTINCT unnest(array_remove(
        array[r.household_id, r.member_id, r.payee_id, m.id], NULL))
        FROM {rows} r LEFT JOIN member m ON {HEAD_OF_FAMILY})"""


async def document(reading: Reading, recipient_id: UUID, *, within: Region, sight: Sight) -> str:
    """The recipient as `RecipientView`, in JSON."""
    statement = f"""
        WITH found AS (
            SELECT * FROM recipient WHERE id = $1 AND scope_code BETWEEN $2 AND $3)
        SELECT {line(sight)}::text AS body, {_subjects("found")} AS subjects FROM found r"""
    body = await reading.document(statement, recipient_id, within.first, within.last)
    if body is None:
        raise RecipientNotFound
    return body


async def list_page(reading: Reading, asked: Asked, *, within: Region, sight: Sight) -> str:
    """A page of `RecipientView`s, in JSON."""
    item = f"(SELECT {line(sight)} FROM (SELECT s.*) r)"
    statement, arguments = page(
        "recipient", asked, within=within, item=item, subjects=_subjects("shown")
    )
    return str(await reading.document(statement, *arguments))
