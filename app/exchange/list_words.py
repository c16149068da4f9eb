"""What stands around the rows of a list: its titles, its place, for whom it was made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.domain.actors import Role
from app.domain.errors import Language, Said
from app.domain.labels import label_of
from app.domain.lists import ListKind, Wish
from app.domain.programmes import known
from app.domain.regions import Region, RegionKind, Tier
from app.exchange.indonesian import written

NAMES = {
    ListKind.NAMED_LIST: Said(
        id="DAFTAR NAMA DAN ALAMAT (BNBA)", en="LIST BY NAME AND ADDRESS (BNBA)"
    ),
    ListKind.RECAPITULATION: Said(id="REKAPITULASI DTKS", en="RECAPITULATION OF DTKS"),
}
REGISTERED = Said(
    id="Anggota rumah tangga yang terdaftar dalam DTKS", en="Household members registered in DTKS"
)
COUNTED = Said(
    id="Rumah tangga, keluarga dan orang yang terdaftar; penerima; usulan; survei",
    en="Households, families and people registered; recipients; proposals; surveys",
)
RECEIVING = Said(id="Penerima {programme}", en="Recipients of {programme}")
AS_OF = Said(id="Keadaan {day}", en="As of {day}")
MADE_FOR = Said(
    id="Daftar {id}, dibuat untuk {role}. Memuat data pribadi: hanya untuk keperluan dinas.",
    en="List {id}, made for {role}. It holds personal data: for official use only.",
)
COUNTED_FOR = Said(id="Daftar {id}, dibuat untuk {role}.", en="List {id}, made for {role}.")
PAGE = Said(id="Halaman {page} dari {pages}", en="Page {page} of {pages}")
WITHOUT_MEMBERS = Said(
    id="{count} rumah tangga terdaftar tanpa anggota yang terdaftar; tidak ada namanya di sini.",
    en="{count} registered households have no registered member, and so no name in here.",
)
WORDS = {
    Tier.PROVINCE: Said(id="Provinsi", en="Province"),
    Tier.REGENCY: Said(id="Kabupaten/Kota", en="Regency"),
    Tier.DISTRICT: Said(id="Kecamatan", en="District"),
    Tier.VILLAGE: Said(id="Desa/Kelurahan", en="Village"),
}
VILLAGES = {True: Said(id="Kelurahan", en="Kelurahan"), False: Said(id="Desa", en="Village")}
CALLED_SO = {Tier.REGENCY}  # their names say what they are
WHOLE = Said(id="Indonesia", en="Indonesia")


@dataclass(frozen=True)
class About:
    """Which list it is, in whose language, and the day it tells of."""

    id: UUID
    wish: Wish
    language: Language
    on: date
    role: Role

    def told(self, said: Said, **words: object) -> str:
        return said.told(self.language, words)

    @property
    def title(self) -> str:
        return self.told(NAMES[self.wish.kind])

    @property
    def whose(self) -> str:
        if self.wish.programme is None:
            named = self.wish.kind is ListKind.NAMED_LIST
            return self.told(REGISTERED if named else COUNTED)
        programme = known(self.wish.programme)
        name = Said(id=programme.name_id, en=programme.name_en)
        return self.told(RECEIVING, programme=name)

    @property
    def day(self) -> str:
        is_indonesian = self.language is Language.INDONESIAN
        return written(self.on) if is_indonesian else f"{self.on.day} {self.on:%B %Y}"

    @property
    def foot(self) -> str:
        said = MADE_FOR if self.wish.kind is ListKind.NAMED_LIST else COUNTED_FOR
        role = label_of(self.role, "roles", self.language)
        return self.told(said, id=str(self.id), role=Said(id=role, en=role))

    def place(self, around: Mapping[str, Any] | None) -> str:
        """The region and those around it: `Desa Sukamaju, Kecamatan Cibeber, Kota Cilegon`."""
        found = around or {}
        named = [self._named(tier, found[tier]) for tier in reversed(Tier) if tier in found]
        return ", ".join(named) or self.told(WHOLE)

    def _named(self, tier: Tier, region: Mapping[str, str]) -> str:
        word = WORDS[tier]
        if tier is Tier.VILLAGE:
            word = VILLAGES[Region(region["code"]).kind is RegionKind.KELURAHAN]
        name = region["name"]
        return name if tier in CALLED_SO else f"{self.told(word)} {name}"
