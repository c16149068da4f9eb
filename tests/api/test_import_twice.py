"""The same rows come twice, at once and later, in this file or in that: they have one effect."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy.engine import make_url

from app.domain.actors import Role
from app.domain.imports.layouts import LAYOUTS, ImportKind
from app.domain.regions import Tier
from tests.api.test_import_bdt2015 import a_home
from tests.api.test_import_kinds import a_file
from tests.api.test_imports import PATIENCE_SECONDS, a_card, a_row, at_work, done, sends, takes
from tests.api.test_nik_cases import a_case, a_registered_case
from tests.conftest import Run
from tests.registry import Caller, Registry, a_member, refused
from tests.tables import a_workbook

R, K = Role, ImportKind
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Rows:
    """What two people send who may; and a statement that counts, of `ids`, what came of it."""

    kind: ImportKind
    first: Caller
    second: Caller
    rows: Sequence[dict[str, Any]]
    units: int
    counts: str
    ids: Sequence[Any]
    come: Sequence[int]


async def of_proposals(registry: Registry) -> Rows:
    card = a_card(registry.village)
    rows = [a_row(registry.village, card=each) for each in (card, card, None)]
    return Rows(
        K.PROPOSALS,
        await registry.caller(R.VILLAGE_OPERATOR),
        await registry.newcomer(R.VILLAGE_OPERATOR),
        rows,
        2,
        "SELECT count(DISTINCT m.id), count(DISTINCT p.id) FROM member m "
        "JOIN proposal p USING (household_id) WHERE m.nik = ANY ($1)",
        [row["nik"] for row in rows],
        (3, 2),
    )


async def of_households(registry: Registry) -> Rows:
    homes = [a_home(registry.village) for _ in range(3)]
    return Rows(
        K.BDT2015,
        await registry.caller(R.VILLAGE_OPERATOR),
        await registry.newcomer(R.VILLAGE_OPERATOR),
        [row for home in homes for row in home],
        3,
        "SELECT count(DISTINCT h.id), count(DISTINCT m.id), count(DISTINCT s.id), "
        "count(DISTINCT p.id) FROM household h JOIN member m ON m.household_id = h.id "
        "JOIN survey s ON s.household_id = h.id JOIN proposal p ON p.household_id = h.id "
        "WHERE h.bdt_id = ANY ($1)",
        [home[0]["bdt_household_id"] for home in homes],
        (3, 6, 3, 3),
    )


async def of_corrections(registry: Registry) -> Rows:
    drafted = a_member(registry.village)
    in_draft = await a_case(registry, **{**drafted, "nik": "3171"})
    registered, member = await a_registered_case(registry)
    leaves, _ = await a_registered_case(registry)
    return Rows(
        K.NIK_CORRECTIONS,
        await registry.caller(R.VILLAGE_OPERATOR),
        await registry.newcomer(R.VILLAGE_OPERATOR),
        [
            {"case_id": in_draft["id"], "nik": drafted["nik"], "outcome": "DIPERBAIKI"},
            {"case_id": registered["id"], "nik": member["right"], "outcome": "DIPERBAIKI"},
            {"case_id": leaves["id"], "outcome": "MENINGGAL", "note": "Akta kematian no. 3"},
        ],
        3,
        "SELECT (SELECT count(*) FROM proposal WHERE member_id = ANY ($1) AND state = 'drafted'), "
        "(SELECT count(*) FROM audit_entry WHERE subject_id = ANY ($1) AND action = 'amend')",
        [UUID(each["member_id"]) for each in (in_draft, registered, leaves)],
        (2, 1),
    )


async def of_operators(registry: Registry) -> Rows:
    names = [f"{name} {uuid4().hex[:8]}" for name in ("Siti", "Slamet")]
    return Rows(
        K.OPERATORS,
        await registry.caller(R.REGENCY_ADMIN),
        await registry.newcomer(R.REGENCY_ADMIN, over=registry.village.at(Tier.REGENCY)),
        [{"display_name": name, "village": registry.village.code} for name in names],
        2,
        "SELECT count(*) FROM account WHERE display_name = ANY ($1)",
        names,
        (2,),
    )


async def of_verdicts(registry: Registry) -> Rows:
    proposals = [await registry.proposal("awaiting_regency") for _ in range(2)]
    return Rows(
        K.VERIFICATION_RESULTS,
        await registry.caller(R.REGENCY_VERIFIER),
        await registry.newcomer(R.REGENCY_VERIFIER, over=registry.village.at(Tier.REGENCY)),
        [{"proposal_id": each["id"], "verdict": "SETUJU"} for each in proposals],
        2,
        "SELECT count(*) FROM audit_entry WHERE subject_id = ANY ($1) "
        "AND action = 'approve' AND source = 'awaiting_regency'",
        [UUID(each["id"]) for each in proposals],
        (2,),
    )


def as_workbook(folder: Path, rows: Rows) -> bytes:
    columns = LAYOUTS[rows.kind].columns
    header = [column.header.id for column in columns]
    told = [[row.get(column.key, "") for column in columns] for row in rows.rows]
    return a_workbook(folder / "a.xlsx", header, *told).read_bytes()


async def sent(by: Caller, content: bytes, rows: Rows, type_: str = "text/csv") -> dict[str, Any]:
    response = await sends(by, content, kind=rows.kind, content_type=type_)
    assert response.status_code == 201, response.text
    read = await done(by, response.json())
    assert read["state"] == "ready", read["problem"]
    return read


# Who waits for anything, of those who are at work in this database.
WAITING = """
SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid IN (
    SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database
    WHERE d.datname = current_database())
"""


@asynccontextmanager
async def both_at_once(run: Run, app: FastAPI) -> AsyncIterator[None]:
    """Nobody comes to his end before the other is in the middle of it."""
    database = make_url(app.state.settings.database_url).database
    async with run.superuser(database) as connection, connection.transaction():
        await connection.execute("LOCK TABLE import_effect IN SHARE ROW EXCLUSIVE MODE")
        yield
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await connection.fetchval(WAITING) < 2:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "arranged", [of_proposals, of_households, of_corrections, of_operators, of_verdicts]
)
async def test_rows_that_two_people_send_have_one_effect(
    run: Run,
    app: FastAPI,
    registry: Registry,
    tmp_path: Path,
    arranged: Callable[[Registry], Awaitable[Rows]],
):
    rows = await arranged(registry)
    async with at_work(app):
        one = await sent(rows.first, a_file(rows.kind, rows.rows), rows)
        other = await sent(rows.second, as_workbook(tmp_path, rows), rows, XLSX)
        async with both_at_once(run, app):
            for by, each in ((rows.first, one), (rows.second, other)):
                assert (await takes(by, each, "apply")).status_code == 201
        after = [await done(rows.first, one), await done(rows.second, other)]
        later = await sent(rows.second, a_file(rows.kind, [*rows.rows, {}]), rows)
        await takes(rows.second, later, "apply")
        after.append(await done(rows.second, later))

    [found] = await registry.runs(rows.counts, rows.ids)
    assert tuple(found) == tuple(rows.come)
    assert sum(each["counts"]["taken"] for each in after) == rows.units


class TestOneFile:
    async def test_by_the_same_key_is_answered_as_before(self, registry: Registry):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        content = a_file(K.PROPOSALS, [a_row(registry.village)])
        key = {"Idempotency-Key": str(uuid4())}

        first, again = [await sends(operator, content, **key) for _ in range(2)]

        assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
        assert again.headers["idempotent-replayed"] == "true"

    async def test_by_other_keys_at_once_is_one_import(self, registry: Registry):
        senders = [await registry.newcomer(R.VILLAGE_OPERATOR) for _ in range(3)]
        content = a_file(K.PROPOSALS, [a_row(registry.village)])
        keys = [{"Idempotency-Key": str(uuid4())} for _ in senders]

        sent_ = (sends(by, content, **key) for by, key in zip(senders, keys, strict=True))
        answers = await asyncio.gather(*sent_)

        assert sorted(each.status_code for each in answers) == [201, 409, 409]
        listed = (await senders[0].gets("/v1/imports")).json()["items"]
        assert len(listed) == 1

    async def test_read_as_another_kind_is_another_import(self, registry: Registry):
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        content = a_file(K.PROPOSALS, [a_row(registry.village)])

        answers = [await sends(operator, content, kind=kind) for kind in (K.PROPOSALS, K.BDT2015)]

        assert [each.status_code for each in answers] == [201, 201]

    async def test_of_a_colleague_is_his_import_later_as_well(self, registry: Registry):
        content = a_file(K.PROPOSALS, [a_row(registry.village)])
        first = await sends(await registry.newcomer(R.VILLAGE_OPERATOR), content)

        again = await sends(await registry.newcomer(R.VILLAGE_OPERATOR), content)

        assert refused(again) == (409, "imported-already")
        assert again.json()["import_id"] == first.json()["id"]
