"""Extracts on their way out of the service over HTTP, as anybody's own program would fetch them.

A folder holds one extract: its files and its manifest, and until it is whole a note of what is
being fetched, so that whoever begins again goes on where he was.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from app.client import Refused, Service
from app.domain.extracts.formats import Compression, Form, Format
from app.domain.extracts.workflow import AT_WORK
from app.extract_checks import has_sum, rows_in
from app.manifests import verified
from app.settings import CannotRun

MANIFEST, UNFINISHED, KEYS = "manifest.json", "unfinished.json", "/.well-known/jwks.json"
GONE = {"extract-not-found", "extract-expired", "extract-deleted"}
FIRST_LOOK, LOOK = 0.2, 2.0  # seconds; the last is what the service asks for
PAGE = "1000"

Told = Callable[[str, int, int | None], None]  # what is being done, how much of it, of how much


def pulled(
    service: Service, wanted: Mapping[str, Any], folder: Path, told: Told
) -> Mapping[str, Any]:
    """The manifest of what then lies in the folder, every byte of it looked at."""
    where = _begun(service, wanted, folder)
    _settled(service, where, told)
    answer = service.look(f"{where}/manifest")
    manifest: dict[str, Any] = answer.json()
    if not verified(manifest, service.get(KEYS)):
        raise CannotRun("the manifest is not signed by this service: do not trust it")
    form = Form(Format(manifest["format"]), Compression(manifest["compression"]))
    for each in manifest["files"]:
        _fetch(service, each, folder, told)
        _look(folder / each["name"], each, form)
    if gone := manifest["deletions"]:
        _fetch(service, gone, folder, told)
        _look(folder / gone["name"], gone, Form(Format.NDJSON))
    (folder / MANIFEST).write_bytes(answer.content)
    (folder / UNFINISHED).unlink()
    return manifest


def _begun(service: Service, wanted: Mapping[str, Any], folder: Path) -> str:
    """Where the extract is: the one that was being fetched into this folder, or a new one."""
    note = folder / UNFINISHED
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / MANIFEST).exists():
            raise CannotRun(f"{folder} holds an extract already: name another folder")
        known = _noted(note)
        if known and known["wanted"] == wanted and _is_there(service, known["where"]):
            return str(known["where"])
        where = service.post("/v1/extracts", wanted).headers["location"]
        note.write_text(json.dumps({"where": where, "wanted": wanted}))
    except OSError as error:
        raise CannotRun(f"{folder} cannot be written to ({error.strerror})") from None
    return where


def _noted(note: Path) -> Mapping[str, Any] | None:
    try:
        known = json.loads(note.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return known if isinstance(known, dict) and {"where", "wanted"} <= known.keys() else None


def _is_there(service: Service, where: str) -> bool:
    try:
        return bool(service.get(where)["state"] in {*AT_WORK, "ready"})
    except Refused as why:
        if why.code in GONE:
            return False
        raise


def _settled(service: Service, where: str, told: Told) -> None:
    """Wait until it is ready."""
    wait = FIRST_LOOK
    while True:
        extract = service.get(where)
        if extract["state"] not in AT_WORK:
            break
        progress = extract["progress"] or {"done": 0, "total": None}
        told(extract["state"], progress["done"], progress["total"] or extract["rows"])
        time.sleep(wait)
        wait = min(wait * 2, LOOK)
    if extract["state"] != "ready":
        why = extract["problem"] or {"title": f"The extract is {extract['state']}", "detail": ""}
        raise CannotRun(f"{why['title']}. {why['detail']}")


def _fetch(service: Service, file: Mapping[str, Any], folder: Path, told: Told) -> None:
    """Under its name only once it is what was promised; a half is gone on with."""
    path, size = folder / file["name"], file["bytes"]
    if path.exists() and path.stat().st_size == size and has_sum(path, file["sha256"]):
        return
    half = folder / f".{file['sha256']}.half"
    etag = f'"{file["sha256"]}"'
    with half.open("ab") as into:
        if into.tell() < size:
            service.fetch(file["link"], etag, into, lambda done: told(path.name, done, size))
    if not has_sum(half, file["sha256"]):
        half.unlink()
        raise CannotRun(f"{path.name} came damaged: run the same again")
    half.replace(path)


def _look(path: Path, file: Mapping[str, Any], form: Form) -> None:
    rows = rows_in(path, form)
    if rows != file["rows"]:
        raise CannotRun(f"{path.name} has {rows} rows, not {file['rows']} as was promised")


# --- what changed since


def followed(
    service: Service, after: str, asked: Mapping[str, str], path: Path
) -> Mapping[str, Any]:
    """All changes since then are in the file, one to a line; and how to go on."""
    half, count = path.with_name(f".{path.name}.half"), 0
    try:
        with half.open("w", encoding="utf-8") as file:
            for place, items in _pages(service, after, asked):
                file.writelines(f"{json.dumps(each, ensure_ascii=False)}\n" for each in items)
                count, after = count + len(items), place
        half.replace(path)
    except OSError as error:
        raise CannotRun(f"{path} cannot be written ({error.strerror})") from None
    return {"next": after, "changes": count}


def _pages(
    service: Service, after: str, asked: Mapping[str, str]
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """To the end, each with the place behind it."""
    while True:
        page = service.get("/v1/changes", after=after, limit=PAGE, **asked)
        after = page["next"]
        yield after, page["items"]
        if not page["has_more"]:
            return
