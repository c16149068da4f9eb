"""Who exchanges with us by the SPDCI standard.

A partner lies where its account is at home, which may be above the region it works in. So it is
looked for from within all of Indonesia, and only ever by the account of the token.
"""

import json
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.scope import lies_within
from app.db.sessions import Reading
from app.db.tables.spdci import SpdciPartner
from app.domain.errors import NotFound, Said
from app.domain.regions import Region
from app.domain.spdci.partners import Partner

_DOCUMENT = """
SELECT json_build_object('version', a.version, 'account_id', a.id, 'sender_id', p.sender_id,
    'callback_uri', p.callback_uri, 'keys', p.keys, 'updated_at', p.updated_at)::text AS body,
    NULL::uuid[] AS subjects
FROM spdci_partner p JOIN account a ON a.id = p.account_id
WHERE p.account_id = $1 AND p.scope_code BETWEEN $2 AND $3"""

_KNOWN = """SELECT sender_id, callback_uri, keys FROM spdci_partner
WHERE account_id = $1 AND scope_code BETWEEN $2 AND $3"""


class PartnerNotFound(NotFound):
    """This account is no partner of the exchange yet."""

    title = Said(
        id="Akun ini belum menjadi mitra pertukaran", en="This account exchanges nothing yet"
    )
    detail = Said(
        id="Daftarkan sender_id, alamat jawaban dan kuncinya dengan PUT di alamat ini.",
        en="Enter its sender_id, its address for answers and its keys with a PUT at this address.",
    )


async def document(reading: Reading, account_id: UUID, *, within: Region) -> str:
    """The partner as `PartnerView`, in JSON."""
    body = await reading.document(_DOCUMENT, account_id, within.first, within.last)
    if body is None:
        raise PartnerNotFound
    return body


async def find(reading: Reading, account_id: UUID, *, within: Region) -> Partner | None:
    """Who it is that sends a message; None where nobody has entered him."""
    rows = await reading.rows(_KNOWN, account_id, within.first, within.last)
    for row in rows:
        return Partner(row["sender_id"], row["callback_uri"], tuple(json.loads(row["keys"])))
    return None


async def of_account(
    session: AsyncSession, account_id: UUID, *, within: Region
) -> SpdciPartner | None:
    statement = select(SpdciPartner).where(
        SpdciPartner.account_id == account_id, lies_within(SpdciPartner.scope_code, within)
    )
    return (await session.exec(statement)).one_or_none()
