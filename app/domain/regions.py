"""Regions, named by their Kemendagri code: 36 is Banten, 3672 is Kota Cilegon.

A code begins with the code of the region around it, so "lies within" is "starts with". The
database tells the same as a range of numbers: 3672 covers 3672000000 to 3672999999.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.errors import NotFound, Said


class Tier(StrEnum):
    NATION = "nation"
    PROVINCE = "province"
    REGENCY = "regency"  # kabupaten or kota
    DISTRICT = "district"  # kecamatan
    VILLAGE = "village"  # desa, kelurahan or desa adat


class RegionKind(StrEnum):
    PROVINCE = "province"  # provinsi
    KABUPATEN = "kabupaten"
    KOTA = "kota"
    KECAMATAN = "kecamatan"  # called distrik in the provinces of Papua
    KELURAHAN = "kelurahan"
    DESA = "desa"
    DESA_ADAT = "desa_adat"


class TimeZone(StrEnum):
    WIB = "Asia/Jakarta"
    WITA = "Asia/Makassar"
    WIT = "Asia/Jayapura"


_PROVINCES_BY_TIME_ZONE = {
    TimeZone.WIB: "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 61 62",
    TimeZone.WITA: "51 52 53 63 64 65 71 72 73 74 75 76",
    TimeZone.WIT: "81 82 91 92 93 94 95 96",
}
TIME_ZONE_OF: dict[str, TimeZone] = {
    province: zone
    for zone, provinces in _PROVINCES_BY_TIME_ZONE.items()
    for province in provinces.split()
}

_KIND_OF_TIER = {Tier.PROVINCE: RegionKind.PROVINCE, Tier.DISTRICT: RegionKind.KECAMATAN}
# Permendagri 58/2021: the first digit of a village's own part says what it is.
_VILLAGE_KINDS = {
    "1": RegionKind.KELURAHAN,
    "2": RegionKind.DESA,
    "3": RegionKind.DESA_ADAT,
}
_FIRST_KOTA = "71"

_TIER_BY_CODE_LENGTH = {
    0: Tier.NATION,
    2: Tier.PROVINCE,
    4: Tier.REGENCY,
    6: Tier.DISTRICT,
    10: Tier.VILLAGE,
}
_DIGITS = max(_TIER_BY_CODE_LENGTH)


@dataclass(frozen=True)
class Region:
    code: str

    def __post_init__(self) -> None:
        is_number = self.code == "" or (self.code.isascii() and self.code.isdigit())
        if not is_number or len(self.code) not in _TIER_BY_CODE_LENGTH:
            raise ValueError(f"{self.code!r} is not a region code")

    @property
    def tier(self) -> Tier:
        return _TIER_BY_CODE_LENGTH[len(self.code)]

    @property
    def first(self) -> int:
        """The low end of its range: what stands in `scope_code` for the region itself."""
        return int(self.code.ljust(_DIGITS, "0"))

    @property
    def last(self) -> int:
        return int(self.code.ljust(_DIGITS, "9"))

    @property
    def kind(self) -> RegionKind | None:
        """What it is called by law; the code alone tells. The nation has no kind."""
        if self.tier is Tier.REGENCY:
            return RegionKind.KOTA if self.code[2:] >= _FIRST_KOTA else RegionKind.KABUPATEN
        if self.tier is Tier.VILLAGE:
            return _VILLAGE_KINDS.get(self.code[6])
        return _KIND_OF_TIER.get(self.tier)

    @property
    def time_zone(self) -> TimeZone:
        """The clock its windows run by; the nation goes by the ministry's, in Jakarta."""
        return TIME_ZONE_OF.get(self.code[:2], TimeZone.WIB)

    def covers(self, other: "Region") -> bool:
        return other.code.startswith(self.code)

    def at(self, tier: Tier) -> "Region":
        """The region of that tier around this one: the regency of a village, say."""
        length = next(n for n, named in _TIER_BY_CODE_LENGTH.items() if named is tier)
        if length > len(self.code):
            raise ValueError(f"a {self.tier} lies in no single {tier}")
        return Region(self.code[:length])


INDONESIA = Region("")


class OutsideYourRegion(NotFound):
    """The region that was named does not lie within your own."""

    title = Said(id="Wilayah ini di luar wilayah Anda", en="This region lies outside your own")
    detail = Said(
        id="Pakai region_code di dalam wilayah Anda sendiri ({own}), atau kosongkan.",
        en="Use a region_code within your own region ({own}), or leave it out.",
    )


def narrowed(own: Region, code: str | None) -> Region:
    """The part of one's own region that was asked for; all of it where none was."""
    asked = own if code is None else Region(code)
    if not own.covers(asked):
        raise OutsideYourRegion(own=own.code or "Indonesia")
    return asked
