"""The same as CSV, which has neither colours nor comments nor a second sheet."""

import csv
from collections.abc import Sequence
from typing import TextIO

from app.domain.errors import Language
from app.domain.imports.cells import Cell
from app.domain.imports.headers import MESSAGES, STATUS
from app.exchange.marker.rows import LOST, Frame, Marked, Remark
from app.exchange.marker.words import SEVERITIES
from app.exchange.sheets import DELIMITER, clean, neutral


class MarkedText:
    def __init__(self, file: TextIO, frame: Frame, language: Language) -> None:
        self._rows = csv.writer(file, delimiter=DELIMITER)
        self._frame, self._language, self._done = frame, language, 0

    def add(self, row: Marked) -> None:
        """Rows keep their numbers, so those that are blank stand here too."""
        for _ in range(self._done + 1, row.number):
            self._rows.writerow(())
        self._done = row.number
        said = [SEVERITIES[row.severity].told(self._language), row.message]
        if row.number == self._frame.row:
            said = [STATUS.told(self._language), MESSAGES.told(self._language)]
        cells = [_text(cell, row.flaws.get(place, ())) for place, cell in enumerate(row.cells)]
        cells += [""] * (self._frame.width - len(cells))
        self._rows.writerow([*cells, *map(_text, said), *map(_text, row.beyond)])


def _text(cell: Cell, remarks: Sequence[Remark] = ()) -> str:
    """What is refused for being a number or a day has to be refused in a file of text, too."""
    if cell is None or isinstance(cell, str):
        return neutral(clean(cell or ""))
    is_number = "number_instead_of_text" in {each.code for each in remarks}
    return f"{cell:.14E}" if is_number else LOST  # as Excel itself writes a number of this length
