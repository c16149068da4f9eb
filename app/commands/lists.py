"""Lists: asked for here, made by a job (`list_writing`)."""

from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.jobs import enqueue
from app.db import list_rows, lists, regions
from app.db.audit import record
from app.db.sessions import reading_in
from app.db.tables.base import now
from app.db.tables.lists import List
from app.domain.actors import Actor
from app.domain.errors import Language
from app.domain.jobs import JobKind
from app.domain.lists import (
    LISTS,
    MOST_OPEN,
    ListKind,
    ListTooLong,
    TooManyLists,
    Wish,
    completed,
    permitted,
)
from app.domain.sight import Purpose


async def ask(  # noqa: PLR0913 - what is asked for, by whom, what for, in which language
    session: AsyncSession,
    wish: Wish,
    *,
    by: Actor,
    purpose: Purpose,
    language: Language,
    kept: timedelta,
) -> List:
    """A list to be made. One that is too long is refused before anything is done."""
    permitted(wish.kind, by=by)
    wish = completed(wish)
    await regions.known(session, wish.region.code)
    if await lists.open_ones(session, within=by.region, by=by) >= MOST_OPEN:
        raise TooManyLists(most=MOST_OPEN)
    await _fits(session, wish)
    list_ = List(
        scope_code=wish.region.first,
        kind=wish.kind,
        format=wish.format,
        programme=wish.programme,
        rows_of=wish.rows,
        language=language,
        purpose=purpose,
        asked_as=by.role,
        created_by=by.id,
        expires_at=now() + kept,
    )
    said = {"kind": wish.kind, "format": wish.format, "region_code": wish.region.code}
    told: dict[str, list[object]] = {f"/{name}": [None, value] for name, value in said.items()}
    await record(session, list_, LISTS.begin(by=by), told=told)
    await enqueue(session, JobKind.WRITE_LIST, list_.id, by=by, region=wish.region)
    return list_


async def _fits(session: AsyncSession, wish: Wish) -> None:
    if wish.kind is not ListKind.NAMED_LIST:
        return
    reading, most = await reading_in(session), wish.most
    if await list_rows.many(reading, most, within=wish.region, programme=wish.programme) > most:
        raise ListTooLong(most=most)
