"""Cells that answer a question of the questionnaire, by the codes that its form prints."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from app.domain.errors import Fault, Language, Said
from app.domain.imports.cells import NOTHING, Cell, Form, written
from app.domain.imports.choices import YesNo
from app.domain.imports.problems import Flawed
from app.domain.questionnaire.codebooks import NEWEST
from app.domain.questionnaire.file_codes import read, write
from app.domain.questionnaire.questions import Type, Variable

WORDS = {
    name: option.value
    for name, option in YesNo().by_spelling.items()
    if not name.isdigit()  # 1 and 2, and 3 and 4, are the question's own
}
SAID = {
    Type.INTEGER: Said(id="bilangan bulat", en="a whole number"),
    Type.DECIMAL: Said(id="bilangan, boleh dengan koma", en="a number, with a comma if need be"),
    Type.TEXT: Said(id="teks", en="text"),
    Type.FLAGS: Said(id="jumlah dari kode-kodenya", en="the sum of its codes"),
}


@dataclass(frozen=True, kw_only=True)
class AnswerForm(Form):
    """One question. Codes come with a leading zero or without."""

    variable: Variable

    def read(self, cell: Cell) -> object:
        text = written(cell)
        if not isinstance(text, str) or text in NOTHING:
            return None if isinstance(text, str) else text
        meant = self._words.get(text.casefold()) if self._words else None
        if meant is not None:
            return meant
        found = read(NEWEST, self.variable, _given(cell, text))
        return Flawed(found.code, found.words, found.said) if isinstance(found, Fault) else found

    def shown(self, value: object, language: Language) -> str:  # noqa: ARG002
        return write(self.variable, value)  # type: ignore[arg-type]

    @cached_property
    def _words(self) -> Mapping[str, object]:
        """Answers in words. A number is always a code; `Gas > 3 kg` is not `Gas 3 kg`."""
        if self.variable.type is Type.BOOLEAN:
            return WORDS
        labels = {
            name.casefold(): code
            for code, label in self.variable.choices.items()
            for name in (label.id, label.en)
        }
        return {name: code for name, code in labels.items() if not name.isdigit()}


def _given(cell: Cell, text: str) -> object:
    """Numbers as numbers: what comes after six decimals nobody has measured."""
    if isinstance(cell, str | bool):
        return text
    return round(cell, 6) if isinstance(cell, float) else cell


def answer_form(variable: Variable) -> AnswerForm:
    return AnswerForm(
        name=str(variable.type), told=_said(variable), is_text=False, variable=variable
    )


def _said(variable: Variable) -> Said:
    if variable.type is Type.BOOLEAN:
        yes, no = variable.form_true, variable.form_false
        return Said(id=f"{yes} (ya) atau {no} (tidak)", en=f"{yes} (yes) or {no} (no)")
    if variable.type is Type.CHOICE:
        first, last = min(variable.choices), max(variable.choices)
        codes = f"{first}-{last}"
        return Said(id=f"kode {codes}, atau isinya dengan kata", en=f"code {codes}, or its words")
    return SAID[variable.type]
