"""Bring the region tree of the database to what the region file says."""

import gzip
import hashlib
import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import asyncpg

from app.db.urls import for_asyncpg

REGIONS = Path(__file__).parent / "data/regions.csv.gz"

_LAST = "SELECT digest FROM region_load ORDER BY id DESC LIMIT 1"
_NOTE = "INSERT INTO region_load (digest, edition, changed) VALUES ($1, $2, $3)"
_STAGE = """
CREATE TEMPORARY TABLE incoming (
    code text, kind text, name text, postal_code text, time_zone text,
    valid_from date, valid_to date, replaced_by text
) ON COMMIT DROP
"""
_TAKE_OVER = """
INSERT INTO region AS known (
    scope_code, code, tier, kind, name, parent_code, postal_code, time_zone,
    valid_from, valid_to, replaced_by
)
SELECT
    rpad(code, 10, '0')::bigint,
    code,
    CASE length(code)
        WHEN 2 THEN 'province' WHEN 4 THEN 'regency' WHEN 6 THEN 'district' ELSE 'village'
    END,
    kind, name,
    CASE length(code) WHEN 2 THEN NULL WHEN 10 THEN left(code, 6) ELSE left(code, -2) END,
    postal_code, time_zone, valid_from, valid_to, replaced_by
FROM incoming
ORDER BY 1
ON CONFLICT (scope_code) DO UPDATE SET
    kind = excluded.kind,
    name = excluded.name,
    postal_code = excluded.postal_code,
    time_zone = excluded.time_zone,
    valid_from = excluded.valid_from,
    valid_to = excluded.valid_to,
    replaced_by = excluded.replaced_by
WHERE known IS DISTINCT FROM excluded
"""
_CLOSE_THE_REST = """
UPDATE region SET valid_to = $1
WHERE valid_to IS NULL AND NOT EXISTS (SELECT FROM incoming WHERE incoming.code = region.code)
"""


@dataclass(frozen=True)
class RegionFile:
    """One edition of the region tables: the day of its decree, and its rows as CSV."""

    edition: date
    rows: bytes

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.rows).digest()


def read(path: Path = REGIONS) -> RegionFile:
    """Lines that begin with # say where the rows come from; one of them names the edition."""
    content = gzip.decompress(path.read_bytes())
    body = content.index(b"\ncode,") + 1
    edition = content[:body].partition(b"\n# edition: ")[2].partition(b"\n")[0]
    return RegionFile(date.fromisoformat(edition.decode()), content[body:])


async def load(owner_url: str, path: Path = REGIONS, *, unless_last: bool = False) -> int:
    """How many regions were new or changed: none when this file was loaded before.

    `unless_last`: where it is the one that was loaded last, it is not even compared.

    A code that the file no longer has is closed on the day of the edition. It is never deleted,
    because households, NIKs and the audit refer to the codes of their day.
    """
    file = read(path)
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext('siks regions'))")
            if unless_last and await connection.fetchval(_LAST) == file.digest:
                return 0
            return await _take_over(connection, file)
    finally:
        await connection.close()


async def _take_over(connection: asyncpg.Connection, file: RegionFile) -> int:
    await connection.execute(_STAGE)
    await connection.copy_to_table(
        "incoming", source=io.BytesIO(file.rows), format="csv", header=True
    )
    taken = await connection.execute(_TAKE_OVER)
    closed = await connection.execute(_CLOSE_THE_REST, file.edition)
    changed = _rows(taken) + _rows(closed)
    await connection.execute(_NOTE, file.digest, file.edition, changed)
    return changed


def _rows(status: str) -> int:
    """Of a command tag: `INSERT 0 12` is twelve."""
    return int(status.rsplit(" ", 1)[1])
