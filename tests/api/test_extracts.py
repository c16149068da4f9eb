"""A province takes out what it may read, as files of one moment, and can prove what it got."""

import asyncio
import csv
import gzip
import hashlib
import io
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx2 import Response

from app.commands.sweeping import sweep
from app.domain.actors import Role
from app.domain.regions import Tier
from app.manifests import verified
from app.stores import storage_of
from tests.api.test_imports import at_work
from tests.api.test_kinds_removal import DIED
from tests.following import all_is_told
from tests.registry import NUMBERS, Caller, Registry, refused

R = Role
PATH = "/v1/extracts"
PATIENCE_SECONDS = 30
OPEN = {"asked", "materialising", "writing"}
PROPOSED = {"state": "proposed"}


@pytest.fixture
async def worker(app: FastAPI) -> AsyncIterator[None]:
    async with at_work(app):
        yield


async def asks(by: Caller, resource: str = "members", **more: Any) -> Response:  # noqa: ANN401
    return await by.posts(PATH, {"resource": resource, "filters": PROPOSED, **more})


async def made(by: Caller, resource: str = "members", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """The extract, as soon as it has come to its end."""
    response = await asks(by, resource, **more)
    assert response.status_code == 202, response.text
    return await ended(by, response.headers["Location"])


async def ended(by: Caller, path: str) -> dict[str, Any]:
    until = time.monotonic() + PATIENCE_SECONDS
    while (extract := (await by.gets(path)).json())["state"] in OPEN:
        assert time.monotonic() < until, extract
        await asyncio.sleep(0.05)
    return extract


async def manifest_of(by: Caller, extract: dict[str, Any]) -> dict[str, Any]:
    assert extract["state"] == "ready", extract
    response = await by.gets(extract["links"]["manifest"])
    assert response.status_code == 200, response.text
    return response.json()


async def files_of(by: Caller, extract: dict[str, Any]) -> list[bytes]:
    """All of them, and each is what the manifest says."""
    found = []
    for file in (await manifest_of(by, extract))["files"]:
        content = (await by.gets(file["link"])).content
        assert (len(content), hashlib.sha256(content).hexdigest()) == (
            file["bytes"],
            file["sha256"],
        )
        found.append(content)
    return found


async def rows_of(by: Caller, extract: dict[str, Any]) -> list[dict[str, Any]]:
    content = b"".join(await files_of(by, extract))
    return [json.loads(line) for line in content.splitlines()]


async def surveyed(registry: Registry, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    household = await registry.household(**changes)
    await registry.survey(household)
    return household


@pytest.mark.usefixtures("worker")
class TestAnExtractOfMembers:
    async def test_holds_those_of_the_region_with_all_that_is_read_of_them(
        self, registry: Registry
    ):
        household = await surveyed(registry)
        operator = await registry.caller(R.REGENCY_OPERATOR)

        extract = await made(operator, region_code=registry.village.code)
        (row,) = await rows_of(operator, extract)

        (member,) = household["members"]
        told = {key: row[key] for key in ("id", "nik", "name", "village_code", "household_id")}
        assert told == {
            "id": member["id"],
            "nik": member["nik"],
            "name": member["name"],
            "village_code": registry.village.code,
            "household_id": household["id"],
        }
        assert row["work_status"] == 1 or row["presence"] == 1, row

    async def test_is_the_same_as_csv_where_no_cell_is_a_formula(self, registry: Registry):
        await surveyed(registry, address='=HYPERLINK("http://x";"y")')
        operator = await registry.caller(R.REGENCY_OPERATOR)

        extract = await made(
            operator, "households", region_code=registry.village.code, format="csv"
        )
        (content,) = await files_of(operator, extract)

        (row,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
        assert row["address"] == '\'=HYPERLINK("http://x";"y")'


@pytest.mark.usefixtures("worker")
class TestTheManifest:
    async def test_is_signed_with_the_published_key_and_a_changed_byte_shows(
        self, registry: Registry
    ):
        await surveyed(registry)
        machine = await registry.machine(registry.village.at(Tier.DISTRICT), number="12/PKS/2026")

        manifest = await manifest_of(machine, await made(machine))

        jwks = (await registry.http.get("/.well-known/jwks.json")).json()
        assert verified(manifest, jwks)
        assert not verified({**manifest, "rows": manifest["rows"] + 1}, jwks)
        file = {**manifest["files"][0], "sha256": "0" * 64}
        assert not verified({**manifest, "files": [file]}, jwks)
        assert (manifest["agreement"], manifest["rows"]) == ("12/PKS/2026", 1)
        assert manifest["links"]["changes"] == f"/v1/changes?after={manifest['changes_after']}"

    async def test_tells_of_as_many_files_as_were_asked_for(self, registry: Registry):
        for _ in range(3):
            await surveyed(registry)
        operator = await registry.caller(R.REGENCY_OPERATOR)
        where = {"region_code": registry.village.code}

        split = await made(operator, rows_per_file=2, **where)
        packed = await made(operator, compression="gzip", **where)

        parts = await files_of(operator, split)
        (whole,) = await files_of(operator, packed)
        assert [part.count(b"\n") for part in parts] == [2, 1]
        assert b"".join(parts) == gzip.decompress(whole)


class TestWhoMayAsk:
    @pytest.mark.usefixtures("worker")
    async def test_reads_what_the_agreement_gives_and_no_more(self, registry: Registry):
        await surveyed(registry)
        machine = await registry.machine(registry.village.at(Tier.DISTRICT), ["programmes"])

        extract = await made(machine)

        (row,) = await rows_of(machine, extract)
        columns = (await manifest_of(machine, extract))["columns"]
        assert {each["group"] for each in columns} == {None, "programmes"}
        assert [each["name"] for each in columns] == list(row)

    async def test_does_not_ask_for_what_is_all_of_another_group(self, registry: Registry):
        machine = await registry.machine(registry.village.at(Tier.DISTRICT), ["identity"])

        no_aid = await machine.posts(PATH, {"resource": "recipients"})
        by_aid = await asks(machine, filters={"programme": "PKH"})

        assert refused(no_aid) == refused(by_aid) == (403, "resource-not-granted")

    async def test_needs_an_agreement_that_is_in_force(self, registry: Registry):
        district = registry.village.at(Tier.DISTRICT)
        machine = await registry.machine(district, number="7/PKS/2025", begins=-60, expires=-1)

        expired = await asks(machine)
        none = await asks(await registry.machine(district, []))

        assert refused(expired) == (403, "agreement-expired")
        assert "7/PKS/2025" in expired.json()["detail"]
        assert refused(none) == (403, "reads-nobody")

    async def test_is_none_of_the_village_nor_for_another_region(self, registry: Registry):
        village = await registry.caller(R.VILLAGE_OPERATOR)
        operator = await registry.caller(R.REGENCY_OPERATOR)

        elsewhere = await asks(operator, region_code=registry.elsewhere.code)

        assert refused(await asks(village)) == (403, "role-may-not")
        assert refused(elsewhere) == (404, "outside-your-region")

    async def test_is_told_what_does_not_fit(self, registry: Registry):
        operator = await registry.caller(R.REGENCY_OPERATOR)

        response = await operator.posts(
            PATH,
            {
                "resource": "members",
                "format": "xlsx",
                "compression": "zstd",
                "filters": {"state": "drafted", "verdict": "approve"},
            },
        )

        assert refused(response) == (422, "filters-do-not-fit")
        assert {each["pointer"] for each in response.json()["errors"]} == {
            "/filters/state",
            "/filters/verdict",
            "/compression",
        }

    async def test_sees_his_own_only(self, registry: Registry):
        operator = await registry.caller(R.REGENCY_OPERATOR)
        colleague = await registry.newcomer(R.REGENCY_OPERATOR)
        path = (await asks(operator)).headers["Location"]

        assert refused(await colleague.gets(path)) == (404, "extract-not-found")
        assert (await colleague.gets(PATH)).json()["items"] == []
        assert [each["links"]["self"] for each in (await operator.gets(PATH)).json()["items"]] == [
            path
        ]

    async def test_has_three_made_at_once_however_fast_he_asks(self, registry: Registry):
        operator = await registry.newcomer(R.REGENCY_OPERATOR)

        answers = await asyncio.gather(*(asks(operator) for _ in range(8)))

        assert sorted(each.status_code for each in answers) == [202] * 3 + [409] * 5


class TestWhatIsNotWaitedFor:
    async def test_is_cancelled_and_its_job_with_it(self, registry: Registry):
        operator = await registry.newcomer(R.REGENCY_OPERATOR)
        asked = (await asks(operator)).json()
        path = asked["links"]["self"]

        step = await operator.posts(f"{path}/steps", {"action": "cancel"}, version=1)

        assert step.status_code == 201, step.text
        assert (await operator.gets(path)).json()["state"] == "cancelled"
        job = (await operator.gets(f"/v1/jobs/{asked['job_id']}")).json()
        assert job["state"] == "cancelled"

    async def test_is_cancelled_when_its_job_is(self, registry: Registry):
        operator = await registry.newcomer(R.REGENCY_OPERATOR)
        asked = (await asks(operator)).json()

        path = f"/v1/jobs/{asked['job_id']}/steps"
        step = await operator.posts(path, {"action": "cancel"}, version=1)

        assert step.status_code == 201, step.text
        assert (await operator.gets(asked["links"]["self"])).json()["state"] == "cancelled"

    async def test_fails_with_the_number_of_an_agreement_that_ended_meanwhile(
        self, registry: Registry, app: FastAPI
    ):
        machine = await registry.machine(registry.village.at(Tier.DISTRICT), number="8/PKS/2026")
        path = (await asks(machine)).headers["Location"]
        await registry.runs(
            "UPDATE agreement SET begins_on = begins_on - 1000, expires_on = begins_on - 900 "
            "WHERE account_id = $1",
            machine.actor.id,
        )

        async with at_work(app):
            extract = await _ended_as_kept(registry, path)

        assert (extract["state"], extract["refusal"]["code"]) == ("failed", "agreement-expired")
        assert "8/PKS/2026" in extract["refusal"]["detail"]["id"]


async def _ended_as_kept(registry: Registry, path: str) -> dict[str, Any]:
    """What the asker himself may not look at any more."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        (row,) = await registry.runs(
            "SELECT to_jsonb(extract) AS told FROM extract WHERE id = $1", path.rpartition("/")[2]
        )
        extract = json.loads(row["told"])
        if extract["state"] not in OPEN:
            return extract
        assert time.monotonic() < until
        await asyncio.sleep(0.05)


@pytest.mark.usefixtures("worker")
class TestFilesThatAreReady:
    async def test_are_resumed_and_known_again_and_each_time_is_noted(self, registry: Registry):
        household = await surveyed(registry)
        machine = await registry.machine(registry.village.at(Tier.DISTRICT))
        extract = await made(machine)
        (file,) = (await manifest_of(machine, extract))["files"]

        whole = await machine.gets(file["link"])
        rest = await machine.gets(file["link"], headers={"Range": "bytes=10-"})
        known = await machine.gets(file["link"], headers={"If-None-Match": whole.headers["etag"]})

        assert (rest.status_code, rest.content) == (206, whole.content[10:])
        assert (known.status_code, known.content) == (304, b"")
        (member,) = household["members"]
        operator = await registry.caller(R.VILLAGE_OPERATOR)
        accesses = (await operator.gets(f"/v1/members/{member['id']}/accesses")).json()["items"]
        assert [each["operation"] for each in accesses if each["extract_id"]] == [
            *["read_extract_file"] * 3,
            "ask_extract",
        ]

    @pytest.mark.parametrize("ending", ["delete", "expire"])
    async def test_are_gone_in_the_end_and_the_manifest_stays(
        self, registry: Registry, app: FastAPI, ending: str
    ):
        await surveyed(registry)
        operator = await registry.newcomer(R.REGENCY_OPERATOR)
        extract = await made(operator, region_code=registry.village.code)
        manifest = await manifest_of(operator, extract)
        path, storage = extract["links"]["self"], storage_of(app.state.settings)
        if ending == "delete":
            version = extract["version"]
            step = await operator.posts(f"{path}/steps", {"action": "delete"}, version=version)
            assert step.status_code == 201, step.text
        else:
            await registry.runs(
                "UPDATE extract SET expires_at = now() - interval '1 minute' WHERE id = $1",
                extract["id"],
            )

        late = "INSERT INTO extract_chunk VALUES ($1, 1, $2, 1, 1, '{}', '')"
        await registry.runs(late, extract["id"], registry.village.first)
        code = {"delete": "extract-deleted", "expire": "extract-expired"}[ending]
        assert refused(await operator.gets(manifest["files"][0]["link"])) == (409, code)

        await sweep(registry.database, storage)

        assert refused(await operator.gets(manifest["files"][0]["link"])) == (409, code)
        assert extract["id"] not in await storage.places("extracts")
        after = (await operator.gets(f"{path}/manifest")).json()
        assert after["files"] == manifest["files"]
        chunks = "SELECT FROM extract_chunk WHERE extract_id = $1"
        assert await registry.runs(chunks, extract["id"]) == []


@pytest.mark.usefixtures("worker")
class TestWhatChangedSince:
    async def test_comes_with_a_file_of_what_is_gone(self, registry: Registry):
        stays = await registry.registered()
        goes = await registry.registered()
        operator = await registry.caller(R.REGENCY_OPERATOR)
        where = {"region_code": registry.village.code, "filters": {}}
        await all_is_told(registry)
        before = await manifest_of(operator, await made(operator, **where))
        assert before["rows"] == 2
        added = await registry.registered()
        await registry.asks("removal", goes, DIED, "determined")
        await all_is_told(registry)

        since = {**where, "changed_after": before["changes_after"]}
        extract = await made(operator, **since)

        manifest = await manifest_of(operator, extract)
        changed = [row["id"] for row in await rows_of(operator, extract)]
        deletions = (await operator.gets(manifest["deletions"]["link"])).content
        gone = [json.loads(line) for line in deletions.splitlines()]
        assert (changed, stays["members"][0]["id"] in changed) == (
            [added["members"][0]["id"]],
            False,
        )
        assert [(each["id"], each["change"]) for each in gone] == [
            (goes["members"][0]["id"], "removed")
        ]
        assert hashlib.sha256(deletions).hexdigest() == manifest["deletions"]["sha256"]

    async def test_is_not_asked_since_a_place_that_lies_ahead(self, registry: Registry):
        operator = await registry.caller(R.REGENCY_OPERATOR)
        wish = {"resource": "members", "format": "ndjson", "changed_after": "99999999999.0"}
        answer = await operator.posts("/v1/extracts", wish)
        assert refused(answer) == (409, "cursor-not-of-this-database")


@pytest.mark.usefixtures("worker")
class TestAsOfADecree:
    async def test_are_those_who_were_registered_then(self, registry: Registry):
        stays, comes, goes = [await registry.registered() for _ in range(3)]
        await registry.asks("removal", goes, DIED, "determined")
        first, second = (
            await _in_force(registry, "2026-09-01"),
            await _in_force(registry, "2026-10-01"),
        )
        await _line(registry, second, 1, comes, "added")
        await _line(registry, second, 2, goes, "removed")
        operator = await registry.caller(R.REGENCY_OPERATOR)
        where = {"region_code": registry.village.code, "filters": {}}

        then = await made(operator, **where, decree_id=first)
        later = await made(operator, **where, decree_id=second)
        homes = await made(operator, "households", **where, decree_id=first)

        assert await ids_in(operator, then) == member_ids(stays, goes)
        assert await ids_in(operator, later) == member_ids(stays, comes)
        assert await ids_in(operator, homes) == {stays["id"], goes["id"]}

    async def test_that_is_in_force(self, registry: Registry):
        operator = await registry.caller(R.REGENCY_OPERATOR)
        analyst = await registry.caller(R.MINISTRY_ANALYST)
        drafted = (await analyst.posts("/v1/decrees", _a_decree("2026-09-01"))).json()["id"]

        answers = [
            await asks(operator, filters={}, decree_id=each) for each in (drafted, str(uuid4()))
        ]
        with_state = await asks(operator, decree_id=drafted)

        assert [refused(each) for each in answers] == [
            (409, "decree-not-in-force"),
            (404, "decree-not-found"),
        ]
        assert refused(with_state) == (422, "filters-do-not-fit")


def _a_decree(period: str) -> dict[str, str]:
    return {"number": f"{next(NUMBERS)}/HUK/2026", "dated": period, "period": period}


async def _in_force(registry: Registry, period: str) -> str:
    analyst = await registry.caller(R.MINISTRY_ANALYST)
    drafted = await analyst.posts("/v1/decrees", _a_decree(period))
    assert drafted.status_code == 201, drafted.text
    decree_id: str = drafted.json()["id"]
    await registry.runs("UPDATE decree SET state = 'in_force' WHERE id = $1", decree_id)
    return decree_id


async def _line(
    registry: Registry, decree_id: str, number: int, household: dict[str, Any], effect: str
) -> None:
    """As the determination writes it."""
    await registry.runs(
        "INSERT INTO decree_line (decree_id, scope_code, number, proposal_id, kind, effect, "
        "household_id, member_id) VALUES ($1, $2, $3, $4, 'new_family', $5, $6, $7)",
        decree_id,
        registry.village.first,
        number,
        uuid4(),
        effect,
        household["id"],
        household["members"][0]["id"],
    )


async def ids_in(by: Caller, extract: dict[str, Any]) -> set[str]:
    return {row["id"] for row in await rows_of(by, extract)}


def member_ids(*households: dict[str, Any]) -> set[str]:
    return {member["id"] for each in households for member in each["members"]}
