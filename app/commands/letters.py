"""Letters: issued, revoked, expired; and the check that anybody may make."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import letters, sign_ins
from app.db.audit import expect, record
from app.db.sessions import Database
from app.db.tables.audit import AuditEntry
from app.db.tables.base import now
from app.db.tables.lists import Letter
from app.domain.actors import Actor
from app.domain.errors import Refusal
from app.domain.households import RecordState
from app.domain.letters import (
    LETTERS,
    LetterAction,
    LetterInForce,
    LetterState,
    code_in,
    issuable,
    new_code,
    number_of,
    purpose_of,
    validity,
)
from app.domain.regions import INDONESIA, Region
from app.domain.workflow import Ground


async def issue(
    session: AsyncSession, member_id: UUID, purpose_code: str, note: str | None, *, by: Actor
) -> Letter:
    """A letter with a number and a code of its own. The registry knows no decile yet."""
    step = LETTERS.begin(by=by)
    purpose = purpose_of(purpose_code)
    person = await letters.person(session, member_id, within=by.region)
    issuable(purpose, state=RecordState(person["state"]), note=note)
    await _make_room(session, member_id, purpose.code, by=by)
    at, village = now(), Region(str(person["scope_code"]))
    valid = validity(purpose, at=at, place=village)
    serial = await letters.next_serial(session)
    letter = Letter(
        scope_code=village.first,
        member_id=member_id,
        purpose=purpose.code,
        note=note,
        number=number_of(serial, office=by.region, on=valid.issued_on),
        code=new_code(),
        content=person["content"],
        issued_by=by.id,
        issued_as=by.role,
        issuer_region_code=by.region.code,
        created_at=at,
        **vars(valid),
    )
    said = {"member_id": str(member_id), "number": letter.number, "purpose": purpose.code}
    told: dict[str, list[object]] = {f"/{name}": [None, value] for name, value in said.items()}
    await record(session, letter, step, told=told)
    return letter


async def _make_room(session: AsyncSession, member_id: UUID, purpose: str, *, by: Actor) -> None:
    """One that is over stands in nobody's way; whatever else there is, the database knows."""
    before = await letters.issued(session, member_id, purpose, within=by.region)
    if before is None:
        return
    if before.expires_at > now():
        raise LetterInForce
    await record(session, before, LETTERS.step(before.state, LetterAction.EXPIRE, by=by))


async def revoke(
    session: AsyncSession,
    letter_id: UUID,
    *,
    by: Actor,
    version: int,
    grounds: Mapping[Ground, object],
) -> AuditEntry:
    LETTERS.permit(LetterAction.REVOKE, by=by)
    letter = await letters.find(session, letter_id, within=by.region)
    await expect(session, letter, version)
    is_over = letter.state is LetterState.ISSUED and letter.expires_at <= now()
    state = LetterState.EXPIRED if is_over else letter.state
    step = LETTERS.step(state, LetterAction.REVOKE, by=by, grounds=grounds)
    return await record(session, letter, step)


async def check(database: Database, typed: str, *, address: str) -> dict[str, Any]:
    """What is told of a code. Every try counts against the address, whatever comes of it."""
    async with database.transaction(INDONESIA) as session:
        await sign_ins.count_check(session, address=address)
    async with database.reading(INDONESIA) as reading:
        return await letters.checked(reading, code_in(typed), within=INDONESIA)


async def expire_late(database: Database) -> None:
    """Every one whose last day is over, as whoever issued it."""
    async with database.reading(INDONESIA) as reading:
        late = await letters.late(reading, within=INDONESIA)
    for letter_id, issuer in late:
        with suppress(Refusal):  # somebody was faster
            async with database.transaction(issuer.region) as session:
                letter = await letters.find(session, letter_id, within=issuer.region)
                step = LETTERS.step(letter.state, LetterAction.EXPIRE, by=issuer)
                await record(session, letter, step)
