# ruff: noqa: INP001, T201 - a script by itself, which prints
"""Keep a copy of your part of the registry: pull it once, then follow what changes.

    pip install cryptography
    export SIKS_CLIENT_ID=integration.36 SIKS_CLIENT_SECRET=…
    python examples/extract_client.py http://127.0.0.1:8000 members copy.sqlite

The first time it pulls an extract, checks its manifest (the signature by the service's public key,
each file by its SHA-256 and its rows) and puts it into SQLite. Then it follows what changes, until
Ctrl-C, and goes on from there the next time. With --once it ends when there is nothing new.
"""

import base64
import gzip
import hashlib
import json
import os
import sqlite3
import sys
import time
import urllib.error
import urllib.request
import uuid
from contextlib import closing
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

AT_WORK = {"asked", "materialising", "writing"}
BUSY, UNAUTHORIZED = {429, 502, 503, 504}, 401
TABLES = """
CREATE TABLE IF NOT EXISTS record (id TEXT PRIMARY KEY, row TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS place (after TEXT NOT NULL);
"""


class Service:
    """A token lives ten minutes; a service that is busy says how long to wait."""

    def __init__(self, base: str) -> None:
        self.base, self.token = base, ""

    def sign_in(self) -> None:
        grant = {
            "grant_type": "client_credentials",
            "client_id": os.environ["SIKS_CLIENT_ID"],
            "client_secret": os.environ["SIKS_CLIENT_SECRET"],
        }
        self.token = ""
        self.token = self.read("/v1/auth/client-token", grant)["access_token"]

    def read(self, path: str, body: object = None) -> Any:  # noqa: ANN401
        with self.asked(path, body) as answer:
            return json.load(answer)

    def asked(self, path: str, body: object = None) -> Any:  # noqa: ANN401
        """A GET; with a body a POST, under a name of its own: sent twice it has one effect."""
        headers = {"Accept-Language": "en", "Idempotency-Key": str(uuid.uuid4())}
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self.base + path, data, headers)  # noqa: S310 - our own
        while True:
            if self.token:
                request.add_header("Authorization", f"Bearer {self.token}")
            try:
                return urllib.request.urlopen(request, timeout=60)  # noqa: S310
            except urllib.error.HTTPError as refusal:
                self.make_up_for(refusal)
            except urllib.error.URLError as broken:  # the line is gone: it comes back
                print(f"no answer ({broken.reason}), trying again", file=sys.stderr)
                time.sleep(5)

    def make_up_for(self, refusal: urllib.error.HTTPError) -> None:
        if refusal.code == UNAUTHORIZED and self.token:
            self.sign_in()
        elif refusal.code in BUSY:
            time.sleep(int(refusal.headers.get("Retry-After", 5)))
        else:
            problem = json.load(refusal)
            sys.exit(f"refused: {problem['title']}. {problem['detail']}")


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify(service: Service, manifest: dict[str, Any]) -> None:
    """A detached JWS (RFC 7515) over the manifest without its signature, in canonical form."""
    header, _, signature = manifest["signature"].partition("..")
    rest = {name: value for name, value in manifest.items() if name != "signature"}
    told = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    signed = f"{header}.{base64.urlsafe_b64encode(told).rstrip(b'=').decode()}"

    keys = {each["kid"]: each["x"] for each in service.read("/.well-known/jwks.json")["keys"]}
    key = Ed25519PublicKey.from_public_bytes(decoded(keys[json.loads(decoded(header))["kid"]]))
    key.verify(decoded(signature), signed.encode())  # or it raises InvalidSignature


def pull(service: Service, resource: str, copy: sqlite3.Connection) -> str:
    """All rows of one moment, and the place from which changes go on."""
    wanted = {"resource": resource, "compression": "gzip", "rows_per_file": 100_000}
    where = service.read("/v1/extracts", wanted)["links"]["self"]
    while (extract := service.read(where))["state"] in AT_WORK:
        print(f"{extract['state']}: {extract['progress']}")
        time.sleep(2)
    if extract["state"] != "ready":
        sys.exit(f"the extract is {extract['state']}: {extract['problem']}")
    manifest = service.read(extract["links"]["manifest"])
    verify(service, manifest)
    for file in manifest["files"]:
        with service.asked(file["link"]) as answer:
            content = answer.read()
        assert hashlib.sha256(content).hexdigest() == file["sha256"], file["name"]  # noqa: S101
        rows = [json.loads(line) for line in gzip.decompress(content).splitlines()]
        assert len(rows) == file["rows"], file["name"]  # noqa: S101
        put(copy, [(row["id"], row) for row in rows])
    print(f"pulled {manifest['rows']} {resource} as of {manifest['transaction_time']}")
    return str(manifest["changes_after"])


def put(copy: sqlite3.Connection, found: list[tuple[str, dict[str, Any] | None]]) -> None:
    """What there is no row of any more is deleted; all else takes the place of what was there."""
    copy.executemany("DELETE FROM record WHERE id = ?", [(id_,) for id_, row in found if not row])
    rows = [(id_, json.dumps(row)) for id_, row in found if row]
    copy.executemany("INSERT OR REPLACE INTO record VALUES (?, ?)", rows)


def follow(service: Service, resource: str, copy: sqlite3.Connection, wait: int) -> bool:
    """One page: its rows and the place behind it in one transaction, so nothing is missed."""
    [after] = copy.execute("SELECT after FROM place").fetchone()
    page = service.read(f"/v1/changes?after={after}&resources={resource}&limit=1000&wait={wait}")
    with copy:
        put(copy, [(item["id"], item["row"]) for item in page["items"]])
        copy.execute("UPDATE place SET after = ?", (page["next"],))
    for item in page["items"]:
        print(f"{item['at']} {item['change']} {item['id']}")
    return bool(page["has_more"])


def main(base: str, resource: str, path: str, *, once: bool) -> None:
    service = Service(base)
    service.sign_in()
    with closing(sqlite3.connect(path)) as copy:
        copy.executescript(TABLES)
        if not copy.execute("SELECT 1 FROM place").fetchone():
            with copy:  # all of it, or nothing
                copy.execute("INSERT INTO place VALUES (?)", (pull(service, resource, copy),))
        while follow(service, resource, copy, wait=0 if once else 25) or not once:
            pass


if __name__ == "__main__":
    options = [each for each in sys.argv[1:] if each != "--once"]
    try:
        main(options[0].rstrip("/"), options[1], options[2], once="--once" in sys.argv)
    except KeyboardInterrupt:
        sys.exit(0)
