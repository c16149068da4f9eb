"""The words for a person that more than one part of the registry uses."""

from enum import StrEnum


class Sex(StrEnum):
    MALE = "male"  # laki-laki
    FEMALE = "female"  # perempuan
