"""Write docs/imports.md anew from the layouts of files: `make imports`."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from app.domain.errors import Said
from app.domain.imports.checks import GROUPINGS
from app.domain.imports.columns import Column, ImportKind, Layout
from app.domain.imports.layouts import LAYOUTS
from app.domain.imports.problems import catalogue, usual

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "imports.md"
MANY = 16  # choices that a table still shows
PREFACE = """# Files that are taken in

For whoever makes a file, by hand or by a program. Each kind has its columns below; a template with
them, with lists to choose from and cells that keep sixteen digits, can be downloaded. This page is
written from the layouts by `make imports`, and a test holds it against them.

## Columns

* They are found by name among the first ten rows, in any order. Capitals, blanks, line breaks and
  punctuation do not matter, nor does a number or an example in brackets: `Nama SLS (11)`,
  `TANGGAL LAHIR (31/01/2000)`. Besides the names below, the keys are understood.
* What stands in columns that we do not know is not read; their names are told.
* A column that is required and not there stops the file, as do two columns of one name.
* Below the header, empty rows, the header once more and the line of column numbers (`KOLOM ...`)
  count for nothing.

## Cells

* NIK, family cards and household ids are text. A number cell is refused: Excel keeps 15 digits of
  a number, so the last of sixteen is lost, and `3,67E+15` has lost more.
* Dates are `19/05/1984` (day first), `1984-05-19`, or a cell that is a date.
* Where there is a choice, its code, its label or one of its other names will do, in any case;
  `01` is 1.
* A region is named, or given by its Kemendagri code with dots or without: `3672011001`. Naming
  what lies around a village tells it from others of its name.
* RT and RW have up to three digits; 4, 004 and `RT 04` are the same.
* Text is one line of 250 characters, a note has 2,000. An empty cell, or a dash alone, says
  nothing: it is neither zero nor no.
* What cannot be read in a column marked *kept* is told and left out; elsewhere it is an error, and
  the row, with all rows of its unit, waits until it is mended.

In the tables, *place* is where a value belongs: `member/name` is a field of the member,
`answers/household/floor_area` an answer of the survey, `asks/programme` what a proposal asks.
"""
ABOUT_PROBLEMS = """Each has a code that stays, and a sentence in both languages. An error keeps the
row out, a warning is shown and in nobody's way. `M..` and `H..` are rules of the questionnaire. In
files of BDT2015 what the NIK breaks is a warning: the draft says it again.
"""


# What becomes of a row, where that does not go without saying.
BECOMES: Mapping[ImportKind, str] = {
    ImportKind.NIK_CORRECTIONS: """
`DIPERBAIKI` edits a draft at once; of a registered person it drafts a correction, with the note as
its evidence. `MENINGGAL`, `PINDAH`, `TIDAK DITEMUKAN` and `GANDA` take a person out of a draft at
once, and draft the removal of a registered one with that reason: the village adds the date, or
proposes a move instead, and submits it. `BELUM SELESAI`, and a row without an outcome, do nothing.
Protected columns that differ from the record are told (`protected_changed`) and not read; the
explanation and the suggestions, U to Z, are not even compared. The same
row once more is `same`. Undone, drafted proposals are withdrawn and people come back into their
drafts; a draft that was edited stays as it is.
""",
    ImportKind.VERIFICATION_RESULTS: """
Each row is a verdict of whoever sends the file, in his role: what is not open to him now
(`action_not_open`, `own_work`, `own_family` and so on), has changed since (`proposal_changed`) or
is unknown in his region is told before anything is applied. What he has said already is `same`. An
endorsement names its letter in each row. Undone, a verdict is taken back where it still is the last
word.
""",
    ImportKind.OPERATORS: """
Each row opens an account with its first assignment, as `POST /v1/accounts` does; the NIK says which
person he is. **No password comes of a file**: it would have to be kept somewhere until it is read.
Give the `id`s of the import's units to `POST /v1/accounts/resets`, up to 1,000 at once: its answer
tells the one-time passwords, once. Who is an operator of that village by this name already is
`same` (`on_record`); where somebody else is, that is told (`village_staffed`). Undone, accounts
with which nobody has signed in are dismissed.
""",
}


def document() -> str:
    return "\n".join([PREFACE, *map(_layout, LAYOUTS.values()), *_problems()])


def _layout(layout: Layout) -> str:
    unit = f" Rows of one `{layout.unit}` go in together." if layout.unit else ""
    groups = ", ".join(f"`{' + '.join(each.by)}`" for each in GROUPINGS[layout.kind])
    lines = [
        f"## {layout.title.en}: `{layout.kind}`",
        "",
        f"Version `{layout.version}`, {layout.max_rows:,} rows at most.{unit}",
        f"Rows are compared by {groups}.",
        "",
        "| | column | key | what | place |",
        "|---|---|---|---|---|",
        *(_row(each) for each in layout.columns),
        BECOMES.get(layout.kind, ""),
    ]
    return "\n".join(lines)


def _row(column: Column) -> str:
    needed = " **required**" if column.required else ""
    marks = " *protected*" if column.protected else ""
    marks += " *kept*" if column.lenient else ""
    place = f"`{'/'.join(column.place)}`" if column.place else ""
    cells = [
        column.letter,
        f"{column.header.id}{needed}",
        f"`{column.key}`",
        f"{_what(column)}{marks}",
        place,
    ]
    return f"| {' | '.join(each.replace('|', '/') for each in cells)} |"


def _what(column: Column) -> str:
    choices = column.choices
    offered = ", ".join(_both(each) for each in choices) if len(choices) <= MANY else ""
    return f"{column.hint.en}: {offered}" if offered else column.hint.en


def _both(label: Said) -> str:
    return label.id if label.id == label.en else f"{label.id} ({label.en})"


def _problems() -> Iterator[str]:
    yield "## Problems\n"
    yield ABOUT_PROBLEMS
    yield "| code | | what to do | |"
    yield "|---|---|---|---|"
    for code, said in catalogue().items():
        yield f"| `{code}` | {usual(code)} | {said.id} | {said.en} |"
    yield ""


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
