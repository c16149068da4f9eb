"""The round trip of Bojonegoro: invalid NIKs handed out, repaired and sent back by 430 villages.

    python -m bench.nik_clinic [CASES]

In a PostgreSQL of its own, NIKs of a regency's people are spoiled with a seed. Then, over HTTP: the
regency opens the cases and takes its workbooks in one ZIP file; each village copies the right NIK
where it is among the suggestions and sends its workbook in; of the others the civil registry is
asked, and the village repairs by its answer. Nine of ten have to be among the first three.
"""

import asyncio
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
from httpx2 import AsyncClient
from python_calamine import load_workbook
from rich.console import Console
from rich.table import Table

from app.domain.actors import Actor, Role
from app.embedded import Server
from bench import slips
from bench.services import a_service, a_worker, headers_for, somebody
from bench.slips import SLIPS, Slip
from bench.watching import a_server, villages_of
from bench.weighing import held

CASES = 2_000
REGENCY = "3522"
WANTED = 0.9
SUGGESTED = ("SARAN NIK 1", "SARAN NIK 2", "SARAN NIK 3")
AT_ONCE = 8  # villages that send their workbook in
LOOKS_APART = 0.25
AT_WORK = {"received", "checking", "applying"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
console = Console(highlight=False, width=120)
Row = dict[str, str]


@dataclass
class Clinic:
    http: AsyncClient
    app_url: str
    pids: Mapping[str, int]
    by_number: Mapping[tuple[str, str], Slip]  # by village and by what was written
    began: float = field(default_factory=time.perf_counter)
    operators: dict[str, Actor] = field(default_factory=dict)

    async def who(self, role: Role, code: str) -> Actor:
        if code not in self.operators:
            self.operators[code] = await somebody(self.app_url, role, code)
        return self.operators[code]

    async def asks(self, by: Actor, method: str, path: str, **sent: Any) -> Any:  # noqa: ANN401
        headers = {**headers_for(by), **sent.pop("headers", {})}
        answer = await self.http.request(method, path, headers=headers, **sent)
        if answer.is_error:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer

    def tell(self, what: str) -> None:
        memory = ", ".join(f"{name} {held(pid)[0]:.0f} MB" for name, pid in self.pids.items())
        console.print(f"{time.perf_counter() - self.began:7.1f} s  {what} (at most: {memory})")


# --- the regency


async def opens(clinic: Clinic, desk: Actor) -> int:
    count, more = 0, True
    while more:
        answer = (await clinic.asks(desk, "POST", "/v1/nik-cases", json={})).json()
        count, more = count + answer["opened"], answer["more"]
    return count


async def hands_out(clinic: Clinic, desk: Actor) -> dict[str, list[Row]]:
    """The rows of each village, as its workbook shows them."""
    answer = await clinic.asks(desk, "GET", "/v1/nik-cases/workbooks")
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        books = {name.split()[0]: archive.read(name) for name in archive.namelist()}
    size = len(answer.content)
    clinic.tell(f"{len(books)} workbooks in one ZIP file of {size / 1e6:.1f} MB")
    return {code: rows_of(content) for code, content in books.items()}


def rows_of(content: bytes) -> list[Row]:
    header, *rows = load_workbook(BytesIO(content)).get_sheet_by_index(0).to_python()
    return [dict(zip(map(str, header), map(str, row), strict=True)) for row in rows]


def found(
    clinic: Clinic, books: Mapping[str, list[Row]]
) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Of each way to slip: how many there are, and how many are right at first, and among three."""
    handed_out: Counter[str] = Counter()
    at_first: Counter[str] = Counter()
    among_three: Counter[str] = Counter()
    for code, rows in books.items():
        for row in rows:
            slip = clinic.by_number[code, row["NIK LAMA"]]
            said = [row[column] for column in SUGGESTED]
            handed_out[slip.name] += 1
            at_first[slip.name] += said[0] == slip.right
            among_three[slip.name] += slip.right in said
    return handed_out, at_first, among_three


# --- a village


async def repairs(clinic: Clinic, code: str, rows: list[Row]) -> Counter[str]:
    """Whatever stands among the suggestions is copied; the workbook goes back, and is applied."""
    for row in rows:
        right = clinic.by_number[code, row["NIK LAMA"]].right
        if right in {row[column] for column in SUGGESTED}:
            row |= {"NIK BENAR": right, "CATATAN / BUKTI": "KTP asli diperlihatkan"}
    operator = await clinic.who(Role.VILLAGE_OPERATOR, code)
    sent = await clinic.asks(
        operator,
        "POST",
        "/v1/imports",
        params={"kind": "nik_corrections"},
        content=workbook_of(rows),
        headers={"Content-Type": XLSX},
    )
    path = f"/v1/imports/{sent.json()['id']}"
    import_ = await settled(clinic, path, operator)
    if import_["counts"]["bad"]:
        raise RuntimeError(f"{code}: {import_['counts']}")
    step = {"action": "apply", "mode": "all"}
    version = {"If-Match": f'"{import_["version"]}"'}
    await clinic.asks(operator, "POST", f"{path}/steps", json=step, headers=version)
    import_ = await settled(clinic, path, operator)
    return Counter(import_["counts"])


def workbook_of(rows: list[Row]) -> bytes:
    """As a spreadsheet saves it: every cell as it stood, but for those that were filled in."""
    file = BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet("Data")
    for number, values in enumerate([list(rows[0]), *(list(row.values()) for row in rows)]):
        for place, value in enumerate(values):
            if value:
                sheet.write_string(number, place, value)
    book.close()
    return file.getvalue()


async def settled(clinic: Clinic, path: str, by: Actor) -> dict[str, Any]:
    while True:
        import_: dict[str, Any] = (await clinic.asks(by, "GET", path)).json()
        if import_["problem"]:
            raise RuntimeError(import_["problem"])
        if import_["state"] not in AT_WORK:
            return import_
        await asyncio.sleep(LOOKS_APART)


async def all_repair(clinic: Clinic, books: Mapping[str, list[Row]]) -> Counter[str]:
    line = asyncio.Semaphore(AT_ONCE)

    async def one(code: str, rows: list[Row]) -> Counter[str]:
        async with line:
            return await repairs(clinic, code, rows)

    counts = await asyncio.gather(*(one(code, rows) for code, rows in books.items()))
    return sum(counts, Counter())


# --- the civil registry


async def answers(clinic: Clinic, books: Mapping[str, list[Row]]) -> int:
    """Of whom no suggestion was right: asked by the village, answered, and repaired by that."""
    left = [
        (code, row["ID BARIS"], clinic.by_number[code, row["NIK LAMA"]].right)
        for code, rows in books.items()
        for row in rows
        if not row["NIK BENAR"]
    ]
    registrar = await somebody(clinic.app_url, Role.CIVIL_REGISTRY_OFFICER, REGENCY)
    for code, case, right in left:
        operator = await clinic.who(Role.VILLAGE_OPERATOR, code)
        grounds = {"note": "SIAK"}
        await steps(clinic, operator, case, {"action": "ask"})
        answer = {"action": "answer", "found": {"nik": right}, "grounds": grounds}
        await steps(clinic, registrar, case, answer)
        told = (await clinic.asks(operator, "GET", f"/v1/nik-cases/{case}")).json()
        likeliest = told["suggestions"][0]
        if (likeliest["nik"], likeliest["why"]) != (right, "answered"):
            raise RuntimeError(f"{case}: {likeliest}")
        await steps(clinic, operator, case, {"action": "repair", "corrections": {"nik": right}})
    return len(left)


async def steps(clinic: Clinic, by: Actor, case: str, step: dict[str, Any]) -> None:
    path = f"/v1/nik-cases/{case}"
    version = (await clinic.asks(by, "GET", path)).headers["etag"]
    await clinic.asks(by, "POST", f"{path}/steps", json=step, headers={"If-Match": version})


# --- how far they have come


async def progress(clinic: Clinic, desk: Actor) -> dict[str, Any]:
    """Of the regency; village by village, those of each district."""
    path = "/v1/nik-cases/progress"
    whole: dict[str, Any] = (await clinic.asks(desk, "GET", path)).json()
    table = Table("", *NUMBERS, title="how far they have come")
    for district in whole["children"]:
        asked = {"region_code": district["region_code"]}
        inside = (await clinic.asks(desk, "GET", path, params=asked)).json()
        for village in filter(has_cases, inside["children"]):
            table.add_row(*told_of(village, "  "))
        table.add_row(*told_of(district, ""), style="bold")
    table.add_row(*told_of(whole, ""), style="bold")
    console.print(table)
    return whole


NUMBERS = ("total", "invalid", "proposed", "awaiting_civil_registry", "repaired", "refused")


def has_cases(region: Mapping[str, Any]) -> bool:
    return bool(region["total"])


def told_of(region: Mapping[str, Any], indent: str) -> list[str]:
    name = f"{indent}{region['region_code']} {region['region_name']}"
    return [name, *(str(region[number]) for number in NUMBERS)]


def told_found(clinic: Clinic, books: Mapping[str, list[Row]]) -> bool:
    """Whether nine of ten are there, of every way to slip."""
    handed_out, at_first, among_three = found(clinic, books)
    made = Counter(slip.name for slip in clinic.by_number.values())
    unseen = Counter(slip.name for slip in clinic.by_number.values() if not slip.shows)
    columns = ("written down wrong", "of these look right", "handed out", "first", "among three")
    table = Table("", *columns, title="the right NIK among the suggestions")
    for name in SLIPS:
        of = handed_out[name]
        shares = (f"{each[name]} ({each[name] / of:.1%})" for each in (at_first, among_three))
        table.add_row(name, str(made[name]), str(unseen[name]), str(of), *shares)
    console.print(table)
    return all(among_three[name] >= WANTED * handed_out[name] > 0 for name in SLIPS)


async def round_trip(clinic: Clinic) -> None:
    desk = await clinic.who(Role.REGENCY_OPERATOR, REGENCY)
    clinic.tell(f"{await opens(clinic, desk)} cases are open")
    books = await hands_out(clinic, desk)
    clinic.tell("they are read")
    enough = told_found(clinic, books)
    counts = await all_repair(clinic, books)
    clinic.tell(f"the villages have sent them in: {dict(counts)}")
    clinic.tell(f"the civil registry has answered for {await answers(clinic, books)}")
    whole = await progress(clinic, desk)
    left = whole["total"] - whole["repaired"] - whole["proposed"]
    if left or not enough:
        sys.exit(f"{left} cases are left; enough suggestions were right: {enough}")


async def measured(server: Server, folder: Path, cases: int) -> None:
    codes = [village.code for village in await villages_of(server, REGENCY)]
    began = time.perf_counter()
    regency = await slips.settle(server.owner_url, codes, cases)
    homes = sum(map(len, regency.homes.values()))
    seconds = time.perf_counter() - began
    console.print(f"{homes:,} households of {len(codes)} villages in {seconds:.0f} s")
    storage = (folder / "documents").as_uri()
    async with (
        a_service(server.app_url, SIKS_STORAGE_URL=storage) as service,
        a_worker(server.app_url, folder / "documents") as worker,
        AsyncClient(base_url=service.url, timeout=120) as http,
    ):
        pids = {"service": service.process.pid, "worker": worker.process.pid}
        by_number = {(slip.village, slip.written): slip for slip in regency.slips}
        await round_trip(Clinic(http, server.app_url, pids, by_number))


def main() -> None:
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    with a_server() as (server, folder):
        asyncio.run(measured(server, folder, cases))


if __name__ == "__main__":
    main()
