"""Files on their way to the service over HTTP, as anybody's own program would send them."""

import base64
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from app.client import Refused, Service
from app.settings import CannotRun

PART_BYTES = (1 << 20, 8 << 20)  # at least, at most
PARTS = 64  # about so many, where that lies between the two
FIRST_LOOK, LOOK = 0.2, 2.0  # seconds
AT_WORK = {"received", "checking", "applying", "undoing"}

Told = Callable[[str, int, int | None], None]  # what is being done, how much of it, of how much


def sent(service: Service, file: Path, kind: str, told: Told) -> dict[str, Any]:
    """The import that the file has become. What the service has of it is not sent again."""
    size, sha256 = _sum(file)
    body = {
        "kind": kind,
        "file_name": file.name,
        "bytes": size,
        "sha256": sha256,
        "part_bytes": min(max(size // PARTS, PART_BYTES[0]), PART_BYTES[1]),
    }
    try:
        upload = service.post("/v1/uploads", body).json()
        _fill(service, file, upload, told)
        where = _completed(service, file, upload)
    except Refused as why:
        if why.code != "imported-already":
            raise
        where = f"/v1/imports/{why.problem['import_id']}"
    import_: dict[str, Any] = service.get(where)
    return import_


def _completed(service: Service, file: Path, upload: Mapping[str, Any]) -> str:
    path, version = f"/v1/uploads/{upload['id']}/steps", upload["version"]
    try:
        made = service.post(path, {"action": "complete"}, version=version)
    except Refused as why:
        if why.code != "whole-damaged":
            raise
        service.post(path, {"action": "discard"}, version=version)  # or it would be gone on with
        raise CannotRun(f"{file} has changed while it was sent: send it again") from None
    return made.headers["location"]


def _sum(file: Path) -> tuple[int, str]:
    try:
        with file.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        size = file.stat().st_size
    except OSError as error:
        raise CannotRun(f"{file} cannot be read ({error.strerror})") from None
    if not size:
        raise CannotRun(f"{file} is empty")
    return size, sha256


def _fill(service: Service, file: Path, upload: Mapping[str, Any], told: Told) -> None:
    size, part_bytes = upload["bytes"], upload["part_bytes"]
    done = size - sum(_size(upload, number) for number in upload["missing"])
    told("sending", done, size)
    with file.open("rb") as content:
        for number in upload["missing"]:
            content.seek((number - 1) * part_bytes)
            part = content.read(part_bytes)
            digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
            headers = {
                "Content-Type": "application/octet-stream",
                "Content-Digest": f"sha-256=:{digest}:",
            }
            service.put(f"/v1/uploads/{upload['id']}/parts/{number}", part, headers)
            done += len(part)
            told("sending", done, size)


def _size(upload: Mapping[str, Any], number: int) -> int:
    part_bytes: int = upload["part_bytes"]
    size: int = upload["bytes"]
    return min(part_bytes, size - (number - 1) * part_bytes)


def settled(service: Service, import_: Mapping[str, Any], told: Told) -> dict[str, Any]:
    """The import once nobody is at work on it."""
    wait = FIRST_LOOK
    while True:
        now: dict[str, Any] = service.get(f"/v1/imports/{import_['id']}")
        if now["state"] not in AT_WORK:
            return now
        job = service.get(f"/v1/jobs/{now['job_id']}")
        told(job["phase"] or "waiting", job["done"], job["total"])
        time.sleep(wait)
        wait = min(wait * 2, LOOK)


def applied(service: Service, import_: Mapping[str, Any], mode: str, told: Told) -> dict[str, Any]:
    path = f"/v1/imports/{import_['id']}/steps"
    service.post(path, {"action": "apply", "mode": mode}, version=import_["version"])
    return settled(service, import_, told)


# --- what is wrong

ERROR_COLUMNS = ("row", "column", "severity", "code", "detail")


def problems(service: Service, import_: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    """Cell by cell, as `ERROR_COLUMNS`; then the rows that were left, with the reason."""
    path = f"/v1/imports/{import_['id']}"
    told = set()
    for row in _pages(service, f"{path}/rows"):
        for each in row["problems"]:
            yield row["row"], each["column"], each["severity"], each["code"], each["detail"]
            if each["severity"] == "error":
                told.add(row["row"])
    for unit in _pages(service, f"{path}/units", outcome="left"):
        why = unit["problem"] or {"code": "left", "detail": ""}
        for row in sorted({*unit["rows"]} - told):
            yield row, None, "error", why["code"], why["detail"]


def _pages(service: Service, path: str, **asked: str) -> Iterator[dict[str, Any]]:
    page = service.get(path, limit="200", **asked)
    yield from page["items"]
    while page["next"]:
        page = service.get(path, limit="200", after=page["next"], **asked)
        yield from page["items"]
