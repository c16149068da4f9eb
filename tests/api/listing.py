"""Words for tests of lists: asked for, waited for, fetched."""

import asyncio
import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from tests.registry import Caller

PATIENCE_SECONDS = 30
Cells = dict[str, list[list[Any]]]


async def asks(by: Caller, **wish: str) -> dict[str, Any]:
    """A list that was taken to be made."""
    answer = await by.posts("/v1/lists", {"kind": "named_list", **wish})
    assert answer.status_code == 202, answer.text
    asked: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/v1/lists/{asked['id']}"
    assert asked["state"] == "requested"
    return asked


async def made(by: Caller, **wish: str) -> dict[str, Any]:
    """A list that is there."""
    list_ = await asks(by, **wish)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while list_["state"] == "requested":
            await asyncio.sleep(0.05)
            list_ = (await by.gets(f"/v1/lists/{list_['id']}")).json()
    assert list_["state"] == "made", list_
    return list_


async def fetched(by: Caller, list_: dict[str, Any]) -> bytes:
    answer = await by.gets(list_["file"])
    assert answer.status_code == 200, answer.text
    assert len(answer.content) == list_["bytes"]
    return answer.content


def cells_of(content: bytes) -> Cells:
    """Sheet by sheet, as a spreadsheet program reads them."""
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def lines_of(sheet: list[list[Any]]) -> list[dict[str, Any]]:
    """The rows below the header, by the names of their columns."""
    [start] = [number for number, row in enumerate(sheet) if row[0] in {"No", "Kode"}]
    return [dict(zip(sheet[start], row, strict=True)) for row in sheet[start + 1 :]]


def text_of(pdf: bytes, folder: Path) -> str:
    """What is read on the paper, as far as this machine can tell."""
    assert pdf.startswith(b"%PDF-1.7")
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("there is no pdftotext here")
    path = folder / "paper.pdf"
    path.write_bytes(pdf)
    told = subprocess.run([program, "-layout", path, "-"], capture_output=True, check=True)  # noqa: S603
    return told.stdout.decode()
