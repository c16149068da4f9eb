"""Accounts, the assignments they hold (role x region x period), and how one is let in.

Who somebody is comes from a password; what he may do comes from the assignment he chose, and
only while it is current.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from uuid import UUID

from app.domain.actors import Actor, Role
from app.domain.errors import (
    Conflict,
    Fault,
    Incomplete,
    NotFound,
    NotPermitted,
    NotRecognised,
    Said,
    TooSoon,
)
from app.domain.facts import Fact
from app.domain.regions import Region
from app.domain.workflow import Ground, Transition, Workflow

PASSWORD_SHORTEST = 15
PASSWORD_LONGEST = 128


class AccountState(StrEnum):
    ACTIVE = "active"
    DISMISSED = "dismissed"


class AccountAction(StrEnum):
    OPEN = "open"
    DISMISS = "dismiss"
    REINSTATE = "reinstate"
    RENAME = "rename"
    RESET = "reset"  # a new one-time password; every session ends
    ASSIGN = "assign"
    END = "end"  # an assignment
    IDENTIFY = "identify"  # which person of the registry he is
    LINK = "link"  # with who he is to another issuer
    UNLINK = "unlink"
    ISSUE = "issue_secret"  # of a machine
    REVOKE = "revoke_secret"
    PARTNER = "set_partner"  # how a machine exchanges by the SPDCI standard
    CHOOSE = "choose_password"  # one's own, at the door


S, A = AccountState, AccountAction
ADMINS = frozenset({Role.REGENCY_ADMIN, Role.MINISTRY_ADMIN})
MINISTRY = frozenset({Role.MINISTRY_ADMIN})
NOTE = frozenset({Ground.NOTE})
NOTHING = frozenset[Ground]()
EVERYBODY = frozenset(Role)
OWN, OTHERS = Fact.OWN_ACCOUNT, Fact.OTHERS_ACCOUNT

# fmt: off
ACCOUNTS = Workflow("account", initial=S.ACTIVE, begun=(A.OPEN, ADMINS), transitions=[
    Transition(A.DISMISS,       S.ACTIVE,    S.DISMISSED, ADMINS,   NOTE,    unless=OWN),
    Transition(A.REINSTATE,     S.DISMISSED, S.ACTIVE,    ADMINS,   NOTE,    unless=OWN),
    Transition(A.RENAME,        S.ACTIVE,    S.ACTIVE,    ADMINS,   NOTHING, unless=OWN),
    Transition(A.RESET,         S.ACTIVE,    S.ACTIVE,    ADMINS,   NOTHING, unless=OWN),
    Transition(A.ASSIGN,        S.ACTIVE,    S.ACTIVE,    ADMINS,   NOTHING, unless=OWN),
    Transition(A.END,           S.ACTIVE,    S.ACTIVE,    ADMINS,   NOTHING, unless=OWN),
    Transition(A.END,           S.DISMISSED, S.DISMISSED, ADMINS,   NOTHING, unless=OWN),
    Transition(A.IDENTIFY,      S.ACTIVE,    S.ACTIVE,    ADMINS,   NOTHING, unless=OWN),
    Transition(A.LINK,          S.ACTIVE,    S.ACTIVE,    ADMINS,   NOTHING, unless=OWN),
    Transition(A.UNLINK,        S.ACTIVE,    S.ACTIVE,    ADMINS,   NOTHING, unless=OWN),
    Transition(A.UNLINK,        S.DISMISSED, S.DISMISSED, ADMINS,   NOTHING, unless=OWN),
    Transition(A.ISSUE,         S.ACTIVE,    S.ACTIVE,    MINISTRY, NOTHING, unless=OWN),
    Transition(A.REVOKE,        S.ACTIVE,    S.ACTIVE,    MINISTRY, NOTHING, unless=OWN),
    Transition(A.REVOKE,        S.DISMISSED, S.DISMISSED, MINISTRY, NOTHING, unless=OWN),
    Transition(A.PARTNER,       S.ACTIVE,    S.ACTIVE,    MINISTRY, NOTHING, unless=OWN),
    Transition(A.CHOOSE,        S.ACTIVE,    S.ACTIVE,    EVERYBODY, NOTHING, unless=OTHERS),
])
# fmt: on


class AccountsAreForAdmins(NotPermitted):
    """Accounts belong to the admins of their region."""

    title = Said(id="Akun hanya untuk admin", en="Accounts are for administrators")
    detail = Said(
        id="Data akun hanya dibuka oleh admin kabupaten/kota atau kementerian. Hubungi admin Anda.",
        en="Only a regency or ministry administrator opens accounts. Ask your administrator.",
    )


def administers(actor: Actor) -> None:
    if actor.role not in ADMINS:
        raise AccountsAreForAdmins


def facts_about(account_id: UUID, *, seen_by: Actor) -> frozenset[Fact]:
    return frozenset({OWN if account_id == seen_by.id else OTHERS})


class AccountInUse(Conflict):
    """Somebody has signed in with it, so it is more than a row of a list."""

    title = Said(id="Akun ini sudah dipakai", en="This account is in use")
    detail = Said(
        id="Pemiliknya sudah pernah masuk. Bila ia memang harus berhenti, nonaktifkan akunnya "
        "sendiri (dismiss).",
        en="Its holder has signed in. If he is to go nevertheless, dismiss that account by itself.",
    )


class NikNotReadable(Incomplete):
    """Who somebody is, is said by a NIK that can be one."""

    title = Said(id="NIK ini tidak mungkin benar", en="This NIK cannot be right")
    detail = Said(
        id="Salin NIK dari KTP pemilik akun, lalu kirim lagi.",
        en="Copy the NIK from the identity card of whose account it is, then send it again.",
    )


class PasswordNotFit(Incomplete):
    """A password is a sentence, not a riddle: long, and of any characters."""

    title = Said(id="Kata sandi belum memenuhi syarat", en="The password does not fit")
    detail = Said(
        id="Pakai kalimat {shortest} sampai {longest} karakter yang mudah Anda ingat; spasi boleh.",
        en="Use a sentence of {shortest} to {longest} characters you remember; spaces are welcome.",
    )


def check_password(password: str, *, pointer: str = "/password") -> None:
    if not PASSWORD_SHORTEST <= len(password) <= PASSWORD_LONGEST:
        words: dict[str, object] = {"shortest": PASSWORD_SHORTEST, "longest": PASSWORD_LONGEST}
        fault = Fault(pointer, "password_not_fit", PasswordNotFit.detail, words)
        raise PasswordNotFit([fault], **words)


# --- assignments


@dataclass(frozen=True)
class Held:
    """An assignment somebody holds now."""

    id: UUID
    role: Role
    region: Region
    region_name: str

    def as_actor(self, account_id: UUID) -> Actor:
        return Actor(account_id, self.role, self.region)


class NoCurrentAssignment(NotPermitted):
    """The account holds no assignment now."""

    title = Said(id="Anda belum punya penugasan", en="You hold no assignment now")
    detail = Said(
        id="Akun Anda tidak punya penugasan yang berlaku hari ini. Hubungi admin kabupaten/kota.",
        en="Your account has no assignment that is current. Ask your regency's administrator.",
    )


class AssignmentNotFound(NotFound):
    """No such assignment is yours now."""

    title = Said(id="Penugasan tidak ditemukan", en="No such assignment is yours now")
    detail = Said(
        id="Masuk tanpa assignment_id untuk melihat penugasan Anda yang berlaku.",
        en="Sign in without assignment_id to see the assignments you hold.",
    )


class SeveralAssignments(Conflict):
    """A token is for one assignment, and you hold several."""

    title = Said(id="Pilih satu penugasan", en="Choose one assignment")
    detail = Said(
        id="Anda punya beberapa penugasan. Ulangi dengan assignment_id dari daftar assignments.",
        en="You hold several assignments. Repeat with an assignment_id of the list assignments.",
    )

    def __init__(self, held: Sequence[Held]) -> None:
        super().__init__()
        self.members = {
            "assignments": [
                {
                    "id": str(one.id),
                    "role": str(one.role),
                    "region": {"code": one.region.code, "name": one.region_name},
                }
                for one in held
            ]
        }


def choose(held: Sequence[Held], *, named: UUID | None) -> Held:
    """The one assignment a token is for: the named one, or the only one."""
    if not held:
        raise NoCurrentAssignment
    fitting = [one for one in held if named in (None, one.id)]
    if not fitting:
        raise AssignmentNotFound
    if len(fitting) > 1:
        raise SeveralAssignments(held)
    return fitting[0]


# --- signing in


class SignInFailed(NotRecognised):
    """One answer for an unknown name, a wrong password and a dismissed account."""

    title = Said(id="Nama pengguna atau kata sandi salah", en="Wrong username or password")
    detail = Said(
        id="Periksa keduanya, lalu coba lagi. Bila lupa kata sandi, hubungi admin Anda.",
        en="Check both, then try again. If you forgot the password, ask your administrator.",
    )


class RefreshTokenNotValid(NotRecognised):
    """Expired, revoked, used before, or never ours: which one is not told."""

    title = Said(id="Sesi Anda telah berakhir", en="Your session has ended")
    detail = Said(
        id="Masuk kembali dengan nama pengguna dan kata sandi.",
        en="Sign in again with username and password.",
    )


class TooManyTries(TooSoon):
    """Signing in is slowed after wrong tries."""

    title = Said(id="Terlalu banyak percobaan masuk", en="Too many tries to sign in")


@dataclass(frozen=True)
class Tally:
    """How many tries count against one name or one address."""

    tries: int
    since: datetime  # from here on, time forgives
    blocked_until: datetime


@dataclass(frozen=True)
class Brake:
    """From the try numbered `free` on, each is followed by a pause twice as long as the last."""

    free: int
    longest: timedelta
    forgiven_every: timedelta

    def count(self, tally: Tally, *, at: datetime) -> Tally:
        """The tally with one more try, or `TooManyTries` while the pause of the last one lasts."""
        if at < tally.blocked_until:
            pause = tally.blocked_until - at
            raise TooManyTries(retry_after=ceil(pause / timedelta(seconds=1)))

        forgiven = min(tally.tries, max(0, (at - tally.since) // self.forgiven_every))
        remaining = tally.tries - forgiven
        since = tally.since + forgiven * self.forgiven_every if remaining else at
        return Tally(remaining + 1, since, at + self.pause_after(remaining + 1))

    def pause_after(self, tries: int) -> timedelta:
        if tries < self.free:
            return timedelta(0)
        doublings = min(tries - self.free, 20)  # far beyond `longest`, well within a timedelta
        return min(self.longest, timedelta(seconds=2**doublings))


ACCOUNT_BRAKE = Brake(free=5, longest=timedelta(minutes=15), forgiven_every=timedelta(hours=1))
# A whole office shares one address, so it is braked late, shortly, and soon forgiven.
ADDRESS_BRAKE = Brake(free=50, longest=timedelta(minutes=1), forgiven_every=timedelta(minutes=1))
# A school looks at a hundred letters in a morning; at random, 80 bits are found by nobody.
CHECK_BRAKE = Brake(free=200, longest=timedelta(minutes=1), forgiven_every=timedelta(seconds=10))


# --- staying in


@dataclass(frozen=True)
class RefreshTerms:
    """How long one stays signed in: at most `overall`, and never idle for longer than `idle`.

    `grace`: over a weak line the answer with the new token gets lost and the client, giving up
    after 15 seconds, sends the old one again. For so long that is a repeat, not a theft. It
    costs no safety: the repeat replaces the lost token, and whoever still uses that one (thief
    or owner) ends the session for both, as RFC 9700 (4.14) asks.
    """

    idle: timedelta = timedelta(hours=12)
    overall: timedelta = timedelta(days=7)
    grace: timedelta = timedelta(seconds=30)


@dataclass(frozen=True)
class Presented:
    """A refresh token as the database knows it at the moment it is presented."""

    at: datetime
    expires_at: datetime
    used_at: datetime | None
    replaced: bool  # a repeat put another token in its place
    is_last_used: bool  # no later token of its family has been used
    family_stands: bool  # not revoked, not past its end, account and assignment still current


class RefreshVerdict(StrEnum):
    RENEW = "renew"
    REPEAT = "repeat"
    END = "end"
    REUSE = "reuse"


def judge(token: Presented, *, grace: timedelta) -> RefreshVerdict:
    if not token.family_stands or token.at >= token.expires_at:
        return RefreshVerdict.END
    if token.replaced:
        return RefreshVerdict.REUSE
    if token.used_at is None:
        return RefreshVerdict.RENEW
    if token.is_last_used and token.at - token.used_at <= grace:
        return RefreshVerdict.REPEAT
    return RefreshVerdict.REUSE
