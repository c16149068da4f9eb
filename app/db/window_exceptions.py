"""Finding exceptions from windows, and telling of them. Public rules; RLS has no part in it."""

from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.pages import Position
from app.db.sessions import Reading
from app.db.tables.policies import WindowException
from app.domain.errors import NotFound, Said
from app.domain.regions import Region


class WindowExceptionNotFound(NotFound):
    """No such exception lies within your region."""

    title = Said(
        id="Pengecualian jadwal tidak ditemukan", en="No such exception lies within your region"
    )


_ITEM = """json_build_object(
    'version', x.version, 'id', x.id, 'window_name', x.window_name, 'region_code', x.region_code,
    'period', x.period, 'open_until', x.open_until, 'note', x.note, 'state', x.state,
    'granted_by', x.granted_by, 'created_at', x.created_at, 'updated_at', x.updated_at)"""
DOCUMENT = f"SELECT {_ITEM}::text FROM window_exception x WHERE id = $1"
# Those that hold in the region, and those of places in it.
PAGE = f"""
WITH page AS (
    SELECT * FROM window_exception
    WHERE id > $2 AND (starts_with($1, region_code) OR starts_with(region_code, $1))
    ORDER BY id LIMIT $3::int + 1
),
shown AS (SELECT * FROM page ORDER BY id LIMIT $3::int)
SELECT json_build_object(
    'next', CASE WHEN (SELECT count(*) FROM page) > $3::int THEN
        (SELECT '0.' || id FROM shown ORDER BY id DESC LIMIT 1) END,
    'items', coalesce((SELECT json_agg({_ITEM} ORDER BY id) FROM shown x), '[]'))::text
"""


async def find(session: AsyncSession, exception_id: UUID, *, within: Region) -> WindowException:
    """One for a region that lies within: whose it is to take back is for the domain to say."""
    found = await session.exec(
        select(WindowException).where(WindowException.id == exception_id).with_for_update()
    )
    exception = found.one_or_none()
    if exception is None or not within.covers(Region(exception.region_code)):
        raise WindowExceptionNotFound
    return exception


async def document(reading: Reading, exception_id: UUID) -> str:
    """One exception as `WindowExceptionView`, in JSON; everybody may know it."""
    body = await reading.document(DOCUMENT, exception_id)
    if body is None:
        raise WindowExceptionNotFound
    return body


async def list_page(reading: Reading, after: Position, limit: int, *, within: Region) -> str:
    """A page of `WindowExceptionView`s that hold in the region, or somewhere in it."""
    return str(await reading.document(PAGE, within.code, after.id, limit))
