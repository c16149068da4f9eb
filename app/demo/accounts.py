"""Who signs in to the demo: every office of Kota Cilegon, and those above it."""

from dataclasses import dataclass

from rich.table import Table

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


OPERATOR = Office("operator", "village_operator", "Operator Kelurahan", VILLAGE)
HEAD = Office("lurah", "village_head", "Lurah", VILLAGE)
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

_REGIONS_OF_CIBEBER = {
    VILLAGE: "Kelurahan Cibeber",
    DISTRICT: "Kecamatan Cibeber",
    REGENCY: "Kota Cilegon",
    PROVINCE: "Banten",
    NATION: "Indonesia",
}


def accounts_table() -> Table:
    """One account of each office; those of the other villages differ by their code only."""
    table = Table(
        title=f"Demo accounts, all with the password: {PASSWORD}",
        caption="Every other kelurahan and kecamatan of Cilegon has its own.",
    )
    for heading in ("user name", "role", "region"):
        table.add_column(heading)
    for office in OFFICES:
        region = _REGIONS_OF_CIBEBER[office.tier]
        table.add_row(office.username_around(CIBEBER), office.role, region)
    return table
