"""What is no answer at all, and so never kept, not even in a draft.

Whatever JSON may come in, this finds words for it and raises nothing.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from app.domain.errors import Fault, Said
from app.domain.questionnaire.codebooks import Codebook
from app.domain.questionnaire.questions import Variable, words_about, wrong
from app.domain.questionnaire.schema import ID, MEMBERS

UNKNOWN = Said(
    id="Tidak ada isian dengan nama ini di kuesioner {version}.",
    en="The questionnaire {version} has no question of this name.",
)
NOT_AN_OBJECT = Said(id="Harus berupa objek JSON.", en="This must be a JSON object.")
NOT_A_LIST = Said(id="Harus berupa daftar JSON.", en="This must be a JSON list.")
NOT_AN_ID = Said(
    id="Bukan id anggota: tulis UUID-nya dengan huruf kecil.",
    en="Not a member's id: write the UUID in small letters.",
)
TOO_MANY = Said(id="Paling banyak {max} baris.", en="{max} rows at most.")
TOLD = 100  # faults; whoever sends thousands waits no longer than for these
SHOWN = 60  # characters of a name that we do not know

Faults = Iterator[Fault]
Part = Callable[[Codebook, Any, str], Faults]


def malformed(codebook: Codebook, answers: object) -> list[Fault]:
    """The parts that are no answers, as many as are told; pointers begin at the answers."""
    return list(islice(_parts(codebook, answers, "", _PARTS), TOLD))


def _parts(codebook: Codebook, given: object, at: str, parts: Mapping[str, Part]) -> Faults:
    if not isinstance(given, dict):
        yield Fault(at, "malformed", NOT_AN_OBJECT)
        return
    for name, value in given.items():
        part = parts.get(name, _unknown)
        yield from part(codebook, value, f"{at}/{_escaped(name)}")


def _unknown(codebook: Codebook, _value: object, at: str) -> Faults:
    yield Fault(at, "not_allowed", UNKNOWN, {"version": codebook.version})


def _section(name: str) -> Part:
    def part(codebook: Codebook, given: object, at: str) -> Faults:
        asked = {each.key: each for each in codebook.answered(name)}
        return _answers(codebook, asked, given, at)

    return part


def _members(codebook: Codebook, given: object, at: str) -> Faults:
    if not isinstance(given, dict):
        yield Fault(at, "malformed", NOT_AN_OBJECT)
        return
    if len(given) > MEMBERS:
        yield Fault(at, "too_long", TOO_MANY, {"max": MEMBERS})
        return
    of_one = _section("members")
    for member_id, answers in given.items():
        place = f"{at}/{_escaped(member_id)}"
        if not isinstance(member_id, str) or not re.fullmatch(ID, member_id):
            yield Fault(place, "not_an_id", NOT_AN_ID)
        else:
            yield from of_one(codebook, answers, place)


def _rosters(codebook: Codebook, given: object, at: str) -> Faults:
    lists = {each.key: _rows(each.fields, each.max_rows) for each in codebook.answered_rosters}
    return _parts(codebook, given, at, lists)


def _rows(asked: Mapping[str, Variable], most: int) -> Part:
    def part(codebook: Codebook, given: object, at: str) -> Faults:
        if not isinstance(given, list):
            yield Fault(at, "malformed", NOT_A_LIST)
        elif len(given) > most:
            yield Fault(at, "too_long", TOO_MANY, {"max": most})
        else:
            for number, row in enumerate(given):
                yield from _answers(codebook, asked, row, f"{at}/{number}")

    return part


def _answers(codebook: Codebook, asked: Mapping[str, Variable], given: object, at: str) -> Faults:
    parts = {key: _answer(variable) for key, variable in asked.items()}
    return _parts(codebook, given, at, parts)


def _answer(variable: Variable) -> Part:
    def part(codebook: Codebook, given: object, at: str) -> Faults:
        fault = fault_in(codebook, variable, given, at)
        return iter([fault] if fault else [])

    return part


def fault_in(codebook: Codebook, variable: Variable, answer: object, at: str) -> Fault | None:
    """What is wrong with one answer, by the rule that says so, if one does."""
    found = None if answer is None else wrong(variable, answer)
    if found is None:
        return None
    code, said = found
    if variable.rule:
        rule = codebook.rules[variable.rule]
        code, said = rule.id, Said(id=f"{said.id} {rule.said.id}", en=f"{said.en} {rule.said.en}")
    return Fault(at, code, said, words_about(variable))


def _escaped(name: object) -> str:
    """As RFC 6901 writes a name, no longer than somebody reads, and only what can be written."""
    shown = str(name)[:SHOWN].encode(errors="replace").decode()
    return shown.replace("~", "~0").replace("/", "~1")


_PARTS: Mapping[str, Part] = {
    "counts": _section("counts"),
    "household": _section("household"),
    "participation": _section("participation"),
    "members": _members,
    "rosters": _rosters,
}
