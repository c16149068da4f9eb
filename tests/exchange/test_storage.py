"""Bytes are kept by their SHA-256: on a disk, and in a bucket that speaks S3, alike."""

import hashlib
import os
import stat
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from pathlib import Path

import pytest

from app.domain.errors import Overloaded
from app.exchange.storage import HALF, Bucket, ContentMissing, Storage
from tests.exchange import bucket

SCAN = bytes(range(256)) * 4000
NAME = hashlib.sha256(SCAN).digest()
KEYS = {"region": "id-jkt", "key_id": "kunci", "secret": "rahasia"}


@pytest.fixture
def remote() -> Iterator[bucket.Bucket]:
    with bucket.a_bucket() as server:
        yield server


@pytest.fixture(params=["disk", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, remote: bucket.Bucket) -> Storage:
    if request.param == "disk":
        return Storage.at(f"file://{tmp_path}/dokumen", Bucket())
    return Storage.at("s3://siks/dokumen", Bucket(remote.endpoint, **KEYS))


async def kept(storage: Storage, content: bytes = SCAN) -> None:
    await storage.put(hashlib.sha256(content).digest(), BytesIO(content), len(content))


async def given(
    storage: Storage, part: tuple[int, int] | None = None, size: int = len(SCAN)
) -> bytes:
    return b"".join([piece async for piece in await storage.get(NAME, size, part)])


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_what_is_kept_is_given_back(storage: Storage):
    await kept(storage)

    assert await given(storage) == SCAN
    assert await given(storage, (1000, 300_000)) == SCAN[1000:300_000]


async def test_the_same_bytes_twice_are_kept_once(storage: Storage):
    await kept(storage)
    await kept(storage)

    assert await given(storage) == SCAN


async def test_what_is_not_there_or_not_all_there_is_told_so(storage: Storage):
    with pytest.raises(ContentMissing):
        await given(storage)
    await kept(storage)
    with pytest.raises(ContentMissing):
        await given(storage, size=len(SCAN) + 1)


async def pieces_of(content: bytes) -> AsyncIterator[bytes]:
    for first in range(0, len(content), 300_000):
        yield content[first : first + 300_000]


async def test_pieces_are_joined_to_what_was_said_or_not_at_all(storage: Storage):
    assert not await storage.join(NAME, pieces_of(SCAN[::-1]))
    with pytest.raises(ContentMissing):
        await given(storage)

    assert await storage.join(NAME, pieces_of(SCAN))

    assert await given(storage) == SCAN


async def test_what_lies_beside_is_dropped_by_itself(storage: Storage):
    await kept(storage)
    for name in ("uploads/a", "uploads/b"):
        await kept(storage.beside(name))
    assert await storage.places("uploads") == {"a", "b"}

    await storage.beside("uploads/a").drop()

    assert await storage.places("uploads") == {"b"}
    assert await given(storage) == await given(storage.beside("uploads/b")) == SCAN
    assert await storage.places("results") == set()


async def test_half_a_file_that_was_left_behind_is_cleared_away(tmp_path: Path):
    storage = Storage.on_disk(tmp_path)
    old, new = (tmp_path / f"{HALF}{each}" for each in ("old", "new"))
    for half in (old, new):
        half.write_bytes(SCAN)
    os.utime(old, (0, 0))

    await storage.clear()

    assert files_in(tmp_path) == [new]


async def test_on_a_disk_nobody_else_reads_it(tmp_path: Path):
    folder = tmp_path / "dokumen"
    await kept(Storage.on_disk(folder))

    [file] = files_in(folder)
    assert file.relative_to(folder) == Path(NAME.hex()[:2], NAME.hex())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {stat.S_IMODE(each.stat().st_mode) for each in (folder, file.parent)} == {0o700}


async def test_on_a_disk_half_a_file_never_has_its_name(tmp_path: Path):
    class Broken(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 100_000:
                raise OSError("gone")
            return super().read(min(size or 0, 65_536))

    storage = Storage.on_disk(tmp_path)
    with pytest.raises(Overloaded):
        await storage.put(NAME, Broken(SCAN), len(SCAN))

    assert files_in(tmp_path) == []


async def test_a_file_that_was_cut_short_on_the_disk_is_written_again(tmp_path: Path):
    storage = Storage.on_disk(tmp_path)
    await kept(storage)
    (tmp_path / NAME.hex()[:2] / NAME.hex()).write_bytes(SCAN[:10])

    await kept(storage)

    assert await given(storage) == SCAN


async def test_a_bucket_that_does_not_answer_is_a_moment_to_wait(remote: bucket.Bucket):
    storage = Storage.at("s3://siks/dokumen", Bucket(remote.endpoint, **KEYS))
    await kept(storage)
    assert list(remote.objects) == [f"/siks/dokumen/{NAME.hex()[:2]}/{NAME.hex()}"]
    remote.is_down = True

    with pytest.raises(Overloaded):
        await given(storage)
    with pytest.raises(Overloaded):
        await kept(storage, b"another")
