"""A large file comes in parts, over a line that breaks, and is an import once it is whole."""

import asyncio
import base64
import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from httpx2 import Response

from app.commands.sweeping import sweep
from app.commands.uploads import place_of
from app.domain.actors import Role
from app.domain.regions import Tier
from app.domain.uploads import MOST_OPEN, PART_BYTES
from app.exchange.storage import Bucket, Storage
from tests.api.test_imports import a_file, a_row, done, sends
from tests.api.test_imports import worker as worker  # noqa: PLC0414 - a fixture
from tests.exchange import bucket
from tests.registry import Caller, Registry, refused

R = Role
OCTETS = "application/octet-stream"


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(R.VILLAGE_OPERATOR)


def digest(content: bytes) -> str:
    told = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return f"sha-256=:{told}:"


def parts_of(content: bytes) -> Iterator[tuple[int, bytes]]:
    for number, first in enumerate(range(0, len(content), PART_BYTES), 1):
        yield number, content[first : first + PART_BYTES]


def a_large_file(registry: Registry, parts: int = 3) -> bytes:
    """Of one good row and many empty ones, with a column of no use that makes them long."""
    header, row, *_ = a_file([a_row(registry.village)]).decode().splitlines()
    noise = random.Random(len(row)).randbytes(15_000).hex()  # noqa: S311 - nothing depends on it
    lines = [f"{header};catatan", f"{row};{noise}"]
    lines += [f"{';' * header.count(';')};{noise}"] * (PART_BYTES * parts // len(noise) - 5)
    return "\r\n".join(lines).encode()


async def begins(by: Caller, content: bytes, **changes: Any) -> Response:  # noqa: ANN401
    told = {
        "kind": "proposals",
        "file_name": "usulan.csv",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return await by.posts("/v1/uploads", {**told, **changes})


async def begun(by: Caller, content: bytes) -> dict[str, Any]:
    response = await begins(by, content)
    assert response.status_code == 201, response.text
    return response.json()


async def puts(
    by: Caller, upload: dict[str, Any], number: int, part: bytes, **headers: str
) -> Response:
    sent = {"Content-Type": OCTETS, "Content-Digest": digest(part), **by.headers, **headers}
    path = f"/v1/uploads/{upload['id']}/parts/{number}"
    return await by.http.put(path, content=part, headers=sent)


async def takes(by: Caller, upload: dict[str, Any], action: str) -> Response:
    path = f"/v1/uploads/{upload['id']}/steps"
    return await by.posts(path, {"action": action}, version=upload["version"])


async def reads(by: Caller, upload: dict[str, Any]) -> dict[str, Any]:
    response = await by.gets(f"/v1/uploads/{upload['id']}")
    assert response.status_code == 200, response.text
    return response.json()


async def grows_old(registry: Registry, upload: dict[str, Any]) -> None:
    await registry.runs(
        "UPDATE upload SET expires_at = now() - interval '1 minute' WHERE id = $1",
        UUID(upload["id"]),
    )


def parts_kept(app: FastAPI, upload: dict[str, Any]) -> list[Path]:
    folder = Path(urlsplit(app.state.settings.storage_url).path) / "uploads"
    return [*folder.glob(f"{upload['id']}/*/*")]


class TestAFileInParts:
    async def test_is_an_import_once_it_is_whole(self, registry: Registry, operator: Caller):
        content = a_large_file(registry)
        upload = await begun(operator, content)
        assert (upload["parts"], upload["missing"]) == (3, [1, 2, 3])

        for number, part in reversed([*parts_of(content)]):  # the order does not matter
            stored = await puts(operator, upload, number, part)
            assert stored.status_code == 200, stored.text
        assert stored.json()["missing"] == 0
        completed = await takes(operator, upload, "complete")
        assert completed.status_code == 201, completed.text

        import_ = (await operator.gets(completed.headers["location"])).json()
        assert import_["sha256"] == hashlib.sha256(content).hexdigest()
        assert (await reads(operator, upload))["import_id"] == import_["id"]
        ready = await done(operator, import_)
        assert (ready["state"], ready["file_name"]) == ("ready", "usulan.csv")
        assert ready["counts"]["rows"] - ready["counts"]["bad"] == 1

    async def test_leaves_no_parts_behind(self, app: FastAPI, registry: Registry, operator: Caller):
        for action in ("complete", "discard"):
            content = a_large_file(registry, parts=1)
            upload = await begun(operator, content)
            for number, part in parts_of(content):
                await puts(operator, upload, number, part)
            assert parts_kept(app, upload)

            assert (await takes(operator, upload, action)).status_code == 201

            assert not parts_kept(app, upload)

    async def test_goes_on_where_the_line_broke(self, registry: Registry, operator: Caller):
        content = a_large_file(registry)
        upload = await begun(operator, content)
        [_, (number, part), _] = parts_of(content)
        for _ in range(2):  # nobody knew whether it had come
            assert (await puts(operator, upload, number, part)).status_code == 200

        again = await begins(operator, content)

        assert again.status_code == 200
        assert (again.json()["id"], again.json()["missing"]) == (upload["id"], [1, 3])

    async def test_is_not_complete_while_a_part_is_missing(
        self, registry: Registry, operator: Caller
    ):
        content = a_large_file(registry)
        upload = await begun(operator, content)
        for number, part in [*parts_of(content)][1:]:
            await puts(operator, upload, number, part)

        response = await takes(operator, upload, "complete")

        assert refused(response) == (409, "parts-missing")
        assert (await reads(operator, upload))["missing"] == [1]

    async def test_has_to_be_the_file_that_was_told_of(self, registry: Registry, operator: Caller):
        """Also where we know the one that was told of: who knows its sum need not have it."""
        verifier = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)
        content = a_large_file(registry, parts=1)
        await sends(verifier, content)
        upload = await begun(operator, content)
        for number, part in parts_of(content):
            other = bytes(len(part))
            assert (await puts(operator, upload, number, other)).status_code == 200

        response = await takes(operator, upload, "complete")

        assert refused(response) == (422, "whole-damaged")
        assert (await reads(operator, upload))["state"] == "open"

    async def test_is_one_import_however_often_it_is_completed(
        self, registry: Registry, operator: Caller
    ):
        content = a_large_file(registry)
        upload = await begun(operator, content)
        for number, part in parts_of(content):
            await puts(operator, upload, number, part)

        answers = await asyncio.gather(*(takes(operator, upload, "complete") for _ in range(6)))

        [completed, *others] = sorted(answers, key=attrgetter("status_code"))
        assert completed.status_code == 201, completed.text
        too_late = {(409, "action-not-open"), (409, "moved-meanwhile"), (412, "outdated")}
        assert {refused(each) for each in others} <= too_late

    async def test_is_not_sent_at_all_where_it_has_been_imported(
        self, registry: Registry, operator: Caller
    ):
        content = a_file([a_row(registry.village)])
        first = (await sends(operator, content)).json()

        response = await begins(operator, content)

        assert refused(response) == (409, "imported-already")
        assert first["id"] in response.json()["detail"]


class TestAnAbandonedUpload:
    async def test_expires_and_its_parts_with_it(
        self, app: FastAPI, registry: Registry, operator: Caller
    ):
        content = a_large_file(registry)
        upload = await begun(operator, content)
        [(number, part), *_] = parts_of(content)
        await puts(operator, upload, number, part)
        await grows_old(registry, upload)

        await sweep(app.state.database, app.state.storage)

        expired = await reads(operator, upload)
        assert (expired["state"], expired["expires_at"]) == ("expired", None)
        assert not parts_kept(app, upload)
        assert refused(await puts(operator, upload, number, part)) == (409, "upload-expired")
        for action in ("complete", "discard"):
            assert refused(await takes(operator, upload, action)) == (409, "upload-expired")
        *_, last = sorted(await registry.audit_of(upload["id"]), key=itemgetter("seq"))
        assert (last["action"], last["actor_id"]) == ("expire", str(operator.actor.id))
        assert (await begun(operator, content))["missing"] == [1, 2, 3]

    async def test_is_kept_for_whoever_comes_back_in_time(
        self, app: FastAPI, registry: Registry, operator: Caller
    ):
        content = a_large_file(registry)
        upload = await begun(operator, content)
        [(number, part), *_] = parts_of(content)
        comes_back = (
            lambda: puts(operator, upload, number, part),
            lambda: begins(operator, content),
        )

        for each in comes_back:
            await grows_old(registry, upload)
            assert (await each()).status_code == 200
            await sweep(app.state.database, app.state.storage)

            still = await reads(operator, upload)
            left = datetime.fromisoformat(still["expires_at"]) - datetime.now(UTC)
            assert (still["state"], still["missing"]) == ("open", [2, 3])
            assert parts_kept(app, upload)
            assert timedelta(days=6) < left < timedelta(days=8)

    async def test_leaves_nothing_that_comes_later_and_takes_nothing_unknown(
        self, app: FastAPI, registry: Registry, operator: Caller
    ):
        """Somebody else's may lie in the same bucket."""
        content = a_large_file(registry, parts=1)
        upload = await begun(operator, content)
        await takes(operator, upload, "discard")
        unknown = {"id": str(uuid4())}
        for each in (upload, unknown):
            place = place_of(app.state.storage, each["id"])
            await place.put(hashlib.sha256(content).digest(), BytesIO(content), len(content))

        await sweep(app.state.database, app.state.storage)

        assert not parts_kept(app, upload)
        assert parts_kept(app, unknown)


@pytest.fixture
def remote(app: FastAPI) -> Iterator[bucket.Bucket]:
    """The service keeps its files there."""
    usual = app.state.storage
    with bucket.a_bucket() as remote:
        keys = {"region": "id-jkt", "key_id": "kunci", "secret": "rahasia"}
        app.state.storage = Storage.at("s3://siks/dokumen", Bucket(remote.endpoint, **keys))
        yield remote
        app.state.storage = usual


class TestInABucket:
    async def test_a_file_in_parts_is_put_together_too(
        self, remote: bucket.Bucket, registry: Registry, operator: Caller
    ):
        content = a_large_file(registry)
        upload = await begun(operator, content)
        sent = dict(parts_of(content))
        await puts(operator, upload, 2, bytes(len(sent[2])))
        for number in (1, 3):
            await puts(operator, upload, number, sent[number])
        assert refused(await takes(operator, upload, "complete")) == (422, "whole-damaged")
        assert {name.split("/")[3] for name in remote.objects} == {"uploads"}

        await puts(operator, upload, 2, sent[2])
        completed = await takes(operator, upload, "complete")

        assert completed.status_code == 201, completed.text
        digits = hashlib.sha256(content).hexdigest()
        assert remote.objects == {f"/siks/dokumen/{digits[:2]}/{digits}": content}


class TestAPart:
    async def test_is_refused_where_it_is_not_what_was_sent(
        self, registry: Registry, operator: Caller
    ):
        content = a_large_file(registry)
        upload = await begun(operator, content)
        [(_, first), *_, (last, rest)] = parts_of(content)
        damaged = bytes(len(first))
        other = {"Content-Digest": digest(first)}

        for number, part, headers in (
            (1, damaged, other),
            (1, first[:-1], {}),
            (last, first, {}),
        ):
            response = await puts(operator, upload, number, part, **headers)
            assert refused(response) == (422, "part-damaged")
        assert refused(await puts(operator, upload, last + 1, rest)) == (404, "no-such-part")
        assert (await reads(operator, upload))["missing"] == [1, 2, 3]

    async def test_says_what_it_is_and_is_no_larger_than_parts_are(
        self, registry: Registry, operator: Caller
    ):
        content = a_large_file(registry)
        upload = await begun(operator, content)
        [(number, part), *_] = parts_of(content)

        unsigned = await puts(operator, upload, number, part, **{"Content-Digest": "md5=:x:"})
        as_json = await puts(operator, upload, number, part, **{"Content-Type": "text/csv"})
        huge = await puts(operator, upload, number, part * 9)

        assert refused(unsigned) == (422, "malformed")
        assert refused(as_json) == (415, "not-a-part")
        assert refused(huge) == (413, "too-large")

    async def test_is_not_taken_once_the_upload_is_closed(
        self, registry: Registry, operator: Caller
    ):
        content = a_large_file(registry)
        upload = await begun(operator, content)
        [(number, part), *_] = parts_of(content)
        await takes(operator, upload, "discard")

        assert refused(await puts(operator, upload, number, part)) == (409, "upload-closed")


class TestWho:
    async def test_sees_an_upload_is_whoever_began_it(self, registry: Registry, operator: Caller):
        content = a_large_file(registry, parts=1)
        upload = await begun(operator, content)
        colleague = await registry.newcomer(R.VILLAGE_OPERATOR)
        above = await registry.caller(R.REGENCY_OPERATOR, over=registry.village.at(Tier.REGENCY))

        for other in (colleague, above):
            [(number, part)] = parts_of(content)
            read = await other.gets(f"/v1/uploads/{upload['id']}")
            assert refused(read) == (404, "upload-not-found")
            assert refused(await puts(other, upload, number, part)) == (404, "upload-not-found")
            assert refused(await takes(other, upload, "complete")) == (404, "upload-not-found")
            assert (await other.gets("/v1/uploads")).json()["items"] == []
        [mine] = (await operator.gets("/v1/uploads")).json()["items"]
        assert mine["id"] == upload["id"]

    async def test_sends_which_kind_and_how_much(self, registry: Registry, operator: Caller):
        head = await registry.caller(R.VILLAGE_HEAD)
        content = a_large_file(registry, parts=1)

        assert refused(await begins(head, content)) == (403, "kind-not-yours")
        large = await begins(operator, content, bytes=2**40)
        assert refused(large) == (422, "file-too-large")
        for number in range(MOST_OPEN):
            await begun(operator, content + bytes(number))
        another = await begins(operator, content + b"x")
        assert refused(another) == (409, "too-many-uploads")
