"""A recapitulation as a workbook: a row for each region, their sum, and a chart of both sexes."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from app.domain.errors import Said
from app.domain.lists import AGE_GROUPS, SURVEY_MONTHS
from app.domain.programmes import programmes
from app.exchange.list_words import AS_OF, PAGE, WORDS, About
from app.exchange.named_lists import ABOVE, HEADER_ROW, PRINTED_LINES
from app.exchange.sheets import AUTHOR, Book, wrap, write

PROGRAMME = "programme:"
CHARTED = 40  # rows: more bars cannot be told apart
BAR, FRAME, CHART_WIDTH = 24, 150, 900  # pixels
COUNT_WIDTH = 10
GRID = {"visible": True, "line": {"color": "#D9D9D9"}}
SHEET = {"id": "Rekapitulasi", "en": "Recapitulation"}
CHART = {"id": "Grafik", "en": "Chart"}
TOTAL = Said(id="JUMLAH", en="TOTAL")
CODE = Said(id="Kode", en="Code")
PEOPLE = Said(id="Orang terdaftar", en="People registered")
FIRST_ONES = Said(id="{title} ({count} baris pertama)", en="{title} (the first {count} rows)")
MEN, WOMEN = Said(id="Laki-laki", en="Men"), Said(id="Perempuan", en="Women")
SEX_UNKNOWN = Said(id="Jenis kelamin belum diisi", en="Sex not filled in")
AGE = Said(id="Umur {low}-{high}", en="Age {low}-{high}")
OLDEST = Said(id="Umur {low} ke atas", en="Age {low} and over")
AGE_UNKNOWN = Said(id="Tanggal lahir belum diisi", en="Birth date not filled in")
RECIPIENTS = Said(id="Penerima {code}", en="Recipients of {code}")
BEFORE = {
    "households": Said(id="Rumah tangga", en="Households"),
    "families": Said(id="Keluarga", en="Families"),
    "people": Said(id="Orang", en="People"),
    "men": MEN,
    "women": WOMEN,
    "sex_unknown": SEX_UNKNOWN,
}
AFTER = {
    "proposals": Said(id="Usulan berjalan", en="Open proposals"),
    "surveyed": Said(id="Rumah tangga tersurvei", en="Households surveyed"),
    "surveyed_recently": Said(
        id=f"Tersurvei dalam {SURVEY_MONTHS} bulan", en=f"Surveyed within {SURVEY_MONTHS} months"
    ),
}

Row = Mapping[str, Any]


def recapitulation(told: Mapping[str, Any], about: About, path: Path) -> None:
    rows: Sequence[Row] = told["rows"]
    columns = {key: about.told(said) for key, said in _columns(rows)}
    with xlsxwriter.Workbook(path, {"in_memory": True}) as workbook:
        workbook.set_properties({"author": AUTHOR, "title": about.title})
        book = Book(workbook, about.language)
        sheet = book.sheet(SHEET)
        _set_up(sheet, about, rows, len(columns))
        _head(sheet, book, [*_names(about), *columns.values()], about.place(told["around"]), about)
        for at, row in enumerate(rows, HEADER_ROW + 1):
            _row(sheet, book, at, row, columns)
        _total(sheet, book, rows, columns)
        if rows:
            _chart(workbook, book, about, min(len(rows), CHARTED), list(columns), len(rows))


def _columns(rows: Sequence[Row]) -> Iterator[tuple[str, Said]]:
    yield from BEFORE.items()
    for name, (low, high) in AGE_GROUPS.items():
        said = OLDEST if low == max(each for each, _ in AGE_GROUPS.values()) else AGE
        yield f"age:{name}", _filled(said, low=low, high=high)
    yield "age:unknown", AGE_UNKNOWN
    found = {key for row in rows for key in row["counts"] if key.startswith(PROGRAMME)}
    usual = [f"{PROGRAMME}{code}" for code, each in programmes().items() if each.proposable]
    for key in [*usual, *sorted(found - set(usual))]:
        yield key, _filled(RECIPIENTS, code=key.removeprefix(PROGRAMME))
    yield from AFTER.items()


def _filled(said: Said, **words: object) -> Said:
    return Said(id=said.id.format(**words), en=said.en.format(**words))


def _names(about: About) -> list[str]:
    rows = about.wish.rows
    assert rows is not None  # noqa: S101 - of a recapitulation
    tiers = list(WORDS)
    around = tiers[max(tiers.index(rows) - 1, 0)]
    return [about.told(CODE), about.told(WORDS[rows]), about.told(WORDS[around])]


def _set_up(sheet: Worksheet, about: About, rows: Sequence[Row], columns: int) -> None:
    sheet.freeze_panes(HEADER_ROW + 1, 2)
    sheet.repeat_rows(HEADER_ROW)
    sheet.hide_gridlines(PRINTED_LINES)
    sheet.set_footer(f"&L&8{about.foot}&R&8{about.told(PAGE, page='&P', pages='&N')}")
    if rows:
        sheet.autofilter(HEADER_ROW, 0, HEADER_ROW + len(rows), columns + 2)
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, 2, 20)
    sheet.set_column(3, columns + 2, COUNT_WIDTH)


def _head(sheet: Worksheet, book: Book, names: list[str], place: str, about: About) -> None:
    above = [about.title, about.whose, place, about.told(AS_OF, day=about.day)]
    for row, (text, style) in enumerate(zip(above, ABOVE, strict=True)):
        write(sheet, row, 0, text, book.styles[style])
    wrap(sheet, HEADER_ROW, ((name, COUNT_WIDTH - 2) for name in names))
    for at, name in enumerate(names):
        write(sheet, HEADER_ROW, at, name, book.styles["printed_header"])


def _row(sheet: Worksheet, book: Book, at: int, row: Row, columns: Mapping[str, str]) -> None:
    for place, name in enumerate((row["code"], row["name"], row["within"] or "")):
        write(sheet, at, place, name, book.styles["text"])
    for place, key in enumerate(columns, 3):
        sheet.write_number(at, place, row["counts"].get(key, 0), book.styles["count"])


def _total(sheet: Worksheet, book: Book, rows: Sequence[Row], columns: Mapping[str, str]) -> None:
    """Numbers, no formulas: they are right in every program, and where nothing is computed."""
    at = HEADER_ROW + len(rows) + 1
    for place, name in enumerate((TOTAL.told(book.language), "", "")):
        write(sheet, at, place, name, book.styles["total_name"])
    for place, key in enumerate(columns, 3):
        total = sum(row["counts"].get(key, 0) for row in rows)
        sheet.write_number(at, place, total, book.styles["total"])


def _chart(  # noqa: PLR0913, PLR0917 - of which rows and columns, and where
    workbook: xlsxwriter.Workbook,
    book: Book,
    about: About,
    shown: int,
    columns: list[str],
    rows: int,
) -> None:
    chart = workbook.add_chart({"type": "bar", "subtype": "stacked"})
    data, first, last = SHEET[about.language], HEADER_ROW + 1, HEADER_ROW + shown
    for key, said, colour in (("men", MEN, "#2F6690"), ("women", WOMEN, "#D98324")):
        place = columns.index(key) + 3
        chart.add_series(
            {
                "name": about.told(said),
                "categories": [data, first, 1, last, 1],
                "values": [data, first, place, last, place],
                "fill": {"color": colour},
                "gap": 60,
            }
        )
    title = about.told(PEOPLE)
    if shown < rows:
        title = about.told(FIRST_ONES, title=title, count=shown)
    chart.set_title({"name": title, "name_font": {"size": 13}})
    chart.set_y_axis({"reverse": True, "interval_unit": 1})
    chart.set_x_axis({"num_format": "#,##0", "major_gridlines": GRID})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": CHART_WIDTH, "height": FRAME + BAR * shown})
    book.sheet(CHART).insert_chart(0, 0, chart)
