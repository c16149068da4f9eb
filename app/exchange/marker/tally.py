"""What is counted while rows are written, and the sheet that says it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain.errors import Said
from app.domain.imports.headers import MESSAGES, STATUS
from app.exchange.marker import words
from app.exchange.marker.rows import ERROR, Frame, Marked, Remark
from app.exchange.sheet_names import SUMMARY
from app.exchange.sheets import MOST_COMMENTS, Book, Lines

WIDTHS = (34, 14, 12, 22, 90, 30)


@dataclass
class Count:
    """One code: how often, and as it was said the first time."""

    first: int
    text: str
    columns: dict[str, None] = field(default_factory=dict)
    many: int = 0


@dataclass
class Tally:
    rows: int = 0
    bad: int = 0
    doubtful: int = 0
    commented: int = 0
    uncommented: int = 0
    codes: dict[tuple[str, str], Count] = field(default_factory=dict)

    def add(self, row: Marked, remarks: Sequence[Remark], frame: Frame) -> None:
        self.rows += 1
        if row.severity:
            self.bad += row.severity == ERROR
            self.doubtful += row.severity != ERROR
        for each in remarks:
            count = self.codes.setdefault((each.code, each.severity), Count(row.number, each.text))
            count.many += 1
            place = frame.places.get(each.column or "")
            if place is not None:
                count.columns[frame.names[place]] = None

    def may_comment(self, severity: str) -> bool:
        """Half of them are kept for errors."""
        most = MOST_COMMENTS if severity == ERROR else MOST_COMMENTS // 2
        has_room = self.commented < most
        self.commented += has_room
        self.uncommented += not has_room
        return has_room

    def told(self) -> dict[str, Any]:
        counts = ("rows", "bad", "doubtful", "commented", "uncommented")
        return {name: getattr(self, name) for name in counts}


@dataclass(frozen=True)
class About:
    """What else the sheet says, in the language of its reader."""

    facts: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()


def sum_up(book: Book, frame: Frame, tally: Tally, about: About) -> None:
    lines = book.lines(SUMMARY, WIDTHS)
    lines.add(frame.layout.title, style="title")
    for fact in about.facts:
        lines.add(*fact, style="text")
    _counts(lines, tally)
    _list(
        lines,
        words.HOW_TO,
        [lines.told(each, status=STATUS, messages=MESSAGES) for each in words.STEPS],
    )
    _problems(lines, tally)
    if frame.header.unknown:
        _list(lines, words.UNKNOWN, frame.header.unknown)
    if about.notes:
        _list(lines, words.NOTES, about.notes)
    _list(lines, words.LOST, words.LOSSES)
    lines.sheet.activate()


def _counts(lines: Lines, tally: Tally) -> None:
    good = tally.rows - tally.bad - tally.doubtful
    lines.add(words.ROWS, tally.rows, style="text")
    lines.add(words.GOOD, good, style="text")
    lines.add(words.BAD, tally.bad, style="error")
    lines.add(words.DOUBTFUL, tally.doubtful, style="warning")
    if tally.uncommented:
        lines.add(words.UNCOMMENTED, tally.uncommented, style="text")
        said = lines.told(words.WHY_UNCOMMENTED, most=MOST_COMMENTS, column=MESSAGES)
        lines.add(said, style="text")


def _problems(lines: Lines, tally: Tally) -> None:
    lines.add("", style="text")
    lines.add(words.PROBLEMS, style="bold")
    if not tally.codes:
        lines.add(words.NONE_FOUND, style="text")
        return
    lines.add(*words.PROBLEM_TITLES, style="header")
    most_first = sorted(tally.codes.items(), key=lambda each: (each[0][1], -each[1].many))
    for (code, severity), count in most_first:
        status, columns = words.SEVERITIES[severity], ", ".join(count.columns)
        lines.add(columns, status, count.many, count.first, count.text, code)


def _list(lines: Lines, title: Said, items: Sequence[Said | str]) -> None:
    lines.add("", style="text")
    lines.add(title, style="bold")
    for each in items:
        lines.add(each, style="text")
