"""Cells in which one of a few things is chosen: by its code, its label or another name for it."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from app.domain.errors import Language, Said
from app.domain.imports.cells import LINE, Cell, WrittenForm
from app.domain.imports.problems import SAID, Flawed

NO_SIGN = re.compile(r"[^\w]|_")


def folded(text: str) -> str:
    """What is compared of two spellings: letters and digits, whatever their case or width."""
    return NO_SIGN.sub("", unicodedata.normalize("NFKC", text).casefold())


@dataclass(frozen=True)
class Option:
    value: str | int | bool
    label: Said
    aliases: tuple[str, ...] = ()

    def spellings(self) -> Iterator[str]:
        yield from () if isinstance(self.value, bool) else (str(self.value),)
        yield from (self.label.id, self.label.en, *self.aliases)


@dataclass(frozen=True, kw_only=True)
class Choice(WrittenForm):
    name: str = "choice"
    options: tuple[Option, ...] = ()

    @property
    def choices(self) -> tuple[Said, ...]:
        return tuple(each.label for each in self.options)

    @cached_property
    def by_spelling(self) -> Mapping[str, Option]:
        return {folded(text): each for each in self.options for text in each.spellings()}

    @cached_property
    def refused(self) -> Flawed:
        """With the choices in the sentence, each in its language."""
        said = SAID["not_a_choice"]
        return Flawed(
            "not_a_choice",
            said=Said(
                id=said.id.format(choices=", ".join(each.id for each in self.choices)),
                en=said.en.format(choices=", ".join(each.en for each in self.choices)),
            ),
        )

    def of_text(self, text: str) -> object:
        known = folded(text[:LINE])
        found = self.by_spelling.get(known) or self.by_spelling.get(known.lstrip("0"))
        return self.refused if found is None else found.value

    def shown(self, value: object, language: Language) -> str:
        chosen = next(each for each in self.options if each.value == value)
        return chosen.label.told(language)


def coded(*rows: tuple[str, str, str, str]) -> tuple[Option, ...]:
    """Options of rows: the code, both labels, and other names divided by `|`."""
    return tuple(
        Option(code, Said(id=label_id, en=label_en), tuple(filter(None, more.split("|"))))
        for code, label_id, label_en, more in rows
    )


@dataclass(frozen=True, kw_only=True)
class YesNo(Choice):
    """YA or TIDAK; the codes 1 and 2, and 3 and 4, are those of the forms."""

    name: str = "yes_no"
    options: tuple[Option, ...] = (
        Option(value=True, label=Said(id="YA", en="YA"), aliases=("Y", "yes", "true", "1", "3")),
        Option(
            value=False,
            label=Said(id="TIDAK", en="TIDAK"),
            aliases=("T", "N", "no", "false", "tdk", "2", "4"),
        ),
    )

    def read(self, cell: Cell) -> object:
        return cell if isinstance(cell, bool) else super().read(cell)


SEX = Choice(
    told=Said(id="Laki-laki atau Perempuan", en="Laki-laki (male) or Perempuan (female)"),
    options=(
        Option(1, Said(id="Laki-laki", en="Laki-laki"), ("L", "LK", "laki", "pria", "male", "M")),
        Option(2, Said(id="Perempuan", en="Perempuan"), ("P", "PR", "wanita", "female", "F")),
    ),
)
