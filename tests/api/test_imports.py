"""A file comes in, every row gets an outcome; good rows are not held hostage by bad ones."""

import asyncio
import csv
import hashlib
import io
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx2 import Response

from app.commands.job_work import Worker
from app.commands.sweeping import sweep
from app.domain.actors import Role
from app.domain.imports.layouts import LAYOUTS, ImportKind
from app.domain.regions import Region, Tier
from app.stores import storage_of
from tests.registry import NUMBERS, Caller, Registry, a_member, a_nik, birth_date, refused

R = Role
CSV = "text/csv"
PATIENCE_SECONDS = 30
AT_WORK = {"received", "checking", "applying", "undoing"}
HEADERS = [column.header.id for column in LAYOUTS[ImportKind.PROPOSALS].columns]
KEYS = [column.key for column in LAYOUTS[ImportKind.PROPOSALS].columns]


def at_work(app: FastAPI) -> AbstractAsyncContextManager[None]:
    url, storage = str(app.state.settings.database_url), storage_of(app.state.settings)
    return Worker(url, storage, pulse=timedelta(seconds=2)).at_work()


@pytest.fixture(autouse=True)
async def worker(app: FastAPI) -> AsyncIterator[None]:
    async with at_work(app):
        yield


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(R.VILLAGE_OPERATOR)


def a_card(village: Region) -> str:
    return f"{village.code[:6]}010120{next(NUMBERS) % 9999 + 1:04d}"


def a_row(place: Region, *, card: str | None = None, **changes: str) -> dict[str, str]:
    """Somebody of that village, as the template asks for him."""
    born = birth_date(next(NUMBERS))
    row = {
        "nik": a_nik(place, born=born),
        "programme": "NONBANSOS",
        "card_number": card or a_card(place),
        "name": "BUDI SANTOSO",
        "birth_place": "CILEGON",
        "birth_date": f"{born:%d/%m/%Y}",
        "mother_name": "ROHMAH",
        "sex": "Laki-laki",
        "occupation": "BURUH",
        "marital_status": "Kawin/nikah",
        "address": "JL. SUNAN DEMAK NO. 12",
        "rt": "004",
        "rw": "002",
        "province": place.code[:2],
        "regency": place.code[:4],
        "district": place.code[:6],
        "village": place.code,
        "has_disability": "TIDAK",
    }
    return {**row, **changes}


def a_file(rows: Sequence[dict[str, str]], *, delimiter: str = ";") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(HEADERS)
    writer.writerows([row.get(key, "") for key in KEYS] for row in rows)
    return text.getvalue().encode()


async def sends(
    by: Caller,
    content: bytes,
    *,
    kind: str = "proposals",
    content_type: str = CSV,
    **more: str,
) -> Response:
    headers = {
        **by.headers,
        "Content-Type": content_type,
        "Content-Disposition": 'attachment; filename="usulan.csv"',
        **more,
    }
    return await by.http.post(
        "/v1/imports", params={"kind": kind}, content=content, headers=headers
    )


async def a_file_and_a_case(registry: Registry, by: Caller) -> dict[str, str]:
    """An import with its job, an upload that waits for its part, and somebody without a NIK."""
    village = by.actor.region
    member = a_member(village, nik=...)
    family = {"id": str(uuid4()), "number": 1, "members": [member]}
    await registry.household(by=by, families=[family])
    assert (await by.posts("/v1/nik-cases", {})).is_success
    cases = await by.gets("/v1/nik-cases", params={"member_id": member["id"]})
    sent = (await sends(by, a_file([a_row(village)]))).json()
    content = str(uuid4()).encode()
    about = {"kind": "proposals", "file_name": "usulan.csv", "bytes": len(content)}
    about["sha256"] = hashlib.sha256(content).hexdigest()
    upload = await by.posts("/v1/uploads", about)
    assert upload.status_code == 201, upload.text
    return {
        "nik_case_id": cases.json()["items"][0]["id"],
        "import_id": sent["id"],
        "job_id": sent["job_id"],
        "upload_id": upload.json()["id"],
    }


async def checked(by: Caller, rows: Sequence[dict[str, str]]) -> dict[str, Any]:
    response = await sends(by, a_file(rows))
    assert response.status_code == 201, response.text
    return await done(by, response.json())


async def done(by: Caller, import_: dict[str, Any]) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            read = (await by.gets(f"/v1/imports/{import_['id']}")).json()
            if read["state"] not in AT_WORK:
                return read
            await asyncio.sleep(0.05)


async def takes(by: Caller, import_: dict[str, Any], action: str, **more: Any) -> Response:  # noqa: ANN401
    path = f"/v1/imports/{import_['id']}/steps"
    return await by.posts(path, {"action": action, **more}, version=import_["version"])


async def applied(by: Caller, import_: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    response = await takes(by, import_, "apply", **more)
    assert response.status_code == 201, response.text
    return await done(by, import_)


async def items(by: Caller, import_: dict[str, Any], what: str, **asked: str) -> list[Any]:
    response = await by.gets(f"/v1/imports/{import_['id']}/{what}", params=asked)
    assert response.status_code == 200, response.text
    return response.json()["items"]


class TestAFile:
    async def test_is_looked_at_before_anything_of_it_is_on_record(
        self, registry: Registry, operator: Caller
    ):
        good, bad = a_row(registry.village), a_row(registry.village, nik="123")

        ready = await checked(operator, [good, bad])

        assert ready["state"] == "ready"
        counts = {key: ready["counts"][key] for key in ("rows", "bad", "units", "taken")}
        assert counts == {"rows": 2, "bad": 1, "units": 2, "taken": 0}
        [row] = await items(operator, ready, "rows", severity="error")
        assert (row["row"], row["problems"][0]["column"]) == (3, "nik")
        found = await operator.posts("/v1/members/search", {"nik": good["nik"]})
        assert found.json()["items"] == []

    async def test_makes_drafts_of_its_good_rows_and_leaves_the_others_with_their_reasons(
        self, registry: Registry, operator: Caller
    ):
        card = a_card(registry.village)
        couple = [a_row(registry.village, card=card) for _ in range(2)]
        bad = a_row(registry.village, birth_date="31/02/1984")

        after = await applied(operator, await checked(operator, [*couple, bad]))

        assert after["state"] == "applied"
        assert {key: after["counts"][key] for key in ("taken", "left")} == {"taken": 1, "left": 1}
        left, taken = sorted(await items(operator, after, "units"), key=lambda e: e["outcome"])
        assert (left["rows"], left["problem"]["code"]) == ([4], "rows-not-good")
        assert taken["rows"] == [2, 3]
        household, proposal = taken["subjects"]
        drafted = (await operator.gets(f"/v1/households/{household['id']}")).json()
        assert [member["nik"] for member in drafted["members"]] == [row["nik"] for row in couple]
        assert drafted["families"][0]["card_number"] == card
        assert (await operator.reads(proposal))["state"] == "drafted"

    @pytest.mark.parametrize(
        ("what", "only"), [("rows", {"severity": "error"}), ("units", {"outcome": "left"})]
    )
    async def test_is_told_page_by_page(
        self, registry: Registry, operator: Caller, what: str, only: dict[str, str]
    ):
        bad = [a_row(registry.village, nik="123") for _ in range(2)]
        ready = await checked(operator, [*bad, a_row(registry.village)])
        await applied(operator, ready)
        path, asked = f"/v1/imports/{ready['id']}/{what}", {**only, "limit": "1"}

        first = (await operator.gets(path, params=asked)).json()
        second = (await operator.gets(path, params={**asked, "after": first["next"]})).json()

        told = [each for page in (first, second) for each in page["items"]]
        assert [each.get("row") or each["rows"][0] for each in told] == [2, 3]
        assert second["next"] is None

    async def test_is_taken_whole_or_not_at_all_where_that_is_asked_for(
        self, registry: Registry, operator: Caller
    ):
        ready = await checked(operator, [a_row(registry.village), a_row(registry.village, rt="X")])

        assert refused(await takes(operator, ready, "apply", mode="all")) == (409, "faults-left")

    async def test_is_the_same_import_when_it_is_sent_again(
        self, registry: Registry, operator: Caller
    ):
        content = a_file([a_row(registry.village)])
        first = (await sends(operator, content)).json()
        await done(operator, first)

        again = await sends(operator, content)

        assert refused(again) == (409, "imported-already")
        assert first["id"] in again.json()["detail"]

    async def test_of_a_whole_regency_is_its_own_though_a_village_has_sent_it_before(
        self, registry: Registry, operator: Caller
    ):
        content = a_file([a_row(registry.village), a_row(registry.neighbour)])
        of_village = await done(operator, (await sends(operator, content)).json())
        regency = await registry.caller(R.REGENCY_OPERATOR)

        of_regency = await done(regency, (await sends(regency, content)).json())

        assert (of_village["counts"]["bad"], of_regency["counts"]["bad"]) == (1, 0)
        assert refused(await sends(regency, content)) == (409, "imported-already")

    async def test_at_once_has_one_effect(self, registry: Registry, operator: Caller):
        content = a_file([a_row(registry.village)])

        answers = await asyncio.gather(*(sends(operator, content) for _ in range(4)))

        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]

    async def test_of_another_village_is_a_fault_of_each_row(
        self, registry: Registry, operator: Caller
    ):
        ready = await checked(
            operator, [a_row(registry.village), a_row(registry.neighbour, village="Tidak Ada")]
        )

        [row] = await items(operator, ready, "rows", severity="error")
        assert (row["row"], row["problems"][0]["code"]) == (3, "village_unknown")

    async def test_cannot_be_read_where_it_is_no_table(self, operator: Caller):
        response = await sends(operator, b"%PDF-1.7 not a table")

        after = await done(operator, response.json())

        assert after["state"] == "refused"
        assert after["problem"]["code"]
        assert after["counts"]["rows"] == 0

    async def test_is_kept_to_the_letter(self, registry: Registry, operator: Caller):
        address = 'JL. "MAWAR" \\N NO. 3\\4'
        rows = [a_row(registry.village, card="1\\2"), a_row(registry.village, address=address)]

        after = await applied(operator, await checked(operator, rows))

        left, taken = sorted(await items(operator, after, "units"), key=lambda e: e["outcome"])
        assert (left["unit"], left["outcome"], taken["outcome"]) == ("1\\2", "left", "taken")
        drafted = await operator.gets(f"/v1/households/{taken['subjects'][0]['id']}")
        assert drafted.json()["address"] == address

    async def test_without_rows_below_its_header_is_refused(self, operator: Caller):
        header = a_file([]).splitlines()[0]
        numbers = b";".join(b"(%d)" % number for number, _ in enumerate(HEADERS, 1))

        sent = await sends(operator, b"\n".join([header, b"kolom " + numbers, header]))

        after = await done(operator, sent.json())
        assert (after["state"], after["problem"]["code"]) == ("refused", "no-rows")

    async def test_of_what_is_on_record_already_is_taken_for_the_wrong_one(
        self, registry: Registry, operator: Caller
    ):
        rows = [a_row(registry.village) for _ in range(21)]
        await applied(operator, await checked(operator, rows))

        again = await checked(operator, [*rows, a_row(registry.village)])

        assert (again["state"], again["problem"]["code"]) == ("refused", "too-many-duplicates")
        staged = "SELECT FROM import_staged WHERE import_id = $1"
        assert await registry.runs(staged, again["id"]) == []

    async def test_with_thousands_of_rows_that_belong_together_is_refused(
        self, registry: Registry, operator: Caller
    ):
        """They would be held in memory together, and no family is so large."""
        after = await checked(operator, [a_row(registry.village)] * 2_000)

        assert (after["state"], after["problem"]["code"]) == ("refused", "unit-too-long")


class TestRowsThatPostgreSQLHasLost:
    async def test_are_read_again_from_the_file(self, registry: Registry, operator: Caller):
        """A crash empties the table of rows that are looked at."""
        rows = [a_row(registry.village), a_row(registry.village, nik="123")]
        ready = await checked(operator, rows)
        await registry.runs("DELETE FROM import_staged WHERE import_id = $1", ready["id"])

        after = await applied(operator, ready)

        assert (after["counts"]["taken"], after["counts"]["left"]) == (1, 1)
        [row] = await items(operator, after, "rows", severity="error")
        assert [each["code"] for each in row["problems"]].count("nik_format") == 1

    async def test_tell_all_that_is_wrong_wherever_it_was_found(
        self, registry: Registry, operator: Caller
    ):
        card = a_card(registry.village)
        family = [a_row(registry.village, card=card, programme="PKH", rt="X")]
        family.append(a_row(registry.village, card=card, programme="SEMBAKO"))

        first, second = await items(operator, await checked(operator, family), "rows")

        codes = [{each["code"] for each in row["problems"]} for row in (first, second)]
        assert "two_family_programmes" in codes[0] & codes[1]
        assert "not_a_neighbourhood" in codes[0]


class TestAnImportIsUndone:
    async def test_as_far_as_nobody_has_gone_on_with_it(self, registry: Registry, operator: Caller):
        after = await applied(operator, await checked(operator, [a_row(registry.village)]))
        [unit] = await items(operator, after, "units")

        response = await takes(operator, after, "undo", grounds={"note": "Berkas keliru."})
        assert response.status_code == 201, response.text
        undone = await done(operator, after)

        assert undone["state"] == "undone"
        household, proposal = unit["subjects"]
        assert (await operator.reads(proposal))["state"] == "withdrawn"
        drafted = (await operator.gets(f"/v1/households/{household['id']}")).json()
        assert drafted["state"] == "inactive"

    async def test_only_by_whoever_sent_it(self, registry: Registry, operator: Caller):
        after = await applied(operator, await checked(operator, [a_row(registry.village)]))
        other = await registry.newcomer(R.VILLAGE_OPERATOR)

        response = await takes(other, after, "undo", grounds={"note": "Berkas keliru."})

        assert refused(response) == (403, "others-import")


class TestWho:
    async def test_sends_which_files(self, registry: Registry):
        head = await registry.caller(R.VILLAGE_HEAD)

        assert refused(await sends(head, a_file([a_row(registry.village)]))) == (
            403,
            "kind-not-yours",
        )

    async def test_goes_on_with_what_he_has_read_and_not_with_what_it_was(
        self, registry: Registry, operator: Caller
    ):
        ready = await checked(operator, [a_row(registry.village)])

        response = await takes(operator, {**ready, "version": ready["version"] - 1}, "apply")

        assert refused(response) == (412, "outdated")

    async def test_sees_an_import_of_his_region_and_no_other(
        self, registry: Registry, operator: Caller
    ):
        ready = await checked(operator, [a_row(registry.village)])
        verifier = await registry.caller(R.REGENCY_VERIFIER, over=registry.village.at(Tier.REGENCY))
        stranger = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)

        for path in ("", "/rows", "/units"):
            address = f"/v1/imports/{ready['id']}{path}"
            assert (await verifier.gets(address)).status_code == 200
            assert refused(await stranger.gets(address)) == (404, "import-not-found")


async def test_what_a_killed_worker_had_in_its_hands_is_swept_up(app: FastAPI):
    """A folder with somebody's whole file, which no job of today's is at."""
    dead, at_work = (Path(mkdtemp(prefix="siks-import-")) for _ in range(2))
    (dead / "file").write_text("NIK")
    yesterday = time.time() - 2 * 86_400
    os.utime(dead, (yesterday, yesterday))

    await sweep(app.state.database, app.state.storage)

    assert (dead.exists(), at_work.exists()) == (False, True)
    at_work.rmdir()
