"""How fast the audit is verified, beside a plain recomputation in Python and its bare SHA-256.

    python -m bench.audit_verify [ENTRIES]

A PostgreSQL of its own is started; the entries are made in it, by the trigger, in the chains that
determined proposals leave behind.
"""
# ruff: noqa: S608 - statements are made of names in this file; values are parameters

import asyncio
import hashlib
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from rich.console import Console
from rich.table import Table

from app import embedded, serving
from app.db import audit_chain
from app.db.audit_rows import canonical, kept
from app.db.scope import scope_statement
from app.db.tables.base import new_id
from app.db.urls import for_asyncpg
from app.domain.regions import INDONESIA

VILLAGE = 3672011001
PEOPLE = 3
ROUNDS = 3
ZERO = bytes(32)
SAID = {
    "deliberation_id": "0199a1de-7a5c-7cc1-a6a5-3d7e6e6b7a10",
    "held_on": "2026-11-18",
    "chair": "Suparman",
    "minutes_number": "470/12/MUSKEL/2026",
    "outcome": "eligible",
}
RECORD = [
    ("enter", None, "proposed", "village_operator", {}),
    ("register", "proposed", "registered", "ministry_determiner", {}),
]
ROAD = [
    ("draft", None, "drafted", "village_operator", {}),
    ("submit", "drafted", "awaiting_deliberation", "village_operator", {}),
    (
        "deliberate",
        "awaiting_deliberation",
        "awaiting_village_head",
        "village_operator",
        {"deliberation": SAID},
    ),
    ("approve", "awaiting_village_head", "awaiting_regency", "village_head", {}),
    ("approve", "awaiting_regency", "awaiting_endorsement", "regency_verifier", {}),
    (
        "approve",
        "awaiting_endorsement",
        "awaiting_province",
        "regency_endorser",
        {"letter_number": "460/77/DINSOS/2026", "letter_date": "2026-11-19"},
    ),
    ("approve", "awaiting_province", "awaiting_ministry", "province_officer", {}),
    ("approve", "awaiting_ministry", "awaiting_determination", "ministry_analyst", {}),
    (
        "approve",
        "awaiting_determination",
        "determined",
        "ministry_determiner",
        {"decree_number": "186/HUK/2026", "decree_date": "2026-11-20"},
    ),
]
PER_HOUSEHOLD = (2 + PEOPLE) * len(RECORD) + len(ROAD)

COLUMNS = (
    "workflow",
    "subject_id",
    "scope_code",
    "action",
    "source",
    "target",
    "version",
    "actor_id",
    "actor_role",
    "actor_region_code",
    "channel",
    "request_id",
    "grounds",
    "changes",
)
SUBJECTS = f"""
CREATE TEMPORARY TABLE made (place bigint, household uuid, family uuid, members uuid[],
    proposal uuid, content text);
CREATE TEMPORARY TABLE steps AS
    SELECT 0::bigint AS place, {", ".join(COLUMNS)} FROM audit_entry WITH NO DATA;
"""
ROWS = (
    f"""INSERT INTO household (id, scope_code, state, dtks_id, version, created_by, created_at,
        updated_at)
    SELECT household, {VILLAGE}, 'registered', 'h' || place, 2, household, now(), now()
    FROM made""",
    f"""INSERT INTO family (id, household_id, scope_code, number, state, version, created_at,
        updated_at)
    SELECT family, household, {VILLAGE}, 1, 'registered', 2, now(), now() FROM made""",
    f"""INSERT INTO member (id, household_id, scope_code, name, nik_verdict, nik_codes, state,
        dtks_id, version, created_at, updated_at)
    SELECT id, household, {VILLAGE}, 'Siti Aminah', 'missing', '{{}}', 'registered',
        'm' || place || '.' || number, 2, now(), now()
    FROM made, unnest(members) WITH ORDINALITY AS member (id, number)""",
    f"""INSERT INTO proposal (id, kind, household_id, scope_code, state, content, created_by,
        version, created_at, updated_at)
    SELECT proposal, 'new_family', household, {VILLAGE}, 'determined', content::jsonb, household,
        {len(ROAD)}, now(), now() FROM made""",
    f"""INSERT INTO audit_entry ({", ".join(COLUMNS)})
    SELECT {", ".join(COLUMNS)} FROM steps ORDER BY place""",
)


# --- the entries


def _content(household: UUID, family: UUID, members: Iterable[UUID]) -> dict[str, Any]:
    person = {
        "birth_date": "1984-05-19",
        "birth_place": "Cilegon",
        "family_id": str(family),
        "marital_status": 2,
        "mother_name": "Rohmah",
        "name": "Siti Aminah",
        "nik": "3672015905840001",
        "nik_codes": [],
        "nik_verdict": "valid",
        "number": 1,
        "relation_to_family_head": 1,
        "relation_to_household_head": 1,
        "sex": 2,
    }
    return {
        "household": {
            "address": "Jl. Sunan Demak No. 12",
            "id": str(household),
            "latitude": -6.0186,
            "longitude": 106.0558,
            "rt": "004",
            "rw": "02",
        },
        "families": [{"card_number": "3672010101200001", "id": str(family), "number": 1}],
        "members": [{"id": str(member), **person} for member in members],
    }


def _steps(workflow: str, subject: UUID, road: list[Any], content: Any = None) -> Iterator[Any]:  # noqa: ANN401
    for version, (action, source, target, role, grounds) in enumerate(road, start=1):
        changes = {"/content": [None, kept(content)]} if action == "submit" else {}
        yield (
            workflow,
            subject,
            VILLAGE,
            action,
            source,
            target,
            version,
            uuid4(),
            role,
            "3672011001",
            "http",
            str(uuid4()),
            canonical(grounds),
            canonical(changes),
        )


async def fill(connection: asyncpg.Connection, households: int) -> None:
    await connection.execute(SUBJECTS)
    made, steps = [], []
    for place in range(households):
        household, family, proposal = new_id(), new_id(), new_id()
        members = [new_id() for _ in range(PEOPLE)]
        content = _content(household, family, members)
        made.append((place, household, family, members, proposal, canonical(content)))
        steps += _steps("household", household, RECORD)
        steps += _steps("family", family, RECORD)
        for member in members:
            steps += _steps("member", member, RECORD)
        steps += _steps("proposal", proposal, ROAD, content)
    await connection.copy_records_to_table("made", records=made)
    await connection.copy_records_to_table(
        "steps", records=[(place, *step) for place, step in enumerate(steps)]
    )
    for statement in ROWS:
        await connection.execute(statement)


# --- the rival: the same bytes, put together and hashed in Python


def _bytes_of(row: asyncpg.Record) -> bytes:
    parts = (
        b"-" if value is None else b"%d:%b" % (len(text := str(value).encode()), text)
        for value in row[2:]
    )
    return b",".join(parts)


ENTRIES = """
SELECT hash, prev_hash, hash_version, id, workflow, subject_id, seq, salt, scope_code, action,
    source, target, version, actor_id, actor_role, actor_region_code, channel, request_id, grounds,
    changes, (extract(epoch FROM at AT TIME ZONE 'UTC') * 1000000)::bigint, xid,
    encode(prev_hash, 'hex')
FROM audit_entry ORDER BY subject_id, workflow, seq
"""


async def recompute(connection: asyncpg.Connection) -> list[bytes]:
    """The chains and their hashes only; neither states nor contents. Returns what was hashed."""
    kept = []
    async with connection.transaction():
        await connection.execute(scope_statement(INDONESIA))
        rows = await connection.fetch(ENTRIES)
    for _, chain in groupby(rows, key=itemgetter("subject_id", "workflow")):
        before = ZERO
        for row in chain:
            kept.append(_bytes_of(row))
            if row["prev_hash"] != before or hashlib.sha256(kept[-1]).digest() != row["hash"]:
                raise RuntimeError(f"entry {row['id']} is not as it was written")
            before = row["hash"]
    return kept


# --- the run


async def made(connection: asyncpg.Connection, entries: int) -> float:
    began = time.perf_counter()
    async with connection.transaction():
        await connection.execute(scope_statement(INDONESIA))
        await fill(connection, -(-entries // PER_HOUSEHOLD))
    await connection.execute("ANALYZE")
    return time.perf_counter() - began


async def verified(owner_url: str) -> float:
    """Entries in a second."""
    report = await audit_chain.verify(owner_url)
    if not report.intact:
        raise RuntimeError(str(report))
    return report.entries / report.seconds


async def recomputed(connection: asyncpg.Connection) -> tuple[float, float]:
    """Entries in a second in plain Python; and those of its SHA-256 alone, the bytes at hand."""
    began = time.perf_counter()
    texts = await recompute(connection)
    plain = len(texts) / (time.perf_counter() - began)
    began = time.perf_counter()
    for text in texts:
        hashlib.sha256(text).digest()
    return plain, len(texts) / (time.perf_counter() - began)


async def compare(owner_url: str, entries: int) -> Table:
    """Both sides in turn, on the same entries: the ratios hold whatever the machine."""
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    try:
        seconds = await made(connection, entries)
        rounds = [(await verified(owner_url), *await recomputed(connection)) for _ in range(ROUNDS)]
    finally:
        await connection.close()
    ours, plain, alone = (median(paces) for paces in zip(*rounds, strict=True))
    title = f"{entries:,} entries, made in {seconds:.0f} s: entries/s, median of {ROUNDS}"
    table = Table("", "entries/s", "verify is", title=title)
    table.add_row("siks audit verify (chains, heads, states, contents)", f"{ours:,.0f}", "")
    table.add_row("plain Python (hashes and links only)", f"{plain:,.0f}", f"{ours / plain:.2f} x")
    table.add_row("SHA-256 alone (the bytes at hand)", f"{alone:,.0f}", f"{ours / alone:.2f} x")
    return table


def main() -> None:
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with (
        tempfile.TemporaryDirectory(prefix="siks-bench-") as directory,
        embedded.running(Path(directory), durable=False) as server,
    ):
        serving.migrate(server.owner_url)
        Console().print(asyncio.run(compare(server.owner_url, entries)))


if __name__ == "__main__":
    main()
