"""Who may act: a role, held over a region of one of that role's tiers."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from app.domain.agreements import Agreement
from app.domain.regions import Region, Tier


class Role(StrEnum):
    ENUMERATOR = "enumerator"  # pencacah
    VILLAGE_OPERATOR = "village_operator"  # operator desa/kelurahan
    VILLAGE_HEAD = "village_head"  # kepala desa, lurah
    DISTRICT_OFFICER = "district_officer"  # camat, TKSK
    REGENCY_OPERATOR = "regency_operator"  # pengisi data kabupaten/kota
    REGENCY_VERIFIER = "regency_verifier"  # verifikator dinas sosial
    REGENCY_ENDORSER = "regency_endorser"  # kepala OPD, for bupati/wali kota
    CIVIL_REGISTRY_OFFICER = "civil_registry_officer"  # disdukcapil
    REGENCY_ADMIN = "regency_admin"
    PROVINCE_OFFICER = "province_officer"  # dinas sosial provinsi
    MINISTRY_ANALYST = "ministry_analyst"  # pusdatin kesos
    MINISTRY_DETERMINER = "ministry_determiner"  # for the Menteri Sosial
    MINISTRY_ADMIN = "ministry_admin"
    AUDITOR = "auditor"
    INTEGRATION = "integration"  # a machine of a provincial or regency office


_VILLAGE = frozenset({Tier.VILLAGE})
_DISTRICT = frozenset({Tier.DISTRICT})
_REGENCY = frozenset({Tier.REGENCY})
_PROVINCE = frozenset({Tier.PROVINCE})
_NATION = frozenset({Tier.NATION})

TIERS_OF: dict[Role, frozenset[Tier]] = {
    Role.ENUMERATOR: _VILLAGE,
    Role.VILLAGE_OPERATOR: _VILLAGE,
    Role.VILLAGE_HEAD: _VILLAGE,
    Role.DISTRICT_OFFICER: _DISTRICT,
    Role.REGENCY_OPERATOR: _REGENCY,
    Role.REGENCY_VERIFIER: _REGENCY,
    Role.REGENCY_ENDORSER: _REGENCY,
    Role.CIVIL_REGISTRY_OFFICER: _REGENCY,
    Role.REGENCY_ADMIN: _REGENCY,
    Role.PROVINCE_OFFICER: _PROVINCE,
    Role.MINISTRY_ANALYST: _NATION,
    Role.MINISTRY_DETERMINER: _NATION,
    Role.MINISTRY_ADMIN: _NATION,
    Role.AUDITOR: frozenset(Tier),
    Role.INTEGRATION: frozenset(Tier) - _VILLAGE,
}


@dataclass(frozen=True)
class Actor:
    """Somebody at work: an account, in one role, over one region.

    A machine reads by its agreement, which the token check finds; a person has none.
    """

    id: UUID
    role: Role
    region: Region
    agreement: Agreement | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.region.tier not in TIERS_OF[self.role]:
            raise ValueError(f"a {self.role} is not held over a {self.region.tier}")
