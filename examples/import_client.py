# ruff: noqa: INP001, T201 - a script by itself, which prints
"""Send a file to SIKS-NG, wait for its checks, and put what is good of it on record.

    python examples/import_client.py http://127.0.0.1:8000 operator proposals usulan.csv

It needs nothing but Python, and asks for the password. For large files and weak lines see
`siks import`, which sends in parts.
"""

import getpass
import json
import sys
import time
import urllib.request
import uuid
from pathlib import Path
from typing import Any

AT_WORK = {"received", "checking", "applying"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def asked(url: str, token: str = "", body: bytes | None = None, **headers: str) -> Any:  # noqa: ANN401
    """A GET; with a body a POST, under a name of its own: sent twice it has one effect."""
    sent = {"Accept-Language": "en", **{k.replace("_", "-"): v for k, v in headers.items()}}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    if body is not None:
        sent["Idempotency-Key"] = str(uuid.uuid4())
    request = urllib.request.Request(url, data=body, headers=sent)  # noqa: S310 - our own address
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return json.load(answer)


def main(base: str, username: str, kind: str, file: Path) -> int:
    grant = {"grant_type": "password", "username": username, "password": getpass.getpass()}
    json_ = {"Content_Type": "application/json"}
    token = asked(f"{base}/v1/auth/token", body=json.dumps(grant).encode(), **json_)["access_token"]

    media = "text/csv" if file.suffix.lower() == ".csv" else XLSX
    name = {"Content_Disposition": f'attachment; filename="{file.name}"'}
    sent = asked(
        f"{base}/v1/imports?kind={kind}", token, file.read_bytes(), Content_Type=media, **name
    )
    where = f"{base}/v1/imports/{sent['id']}"

    ready = settled(where, token)
    print(f"{ready['state']}: {ready['counts']['rows']} rows, {ready['counts']['bad']} bad")
    for row in asked(f"{where}/rows?severity=error", token)["items"]:  # the first page
        for each in row["problems"]:
            print(f"  row {row['row']}, {each['column']}: {each['detail']}")
    if ready["state"] != "ready" or ready["counts"]["bad"] == ready["counts"]["rows"]:
        return 1

    step = json.dumps({"action": "apply", "mode": "good"}).encode()
    asked(f"{where}/steps", token, step, If_Match=f'"{ready["version"]}"', **json_)
    applied = settled(where, token)
    print(
        f"{applied['state']}: {applied['counts']['taken']} taken, {applied['counts']['left']} left"
    )
    return 0


def settled(where: str, token: str) -> dict[str, Any]:
    """The import, once nobody is at work on it. A token lives ten minutes."""
    while (now := asked(where, token))["state"] in AT_WORK:
        time.sleep(1)
    return dict(now)


if __name__ == "__main__":
    base, username, kind, file = sys.argv[1:]
    sys.exit(main(base.rstrip("/"), username, kind, Path(file)))
