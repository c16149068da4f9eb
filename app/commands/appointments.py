"""What an account holds: another role over another region, or one less."""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.accounts import hold, step_of
from app.db import accounts, appointments, sign_ins
from app.db.appointments import terms_of, told_of
from app.db.audit import record
from app.db.tables.audit import AuditEntry
from app.domain.accounts import AccountAction
from app.domain.actors import Actor
from app.domain.appointments import Appointment, check_appointment, check_fits_account, end_of
from app.domain.regions import Region
from app.domain.workflow import Ground

A = AccountAction


async def assign(
    session: AsyncSession, account_id: UUID, wanted: Appointment, *, by: Actor
) -> None:
    account = await hold(session, account_id, A.ASSIGN, by=by)
    code = wanted.region.code
    known = await appointments.region_names(session, [code], within=by.region)
    check_appointment(wanted, by=by, known=known)
    held = await appointments.roles_of(session, [account_id], within=by.region)
    check_fits_account(
        wanted,
        home=Region(account.region_code),
        held=held[account_id],
        has_password=account.has_password,
    )
    step = step_of(account, A.ASSIGN, by=by)
    assignment = await accounts.assign(
        session,
        account,
        role=wanted.role,
        region=wanted.region,
        from_=wanted.begins_at,
        until=wanted.ends_at,
    )
    await record(session, account, step, told=told_of(assignment, before=None))


async def end_assignment(  # noqa: PLR0913 - which, of whom, when, by whom, why
    session: AsyncSession,
    account_id: UUID,
    assignment_id: UUID,
    *,
    at: datetime | None,
    by: Actor,
    version: int,
    note: str | None,
) -> AuditEntry:
    """From then on nothing is done in its name; what else the account holds it keeps."""
    account = await hold(session, account_id, A.END, by=by, version=version)
    assignment = await appointments.find(session, account, assignment_id, within=by.region)
    step = step_of(account, A.END, by=by, grounds={Ground.NOTE: note})
    now = await sign_ins.clock(session)
    before = terms_of(assignment)
    assignment.ends_at = end_of(assignment.begins_at, assignment.ends_at, wanted=at or now, at=now)
    assignment.version += 1
    assignment.updated_at = now
    await session.flush()
    return await record(session, account, step, told=told_of(assignment, before=before))
