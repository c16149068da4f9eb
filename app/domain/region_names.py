"""What people type when they look for a region: `kab. Bojonegoro`, `Kec Cibeber`, `ds Sukamaju`."""

import re
from dataclasses import dataclass

from app.domain.regions import Tier

NO_LETTER = re.compile(r"[^\w]+")

# A kota is called so by its name ("Kota Cilegon"), and so are many villages ("Kota Baru").
_CALLED = {
    Tier.PROVINCE: "prov provinsi propinsi",
    Tier.REGENCY: "kab kabupaten",
    Tier.DISTRICT: "kec kecamatan distrik",
    Tier.VILLAGE: "ds desa kel kelurahan",
}
_TIER_OF = {word: tier for tier, words in _CALLED.items() for word in words.split()}


@dataclass(frozen=True)
class RegionName:
    """What was typed, the part of it that names the region, and what the rest says of it."""

    said: str
    name: str
    tier: Tier | None = None


def read_name(typed: str) -> RegionName:
    said = NO_LETTER.sub(" ", typed.lower()).strip()
    first, _, rest = said.partition(" ")
    tier = _TIER_OF.get(first)
    if tier is None or not rest:
        return RegionName(said, said)
    return RegionName(said, rest, tier)
