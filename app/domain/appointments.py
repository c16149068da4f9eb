"""Who runs whose account: which role appoints which, over which region, for how long.

An account is at home in the region of its first assignment, and holds no other outside of it:
whoever answers for it there can end all it may do.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.domain.accounts import ACCOUNTS, AccountAction
from app.domain.actors import TIERS_OF, Actor, Role
from app.domain.errors import Conflict, Fault, Incomplete, NotFound, NotPermitted, Refusal, Said
from app.domain.facts import Fact
from app.domain.regions import INDONESIA, Region, Tier
from app.domain.workflow import Offers

R = Role
MOST_AT_ONCE = 1000
USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,59}")

APPOINTS: dict[Role, frozenset[Role]] = {
    R.REGENCY_ADMIN: frozenset(
        {
            R.ENUMERATOR,
            R.VILLAGE_OPERATOR,
            R.VILLAGE_HEAD,
            R.DISTRICT_OFFICER,
            R.REGENCY_OPERATOR,
            R.REGENCY_VERIFIER,
            R.REGENCY_ENDORSER,
            R.CIVIL_REGISTRY_OFFICER,
        }
    ),
    R.MINISTRY_ADMIN: frozenset(Role) - {R.MINISTRY_ADMIN},
}
# Whoever types `siks accounts` on the server. He alone appoints an admin of the ministry, and no
# assignment over HTTP makes anybody equal to him.
CONSOLE = Actor(UUID(int=1), R.MINISTRY_ADMIN, INDONESIA)


def appoints(actor: Actor) -> frozenset[Role]:
    return frozenset(Role) if actor == CONSOLE else APPOINTS.get(actor.role, frozenset())


@dataclass(frozen=True)
class Office:
    """What a role is called where an account is named after it."""

    login: str
    title: str


OFFICES: dict[Role, Office] = {
    R.ENUMERATOR: Office("enumerator", "Pencacah"),
    R.VILLAGE_OPERATOR: Office("operator", "Operator"),
    R.VILLAGE_HEAD: Office("head", "Kepala Desa/Lurah"),
    R.DISTRICT_OFFICER: Office("district", "Petugas Kecamatan"),
    R.REGENCY_OPERATOR: Office("regency", "Pengisi Data"),
    R.REGENCY_VERIFIER: Office("verifier", "Verifikator"),
    R.REGENCY_ENDORSER: Office("endorser", "Kepala Dinas Sosial"),
    R.CIVIL_REGISTRY_OFFICER: Office("dukcapil", "Petugas Dukcapil"),
    R.REGENCY_ADMIN: Office("admin", "Admin"),
    R.PROVINCE_OFFICER: Office("province", "Petugas Provinsi"),
    R.MINISTRY_ANALYST: Office("analyst", "Analis"),
    R.MINISTRY_DETERMINER: Office("determiner", "Penetap"),
    R.MINISTRY_ADMIN: Office("admin", "Admin"),
    R.AUDITOR: Office("auditor", "Auditor"),
    R.INTEGRATION: Office("integration", "Sistem"),
}
REGION_IN_NAME = "{region}"


def proposed_username(role: Role, region: Region, *, attempt: int = 1) -> str:
    """operator.3672011001; for the successor operator.3672011001.2, and so on."""
    parts = [OFFICES[role].login, region.code, str(attempt) if attempt > 1 else ""]
    return ".".join(part for part in parts if part)


def display_name(pattern: str | None, role: Role, region_name: str) -> str:
    pattern = pattern or f"{OFFICES[role].title} {REGION_IN_NAME}"
    return pattern.replace(REGION_IN_NAME, region_name)


# --- what is refused


class RoleNotAppointed(NotPermitted):
    """Your role does not appoint this one."""

    title = Said(id="Anda tidak dapat menunjuk peran ini", en="You do not appoint this role")
    detail = Said(
        id="Peran {by} tidak dapat menunjuk {role}. Mintalah admin kementerian; akun admin "
        "kementerian sendiri hanya dibuka dari server.",
        en="A {by} does not appoint a {role}. Ask the ministry's administrator; an administrator "
        "of the ministry is only opened on the server.",
    )


class HoldsOtherRole(NotPermitted):
    """The account holds a role that you do not appoint."""

    title = Said(
        id="Akun ini memegang peran yang tidak dapat Anda tunjuk",
        en="This account holds a role you do not appoint",
    )
    detail = Said(
        id="Akun ini memegang {roles}. Mintalah admin kementerian melakukannya.",
        en="This account holds {roles}. Ask the ministry's administrator to do it.",
    )


class RegionNotYours(NotFound):
    """No such region of today lies within yours."""

    title = Said(
        id="Wilayah tidak ditemukan di wilayah Anda", en="No such region lies within yours"
    )
    detail = Said(
        id="Periksa region_code: kode Kemendagri tanpa titik, yang masih berlaku.",
        en="Check region_code: a Kemendagri code without dots, of a region that is in use.",
    )


class TierDoesNotFit(Incomplete):
    """The role is not held over a region of this tier."""

    title = Said(
        id="Tingkat wilayah tidak sesuai peran", en="The region's tier does not fit the role"
    )
    detail = Said(
        id="Peran {role} dipegang atas wilayah tingkat: {tiers}. Perbaiki region_code.",
        en="A {role} is held over a region of: {tiers}. Correct region_code.",
    )


class PeriodBackwards(Incomplete):
    """An assignment ends after it begins."""

    title = Said(id="Masa tugas terbalik", en="The period runs backwards")
    detail = Said(
        id="Isi ends_at setelah begins_at, atau kosongkan.",
        en="Give an ends_at after begins_at, or none.",
    )


class OutsideHome(Incomplete):
    """An account holds no assignment outside its home."""

    title = Said(
        id="Di luar wilayah asal akun", en="This lies outside the region the account is at home in"
    )
    detail = Said(
        id="Akun ini berasal dari wilayah {home}. Untuk wilayah lain, buka akun "
        "tersendiri di sana.",
        en="This account is at home in {home}. For another region, open an account there.",
    )


class PersonOrMachine(Conflict):
    """An account is a person's or a machine's."""

    title = Said(
        id="Akun orang dan akun sistem tidak dicampur", en="An account is a person's or a machine's"
    )
    detail = Said(
        id="Peran integration dipegang akun sistem saja, dengan rahasia klien, bukan kata sandi. "
        "Buka akun tersendiri.",
        en="The role integration is held by machines' accounts alone, which have client secrets "
        "and no password. Open an account of its own.",
    )


class TooManyAtOnce(Incomplete):
    """More accounts than one request opens."""

    title = Said(id="Terlalu banyak akun sekaligus", en="Too many accounts at once")
    detail = Said(
        id="Wilayah itu memerlukan {number} akun, batasnya {most}. Buka per kabupaten atau per "
        "kecamatan.",
        en="That region takes {number} accounts, the limit is {most}. Go regency by regency, or "
        "district by district.",
    )


class SeveralTiers(Incomplete):
    """This role is held over regions of several tiers, so none of them is vacant."""

    title = Said(id="Peran ini tidak terikat satu tingkat", en="This role has no tier of its own")
    detail = Said(
        id="Kekosongan hanya dihitung untuk peran satu tingkat, misalnya village_operator.",
        en="Posts are counted for roles of one tier only, village_operator for example.",
    )


class UsernameTaken(Conflict):
    """Somebody has this username."""

    title = Said(id="Nama pengguna ini sudah dipakai", en="This username is taken")
    detail = Said(
        id="Pilih username lain, atau kosongkan agar diusulkan dari peran dan wilayah.",
        en="Choose another username, or leave it out: one is proposed from role and region.",
    )


class AssignmentEnded(Conflict):
    """The assignment has ended."""

    title = Said(id="Penugasan ini sudah berakhir", en="This assignment has ended")
    detail = Said(
        id="Tidak ada yang perlu diakhiri. Untuk menugaskan lagi, buat penugasan baru.",
        en="There is nothing to end. To appoint again, make a new assignment.",
    )


# --- appointing


@dataclass(frozen=True)
class Appointment:
    """A role over a region, for a time."""

    role: Role
    region: Region
    begins_at: datetime
    ends_at: datetime | None = None


@dataclass(frozen=True)
class Posts:
    """One wants somebody in that role in each region of its tier that lies in `region`."""

    role: Role
    region: Region

    @property
    def tier(self) -> Tier:
        tiers = TIERS_OF[self.role]
        if len(tiers) > 1:
            raise SeveralTiers
        return next(iter(tiers))


def check_appointment(wanted: Appointment, *, by: Actor, known: Collection[str]) -> None:
    """Refuse what `by` cannot give. `known` are the codes, of those asked for, in his region."""
    if wanted.region.code not in known:
        raise pointing("/region_code", RegionNotYours)
    check_role(wanted.role, by=by)
    if wanted.region.tier not in TIERS_OF[wanted.role]:
        raise pointing(
            "/region_code", TierDoesNotFit, role=wanted.role, tiers=TIERS_OF[wanted.role]
        )
    if wanted.ends_at is not None and wanted.ends_at <= wanted.begins_at:
        raise pointing("/ends_at", PeriodBackwards)


def check_role(role: Role, *, by: Actor) -> None:
    if role not in appoints(by):
        raise pointing("/role", RoleNotAppointed, by=by.role, role=role)


def pointing(pointer: str, kind: type[Refusal], **words: object) -> Refusal:
    return kind([Fault(pointer, code_of(kind), kind.detail, words)], **words)


def code_of(kind: type[Refusal]) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in kind.__name__).lstrip("_")


def check_fits_account(
    wanted: Appointment, *, home: Region, held: Collection[Role], has_password: bool
) -> None:
    """Whoever holds nothing any more, but has a password, is still a person."""
    if not home.covers(wanted.region):
        raise pointing("/region_code", OutsideHome, home=home.code)
    is_for_machines = wanted.role is R.INTEGRATION
    if is_machine(held) is not is_for_machines if held else has_password and is_for_machines:
        raise PersonOrMachine


def refuse_rows(refused: Sequence[tuple[str, Refusal]]) -> None:
    """One refusal for a whole list, of the kind of its first row; the faults name every row."""
    if not refused:
        return
    first = refused[0][1]
    faults = [fault for pointer, refusal in refused for fault in _placed(pointer, refusal)]
    raise type(first)(faults, **first.words)


def _placed(pointer: str, refusal: Refusal) -> list[Fault]:
    kind = type(refusal)
    own = refusal.faults or (Fault("", code_of(kind), kind.detail, refusal.words),)
    return [
        Fault(f"{pointer}{fault.pointer}", fault.code, fault.said, fault.words) for fault in own
    ]


def end_of(
    begins_at: datetime, ends_at: datetime | None, *, wanted: datetime, at: datetime
) -> datetime:
    """When an assignment ends that is to end at `wanted`: never in the past, and never later.

    What was done in its name stays done in its name. One that never began is over as it begins.
    Whoever stays longer than was said is assigned anew.
    """
    if ends_at is not None and ends_at <= at:
        raise AssignmentEnded
    end = max(wanted, at, begins_at + timedelta.resolution)
    return end if ends_at is None else min(end, ends_at)


# --- running an account


def is_machine(roles: Collection[Role]) -> bool:
    return R.INTEGRATION in roles


def check_holder(roles: Collection[Role], *, by: Actor) -> None:
    """Whoever holds a role that `by` does not appoint is not his to act on."""
    others = frozenset(roles) - appoints(by)
    if others:
        raise HoldsOtherRole(roles=others)


OF_MACHINES = frozenset({AccountAction.ISSUE, AccountAction.REVOKE, AccountAction.PARTNER})
OF_PEOPLE = frozenset({AccountAction.RESET, AccountAction.IDENTIFY})
# How an account stands to whoever looks at it.
SITUATIONS: dict[str, frozenset[Fact]] = {
    "own": frozenset({Fact.OWN_ACCOUNT}),
    "barred": frozenset({Fact.OWN_ACCOUNT, Fact.OTHERS_ACCOUNT}),  # it holds another's role
    "person": frozenset({Fact.OTHERS_ACCOUNT}),
    "machine": frozenset({Fact.OTHERS_ACCOUNT}),
}
NEVER = {"person": OF_MACHINES, "machine": OF_PEOPLE}


def offers_to(actor: Actor) -> Offers:
    """Situation of an account -> its state -> what `actor` may do with it."""
    return {
        situation: {
            state: [one for one in open_now if one["action"] not in NEVER.get(situation, ())]
            for state, open_now in states.items()
        }
        for situation, states in ACCOUNTS.offers(actor.role, SITUATIONS).items()
    }
