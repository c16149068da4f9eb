"""Agreements of machines: entering one, ending one, and which one stands now."""

from collections.abc import Mapping
from dataclasses import replace

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import accounts, agreements, appointments
from app.db.audit import record
from app.db.sessions import Database
from app.db.tables.agreements import AgreementRow
from app.db.tables.audit import AuditEntry
from app.domain.actors import Actor
from app.domain.agreement_terms import (
    AGREEMENTS,
    AgreementAction,
    NotAMachine,
    check_free,
    check_terms,
)
from app.domain.appointments import is_machine, pointing
from app.domain.calendar import today
from app.domain.jobs import AskerGone
from app.domain.regions import INDONESIA
from app.domain.sight import sight_of_people
from app.domain.workflow import Ground

TERMS = ("number", "purpose", "fields", "begins_on", "expires_on", "note")


async def enter(session: AsyncSession, agreement: AgreementRow, *, by: Actor) -> None:
    """An agreement for a machine of his region. It lies where its account is at home."""
    step = AGREEMENTS.begin(by=by)
    account_id = agreement.account_id
    account = await accounts.find(session, account_id, within=by.region, hold=True)
    held = await appointments.roles_of(session, [account_id], within=by.region)
    if not is_machine(held[account_id]):
        raise pointing("/account_id", NotAMachine)
    check_terms(agreement, today=today())
    check_free(agreement, await agreements.open_of(session, account_id, within=by.region))
    agreement.scope_code = account.scope_code
    await record(session, agreement, step, told=_told(agreement))


def _told(agreement: AgreementRow) -> dict[str, list[object]]:
    terms = agreement.model_dump(mode="json", include=set(TERMS))
    return {"/account_id": [None, str(agreement.account_id)]} | {
        f"/{name}": [None, terms[name]] for name in TERMS
    }


async def end(
    session: AsyncSession,
    agreement: AgreementRow,
    action: AgreementAction,
    *,
    by: Actor,
    grounds: Mapping[Ground, object],
) -> AuditEntry:
    """The machine reads under it no more, as soon as what was looked up is forgotten."""
    step = AGREEMENTS.step(agreement.state, action, by=by, grounds=grounds)
    return await record(session, agreement, step)


# --- what stands now


async def as_of_now(database: Database, actor: Actor) -> Actor:
    """For work that no token comes with: the actor as he stands now, if he still reads of people.

    A machine comes with the agreement that stands now; what it may read of is `sight_of` it.
    """
    async with database.reading(INDONESIA) as reading:
        found = await accounts.standing(reading, actor, within=INDONESIA)
    if found is None:
        raise AskerGone
    standing = replace(actor, agreement=found.agreement)
    sight_of_people(standing)
    return standing
