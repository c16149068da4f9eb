"""A row of the workbook nik-repair-1 as it is printed, by the keys of its layout."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from app.domain.errors import Language, Said
from app.domain.imports.nik_corrections import SUGGESTED
from app.domain.nik_cases import explained
from app.domain.nik_suggestions import SAID, Suggestion
from app.domain.people import Sex, sex_of

SEXES: Mapping[Sex | None, str] = {Sex.MALE: "Laki-laki", Sex.FEMALE: "Perempuan"}
AS_KEPT = ("name", "birth_place", "mother_name", "address", "rt", "rw")
DIFFERS_AT = Said(id="Beda di angka ke-{first}.", en="It differs in digit {first}.")
DIFFERS_FROM = Said(
    id="Beda di angka ke-{first} sampai ke-{last}.", en="It differs in digits {first} to {last}."
)
PROPOSED = Said(
    id="Perbaikannya sudah diusulkan; isilah lagi hanya bila berbeda.",
    en="A correction is on its way; fill in only what is different.",
)
ANSWERED = Said(id="Jawaban Dinas Dukcapil: {answer}.", en="The civil registry says: {answer}.")
ANSWERS: Mapping[str, Said] = {
    "nik": Said(id="NIK", en="NIK"),
    "card_number": Said(id="nomor KK", en="family card"),
    "name": Said(id="nama", en="name"),
    "birth_date": Said(id="tanggal lahir", en="date of birth"),
}


def row_of(case: Mapping[str, Any], language: Language) -> dict[str, str | None]:
    """A to N. Numbers are text, dates as they are written by hand; what is not known is None."""
    return {
        "case_id": case["id"],
        "dtks_id": case["dtks_id"],
        "old_nik": case["nik"],
        "old_card_number": case["card_number"],
        **{f"old_{name}": case[name] for name in AS_KEPT},
        "old_birth_date": case["birth_date"] and _by_hand(case["birth_date"]),
        "old_sex": SEXES.get(sex_of(case["sex"])),
        "check": " ".join(case["problems"]),
        "explanation": " ".join(_explained(case, language)),
    }


def likely(found: Sequence[Suggestion], language: Language) -> dict[str, str | None]:
    """U to Z: the first suggestions, each with its reason."""
    told: dict[str, str | None] = {}
    for number, each in enumerate(found[:SUGGESTED], 1):
        told[f"suggestion_{number}"] = each.nik
        told[f"reason_{number}"] = " ".join(_reasons(each, language))
    return told


def _explained(case: Mapping[str, Any], language: Language) -> Iterator[str]:
    yield from (explained(code).told(language) for code in case["problems"])
    if case["proposed"]:
        yield PROPOSED.told(language)
    if case["answer"]:
        said = [
            f"{name.told(language)} {_by_hand(value) if key == 'birth_date' else value}"
            for key, name in ANSWERS.items()
            if (value := case["answer"].get(key))
        ]
        yield ANSWERED.told(language, {"answer": ", ".join(said)})


def _reasons(each: Suggestion, language: Language) -> Iterator[str]:
    yield SAID[each.why].told(language)
    if each.place is not None:
        said = DIFFERS_AT if each.place.first == each.place.last else DIFFERS_FROM
        yield said.told(language, vars(each.place))


def _by_hand(day: str) -> str:
    return f"{date.fromisoformat(day):%d/%m/%Y}"
