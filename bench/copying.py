"""Copies of a tile, table by table: taken out by COPY, and put back with all the others.

What stands in the audit of a copy is the whole chain of each proposal, deliberation and document,
hashed as the trigger hashes it. Households, their people and surveys have no chain in a copy: that
would be half of the disk. So the next step of a proposal goes on from its chain, and what is done
with a record of a copy begins one.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from itertools import count

import asyncpg

from app.db.audit_rows import canonical
from bench.tiles import Copies, Template, Words

# What two hands copy side by side. An entry tells the fingerprint of what its proposal froze.
RECORDS = ("household", "family", "member", "name_key", "nik_holder", "survey")
ASKED = ("document", "deliberation", "proposal", "agenda_item")
AUDIT = ("audit_entry", "audit_head")
SHARES = (RECORDS, (*ASKED, *AUDIT))
TABLES = (*RECORDS, *ASKED, *AUDIT)

COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
IN_ORDER = {"name_key": "key, words, scope_code, member_id", "nik_holder": "nik"}
# As `audit_canonical` has them, and then what is not hashed.
HASHED = (
    *("hash_version", "id", "workflow", "subject_id", "seq", "salt", "scope_code", "action"),
    *("source", "target", "version", "actor_id", "actor_role", "actor_region_code", "channel"),
    *("request_id", "grounds", "changes", "micros", "xid", "prev_hash"),
)
ENTRIES = """
SELECT hash_version, id, workflow, subject_id, seq, salt, scope_code, action, source, target,
    version, actor_id, actor_role, '@' || length(actor_region_code), channel, request_id, grounds,
    changes, (extract(epoch FROM at) * 1000000)::bigint AS micros, xid, '' AS prev_hash, at
FROM audit_entry WHERE workflow IN ('proposal', 'deliberation', 'document') ORDER BY id
"""
KEPT = (*(each for each in HASHED if each != "micros"), "at", "hash")
ID, WORKFLOW, SUBJECT, SEQ, CHANGES, MICROS, PREVIOUS, AT = (
    *(HASHED.index(each) for each in ("id", "workflow", "subject_id", "seq", "changes", "micros")),
    *(len(HASHED) - 1, len(HASHED)),
)
FIRST_HASH = b"0" * 64
FINGERPRINT = re.compile(rb"sha256:[0-9a-f]{64}")
NULL = rb"\N"
Fingerprints = dict[bytes, bytes]  # by proposal


def work(url: str, tables: Sequence[str], copies: Copies) -> None:
    """In a process of its own."""
    asyncio.run(_work(url, tables, copies))


async def _work(url: str, tables: Sequence[str], copies: Copies) -> None:
    """In one transaction that empties the tables first: so no row is to be frozen later on."""
    connection = await asyncpg.connect(url, server_settings={"timezone": "UTC"})
    await connection.execute("SET session_replication_role TO replica")
    shares = [await _Table.taken(connection, table) for table in tables]
    words = Words(copies)
    templates = {
        each.name: Template(await each.as_template(connection), words)
        for each in shares
        if each.name != "audit_head" and copies.targets
    }
    audit = Audit({each.name: each for each in shares})
    async with connection.transaction():
        await connection.execute(f"TRUNCATE {', '.join(tables)}")
        for each in shares:
            await each.put(connection, each.text)
        for copy in range(1, len(copies.targets) + 1):
            values = words.values(copy)
            for each in shares:
                text = templates[each.name].filled(values) if each.name in templates else b""
                await each.put(connection, audit.told(each.name, text), copied=True)
    await connection.close()


class _Table:
    """Its columns, and its rows in the tile."""

    def __init__(self, name: str, columns: list[str], text: bytes) -> None:
        self.name = name
        self.columns = columns
        self.text = text
        self.lines = text.count(b"\n")

    @classmethod
    async def taken(cls, connection: asyncpg.Connection, name: str) -> "_Table":
        columns = [row["attname"] for row in await connection.fetch(COLUMNS, name)]
        order = "scope_code, id" if "id" in columns else "scope_code"
        order = IN_ORDER.get(name, "subject_id" if name == "audit_head" else order)
        listed = ", ".join(f'"{column}"' for column in columns)
        statement = f"SELECT {listed} FROM {name} ORDER BY {order}"  # noqa: S608 - our own
        return cls(name, columns, await _copied(connection, statement))

    async def as_template(self, connection: asyncpg.Connection) -> bytes:
        """Contents are canonical there, so that their fingerprints can be taken."""
        if self.name == "audit_entry":
            return await _copied(connection, ENTRIES)
        if self.name != "proposal":
            return self.text
        place = self.columns.index("content")
        rows = [line.split(b"\t") for line in self.text.splitlines()]
        for row in rows:
            if row[place] != NULL:
                said = canonical(json.loads(_plain(row[place])))
                row[place] = said.encode().replace(b"\\", b"\\\\")
        return b"".join(b"\t".join(row) + b"\n" for row in rows)

    async def put(
        self, connection: asyncpg.Connection, text: bytes, *, copied: bool = False
    ) -> None:
        columns = KEPT if copied and self.name == "audit_entry" else self.columns
        await connection.copy_to_table(
            self.name, source=BytesIO(text), columns=columns, freeze=True
        )


async def _copied(connection: asyncpg.Connection, statement: str) -> bytes:
    text = BytesIO()
    await connection.copy_from_query(statement, output=text)
    return text.getvalue()


def _plain(said: bytes) -> bytes:
    """As it was before COPY wrote it: there is nothing else in JSON that it would escape."""
    return said.replace(b"\\\\", b"\\")


class Audit:
    """The entries of a copy, and the heads of their chains."""

    def __init__(self, of_tile: Mapping[str, _Table]) -> None:
        entries, proposals = of_tile.get("audit_entry"), of_tile.get("proposal")
        self._numbers = count(entries.lines + 1 if entries else 1)
        self._content = proposals.columns.index("content") if proposals else 0
        self._fingerprints: Fingerprints = {}
        self._heads: dict[tuple[bytes, bytes], tuple[bytes, bytes, bytes]] = {}

    def told(self, table: str, text: bytes) -> bytes:
        """What is to be copied into that table. The heads come last, after the entries."""
        if table == "proposal":
            self._fingerprints = {
                row[0]: _fingerprint(row[self._content])
                for row in (line.split(b"\t") for line in text.splitlines())
            }
        if table == "audit_entry":
            self._heads = {}
            return b"".join(self._entries(text))
        if table == "audit_head":
            return b"".join(
                b"\t".join((*chain, seq, rb"\\x" + hash_, at)) + b"\n"
                for chain, (seq, hash_, at) in self._heads.items()
            )
        return text

    def _entries(self, text: bytes) -> Iterator[bytes]:
        for line in text.splitlines():
            row = line.split(b"\t")
            chain = (row[SUBJECT], row[WORKFLOW])
            row[ID] = b"%d" % next(self._numbers)
            row[PREVIOUS] = self._heads[chain][1] if chain in self._heads else FIRST_HASH
            if row[WORKFLOW] == b"proposal" and b'"/content"' in row[CHANGES]:
                row[CHANGES] = FINGERPRINT.sub(self._fingerprints[row[SUBJECT]], row[CHANGES])
            hash_ = _hash(row[:AT])
            self._heads[chain] = (row[SEQ], hash_, row[AT])
            row[PREVIOUS] = rb"\\x" + row[PREVIOUS]
            del row[MICROS]
            yield b"\t".join((*row, rb"\\x" + hash_)) + b"\n"


def _fingerprint(content: bytes) -> bytes:
    return b"sha256:" + hashlib.sha256(_plain(content)).hexdigest().encode()


def _hash(row: Sequence[bytes]) -> bytes:
    said = b",".join(
        b"-" if each == NULL else b"%d:%b" % (len(plain := _plain(each)), plain) for each in row
    )
    return hashlib.sha256(said).hexdigest().encode()
