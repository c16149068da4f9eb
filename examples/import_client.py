# ruff: noqa: INP001, T201 - a script by itself, which prints
"""Send a file to SIKS-NG, wait for its checks, and put what is good of it on record.

    python examples/import_client.py http://127.0.0.1:8000 operator proposals usulan.csv

It needs nothing but Python, and asks for the password. Exit 0: all of it was taken; 1: refused; 3:
some rows were left. For large files and weak lines see `siks import`, which sends in parts.
"""

import getpass
import json
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

AT_WORK = {"received", "checking", "applying"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Refused(Exception):
    """The service said no, in a problem document (RFC 9457)."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(f"{problem['title']}. {problem['detail']}")
        self.problem = problem


def asked(url: str, token: str = "", body: bytes | None = None, **headers: str) -> Any:  # noqa: ANN401
    """A GET; with a body a POST, under a name of its own: sent twice it has one effect."""
    sent = {"Accept-Language": "en", **{k.replace("_", "-"): v for k, v in headers.items()}}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    if body is not None:
        sent["Idempotency-Key"] = str(uuid.uuid4())
    request = urllib.request.Request(url, data=body, headers=sent)  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        raise Refused(json.load(refusal)) from None


def main(base: str, username: str, kind: str, file: Path) -> int:
    grant = {"grant_type": "password", "username": username, "password": getpass.getpass()}
    json_ = {"Content_Type": "application/json"}
    token = asked(f"{base}/v1/auth/token", body=json.dumps(grant).encode(), **json_)["access_token"]

    where = f"{base}/v1/imports/{sent(base, token, kind, file)}"
    import_ = settled(where, token)
    counts = import_["counts"]
    print(f"{import_['state']}: {counts['rows']} rows, {counts['bad']} bad")
    for row in asked(f"{where}/rows?severity=error", token)["items"]:  # the first page
        for each in row["problems"]:
            print(f"  row {row['row']}, {each['column']}: {each['detail']}")
    if import_["problem"]:
        raise Refused(import_["problem"])

    if import_["state"] == "ready":
        step = json.dumps({"action": "apply", "mode": "good"}).encode()
        asked(f"{where}/steps", token, step, If_Match=f'"{import_["version"]}"', **json_)
        import_ = settled(where, token)
        counts = import_["counts"]
    print(f"{import_['state']}: {counts['taken']} taken, {counts['left']} left")
    return 3 if counts["left"] else 0


def sent(base: str, token: str, kind: str, file: Path) -> str:
    """The id of its import; of the one that it is already, where it was sent before."""
    media = "text/csv" if file.suffix.lower() == ".csv" else XLSX
    name = {"Content_Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}"}
    url = f"{base}/v1/imports?kind={kind}"
    try:
        return str(asked(url, token, file.read_bytes(), Content_Type=media, **name)["id"])
    except Refused as why:
        if "import_id" not in why.problem:
            raise
        return str(why.problem["import_id"])


def settled(where: str, token: str) -> dict[str, Any]:
    """The import, once nobody is at work on it. A token lives ten minutes."""
    while (now := asked(where, token))["state"] in AT_WORK:
        time.sleep(1)
    return dict(now)


if __name__ == "__main__":
    base, username, kind, file = sys.argv[1:]
    try:
        sys.exit(main(base.rstrip("/"), username, kind, Path(file)))
    except Refused as why:
        sys.exit(f"refused: {why}")  # which is exit 1
