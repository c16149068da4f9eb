"""Finding agreements of machines, and telling of them."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.pages import Asked, page
from app.db.scope import lies_within
from app.db.sessions import Reading
from app.db.tables.agreements import AgreementRow
from app.domain.actors import Role
from app.domain.agreement_terms import AGREEMENTS, AgreementState
from app.domain.agreements import Agreement, FieldGroup
from app.domain.errors import NotFound, Said
from app.domain.regions import Region

TODAY = "(now() AT TIME ZONE 'Asia/Jakarta')::date"
OFFERS = {role: json.dumps(AGREEMENTS.offers(role, {"now": frozenset()})["now"]) for role in Role}


class AgreementNotFound(NotFound):
    """No such agreement lies within your region."""

    title = Said(
        id="Perjanjian tidak ditemukan di wilayah Anda",
        en="No such agreement lies within your region",
    )


async def find(session: AsyncSession, agreement_id: UUID, *, within: Region) -> AgreementRow:
    """Kept from others until the transaction ends."""
    found = await session.exec(
        select(AgreementRow)
        .where(AgreementRow.id == agreement_id, lies_within(AgreementRow.scope_code, within))
        .with_for_update(key_share=True)
    )
    agreement = found.one_or_none()
    if agreement is None:
        raise AgreementNotFound
    return agreement


async def open_of(
    session: AsyncSession, account_id: UUID, *, within: Region
) -> Sequence[AgreementRow]:
    """Those of an account that nobody has ended, the expired ones among them."""
    found = await session.exec(
        select(AgreementRow)
        .where(
            AgreementRow.account_id == account_id,
            AgreementRow.state == AgreementState.OPEN,
            lies_within(AgreementRow.scope_code, within),
        )
        .order_by(col(AgreementRow.begins_on))
    )
    return found.all()


# --- telling

_ITEM = f"""json_build_object(
    'version', s.version, 'id', s.id, 'account_id', s.account_id,
    'username', (SELECT a.username FROM account a WHERE a.id = s.account_id),
    'region_code', (SELECT a.region_code FROM account a WHERE a.id = s.account_id),
    'number', s.number, 'purpose', s.purpose, 'fields', s.fields,
    'begins_on', s.begins_on, 'expires_on', s.expires_on,
    'in_force', s.state = '{AgreementState.OPEN}'
        AND {TODAY} BETWEEN s.begins_on AND s.expires_on,
    'note', s.note, 'state', s.state, 'created_by', s.created_by, 'created_at', s.created_at,
    'updated_at', s.updated_at, 'open_actions', {{offers}}::jsonb -> s.state)"""
_ONE = f"""
SELECT {_ITEM.format(offers="$4")}::text AS body
FROM agreement s WHERE s.id = $1 AND s.scope_code BETWEEN $2 AND $3
"""


async def document(reading: Reading, agreement_id: UUID, *, within: Region, seen_by: Role) -> str:
    """The agreement as `AgreementView`, in JSON."""
    reach = (within.first, within.last, OFFERS[seen_by])
    body = await reading.document(_ONE, agreement_id, *reach)
    if body is None:
        raise AgreementNotFound
    return body


def conditions(*, account_id: UUID | None, in_force: bool | None) -> dict[str, object]:
    """Which agreements, for `list_page`."""
    today = f"({TODAY} BETWEEN begins_on AND expires_on AND state = '{AgreementState.OPEN}')"
    return {"account_id = {}": account_id, f"{today} = {{}}": in_force}


async def list_page(reading: Reading, asked: Asked, *, within: Region, seen_by: Role) -> str:
    """A page of `AgreementView`s, in JSON."""
    item = _ITEM.format(offers="$6")
    also = (OFFERS[seen_by],)
    statement, arguments = page("agreement", asked, within=within, item=item, also=also)
    return str(await reading.document(statement, *arguments))


# --- of whoever stands at the door


def as_agreed(  # noqa: PLR0913, PLR0917 - as a row has it
    id_: UUID,
    number: str,
    purpose: str,
    fields: Sequence[str],
    begins_on: date,
    expires_on: date,
    in_force: bool,  # noqa: FBT001 - a column
) -> Agreement:
    groups = frozenset(map(FieldGroup, fields))
    return Agreement(id_, number, purpose, groups, begins_on, expires_on, in_force)


def told_as_json(agreement: Agreement | None) -> str | None:
    """As `AgreementTold`, for a statement that answers with it."""
    if agreement is None:
        return None
    return json.dumps({**asdict(agreement), "fields": sorted(agreement.fields)}, default=str)
