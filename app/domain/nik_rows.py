"""A row of the workbook nik-repair-1 as it is printed: A to N, by the keys of its layout."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.domain.errors import Language
from app.domain.nik_cases import explained
from app.domain.people import Sex, sex_of

SEXES: Mapping[Sex | None, str] = {Sex.MALE: "Laki-laki", Sex.FEMALE: "Perempuan"}
AS_KEPT = ("name", "birth_place", "mother_name", "address", "rt", "rw")


def row_of(case: Mapping[str, Any], language: Language) -> dict[str, str | None]:
    """Numbers are text, dates as they are written by hand; what is not known is None."""
    born = case["birth_date"]
    return {
        "case_id": case["id"],
        "dtks_id": case["dtks_id"],
        "old_nik": case["nik"],
        "old_card_number": case["card_number"],
        **{f"old_{name}": case[name] for name in AS_KEPT},
        "old_birth_date": born and f"{date.fromisoformat(born):%d/%m/%Y}",
        "old_sex": SEXES.get(sex_of(case["sex"])),
        "check": " ".join(case["problems"]),
        "explanation": " ".join(explained(code).told(language) for code in case["problems"]),
    }
