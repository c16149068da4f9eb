"""A tile of the demo's people, and copies of it in other villages: as COPY reads them.

The rows of the tile are taken out once as text. Whatever differs from copy to copy is a *token* in
it: the beginning of an id, a village, an account, a NIK or the number of a family card, a DTKS id.
A copy is that text with other values for the tokens. Names, dates and answers are the same in all.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from app.demo import accounts as offices
from app.demo.accounts import Office
from app.domain.dtks_ids import DtksKind, dtks_id

_ALONE = rb'(?<![^\t"])%b(?![^\t\n"])'  # between quotes, or a column of its own
TOKEN = re.compile(
    rb"\b(?P<id>[0-9a-f]{4})(?=[0-9a-f]{4}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-)"
    rb"|\b(?P<account>[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})\b|"
    + _ALONE % rb"(?:(?P<number>\d{15,16})|(?P<dtks>[RA]\d{10}\w)|(?P<village>\d{10}))"
    + rb"|(?<=\t)@(?P<region>\d+)(?=\t)"
)
VILLAGE = re.compile(rb"(?<![^\t])\d{10}(?![^\t\n])")
# Serial numbers of the tile: its villages are the first 500 dealers of 1,000, and its lodgers have
# every fifteenth number at most two apart. So each district can be used twice.
TURNS = 2
DEALT, SECOND_TURN, SECOND_TURN_OF_LODGERS = 9000, 500, 5


class Token(NamedTuple):
    kind: str
    said: bytes
    village: int  # its place among those of the tile


@dataclass(frozen=True)
class Copies:
    """The villages of the tile, and to each copy those it goes to; the tile's own numbers."""

    villages: Sequence[str]
    targets: Sequence[Sequence[str]]
    districts: Sequence[str]  # all there are; the first `own` are those of the tile's numbers
    own: int
    dtks_ids: int  # given in the tile

    @cached_property
    def places(self) -> dict[bytes, int]:
        return {code.encode(): place for place, code in enumerate(self.villages)}

    @cached_property
    def places_of_districts(self) -> dict[str, int]:
        return {code: place for place, code in enumerate(self.districts[: self.own])}

    @cached_property
    def offices(self) -> dict[bytes, Office]:
        """Whose accounts stand in the tile."""
        return {
            str(office.account_id(code)).encode(): office
            for village in self.villages
            for office, code in offices.offices_around(village)
        }

    def knows(self, token: Token) -> bool:
        """Or it is as it is by chance: a number in an answer."""
        known = {
            "account": lambda: token.said in self.offices,
            "number": lambda: token.said[:6].decode() in self.places_of_districts,
            "village": lambda: token.said in self.places,
        }
        return known.get(token.kind, lambda: True)()

    def value(self, token: Token, copy: int) -> bytes:
        """What stands there in the copy of that number, 1 and on."""
        if token.kind == "id":
            return f"{int(token.said, 16) - copy:04x}".encode()  # as if it were older
        if token.kind == "number":
            return self._number(token.said.decode(), copy).encode()
        if token.kind == "dtks":
            kind, number = DtksKind(token.said[:1].decode()), int(token.said[1:-1])
            return dtks_id(kind, number + copy * self.dtks_ids).encode()
        return self._of_village(token, self.targets[copy - 1][token.village])

    def _of_village(self, token: Token, code: str) -> bytes:
        if token.kind == "account":
            office = _there(self.offices[token.said], code)
            return str(office.account_id(code[: office.tier])).encode()
        return code[: int(token.said) if token.kind == "region" else None].encode()

    def _number(self, said: str, copy: int) -> str:
        """Of a real district and with the same day: no two copies have one in common."""
        place = copy * self.own + self.places_of_districts[said[:6]]
        turn, place = divmod(place, len(self.districts))
        serial = said[12:]
        if turn and len(serial) == len("0000"):
            more = SECOND_TURN if int(serial) <= DEALT else SECOND_TURN_OF_LODGERS
            serial = f"{int(serial) + more:04}"
        return f"{self.districts[place]}{said[6:12]}{serial}"


def _there(office: Office, village: str) -> Office:
    """The head of a village is called otherwise where it is a desa."""
    if office in {offices.HEAD, offices.CHIEF}:
        return offices.HEAD if offices.is_kelurahan(village) else offices.CHIEF
    return office


@dataclass
class Words:
    """All tokens of some tables, each once."""

    copies: Copies
    places: dict[Token, int] = field(default_factory=dict)

    def place(self, token: Token) -> int:
        return self.places.setdefault(token, len(self.places))

    def values(self, copy: int) -> list[bytes]:
        return [self.copies.value(token, copy) for token in self.places]


class Template:
    """The rows of a table, with places for what differs."""

    def __init__(self, text: bytes, words: Words) -> None:
        self._parts: list[bytes] = []
        self._places: list[int] = []
        said = b""
        for line in text.splitlines(keepends=True):
            at = 0
            for token, start, end in _tokens(line, words.copies):
                self._parts += (said + line[at:start], b"")
                self._places.append(words.place(token))
                said, at = b"", end
            said += line[at:]
        self._parts.append(said)

    def filled(self, values: Sequence[bytes]) -> bytes:
        self._parts[1::2] = [values[place] for place in self._places]
        return b"".join(self._parts)


def _tokens(line: bytes, copies: Copies) -> Iterator[tuple[Token, int, int]]:
    village = next(copies.places[each] for each in VILLAGE.findall(line) if each in copies.places)
    for found in TOKEN.finditer(line):
        kind = found.lastgroup or ""
        token = Token(kind, found[kind], village)
        if copies.knows(token):
            yield token, *found.span()
