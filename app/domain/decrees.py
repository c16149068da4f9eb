"""Decrees (SK penetapan): under one of them the ministry determines a month's proposals as a set.

An analyst drafts a decree and has the proposals checked that wait for it; a determiner, another
person, applies it. What it determines stands in its numbered list, which nobody changes later.
"""

from enum import StrEnum

from app.domain.actors import Role
from app.domain.errors import Conflict, Fault, Incomplete, NotFound, Said
from app.domain.facts import Fact
from app.domain.proposals import UU13_11, ProposalKind
from app.domain.workflow import Ground, Transition, Workflow


class DecreeState(StrEnum):
    DRAFTED = "drafted"
    CHECKING = "checking"  # the service works on it, chunk by chunk
    CHECKED = "checked"
    APPLYING = "applying"  # likewise
    IN_FORCE = "in_force"
    CANCELLED = "cancelled"


class DecreeAction(StrEnum):
    DRAFT = "draft"
    CHECK = "check"
    REPORT = "report"  # all have been checked
    APPLY = "apply"
    ENTER_INTO_FORCE = "enter_into_force"  # all have been determined, or left
    RETURN = "return"
    CANCEL = "cancel"


class Work(StrEnum):
    """What the service does for a decree in the background."""

    CHECK = "check"
    APPLY = "apply"


class Found(StrEnum):
    """When it was found that a proposal cannot be determined under the decree."""

    CHECK = "check"
    DETERMINATION = "determination"


class Effect(StrEnum):
    """What a line of the numbered list says of a person, a family or a household."""

    ADDED = "added"
    REMOVED = "removed"
    RESTORED = "restored"
    MOVED_IN = "moved_in"
    MOVED_OUT = "moved_out"
    CHANGED = "changed"
    PROGRAMME_ADDED = "programme_added"
    PROGRAMME_ENDED = "programme_ended"
    PROGRAMME_RESTORED = "programme_restored"
    PAYEE_CHANGED = "payee_changed"


K, E = ProposalKind, Effect
# A move is told twice: each village has a proposal of its own.
EFFECT_OF: dict[ProposalKind, Effect] = {
    K.NEW_FAMILY: E.ADDED,
    K.NEW_MEMBER: E.ADDED,
    K.PROGRAMME: E.PROGRAMME_ADDED,
    K.CORRECTION: E.CHANGED,
    K.MOVE: E.MOVED_OUT,
    K.REMOVAL: E.REMOVED,
    K.INELIGIBILITY: E.PROGRAMME_ENDED,
    K.RESTORATION: E.RESTORED,
    K.PAYEE_CHANGE: E.PAYEE_CHANGED,
    K.PBI_REACTIVATION: E.PROGRAMME_RESTORED,
}

S, A = DecreeState, DecreeAction
ANALYST = frozenset({Role.MINISTRY_ANALYST})
DETERMINER = frozenset({Role.MINISTRY_DETERMINER})
NOTE = frozenset({Ground.NOTE})
OWN = Fact.OWN_WORK  # whoever drafted it or had it checked

IMPLIED = frozenset({A.REPORT, A.ENTER_INTO_FORCE})

# fmt: off
DECREES = Workflow(
    "decree", initial=S.DRAFTED, begun=(A.DRAFT, ANALYST), implied=IMPLIED, transitions=[
    #          action              from        to           by          needs
    Transition(A.CHECK,            S.DRAFTED,  S.CHECKING,  ANALYST),
    Transition(A.CHECK,            S.CHECKED,  S.CHECKING,  ANALYST),
    Transition(A.REPORT,           S.CHECKING, S.CHECKED,   ANALYST),
    Transition(A.RETURN,           S.CHECKED,  S.DRAFTED,   DETERMINER, NOTE),
    Transition(A.APPLY,            S.CHECKED,  S.APPLYING,  DETERMINER, unless=OWN, law=UU13_11),
    Transition(A.ENTER_INTO_FORCE, S.APPLYING, S.IN_FORCE,  DETERMINER),
    Transition(A.CANCEL,           S.DRAFTED,  S.CANCELLED, ANALYST,    NOTE, unless=Fact.LISTED),
    Transition(A.CANCEL,           S.CHECKED,  S.CANCELLED, ANALYST,    NOTE, unless=Fact.LISTED),
])
# fmt: on
CLOSED = frozenset({S.IN_FORCE, S.CANCELLED})  # its list takes nobody more
TOLD_TO_ALL = frozenset({S.APPLYING, S.IN_FORCE})
SITUATIONS: dict[str, frozenset[Fact]] = {
    "others": frozenset(),
    "own": frozenset({OWN}),
    "others_listed": frozenset({Fact.LISTED}),
    "own_listed": frozenset({OWN, Fact.LISTED}),
}
WORK_OF = {A.CHECK: Work.CHECK, A.APPLY: Work.APPLY}
DONE_BY = {Work.CHECK: A.REPORT, Work.APPLY: A.ENTER_INTO_FORCE}
WORKER = {Work.CHECK: Role.MINISTRY_ANALYST, Work.APPLY: Role.MINISTRY_DETERMINER}


class DecreeNotFound(NotFound):
    """No such decree."""

    title = Said(id="SK tidak ditemukan", en="No such decree")


class DecreeNotOpen(Conflict):
    """Nobody can be determined under this decree."""

    title = Said(id="SK ini tidak terbuka", en="This decree is not open")
    detail = Said(
        id="Tidak ada SK terbuka dengan nomor dan tanggal itu. Rancang dahulu SK-nya, atau "
        "periksa nomor dan tanggalnya; daftar SK yang sudah berlaku tidak berubah lagi.",
        en="No open decree has this number and date. Have it drafted first, or check both; the "
        "list of a decree in force does not change any more.",
    )


class DecreeNumberTaken(Conflict):
    """There is a decree with this number."""

    title = Said(id="Nomor SK sudah dipakai", en="There is a decree with this number")
    detail = Said(
        id="Lanjutkan SK yang ada; lihat /v1/decrees.", en="Go on with the one at /v1/decrees."
    )


class NotEarlier(Incomplete):
    """Decrees are compared from the earlier one on."""

    title = Said(id="SK pembanding harus lebih awal", en="The other decree has to be the earlier")
    detail = Said(
        id="Isi from dengan SK yang periodenya sebelum SK ini.",
        en="Give as `from` a decree that comes before this one.",
    )

    def __init__(self) -> None:
        super().__init__([Fault("?from", "out_of_range", self.detail)])


class NotDetermined(Conflict):
    """It could not be determined, and nobody foresaw why."""

    title = Said(id="Tidak dapat ditetapkan", en="It could not be determined")
    detail = Said(
        id="Ada kesalahan pada layanan. Usulan ini tetap menunggu; laporkan kepada pengelola.",
        en="The service met a fault. The proposal still waits; report it to the administrators.",
    )


# --- what the analyst's checks find


class PeriodLater(Conflict):
    """The proposal is for a later period than the decree."""

    title = Said(id="Untuk periode berikutnya", en="It is for a later period")
    detail = Said(
        id="Usulan ini masuk SK periode berikutnya.", en="A decree of a later period takes it."
    )


class SubjectInactive(Conflict):
    """Whom it is about is inactive."""

    title = Said(id="Yang diusulkan tidak aktif", en="Whom it is about is inactive")
    detail = Said(
        id="Kembalikan usulan ini, atau pulihkan dahulu datanya.",
        en="Return the proposal, or have the record restored first.",
    )


class NikNotValid(Conflict):
    """A NIK of the people to be registered is not valid."""

    title = Said(id="Ada NIK yang tidak sah", en="A NIK is not valid")
    detail = Said(
        id="Kembalikan usulan ini agar NIK-nya diperbaiki.",
        en="Return the proposal so that the NIK is corrected.",
    )


class NikOfAnother(Conflict):
    """A NIK of the people to be registered is not held by them."""

    title = Said(id="NIK dipegang orang lain", en="A NIK is held by somebody else")
    detail = Said(
        id="Kembalikan usulan ini; orangnya mungkin sudah tercatat.",
        en="Return the proposal; the person may be on record already.",
    )


CHECKS: dict[str, type[Conflict]] = {
    "period_later": PeriodLater,
    "subject_inactive": SubjectInactive,
    "nik_not_valid": NikNotValid,
    "nik_of_another": NikOfAnother,
}
