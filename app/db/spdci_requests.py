"""What was asked of us by the SPDCI standard, so that it is asked once and can be asked after."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.scope import lies_within
from app.db.sessions import Reading, connection_in
from app.db.tables.base import new_id
from app.db.tables.spdci import SpdciRequest
from app.domain.actors import Actor
from app.domain.errors import NotFound, Said
from app.domain.regions import Region
from app.domain.spdci.words import Action


class ExchangeNotFound(NotFound):
    """No such message of yours is kept."""

    title = Said(id="Pesan ini tidak tersimpan", en="No such message of yours is kept")
    detail = Said(
        id="Periksa correlation_id. Permintaan disimpan tujuh hari, dan hanya untuk pengirimnya.",
        en="Check the correlation_id. A request is kept seven days, for its sender alone.",
    )


@dataclass(frozen=True)
class Asked:
    """One request as it comes in."""

    reference_id: str
    content: Mapping[str, Any]


_NAMED = "transaction_id <> '' AND reference_id <> ''"
# A request that was asked before, in the same words, is answered together with the new ones.
_KEEP = f"""
INSERT INTO spdci_request AS r (id, scope_code, account_id, correlation_id, action,
    transaction_id, reference_id, asked, received_at)
SELECT v.id, $1, $2, $3, $4, $5, v.reference_id, v.asked, now()
FROM json_to_recordset($6::json) AS v (id uuid, reference_id text, asked jsonb)
ON CONFLICT (account_id, scope_code, action, transaction_id, reference_id) WHERE {_NAMED}
DO UPDATE SET correlation_id = excluded.correlation_id, answered_at = NULL
    WHERE r.asked = excluded.asked
RETURNING reference_id
"""
_SAME = """
SELECT r.correlation_id FROM spdci_request r
JOIN json_to_recordset($5::json) AS v (reference_id text, asked jsonb)
    ON r.reference_id = v.reference_id AND r.asked = v.asked
WHERE r.account_id = $1 AND r.scope_code BETWEEN $6 AND $7 AND r.action = $2
    AND r.transaction_id = $3 AND r.transaction_id <> '' AND r.reference_id <> ''
GROUP BY 1 HAVING count(*) = $4
"""


async def asked_before(  # noqa: PLR0913 - what it is known by
    session: AsyncSession,
    action: Action,
    transaction_id: str,
    asked: Sequence[Asked],
    *,
    by: Actor,
    within: Region,
) -> UUID | None:
    """The correlation of the very same message, if it came in before."""
    connection = await connection_in(session)
    who = (by.id, action, transaction_id, len(asked), _rows(asked))
    found: UUID | None = await connection.fetchval(_SAME, *who, within.first, within.last)
    return found


async def keep(  # noqa: PLR0913 - what a row is made of
    session: AsyncSession,
    action: Action,
    transaction_id: str,
    asked: Sequence[Asked],
    *,
    correlation_id: UUID,
    by: Actor,
) -> set[str]:
    """The references that are new, or the same as before. Others name something else already."""
    connection = await connection_in(session)
    who = (by.region.first, by.id, correlation_id, action, transaction_id, _rows(asked))
    return {row["reference_id"] for row in await connection.fetch(_KEEP, *who)}


def _rows(asked: Sequence[Asked]) -> str:
    """Their ids are in the order of the message."""
    return json.dumps(
        [
            {"id": str(new_id()), "reference_id": each.reference_id, "asked": each.content}
            for each in asked
        ]
    )


async def of_message(
    session: AsyncSession, correlation_id: UUID, *, within: Region, by: Actor
) -> list[SpdciRequest]:
    found = await session.exec(
        select(SpdciRequest)
        .where(
            SpdciRequest.correlation_id == correlation_id,
            SpdciRequest.account_id == by.id,
            lies_within(SpdciRequest.scope_code, within),
        )
        .order_by(col(SpdciRequest.id))
    )
    return list(found)


async def of_transaction(  # noqa: PLR0913 - what it is known by
    session: AsyncSession,
    actions: Sequence[Action],
    *,
    transaction_id: str | None = None,
    reference_ids: Sequence[str] = (),
    correlation_id: UUID | None = None,
    most: int,
    within: Region,
    by: Actor,
) -> list[SpdciRequest]:
    """His own only: nobody is told that somebody else has asked."""
    known = [
        col(SpdciRequest.account_id) == by.id,
        col(SpdciRequest.action).in_(actions),
        lies_within(SpdciRequest.scope_code, within),
    ]
    if transaction_id is not None:
        known.append(col(SpdciRequest.transaction_id) == transaction_id)
    if reference_ids:
        known.append(col(SpdciRequest.reference_id).in_(reference_ids))
    if correlation_id is not None:
        known.append(col(SpdciRequest.correlation_id) == correlation_id)
    statement = select(SpdciRequest).where(*known).order_by(col(SpdciRequest.id)).limit(most)
    return list(await session.exec(statement))


async def answered(
    session: AsyncSession, correlation_id: UUID, at: datetime, *, within: Region, by: Actor
) -> int:
    """How many requests were."""
    connection = await session.connection()
    told = await connection.execute(
        update(SpdciRequest)
        .where(
            col(SpdciRequest.correlation_id) == correlation_id,
            col(SpdciRequest.account_id) == by.id,
            lies_within(SpdciRequest.scope_code, within),
        )
        .values(answered_at=at)
    )
    return told.rowcount


async def forget(session: AsyncSession, before: datetime, *, within: Region) -> int:
    """What was asked goes, with whatever it said of people: how many requests."""
    connection = await session.connection()
    gone = await connection.execute(
        delete(SpdciRequest).where(
            col(SpdciRequest.received_at) < before, lies_within(SpdciRequest.scope_code, within)
        )
    )
    return gone.rowcount


_DOCUMENT = """
SELECT json_build_object('correlation_id', min(correlation_id::text), 'action', min(action),
    'transaction_id', min(transaction_id), 'requests', count(*), 'received_at', min(received_at),
    'answered_at', max(answered_at))::text AS body, NULL::uuid[] AS subjects
FROM spdci_request WHERE correlation_id = $1 AND account_id = $2 AND scope_code BETWEEN $3 AND $4
HAVING count(*) > 0"""


async def document(reading: Reading, correlation_id: UUID, *, within: Region, by: Actor) -> str:
    """The message as `ExchangeView`, in JSON."""
    body = await reading.document(_DOCUMENT, correlation_id, by.id, within.first, within.last)
    if body is None:
        raise ExchangeNotFound
    return body
