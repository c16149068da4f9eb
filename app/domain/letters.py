"""Letters (surat keterangan DTKS): that somebody is registered, for one purpose, for some time.

A letter is a paper that leaves the office. So anybody can check it at a public address, by a code
that cannot be guessed; and there is one valid letter for a person and a purpose, so that an older
one cannot go on beside it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from app.domain.actors import Actor, Role
from app.domain.errors import Conflict, Fault, Incomplete, NotFound, NotPermitted, Said
from app.domain.households import RecordState
from app.domain.regions import Region
from app.domain.workflow import Ground, Transition, Workflow

FILE = Path(__file__).parent / "data" / "letters.yaml"


class LetterState(StrEnum):
    ISSUED = "issued"
    REVOKED = "revoked"
    EXPIRED = "expired"


class LetterAction(StrEnum):
    ISSUE = "issue"
    REVOKE = "revoke"
    EXPIRE = "expire"


class CheckVerdict(StrEnum):
    """What the public check says of a code."""

    VALID = "valid"
    REVOKED = "revoked"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


S, A = LetterState, LetterAction
# The village's office, so that nobody has to travel for it, and Dinas Sosial.
ISSUERS = frozenset(
    {Role.VILLAGE_OPERATOR, Role.VILLAGE_HEAD, Role.REGENCY_OPERATOR, Role.REGENCY_VERIFIER}
)
NOTE = frozenset({Ground.NOTE})

# fmt: off
LETTERS = Workflow(
    "letter", initial=S.ISSUED, begun=(A.ISSUE, ISSUERS), implied={A.EXPIRE}, transitions=[
    #          action    from      to         by       needs
    Transition(A.REVOKE, S.ISSUED, S.REVOKED, ISSUERS, NOTE),
    Transition(A.EXPIRE, S.ISSUED, S.EXPIRED, ISSUERS),
])
# fmt: on


@dataclass(frozen=True)
class LetterPurpose:
    """What a letter is asked for, and its terms."""

    code: str
    valid_days: int
    decile_max: int | None = None
    needs_note: bool = False


@cache
def purposes() -> Mapping[str, LetterPurpose]:
    read: Mapping[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {row["code"]: LetterPurpose(**row) for row in read["purposes"]}


class LetterNotFound(NotFound):
    """No such letter lies within your region."""

    title = Said(
        id="Surat tidak ditemukan di wilayah Anda", en="No such letter lies within your region"
    )


class LetterNotYours(NotPermitted):
    """A letter holds NIK and KK in full; it is printed by those who issue them."""

    title = Said(id="Surat dicetak oleh peran lain", en="Letters are printed by other roles")
    detail = Said(
        id="Surat memuat NIK lengkap. Yang mencetaknya: {roles}.",
        en="A letter has the NIK in full. It is printed by: {roles}.",
    )


class NotOnRecord(Conflict):
    """A letter says that somebody is registered, and this person is not."""

    title = Said(id="Orang ini tidak terdaftar", en="This person is not registered")
    detail = Said(
        id="Surat hanya untuk anggota yang terdaftar dalam DTKS; status orang ini: {state}. Bila "
        "seharusnya terdaftar, ajukan usulannya.",
        en="Letters are for registered members; this person is {state}. If that is wrong, make a "
        "proposal about it.",
    )


class LetterInForce(Conflict):
    """The person has a valid letter for this purpose."""

    title = Said(
        id="Sudah ada surat yang berlaku", en="There is a valid letter for this purpose already"
    )
    detail = Said(
        id="Cetak surat yang ada (lihat /v1/letters?member_id=), atau cabut dahulu sebelum "
        "menerbitkan yang baru.",
        en="Print the one there is (see /v1/letters?member_id=), or revoke it before you issue "
        "another.",
    )


class DecileAboveLimit(Conflict):
    """The decile of the family is above what this purpose allows."""

    title = Said(id="Desil di atas batas keperluan ini", en="The decile is above the limit")
    detail = Said(
        id="Desil keluarga ini {decile}; untuk keperluan ini paling tinggi {most}.",
        en="The decile of this family is {decile}; for this purpose it is {most} at most.",
    )


class PurposeNotKnown(Incomplete):
    """Letters are not issued for that."""

    title = Said(id="Keperluan ini tidak dikenal", en="Letters are not issued for that")
    detail = Said(
        id="Isi purpose dengan salah satu: {purposes}.", en="Give as purpose one of: {purposes}."
    )


class PurposeNotSaid(Incomplete):
    """This purpose has to be told in words."""

    title = Said(id="Keperluan belum disebut", en="The purpose is not told")
    detail = Said(
        id="Sebutkan keperluannya dalam note.", en="Say in `note` what the letter is for."
    )


def printed_by(actor: Actor) -> None:
    if actor.role not in ISSUERS:
        raise LetterNotYours(roles=sorted(ISSUERS))


def purpose_of(code: str) -> LetterPurpose:
    found = purposes().get(code)
    if found is None:
        words: dict[str, object] = {"purposes": sorted(purposes())}
        raise PurposeNotKnown([Fault("/purpose", "enum", PurposeNotKnown.detail, words)], **words)
    return found


def issuable(
    purpose: LetterPurpose, *, state: RecordState, note: str | None, decile: int | None = None
) -> None:
    """Refuse what would not be true, or not be taken. A decile counts where it is known."""
    if state is not RecordState.REGISTERED:
        raise NotOnRecord(state=state)
    if decile is not None and purpose.decile_max is not None and decile > purpose.decile_max:
        raise DecileAboveLimit(decile=decile, most=purpose.decile_max)
    if purpose.needs_note and not note:
        raise PurposeNotSaid([Fault("/note", "missing", PurposeNotSaid.detail)])


@dataclass(frozen=True)
class Validity:
    """From the moment of issue to the end of its last day, by the clock of the place."""

    issued_on: date
    valid_until: date  # that day is wholly inside
    expires_at: datetime


def validity(purpose: LetterPurpose, *, at: datetime, place: Region) -> Validity:
    zone = ZoneInfo(place.time_zone)
    issued_on = at.astimezone(zone).date()
    valid_until = issued_on + timedelta(days=purpose.valid_days)
    midnight = datetime.combine(valid_until + timedelta(days=1), time(), zone)
    return Validity(issued_on, valid_until, midnight)


# --- its number, and its code

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")


def number_of(serial: int, *, office: Region, on: date) -> str:
    """As offices number their letters; the serial alone makes it unique."""
    return f"{serial:06d}/SK-DTKS/{office.code}/{ROMAN[on.month - 1]}/{on.year}"


ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # 5 bits each; no I, L, O, U: Crockford's base 32
CODE_LENGTH = 16  # 80 bits
READ_AS = str.maketrans("ILO", "110")


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def in_groups(code: str) -> str:
    """As it is printed: `7K2M-9QWX-0ABC-3DEF`."""
    return "-".join(code[place : place + 4] for place in range(0, len(code), 4))


def code_in(typed: str) -> str:
    """What somebody has typed, as the code it can only mean; nothing of it where it means none."""
    said = typed.upper().translate(READ_AS)
    code = "".join(sign for sign in said if sign in ALPHABET)
    rest = set(said) - {*ALPHABET, " ", "-"}
    return code if len(code) == CODE_LENGTH and not rest else ""
