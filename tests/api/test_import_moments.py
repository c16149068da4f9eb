"""A worker is killed at any moment of an import: another goes on, and everything is there once.

Each time it is held where it is killed: by a trigger that waits, so that PostgreSQL itself tells in
which statement its transaction is; or, where no transaction is open, with its reader stopped.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest

from app.db import roles
from app.domain.actors import Role
from app.domain.imports.layouts import ImportKind
from tests.api.services import an_app
from tests.api.test_import_bdt2015 import a_file, a_home
from tests.api.test_imports import items, sends, takes
from tests.conftest import SETTINGS, Run, registry_of
from tests.contract import Promise
from tests.db.copies import Copy, a_copy
from tests.registry import Caller, Places, Registry, a_nik
from tests.served import ROOT, environment

KIND = ImportKind.BDT2015
PATIENCE_SECONDS = 30
HOMES, FAULTY = 24, (5, 6, 11, 17)  # a cell, two of one NIK, one whom the registry knows
LARGE, CROWD = 20, 12  # more people in one household than rows in a chunk
ROWS = 2 * HOMES + CROWD - 2
TAKEN = HOMES - len(FAULTY)


RELATIONS = ("relation_to_household_head", "relation_to_family_head")
# In which row of the file, and what; of each household the first row is the head's.
FAULTS = [
    (12, ["not_a_choice"]),
    (13, ["not_a_choice"]),
    (14, ["nik_repeated"]),
    (24, ["on_record"]),
    (36, ["nik_repeated"]),
]


@dataclass(frozen=True)
class Moment:
    """Before that is done to a row; {9} is the id of the household that stands at that place."""

    said: str
    before: str
    row: str
    statement: str  # how it begins
    leaves: Mapping[str, Collection[int]]  # of whole chunks, once it is dead
    in_commit: bool = False
    first: str = "SELECT"  # happens while nobody is at work


# Four households are entered at a time, and five are taken back.
MOMENTS: dict[str, Sequence[Moment]] = {
    "check": (
        Moment(
            "in the COPY of a later chunk of its rows",
            "INSERT ON import_row",
            "NEW.n = 47",
            "COPY import_row",
            {"staged": range(1, ROWS)},
        ),
        Moment(
            "between rows",
            "INSERT ON import_problem",
            "NEW.problems::text LIKE '%nik_repeated%'",
            "INSERT INTO import_problem",
            {"staged": {ROWS}},
        ),
        Moment(
            "beside the registry, in the second chunk",
            "INSERT ON import_problem",
            "NEW.problems::text LIKE '%on_record%'",
            "INSERT INTO import_problem",
            {"staged": {ROWS}},
        ),
        Moment(
            "before it reports",
            "UPDATE ON import",
            "NEW.state = 'ready'",
            "UPDATE import",
            {"staged": {ROWS}},
        ),
    ),
    "apply": (
        Moment(
            "among the households of the first chunk",
            "INSERT ON household",
            "NEW.bdt_id = '{2}'",
            "WITH entered AS ( INSERT INTO household",
            {"settled": {0}},
        ),
        Moment(
            "among the members of a chunk in the middle",
            "INSERT ON member",
            "NEW.nik = '{nik}'",
            "WITH entered AS ( INSERT INTO member",
            {"settled": {8}, "told": {8}},
        ),
        Moment(
            "between rows that are read again, because PostgreSQL has lost them",
            "INSERT ON import_problem",
            "NEW.problems::text LIKE '%nik_repeated%'",
            "INSERT INTO import_problem",
            {"settled": {8}, "staged": {ROWS}},
            first="TRUNCATE import_row",
        ),
        Moment(
            "after what the audit says, before what became of it",
            "INSERT ON import_effect",
            "NEW.unit = '{13}'",
            "INSERT INTO import_effect",
            {"settled": {12}, "told": {12}},
        ),
        Moment(
            "after a chunk was committed, before the next is begun",
            "UPDATE ON job",
            "NEW.phase = 'applying' AND NEW.done = 16",
            "UPDATE job",
            {"settled": {16}, "told": {12}},
        ),
        Moment(
            "in the commit of the last chunk, which is made though nobody hears of it",
            "INSERT ON import_effect",
            "NEW.unit = '{22}'",
            "COMMIT",
            {"settled": {HOMES}, "told": {20}},
            in_commit=True,
        ),
    ),
    "mark": (
        Moment(
            "when the marked file is written, and not yet told of",
            "UPDATE ON import_result",
            "NEW.sha256 IS NOT NULL",
            "UPDATE import_result",
            {"made": {0}},
        ),
    ),
    "undo": (
        Moment(
            "among the households of the second chunk that is taken back",
            "UPDATE ON household",
            "NEW.state = 'inactive' AND NEW.bdt_id = '{9}'",
            "UPDATE household",
            {"undone": {5}, "told": {5}},
        ),
    ),
}
ALL = [moment for some in MOMENTS.values() for moment in some]
HELD_UP = """
CREATE FUNCTION held_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_advisory_xact_lock_shared(1, TG_ARGV[0]::int);
    RETURN NEW;
END $$
"""
IN_STATEMENT = "TRIGGER {} BEFORE {}"
IN_COMMIT = "CONSTRAINT TRIGGER {} AFTER {} DEFERRABLE INITIALLY DEFERRED"
WAITING = """
SELECT a.pid, btrim(regexp_replace(a.query, '[\\s"]+', ' ', 'g')) AS query FROM pg_locks l
    JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.database = (
        SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.classid = 1 AND l.objid = $1 AND NOT l.granted
    AND a.state = 'active' AND a.backend_xid IS NOT NULL
"""
# How many there are of each, of what came of the file; and how many its import says there are.
COUNTED = """
SELECT i.taken, i.taken + i.left_out AS settled,
    (SELECT count(*) FROM household WHERE bdt_id IS NOT NULL) AS household,
    (SELECT count(*) FROM family JOIN household h ON h.id = household_id
        WHERE h.bdt_id IS NOT NULL) AS family,
    (SELECT count(*) FROM member JOIN household h ON h.id = household_id
        WHERE h.bdt_id IS NOT NULL) AS member,
    (SELECT count(*) FROM survey JOIN household h ON h.id = household_id
        WHERE h.bdt_id IS NOT NULL) AS survey,
    (SELECT count(*) FROM proposal JOIN household h ON h.id = household_id
        WHERE h.bdt_id IS NOT NULL) AS proposal,
    (SELECT count(*) FROM import_effect WHERE import_id = i.id) AS effect,
    (SELECT count(*) FROM import_effect
        WHERE import_id = i.id AND outcome = 'undone') AS undone,
    (SELECT count(*) FROM import_result
        WHERE import_id = i.id AND sha256 IS NOT NULL) AS made,
    (SELECT count(*) FROM import_row WHERE import_id = i.id AND n > 0) AS staged,
    (SELECT done FROM job WHERE subject_id = i.id ORDER BY id DESC LIMIT 1) AS told
FROM import i WHERE i.id = $1
"""
OF_EACH = """
SELECT h.bdt_id, count(DISTINCT f.id), count(DISTINCT m.id), count(DISTINCT s.id),
    count(DISTINCT p.id)
FROM household h JOIN family f ON f.household_id = h.id JOIN member m ON m.household_id = h.id
    JOIN survey s ON s.household_id = h.id JOIN proposal p ON p.household_id = h.id
WHERE h.bdt_id IS NOT NULL AND h.state = ANY ($1) AND s.state = ANY ($1) AND p.state = ANY ($1)
GROUP BY h.id ORDER BY h.bdt_id
"""
GONE = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)"
T = TypeVar("T")


@dataclass(frozen=True)
class Shop:
    """A service and its database, where no other worker is about."""

    copy: Copy
    registry: Registry
    nursery: subprocess.Popen[str]

    @contextmanager
    def worker(self) -> Iterator[int]:
        """A process of its own, killed in the end."""
        assert self.nursery.stdin
        assert self.nursery.stdout
        self.nursery.stdin.write("\n")
        self.nursery.stdin.flush()
        pid = int(self.nursery.stdout.readline())
        try:
            yield pid
        finally:
            os.kill(pid, signal.SIGKILL)
            assert int(self.nursery.stdout.readline()) == -signal.SIGKILL

    async def installs(self, homes: Sequence[Sequence[dict[str, str]]]) -> None:
        keys = [home[0]["bdt_household_id"] for home in homes]
        async with self.copy.run.superuser(self.copy.name) as connection:
            await connection.execute(HELD_UP)
            for number, each in enumerate(ALL):
                row = each.row.format(*keys, nik=homes[9][1]["nik"])
                when = IN_COMMIT if each.in_commit else IN_STATEMENT
                await connection.execute(
                    f"CREATE {when.format(f'moment_{number}', each.before)} "
                    f"FOR EACH ROW WHEN ({row}) EXECUTE FUNCTION held_up({number})"
                )

    async def dies(self, moment: Moment) -> None:
        """A worker, held in the middle of that; what is left of its transaction comes to an end."""
        number = ALL.index(moment)
        async with self.copy.run.superuser(self.copy.name) as connection:
            await connection.execute(moment.first)
            await connection.execute("SELECT pg_advisory_lock(1, $1)", number)
            with self.worker():
                [(backend, query)] = await seen(partial(connection.fetch, WAITING, number))
                assert moment.statement in query, query
            await connection.execute("SELECT pg_advisory_unlock(1, $1)", number)
            await seen(partial(connection.fetchval, GONE, backend))
        await self.is_missed()

    async def dies_reading(self) -> None:
        """With the process that reads the file stopped, of which it waits to hear."""
        with self.worker() as worker:
            [reader] = await seen(partial(children_of, worker))
            os.kill(reader, signal.SIGSTOP)
            await seen(partial(is_at, reader, "T"))
        os.kill(reader, signal.SIGCONT)
        await seen(partial(is_at, reader, "Z", ""))
        await self.is_missed()

    async def is_missed(self) -> None:
        """At once, and not after the second in which a worker may be silent."""
        await self.copy.does("UPDATE pgqueuer.pgqueuer SET heartbeat = now() - interval '1 hour'")

    async def counted(self, import_: dict[str, Any]) -> dict[str, int]:
        """Whole chunks, whatever was in the middle of one."""
        [row] = await self.copy.does(COUNTED, UUID(import_["id"]))
        found = dict(row)
        taken = found["taken"]
        one_each = [found[each] for each in ("household", "family", "survey", "proposal")]
        people = 2 * taken + (CROWD - 2) * (found["settled"] > LARGE)
        assert (one_each, found["member"]) == ([taken] * 4, people), found
        assert found["effect"] == found["settled"], found
        return found


async def seen(look: Callable[[], Awaitable[T]]) -> T:
    """What that gives, as soon as it gives something."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (found := await look()):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)
    return found


async def children_of(pid: int) -> list[int]:
    told = (each.read_text() for each in Path(f"/proc/{pid}/task").glob("*/children"))  # noqa: ASYNC240
    return [int(each) for some in told for each in some.split()]


async def is_at(pid: int, *states: str) -> bool:
    """T where it is stopped, Z where nobody has asked how it ended; nothing where it is gone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]  # noqa: ASYNC240
    except (FileNotFoundError, ProcessLookupError):
        state = ""
    return state in states


@pytest.fixture
async def shop(run: Run, places: Places, worker_id: str, tmp_path: Path) -> AsyncIterator[Shop]:
    async with a_copy(run, f"{run.name}_{worker_id}_moments") as copy:
        app = an_app(run.url(copy.name, roles.APP), worker=False)
        async with (
            app.router.lifespan_context(app),
            registry_of(app, Promise(app), *next(places.districts)) as registry,
        ):
            with nursery(copy, tmp_path) as process:
                yield Shop(copy, registry, process)


@contextmanager
def nursery(copy: Copy, folder: Path) -> Iterator[subprocess.Popen[str]]:
    variables = {
        "SIKS_DATABASE_URL": copy.run.url(copy.name, roles.APP),
        "SIKS_STORAGE_URL": str(SETTINGS["storage_url"]),
        "SIKS_LOG_LEVEL": "error",
        "TMPDIR": str(folder),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "tests.api.importing"],
        env=environment(1, ROOT, **variables),
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def the_homes(registry: Registry, known: str) -> list[list[dict[str, str]]]:
    """Couples, in the order of their ids, in which they are taken as well."""
    village, twice = registry.village, a_nik(registry.village)
    budi, siti = {"sex": "1", "name": "BUDI"}, {"sex": "2", "name": "SITI"}
    child = {"sex": "1", "name": "ANAK", **dict.fromkeys(RELATIONS, "3")}
    odd = {
        5: ((budi, siti), {"sls_name": "RT 1", "floor_material": "99"}),
        6: (({**budi, "nik": twice}, siti), {}),
        11: (({**budi, "nik": known}, siti), {}),
        17: (({**budi, "nik": twice}, siti), {}),
        LARGE: ((budi, siti, *[child] * (CROWD - 2)), {}),
    }
    people = [odd.get(place, ((budi, siti), {})) for place in range(HOMES)]
    return [a_home(village, *couple, **more) for couple, more in people]


def heavy(content: bytes) -> bytes:
    """With a column that nobody knows, so that it is read and staged in several pieces."""
    header, *rows = content.splitlines()
    return b"\n".join([header + b",Catatan", *(row + b"," + b"x" * 10_000 for row in rows)])


async def ended(by: Caller, import_: dict[str, Any]) -> dict[str, Any] | None:
    """The job that is about it, once that has ended."""
    now = (await by.gets(f"/v1/imports/{import_['id']}")).json()
    job = (await by.gets(f"/v1/jobs/{now['job_id']}")).json()
    return job if job["ended_at"] else None


async def survives(
    shop: Shop,
    by: Caller,
    import_: dict[str, Any],
    action: str,
    **more: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """The import once that is through, with a worker killed at each of its moments."""
    if action != "check":
        response = await takes(by, import_, action, **more)
        assert response.status_code == 201, response.text
    for moment in MOMENTS[action]:
        await shop.dies(moment)
        found = await shop.counted(import_)
        for what, how_many in moment.leaves.items():
            assert found[what] in how_many, (moment.said, what, found)
        report = await shop.copy.verified()
        assert report.intact, (moment.said, report)
    with shop.worker():
        job = await seen(partial(ended, by, import_))
    assert job["state"] == "done", job
    return (await by.gets(f"/v1/imports/{import_['id']}")).json()


async def test_a_worker_may_be_killed_at_any_of_these_moments(shop: Shop):
    by = await shop.registry.caller(Role.VILLAGE_OPERATOR)
    known = (await shop.registry.registered())["members"][0]["nik"]
    homes = the_homes(shop.registry, known)
    await shop.installs(homes)
    sent = (await sends(by, heavy(a_file(*homes)), kind=KIND)).json()
    await shop.dies_reading()
    assert (await shop.counted(sent))["staged"] == 0

    ready = await survives(shop, by, sent, "check")
    counts = {"rows": ROWS, "bad": 5, "doubtful": 0, "doubled": 3, "units": HOMES, "kept": 0}
    assert ready["counts"] == {**counts, "taken": 0, "same": 0, "left": 0}
    rows = await items(by, ready, "rows")
    assert [(row["row"], [each["code"] for each in row["problems"]]) for row in rows] == FAULTS
    assert (await shop.counted(ready))["staged"] == ROWS

    after = await survives(shop, by, ready, "apply")
    assert (after["state"], after["counts"]) == (
        "applied",
        {**counts, "taken": TAKEN, "same": 0, "left": len(FAULTY)},
    )
    good = [home for place, home in enumerate(homes) if place not in FAULTY]
    once = [(home[0]["bdt_household_id"], 1, len(home), 1, 1) for home in good]
    assert [tuple(row) for row in await shop.copy.does(OF_EACH, ["proposed", "drafted"])] == once
    assert (await shop.counted(after))["staged"] == 0

    marked = await survives(shop, by, after, "mark")
    assert [each["format"] for each in marked["results"]] == ["xlsx"]

    undone = await survives(shop, by, marked, "undo", grounds={"note": "Berkas keliru."})
    assert (undone["state"], undone["counts"]) == ("undone", after["counts"])
    gone = ["inactive", "discarded", "withdrawn"]
    assert [tuple(row) for row in await shop.copy.does(OF_EACH, gone)] == once
    report = await shop.copy.verified()
    assert report.intact, report
    jobs = await shop.copy.does("SELECT kind, state, starts FROM job ORDER BY id")
    assert [tuple(row) for row in jobs] == [
        ("check_import", "done", 6),
        ("apply_import", "done", 7),
        ("mark_import", "done", 2),
        ("undo_import", "done", 2),
    ]
