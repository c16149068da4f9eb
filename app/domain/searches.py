"""What people are searched by, who may search, and how far a search by name may reach."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.domain.errors import Fault, Incomplete, NotPermitted, Said
from app.domain.regions import Region, Tier


class Match(StrEnum):
    """What a hit was found by."""

    NIK = "nik"
    DTKS_ID = "dtks_id"
    CARD_NUMBER = "card_number"
    NAME = "name"
    NAME_AND_BIRTH_DATE = "name_and_birth_date"
    SIMILAR_NAME = "similar_name"  # only where no name fits


class SearchesNobody(NotPermitted):
    """Whoever reads names masked would read them by searching."""

    title = Said(id="Peran ini tidak mencari orang", en="This role does not search for people")
    detail = Said(
        id="Pencarian menampilkan nama, padahal peran {role} membacanya tersamar. Mintalah petugas "
        "di wilayah itu mencarikannya.",
        en="A search shows names, which the role {role} reads masked. Ask an officer of that "
        "region to search.",
    )


class RegionTooWide(Incomplete):
    """A name alone is searched within a regency at most."""

    title = Said(
        id="Wilayah terlalu luas untuk nama saja", en="The region is too wide for a name alone"
    )
    detail = Said(
        id="Sebutkan birth_date, atau region_code sebuah kabupaten/kota, kecamatan, atau desa.",
        en="Give a birth_date, or the region_code of a regency, a district or a village.",
    )


@dataclass(frozen=True)
class Question:
    """One thing that is known of somebody, as it was typed."""

    by: Match
    said: str
    birth_date: date | None = None
    region: Region | None = None  # none: wherever the asker may look


WITHIN_A_REGENCY = {Tier.REGENCY, Tier.DISTRICT, Tier.VILLAGE}


def permit_reach(question: Question, region: Region) -> None:
    """Many thousands bear the commonest names: in a province such an answer helps nobody."""
    by_name_alone = question.by is Match.NAME and question.birth_date is None
    if by_name_alone and region.tier not in WITHIN_A_REGENCY:
        raise RegionTooWide([Fault("/region_code", "too_wide", RegionTooWide.detail)])
