"""The files of an extract open in what people and programs use, with every digit and every type."""

import asyncio
import csv
import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import zstandard
from pyarrow import parquet
from python_calamine import load_workbook

from app.domain.extracts.columns import Column, Kind
from app.domain.extracts.formats import DELIMITER, TEXTUAL, Compression, Form, Format
from app.exchange.extract_files import WritingFailed, Written, write
from app.exchange.scribe.parquet import ROW_GROUP
from app.exchange.sheets import CSV_ENCODING
from app.exchange.sheets import DELIMITER as OF_THE_HOUSE
from tests.workbooks import SHOWN_AS_TEXT, Opened

NIK = "0672015905840001"  # a leading zero is a digit too
COLUMNS = (
    Column("nik", Kind.TEXT),
    Column("name", Kind.TEXT),
    Column("members", Kind.INTEGER),
    Column("latitude", Kind.NUMBER),
    Column("pregnant", Kind.BOOLEAN),
    Column("birth_date", Kind.DATE),
    Column("updated_at", Kind.TIMESTAMP),
    Column("programmes", Kind.TEXTS),
)
ROWS: Sequence[Mapping[str, Any]] = (
    {
        "nik": NIK,
        "name": "=1+1",
        "members": 4,
        "latitude": -6.25,
        "pregnant": True,
        "birth_date": "1984-05-19",
        "updated_at": "2026-11-22T13:58:12.123456+00:00",
        "programmes": ["bpnt", "pkh"],
    },
    {
        **dict.fromkeys((each.name for each in COLUMNS), None),
        "nik": "9999999999999999",
        "name": 'Siti "Ami"\n;\x01 \U0001f600',
        "birth_date": "1899-01-02",
        "programmes": [],
    },
)
TYPED = {
    "nik": NIK,
    "name": "=1+1",
    "members": 4,
    "latitude": -6.25,
    "pregnant": True,
    "birth_date": date(1984, 5, 19),
    "updated_at": datetime(2026, 11, 22, 13, 58, 12, 123456, tzinfo=UTC),
    "programmes": ["bpnt", "pkh"],
}
FORMS = [
    *(Form(format_, packed) for format_ in sorted(TEXTUAL) for packed in Compression),
    Form(Format.XLSX),
    Form(Format.PARQUET),
]
TEXT = b'3672015905840001;"Siti"\r\n' * 5_000  # of CSV, as it comes


def lines(rows: Sequence[Mapping[str, Any]]) -> list[bytes]:
    return [json.dumps(row).encode() + b"\n" for row in rows]


async def in_pieces(pieces: Sequence[bytes]) -> AsyncIterator[bytes]:
    for each in pieces:
        yield each


async def made(
    path: Path, form: Form, pieces: Sequence[bytes], columns: Sequence[Column] = COLUMNS
) -> Written:
    return await write(path, columns, form, in_pieces(pieces), {"resource": "members"})


BY_DUCKDB = """
import duckdb, json, sys
table = duckdb.read_parquet(sys.argv[1])
first = "nik, members, birth_date::text, (updated_at AT TIME ZONE 'UTC')::text, programmes"
told = dict(zip(table.columns, map(str, table.types)))
print(json.dumps([told, table.project(first).limit(1).fetchall()[0]]))
"""


def read_by_duckdb(path: Path) -> tuple[dict[str, str], list[Any]]:
    """The types, and the first row; in a process of its own, for its end is a noisy one."""
    told = subprocess.run(  # noqa: S603
        [sys.executable, "-c", BY_DUCKDB, str(path)], check=True, capture_output=True
    )
    types, first = json.loads(told.stdout)
    return types, first


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.suffix)
async def test_the_same_rows_make_the_same_bytes_and_these_are_summed(tmp_path: Path, form: Form):
    pieces = [TEXT, TEXT] if form.format in TEXTUAL else lines(ROWS)

    first = await made(tmp_path / "a", form, pieces)
    second = await made(tmp_path / "b", form, pieces)

    content = (tmp_path / "a").read_bytes()
    assert (tmp_path / "b").read_bytes() == content
    assert first == second == Written(hashlib.sha256(content).digest(), len(content))


async def test_what_is_packed_is_what_is_not(tmp_path: Path):
    plain, packed, denser = (
        Form(Format.CSV, each) for each in (Compression.NONE, Compression.GZIP, Compression.ZSTD)
    )
    for form in (plain, packed, denser):
        await made(tmp_path / form.suffix, form, [TEXT, TEXT])

    content = (tmp_path / plain.suffix).read_bytes()
    assert content.endswith(TEXT + TEXT)
    assert gzip.decompress((tmp_path / packed.suffix).read_bytes()) == content
    with zstandard.open(tmp_path / denser.suffix, "rb") as unpacked:
        assert unpacked.read() == content


async def test_csv_names_its_columns_as_all_csv_of_the_house(tmp_path: Path):
    columns = COLUMNS[:2]
    await made(tmp_path / "a.csv", Form(Format.CSV), [TEXT], columns)
    await made(tmp_path / "a.ndjson", Form(Format.NDJSON), [b'{"nik":1}\n'], columns)

    text = (tmp_path / "a.csv").read_text(CSV_ENCODING)
    first = next(csv.DictReader(text.splitlines(), delimiter=OF_THE_HOUSE))
    assert first == {"nik": "3672015905840001", "name": "Siti"}
    assert DELIMITER == OF_THE_HOUSE
    assert (tmp_path / "a.ndjson").read_bytes() == b'{"nik":1}\n'


class TestParquet:
    async def test_has_types_in_whatever_reads_it(self, tmp_path: Path):
        path = tmp_path / "a.parquet"
        await made(path, Form(Format.PARQUET), lines(ROWS))

        table = parquet.read_table(path)
        assert table.to_pylist()[0] == TYPED
        assert table.to_pylist()[1]["birth_date"] == date(1899, 1, 2)
        assert table.schema.field("updated_at").type == pa.timestamp("us", "UTC")
        assert table.schema.metadata[b"siks-resource"] == b"members"

        told, found = await asyncio.to_thread(read_by_duckdb, path)
        assert told == {
            "nik": "VARCHAR",
            "name": "VARCHAR",
            "members": "BIGINT",
            "latitude": "DOUBLE",
            "pregnant": "BOOLEAN",
            "birth_date": "DATE",
            "updated_at": "TIMESTAMP WITH TIME ZONE",
            "programmes": "VARCHAR[]",
        }
        assert found == [NIK, 4, "1984-05-19", "2026-11-22 13:58:12.123456", ["bpnt", "pkh"]]

    async def test_comes_in_groups_of_so_many_rows_however_they_came(self, tmp_path: Path):
        columns = COLUMNS[:2]
        rows = lines([{"nik": NIK, "name": str(n)} for n in range(ROW_GROUP * 2 + 5)])
        cut = [b"".join(rows[n : n + 7_777]) for n in range(0, len(rows), 7_777)]

        as_cut = await made(tmp_path / "a", Form(Format.PARQUET), cut, columns)
        at_once = await made(tmp_path / "b", Form(Format.PARQUET), [b"".join(rows)], columns)

        told = parquet.ParquetFile(tmp_path / "a").metadata
        assert as_cut == at_once
        assert [told.row_group(n).num_rows for n in range(told.num_row_groups)] == [
            ROW_GROUP,
            ROW_GROUP,
            5,
        ]

    async def test_of_nothing_still_has_its_columns(self, tmp_path: Path):
        await made(tmp_path / "a", Form(Format.PARQUET), [])

        table = parquet.read_table(tmp_path / "a")
        assert (table.num_rows, table.column_names) == (0, [each.name for each in COLUMNS])


class TestAWorkbook:
    async def test_keeps_every_digit_and_has_no_formula(self, tmp_path: Path):
        path = tmp_path / "a.xlsx"
        await made(path, Form(Format.XLSX), lines(ROWS))

        header, first, second = load_workbook(path).get_sheet_by_index(0).to_python()
        assert header == [each.name for each in COLUMNS]
        assert first == [
            NIK,
            "=1+1",
            4,
            -6.25,
            True,
            date(1984, 5, 19),
            "2026-11-22T13:58:12.123456+00:00",
            "bpnt|pkh",
        ]
        assert second == ["9999999999999999", ROWS[1]["name"], "", "", "", "1899-01-02", "", ""]

        opened = Opened(path)
        assert [opened.kind(cell) for cell in ("A2", "B2", "C2", "F2")] == [
            *("inlineStr", "inlineStr", "n", "n")
        ]
        assert opened.style(opened.cells["A2"].get("s"))[0] == SHOWN_AS_TEXT
        assert not opened.has_formulas()
        assert "siks-resource" in opened.part("docProps/custom.xml")
        assert ">2000-01-01T00:00:00Z</dcterms:created>" in opened.part("docProps/core.xml")

    async def test_opens_in_libreoffice(self, tmp_path: Path):
        soffice = shutil.which("soffice")
        if not soffice:
            pytest.skip("LibreOffice is not installed")
        path = tmp_path / "a.xlsx"
        await made(path, Form(Format.XLSX), lines(ROWS))

        await asyncio.to_thread(
            subprocess.run,
            [
                *(soffice, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile"),
                *("--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76"),
                *("--outdir", str(tmp_path), str(path)),
            ],
            check=True,
            capture_output=True,
            timeout=100,
        )

        text = (tmp_path / "a.csv").read_text("utf-8")
        [first, second] = csv.DictReader(re.split("(?<=\n)", text))
        assert (first["nik"], first["name"], first["birth_date"]) == (NIK, "=1+1", "19/05/1984")
        assert second["nik"] == "9999999999999999"


@pytest.mark.parametrize("format_", [Format.XLSX, Format.PARQUET])
class TestAFileThatCannotBeMade:
    """Neither as half a file, nor with a word of what it would have held."""

    @pytest.mark.parametrize(
        "faulty",
        [
            b'{"nik": "0672015905840001"\n',
            b'{"nik": 672015905840001, "name": "Siti"}\n',
            b'{"nik": "0672015905840001", "name": "Siti", "other": 1}\n',
        ],
        ids=["no JSON", "a number for a text", "another column"],
    )
    async def test_is_refused(
        self, tmp_path: Path, format_: Format, faulty: bytes, capfd: pytest.CaptureFixture[str]
    ):
        good = lines([{"nik": NIK, "name": "Siti"}])
        with pytest.raises(WritingFailed):
            await made(tmp_path / "a", Form(format_), [*good, faulty], COLUMNS[:2])

        assert "67201" not in capfd.readouterr().err

    async def test_leaves_no_process_behind(self, tmp_path: Path, format_: Format):
        async def broken() -> AsyncIterator[bytes]:
            yield lines(ROWS)[0]
            raise ConnectionResetError

        with pytest.raises(ConnectionResetError):  # and not the end of the rows
            await write(tmp_path / "a", COLUMNS, Form(format_), broken())
