"""Who signs in to the demo: every office of five regencies, and those above them."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID, uuid5

from rich.table import Table

from app.demo.regencies import REGENCIES, regency_of

PASSWORD = "satu data untuk semua"  # noqa: S105 - printed for everybody to see
NATION, PROVINCE, REGENCY, DISTRICT, VILLAGE = 0, 2, 4, 6, 10  # digits of a code

CILEGON = "3672"
CIBEBER = "3672011001"  # the kelurahan of the walk
KEDALEMAN = "3672011002"  # the one next door


@dataclass(frozen=True)
class Office:
    """What there is one of in each region of a tier."""

    login: str
    role: str
    title: str
    tier: int

    def username(self, region_code: str) -> str:
        return f"{self.login}.{region_code}" if region_code else self.login

    def username_around(self, village_code: str) -> str:
        """Of the one who answers for that village."""
        return self.username(village_code[: self.tier])

    def account_id(self, region_code: str) -> UUID:
        """The same on every load, so that many hands can write what one account has done."""
        return uuid5(OF_THE_DEMO, self.username(region_code))

    def displayed(self, region_code: str, region_name: str) -> str:
        said = self.title if is_kelurahan(region_code) else self.title.replace("Kelurahan", "Desa")
        return f"{said} {region_name}"


def is_kelurahan(code: str) -> bool:
    return code[6:7] == "1"


OF_THE_DEMO = UUID("6f0c4f3e-5d0b-5b8e-9d6c-0a4a3f6f1b22")

OPERATOR = Office("operator", "village_operator", "Operator Kelurahan", VILLAGE)
HEAD = Office("lurah", "village_head", "Lurah", VILLAGE)
CHIEF = Office("kades", "village_head", "Kepala Desa", VILLAGE)  # where the village is a desa
ENUMERATOR = Office("enumerator", "enumerator", "Pencacah Kelurahan", VILLAGE)
DISTRICT_OFFICER = Office("district", "district_officer", "Petugas Kecamatan", DISTRICT)
REGENCY_OPERATOR = Office("regency", "regency_operator", "Pengisi data", REGENCY)
VERIFIER = Office("verifier", "regency_verifier", "Verifikator Dinas Sosial", REGENCY)
ENDORSER = Office("endorser", "regency_endorser", "Kepala Dinas Sosial", REGENCY)
CIVIL_REGISTRY = Office("dukcapil", "civil_registry_officer", "Petugas Dukcapil", REGENCY)
REGENCY_ADMIN = Office("admin", "regency_admin", "Admin", REGENCY)
REGENCY_AUDITOR = Office("auditor", "auditor", "Auditor", REGENCY)
PROVINCE_OFFICER = Office("province", "province_officer", "Petugas Dinas Sosial", PROVINCE)
INTEGRATION = Office("integration", "integration", "Sistem Dinas Sosial", PROVINCE)
ANALYST = Office("analyst", "ministry_analyst", "Analis Pusdatin Kesos", NATION)
DETERMINER = Office("determiner", "ministry_determiner", "Penetap untuk Menteri Sosial", NATION)
MINISTRY_ADMIN = Office("admin", "ministry_admin", "Admin Kementerian Sosial", NATION)
AUDITOR = Office("auditor", "auditor", "Auditor", NATION)

OFFICES = (
    OPERATOR, HEAD, ENUMERATOR, DISTRICT_OFFICER,
    REGENCY_OPERATOR, VERIFIER, ENDORSER, CIVIL_REGISTRY, REGENCY_ADMIN, REGENCY_AUDITOR,
    PROVINCE_OFFICER, INTEGRATION,
    ANALYST, DETERMINER, MINISTRY_ADMIN, AUDITOR,
)  # fmt: skip

ABOVE_THE_VILLAGE = tuple(office for office in OFFICES if office.tier < VILLAGE)


def offices_of(region_code: str) -> Iterator[Office]:
    """Which offices there are in a region."""
    if len(region_code) < VILLAGE:
        yield from (office for office in ABOVE_THE_VILLAGE if office.tier == len(region_code))
        return
    yield OPERATOR
    yield HEAD if is_kelurahan(region_code) else CHIEF
    if regency_of(region_code).enumerators:
        yield ENUMERATOR


def offices_around(village_code: str) -> Iterator[tuple[Office, str]]:
    """Every office that answers for a village, and the region it is held over."""
    for tier in (VILLAGE, DISTRICT, REGENCY, PROVINCE, NATION):
        code = village_code[:tier]
        yield from ((office, code) for office in offices_of(code))


_REGIONS_OF_CIBEBER = {
    VILLAGE: "Kelurahan Cibeber",
    DISTRICT: "Kecamatan Cibeber",
    REGENCY: "Kota Cilegon",
    PROVINCE: "Banten",
    NATION: "Indonesia",
}


def accounts_table() -> Table:
    """One account of each office; those of the other regions differ by their code only."""
    elsewhere = ", ".join(
        f"{regency.name} {code}" for code, regency in REGENCIES.items() if code != CILEGON
    )
    table = Table(
        title=f"Demo accounts, all with the password: {PASSWORD}",
        caption="Every other kelurahan and kecamatan of Cilegon has its own, and so have "
        f"{elsewhere}; the head of a desa is kades.<code>.",
    )
    for heading in ("user name", "role", "region"):
        table.add_column(heading)
    for office in OFFICES:
        region = _REGIONS_OF_CIBEBER[office.tier]
        table.add_row(office.username_around(CIBEBER), office.role, region)
    return table
