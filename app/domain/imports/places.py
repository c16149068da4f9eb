"""Which village a row means: by its code, or by its name within the region of whoever sends it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.errors import Said
from app.domain.imports.choices import folded
from app.domain.imports.problems import Problem
from app.domain.region_names import read_name
from app.domain.regions import Region

VILLAGE_DIGITS = 10
ABOVE = ("district", "regency", "province")

UNKNOWN = Said(
    id="Tidak ada desa atau kelurahan dengan nama ini di wilayah Anda. Periksa ejaan desa dan "
    "kecamatannya, atau tulis kode Kemendagri-nya (10 angka).",
    en="No village of this name lies within your region. Check how the village and its district "
    "are spelled, or write its Kemendagri code (10 digits).",
)
AMBIGUOUS = Said(
    id="Ada {count} desa atau kelurahan bernama ini di wilayah Anda. Tulis kecamatannya, atau kode "
    "Kemendagri-nya (10 angka).",
    en="{count} villages of this name lie within your region. Write the district, or the "
    "Kemendagri code (10 digits).",
)
ELSEWHERE = Said(
    id="Desa ini bukan wilayah Anda. Hapus baris ini, atau serahkan kepada petugas desanya.",
    en="This village is not in your region. Delete the row, or hand it to the village's officer.",
)


@dataclass(frozen=True)
class Place:
    """A village, and what it and the regions above it are called."""

    code: str
    village: str
    district: str
    regency: str
    province: str


class Places:
    """The villages of a region, as files may name them."""

    def __init__(self, places: Iterable[Place], within: Region) -> None:
        self._within = within
        self._by_code: dict[str, Place] = {}
        self._by_name: dict[str, list[Place]] = defaultdict(list)
        for place in places:
            self._by_code[place.code] = place
            for name in _spellings(place.village):
                self._by_name[name].append(place)
        self._found: dict[tuple[object, ...], int | Problem] = {}

    def find(self, values: Mapping[str, Any]) -> int | Problem:
        """Its code, or what is wrong with how the row names it."""
        said = tuple(values.get(key) for key in ("village", *ABOVE))
        if said not in self._found:
            self._found[said] = self._find(*said)
        return self._found[said]

    def _find(self, village: str | None, *above: str | None) -> int | Problem:
        if village is None:
            return self._only() or Problem("village", "village_unknown", UNKNOWN)
        if village.isdigit() and len(village) == VILLAGE_DIGITS:
            known = village in self._by_code
            return int(village) if known else Problem("village", "village_elsewhere", ELSEWHERE)
        named = [
            place
            for place in self._by_name.get(next(iter(_spellings(village))), ())
            if all(_is(getattr(place, key), said) for key, said in zip(ABOVE, above, strict=True))
        ]
        if len(named) == 1:
            return int(named[0].code)
        if named:
            return Problem("village", "village_ambiguous", AMBIGUOUS, {"count": len(named)})
        return Problem("village", "village_unknown", UNKNOWN)

    def _only(self) -> int | None:
        """Whoever sends for one village need not name it."""
        return int(next(iter(self._by_code))) if len(self._by_code) == 1 else None


def _is(name: str, said: str | None) -> bool:
    return said is None or bool(_spellings(name) & _spellings(said))


def _spellings(name: str) -> set[str]:
    """With the word for what it is, and without: "Kab. Bojonegoro" is "Bojonegoro"."""
    bare = read_name(name).name
    for kind in ("kota administrasi ", "kabupaten administrasi ", "kota ", "kabupaten "):
        bare = bare.removeprefix(kind) or bare
    return {folded(bare)}
