"""The words for a person that more than one part of the registry uses."""

from enum import StrEnum


class Sex(StrEnum):
    MALE = "male"  # laki-laki
    FEMALE = "female"  # perempuan


# Column 6 of the form.
_SEX_OF_CODE = {1: Sex.MALE, 2: Sex.FEMALE}


def sex_of(code: int | None) -> Sex | None:
    return None if code is None else _SEX_OF_CODE[code]
