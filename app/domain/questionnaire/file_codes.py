"""What files carry for an answer: the codes that the form prints, and how they are read back.

The form alternates 1/2 and 3/4 down a page, so that a row keyed one line off shows. A code of the
other pair is therefore told, never guessed.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.domain.errors import Fault, Said
from app.domain.questionnaire.codebooks import Codebook
from app.domain.questionnaire.questions import Answer, Type, Variable
from app.domain.questionnaire.shapes import fault_in

SHOWN = 30  # characters of what cannot be read
FORM_CODES = (1, 2, 3, 4)
SLIPPED = "H17"
WHOLE = re.compile(r"[0-9]{1,18}")
COMMA = re.compile(r"([0-9]{1,15})(?:,([0-9]{1,30}))?")
POINT = re.compile(r"([0-9]{1,15})\.([0-9]{1,2}|[0-9]{4,30})")  # 1.300 may mean either
DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
INDONESIAN_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")

NOT_THAT_CODE = Said(
    id="{form_ref}: {given} bukan kode isian ini, yaitu {true} (ya) atau {false} (tidak).",
    en="{form_ref}: {given} is none of this question's codes, {true} (yes) and {false} (no).",
)
NOT_A_DATE = Said(
    id="{form_ref}: tulis tanggal sebagai hari/bulan/tahun, misalnya 19/05/1984.",
    en="{form_ref}: write the date as day/month/year, 19/05/1984 for example.",
)

Read = Answer | date


def read(codebook: Codebook, variable: Variable, raw: object) -> Read | Fault:
    """The answer that a cell holds, none if it is empty, or what is wrong with it."""
    text = raw.strip() if isinstance(raw, str) else raw
    if text is None or text == "":
        return None
    if variable.type is Type.BOOLEAN:
        return _boolean(codebook, variable, text)
    if variable.type is Type.DATE:
        return _day(text) or Fault("", "not_a_date", NOT_A_DATE, variable.cited)
    answer: Any = _READ[variable.type](text)
    fault = fault_in(codebook, variable, answer, "")
    return answer if fault is None else fault


def write(variable: Variable, answer: Read) -> str:
    """What a file carries for an answer; what was not asked or not answered is an empty cell."""
    if answer is None:
        return ""
    if isinstance(answer, bool):
        return str(variable.form_true if answer else variable.form_false)
    if variable.type is Type.CHOICE:
        return str(answer).zfill(variable.printed_width)
    if variable.type is Type.DECIMAL:
        return format(Decimal(repr(answer)), "f").replace(".", ",")
    return str(answer)


def _boolean(codebook: Codebook, variable: Variable, given: object) -> bool | Fault:
    code = _whole(given)
    true, false = variable.form_true, variable.form_false
    if code in (true, false):
        return code == true
    words = {**variable.cited, "given": str(given)[:SHOWN], "true": true, "false": false}
    rule = codebook.rules.get(SLIPPED)
    if rule is not None and code in FORM_CODES:
        return Fault("", rule.id, _cited(rule.said), words)
    return Fault("", "not_a_choice", NOT_THAT_CODE, words)


def _cited(said: Said) -> Said:
    return Said(id=f"{{form_ref}}: {said.id}", en=f"{{form_ref}}: {said.en}")


def _whole(given: object) -> object:
    """A spreadsheet keeps 3 as 3.0, and the form prints 03."""
    if isinstance(given, float) and given.is_integer():
        return int(given)
    if isinstance(given, str) and WHOLE.fullmatch(given):
        return int(given)
    return str(given) if isinstance(given, bool) else given


def _decimal(given: object) -> object:
    found = isinstance(given, str) and (COMMA.fullmatch(given) or POINT.fullmatch(given))
    if not found:
        return given
    whole, part = found.groups()
    return float(f"{whole}.{part}") if part else int(whole)


def _text(given: object) -> object:
    """What looks like a number a spreadsheet makes one."""
    whole = _whole(given)
    return str(whole) if isinstance(whole, int) and not isinstance(given, str) else given


def _day(given: object) -> date | None:
    if isinstance(given, date):
        return given.date() if isinstance(given, datetime) else given
    text = str(given)
    if found := DAY.fullmatch(text):
        return _calendar_day(*found.groups())
    if found := INDONESIAN_DAY.fullmatch(text):
        return _calendar_day(*reversed(found.groups()))
    return None


def _calendar_day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


_READ: dict[Type, Callable[[object], object]] = {
    Type.CHOICE: _whole,
    Type.INTEGER: _whole,
    Type.FLAGS: _whole,
    Type.DECIMAL: _decimal,
    Type.TEXT: _text,
}
