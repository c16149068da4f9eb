"""Holding a window open for longer, and taking that back."""

from collections.abc import Mapping

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import regions, windows
from app.db.audit import record
from app.db.tables.audit import AuditEntry
from app.db.tables.base import now
from app.db.tables.policies import WindowException
from app.domain.actors import Actor
from app.domain.regions import Region, narrowed
from app.domain.window_exceptions import (
    WINDOW_EXCEPTIONS,
    ExceptionAction,
    Extension,
    check,
    owned,
)
from app.domain.windows import Window, national
from app.domain.workflow import Ground


async def grant(session: AsyncSession, exception: WindowException, *, by: Actor) -> None:
    step = WINDOW_EXCEPTIONS.begin(by=by)
    region = narrowed(by.region, exception.region_code)
    exception.region_code = region.code
    await regions.known(session, region.code)
    asked = Extension(exception.window_name, region, exception.period, exception.open_until)
    check(await _known_in(session, region), asked, by=by)
    await record(session, exception, step)


async def revoke(
    session: AsyncSession,
    exception: WindowException,
    action: ExceptionAction,
    *,
    by: Actor,
    grounds: Mapping[Ground, object],
) -> AuditEntry:
    WINDOW_EXCEPTIONS.permit(action, by=by)
    known = await _known_in(session, Region(exception.region_code))
    owned(known, exception.window_name, by=by)
    step = WINDOW_EXCEPTIONS.step(exception.state, action, by=by, grounds=grounds)
    return await record(session, exception, step)


async def _known_in(session: AsyncSession, region: Region) -> tuple[Window, ...]:
    """As they are set, without exceptions."""
    regency = region.code[:4]
    found = await windows.calendars(session, [regency], on=now().date())
    return (*national(), *found.of_regency.get(regency, ()))
