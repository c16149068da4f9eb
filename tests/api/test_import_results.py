"""What was sent goes back with what is wrong marked; and what files should be like is told."""

import asyncio
import csv
import io
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx2 import Response
from python_calamine import CalamineWorkbook

from app.commands.sweeping import sweep
from app.domain.actors import Role
from app.domain.imports.layouts import LAYOUTS, ImportKind
from app.domain.imports.workflow import RowsNotGood
from app.exchange.sheets import DELIMITER
from tests.api.test_imports import (
    PATIENCE_SECONDS,
    a_file,
    a_row,
    applied,
    checked,
    done,
    sends,
    takes,
)
from tests.api.test_imports import worker as worker  # noqa: PLC0414 - a fixture
from tests.registry import Caller, Registry, refused

R = Role
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
async def operator(registry: Registry) -> Caller:
    return await registry.caller(R.VILLAGE_OPERATOR)


async def asks(by: Caller, import_: dict[str, Any], **asked: str) -> Response:
    """The file itself; or why it is not there."""
    return await by.gets(f"/v1/imports/{import_['id']}/result", params=asked)


async def marking(by: Caller, import_: dict[str, Any], format_: str) -> dict[str, Any]:
    """The job that has come to its end."""
    now = (await by.gets(f"/v1/imports/{import_['id']}")).json()
    response = await takes(by, now, "mark", format=format_)
    assert response.status_code == 201, response.text
    now = (await by.gets(f"/v1/imports/{import_['id']}")).json()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            job: dict[str, Any] = (await by.gets(f"/v1/jobs/{now['job_id']}")).json()
            if job["state"] not in {"queued", "running"}:
                return job
            await asyncio.sleep(0.05)


async def marked(by: Caller, import_: dict[str, Any], format_: str) -> bytes:
    job = await marking(by, import_, format_)
    assert job["state"] == "done", job
    answer = await asks(by, import_, format=format_)
    assert answer.status_code == 200, answer.text
    return answer.content


def lines_of(content: bytes) -> list[list[str]]:
    text = content.decode("utf-8-sig")
    return [*csv.reader(io.StringIO(text), delimiter=DELIMITER)]


def cells_of(content: bytes) -> list[list[str]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    rows = book.get_sheet_by_index(0).to_python()
    return [[str(cell) for cell in row] for row in rows]


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


class TestTheMarkedFile:
    @pytest.mark.parametrize(("format_", "read"), [("xlsx", cells_of), ("csv", lines_of)])
    async def test_says_of_each_row_what_is_wrong(
        self,
        registry: Registry,
        operator: Caller,
        format_: str,
        read: Any,  # noqa: ANN401
    ):
        good, bad = a_row(registry.village), a_row(registry.village, nik="123")
        ready = await checked(operator, [good, bad])

        header, first, second = read(await marked(operator, ready, format_))[:3]

        assert header[:2] == ["NIK", "PROGRAM BANSOS"]
        assert (first[0], second[0]) == (good["nik"], "123")
        clean, faulty = (
            " ".join(set(row) - set(each.values()))
            for row, each in (
                (first, good),
                (second, bad),
            )
        )
        assert "16" in faulty
        assert "16" not in clean

    async def test_too_long_for_a_workbook_comes_as_csv(self, registry: Registry, operator: Caller):
        """A wide sheet, with a row far below the others."""
        header, row = a_file([a_row(registry.village)]).splitlines()
        names = b"".join(b";Kolom %d" % number for number in range(220))
        wide = header + names + b"\n" + row + b"\n" * 60_000
        last = a_file([a_row(registry.village)]).splitlines()[1]
        ready = await done(operator, (await sends(operator, wide + last)).json())

        job = await marking(operator, ready, "xlsx")

        assert (job["state"], job["problem"]["code"]) == ("failed", "too-long-for-a-workbook")
        assert len(list(filter(None, lines_of(await marked(operator, ready, "csv"))))) == 3

    async def test_can_be_corrected_and_sent_once_more(self, registry: Registry, operator: Caller):
        ready = await checked(operator, [a_row(registry.village, rt="X")])
        content = await marked(operator, ready, "csv")

        again = await sends(operator, content.replace(b";X;", b";004;"))

        second = await done(operator, again.json())
        assert (second["state"], second["counts"]["bad"]) == ("ready", 0)

    async def test_is_fetched_once_and_in_parts(self, registry: Registry, operator: Caller):
        ready = await checked(operator, [a_row(registry.village)])
        content = await marked(operator, ready, "csv")

        whole = await asks(operator, ready, format="csv")
        path = f"/v1/imports/{ready['id']}/result"
        tag = {"If-None-Match": whole.headers["etag"]}
        same = await operator.gets(path, params={"format": "csv"}, headers=tag)
        part = await operator.gets(path, params={"format": "csv"}, headers={"Range": "bytes=3-9"})

        assert same.status_code == 304
        assert (part.status_code, part.content) == (206, content[3:10])
        assert "usulan (hasil).csv" in whole.headers["content-disposition"].replace(
            "%20", " "
        ).replace("%28", "(").replace("%29", ")")

    async def test_is_asked_for_anew_once_the_import_has_moved(
        self, registry: Registry, operator: Caller
    ):
        bad = a_row(registry.village, rt="X")
        ready = await checked(operator, [a_row(registry.village), bad])
        assert refused(await asks(operator, ready)) == (409, "result-not-made")
        await marked(operator, ready, "csv")

        now = (await operator.gets(f"/v1/imports/{ready['id']}")).json()
        assert [each["format"] for each in now["results"]] == ["csv"]
        after = await applied(operator, now)

        assert after["results"] == []
        assert refused(await asks(operator, ready, format="csv")) == (409, "result-not-made")
        content = (await marked(operator, ready, "csv")).decode("utf-8-sig")
        assert ";X;" in content
        assert RowsNotGood.detail.id not in content  # of a row that says itself what is wrong

    async def test_is_kept_for_a_week(self, app: FastAPI, registry: Registry, operator: Caller):
        ready = await checked(operator, [a_row(registry.village)])
        await marked(operator, ready, "csv")
        folder = Path(urlsplit(app.state.settings.storage_url).path)
        for days, kept in ((6, True), (8, False)):
            await registry.runs(
                "UPDATE import_result SET made_at = now() - make_interval(days => $2) "
                "WHERE import_id = $1",
                UUID(ready["id"]),
                days,
            )
            await sweep(app.state.database, app.state.storage)

            assert bool(files_in(folder / "results" / ready["id"])) is kept
            answer = await asks(operator, ready, format="csv")
            assert answer.status_code == (200 if kept else 409)
        assert await marked(operator, ready, "csv")

    async def test_goes_to_whoever_sent_the_file(self, registry: Registry, operator: Caller):
        ready = await checked(operator, [a_row(registry.village)])
        await marked(operator, ready, "csv")
        colleague = await registry.newcomer(R.VILLAGE_OPERATOR)
        stranger = await registry.caller(R.VILLAGE_OPERATOR, over=registry.neighbour)

        theirs = await asks(colleague, ready, format="csv")
        asked = await takes(colleague, ready, "mark")

        assert refused(theirs) == (403, "others-import")
        assert refused(asked)[0] in {403, 412}
        assert refused(await asks(stranger, ready)) == (404, "import-not-found")


class TestTheLayouts:
    async def test_are_told_in_the_language_asked_for(self, operator: Caller):
        for language, header in (("id", "NAMA"), ("en", None)):
            told = await operator.gets("/v1/import-layouts", headers={"Accept-Language": language})
            layouts = {each["kind"]: each for each in told.json()["items"]}
            assert set(layouts) == set(ImportKind)
            columns = {each["key"]: each for each in layouts["proposals"]["columns"]}
            expected = LAYOUTS[ImportKind.PROPOSALS].by_key["name"].header
            assert columns["name"]["header"] == (header or expected.en)
            assert len(columns["marital_status"]["choices"]) == 4

    @pytest.mark.parametrize("kind", ImportKind)
    async def test_have_templates_that_are_read_back(self, operator: Caller, kind: ImportKind):
        path = f"/v1/import-layouts/{kind}/template"
        headers = [column.header.id for column in LAYOUTS[kind].columns]

        workbook, text = await operator.gets(path), await operator.gets(path + "?format=csv")

        assert cells_of(workbook.content)[0] == headers
        assert lines_of(text.content)[0] == headers
        known = {"If-None-Match": workbook.headers["etag"]}
        assert (await operator.gets(path, headers=known)).status_code == 304
