"""How the rows of a moment are cut into files: chunk by chunk, no more rows than were asked for."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.extracts.formats import XLSX_ROWS, Form, Format
from app.domain.extracts.workflow import MOST_FILES, TooManyFiles


@dataclass(frozen=True)
class Place:
    """A chunk: the part of a village's rows."""

    scope_code: int
    part: int


@dataclass(frozen=True)
class Chunk:
    place: Place
    rows: int


@dataclass(frozen=True)
class File:
    """From which chunk to which, both of them in it."""

    first: Place
    last: Place
    rows: int
    is_deletions: bool = False


def most_rows(form: Form, asked: int) -> int:
    return min(asked, XLSX_ROWS) if form.format is Format.XLSX else asked


def cut(chunks: Iterable[Chunk], most: int) -> list[File]:
    """No chunk has more rows than a file may have."""
    files: list[File] = []
    for each in chunks:
        if files and files[-1].rows + each.rows <= most:
            before = files.pop()
            files.append(File(before.first, each.place, before.rows + each.rows))
        else:
            files.append(File(each.place, each.place, each.rows))
    if len(files) > MOST_FILES:
        raise TooManyFiles(rows=sum(each.rows for each in files), most=MOST_FILES)
    return files
