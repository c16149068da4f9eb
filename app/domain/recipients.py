"""Recipients (penerima): who was determined for which programme, from which period to which.

Whoever is determined is a candidate: that he is paid is decided shortly before each payment, and
elsewhere. Nobody moves a recipient by hand; proposals that are determined do.
"""

import calendar
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from app.domain.actors import Role
from app.domain.errors import Conflict, Fault, Incomplete, Said
from app.domain.households import RecordState
from app.domain.niks import NikVerdict, completed_years
from app.domain.programmes import Programme, Reactivation, Unit
from app.domain.workflow import Transition, Workflow


class RecipientState(StrEnum):
    CANDIDATE = "candidate"  # determined for the programme
    REACTIVATED = "reactivated"  # ended once, and on again
    ENDED = "ended"


class RecipientAction(StrEnum):
    ADMIT = "admit"
    CHANGE_PAYEE = "change_payee"
    END = "end"
    REACTIVATE = "reactivate"
    RELOCATE = "relocate"  # with the people, into another household


S, A = RecipientState, RecipientAction
DETERMINER = frozenset({Role.MINISTRY_DETERMINER})
LIVE = (S.CANDIDATE, S.REACTIVATED)

RECIPIENTS = Workflow(
    "recipient",
    initial=S.CANDIDATE,
    begun=(A.ADMIT, DETERMINER),
    implied=set(A),
    transitions=[
        *(Transition(A.CHANGE_PAYEE, state, state, DETERMINER) for state in LIVE),
        *(Transition(A.END, state, S.ENDED, DETERMINER) for state in LIVE),
        Transition(A.REACTIVATE, S.ENDED, S.REACTIVATED, DETERMINER),
        *(Transition(A.RELOCATE, state, state, DETERMINER) for state in S),
    ],
)

OLDER_THAN = 17  # whoever a family's aid is paid to
MONTHS_AHEAD = 12  # for which somebody is proposed at most


class AsksNotAccepted(Incomplete):
    """What is asked cannot be asked of this family or person."""

    title = Said(id="Isi usulan belum dapat diterima", en="What is asked cannot be accepted")
    detail = Said(
        id="Perbaiki bagian yang disebut dalam errors, lalu ajukan lagi. Draf tetap tersimpan.",
        en="Mend the parts named in errors, then submit again. The draft is kept.",
    )


class SecondProgramme(Conflict):
    """Another proposal has this family's, or person's, place in the period."""

    title = Said(id="Sudah ada usulan bansos pada periode ini", en="The period is taken already")
    detail = Said(
        id="Satu KK satu program per periode, dan PBI satu kali per orang. Lihat usulan yang "
        "disebut dalam errors; ajukan untuk periode lain, atau tarik usulan itu. Tidak ada yang "
        "ditimpa.",
        en="One family card takes one programme in a period, and a person one PBI. See the "
        "proposal named in errors; propose for another period, or withdraw that one. Nothing was "
        "overwritten.",
    )


class RecipientAlready(Conflict):
    """The family or the person has this programme."""

    title = Said(id="Sudah menjadi penerima program ini", en="A recipient of it already")
    detail = Said(
        id="Program {programme} sudah ditetapkan untuknya sejak {since}. Tidak perlu diusulkan "
        "lagi.",
        en="{programme} has been determined for them since {since}. There is nothing to propose.",
    )


class NotARecipient(Conflict):
    """Nothing is received that this proposal could be about."""

    title = Said(id="Bukan penerima program ini", en="Not a recipient of it")
    detail = Said(
        id="Belum ada penetapan {programme} yang masih berjalan untuknya. Lihat /v1/recipients, "
        "atau ajukan usulan bansos.",
        en="No {programme} that still runs has been determined for them. See /v1/recipients, or "
        "propose the programme.",
    )


class NothingReceived(Conflict):
    """There is nothing that could end."""

    title = Said(id="Tidak ada bantuan yang berjalan", en="Nothing is received")
    detail = Said(
        id="Orang atau keluarga ini tidak sedang menerima program apa pun di sini. Lihat "
        "/v1/recipients.",
        en="This person or family receives no programme here just now. See /v1/recipients.",
    )


class EndedTooLongAgo(Conflict):
    """It ended too long ago to be switched on again."""

    title = Said(id="Sudah terlalu lama nonaktif", en="It ended too long ago")
    detail = Said(
        id="PBI ini berakhir {ended_on}; reaktivasi hanya sebelum {until}. Ajukan usulan bansos "
        "PBI_JK yang baru.",
        en="This PBI ended on {ended_on} and could be reactivated before {until}. Propose PBI_JK "
        "anew instead.",
    )


class RecipientChanged(Conflict):
    """The recipient is no longer what the proposal froze."""

    title = Said(id="Data penerima sudah berubah", en="The recipient has changed meanwhile")
    detail = Said(
        id="Bagian yang disebut dalam errors berubah setelah usulan ini diajukan. Kembalikan "
        "usulan ke desa, atau tolak.",
        en="The parts named in errors changed after this was submitted. Return the proposal to "
        "the village, or reject it.",
    )


SECOND = Said(
    id="Usulan {id} untuk program {programme}, berstatus {state}, sudah memakai periode ini.",
    en="Proposal {id} for {programme}, which is {state}, has the period.",
)
SECOND_ELSEWHERE = Said(
    id="Usulan lain di luar wilayah Anda sudah memakai periode ini.",
    en="Another proposal, outside your region, has the period.",
)

SAID = {
    "not_proposable": Said(
        id="Program ini tidak diusulkan desa. Pilih dari /v1/programmes yang proposable.",
        en="Villages do not propose this programme. Choose one of /v1/programmes that is "
        "proposable.",
    ),
    "person_needed": Said(
        id="Program ini per orang: isi member_id.", en="This is given per person: give member_id."
    ),
    "family_needed": Said(
        id="Program ini per keluarga: isi family_id.",
        en="This is given per family card: give family_id.",
    ),
    "one_of_two": Said(
        id="Isi salah satu saja: family_id atau member_id.",
        en="Give one of the two: family_id or member_id.",
    ),
    "not_registered": Said(
        id="Belum terdaftar di DTKS. Ajukan dahulu keluarganya.",
        en="Not in the registry yet. Propose the family first.",
    ),
    "missing": Said(id="Bagian ini wajib diisi.", en="This is required."),
    "not_asked": Said(
        id="Program ini tidak punya pengurus; hapus.",
        en="This programme has no payee; leave it out.",
    ),
    "not_in_family": Said(
        id="Pilih orang dari KK yang sama.", en="Choose somebody of the same family card."
    ),
    "too_young": Said(
        id="Pengurus harus berumur lebih dari {age} tahun.", en="A payee is older than {age}."
    ),
    "nik_not_valid": Said(
        id="NIK orang ini belum ada atau tidak mungkin benar. Perbaiki dahulu, atau pilih orang "
        "lain.",
        en="The NIK of this person is missing or cannot be right. Correct it, or choose another.",
    ),
    "payee_already": Said(
        id="Orang ini sudah menjadi pengurus. Pilih anggota lain.",
        en="This person is the payee already. Choose another member.",
    ),
    "period_passed": Said(
        id="Periode ini sudah lewat. Pilih bulan ini atau sesudahnya.",
        en="This period has passed. Choose this month or a later one.",
    ),
    "period_too_far": Said(
        id="Periode paling lama {months} bulan ke depan.",
        en="A period lies {months} months ahead at most.",
    ),
    "not_received": Said(
        id="Program ini tidak sedang diterima; hapus dari daftar.",
        en="This programme is not received; take it out of the list.",
    ),
    "changed_meanwhile": Said(
        id="Bagian ini berubah setelah usulan diajukan.",
        en="This has changed since the proposal was submitted.",
    ),
}


def second(programme: str | None, **other: object) -> Fault:
    """The proposal that came first: which, for what, and where it stands."""
    said = SECOND if programme else SECOND_ELSEWHERE
    words = {"programme": programme, **other} if programme else {}
    return Fault("/asks/programme", "second_programme", said, words)


def fault(pointer: str, code: str, **words: object) -> Fault:
    return Fault(pointer, code, SAID[code], words)


# --- periods are months, named by their first day


def month_of(day: date) -> date:
    return day.replace(day=1)


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or the last one it has."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))


def period_faults(period: date, *, on: date) -> Iterator[Fault]:
    if period < month_of(on):
        yield fault("/asks/period", "period_passed")
    if period > months_later(month_of(on), MONTHS_AHEAD):
        yield fault("/asks/period", "period_too_far", months=MONTHS_AHEAD)


# --- who may be proposed, and who may be paid


class Person(Protocol):
    id: UUID
    family_id: UUID | None
    nik_verdict: NikVerdict
    birth_date: date | None
    state: RecordState


class Family(Protocol):
    id: UUID
    state: RecordState


def subject_faults(
    programme: Programme, family: Family | None, member: Person | None
) -> Iterator[Fault]:
    """The unit of the programme, and whether it is in the registry."""
    if not programme.proposable:
        yield fault("/asks/programme", "not_proposable")
    per_person = programme.unit is Unit.PERSON
    subject: Person | Family | None = member if per_person else family
    pointer = "/member_id" if per_person else "/family_id"
    if subject is None:
        yield fault(pointer, f"{programme.unit}_needed")
    elif subject.state is not RecordState.REGISTERED:
        yield fault(pointer, "not_registered")


def payee_faults(
    programme: Programme, payee: Person | None, named: object, family_id: UUID | None, *, on: date
) -> Iterator[Fault]:
    """Of a programme that is paid to somebody, and of no other."""
    if programme.has_payee:
        yield from person_faults(payee, named, family_id, pointer="/asks/payee_id", on=on)
    elif named:
        yield fault("/asks/payee_id", "not_asked")


def person_faults(
    payee: Person | None, named: object, family_id: UUID | None, *, pointer: str, on: date
) -> Iterator[Fault]:
    """In the same family card, in the registry, older than 17, with a NIK that can be true."""
    if payee is None or payee.family_id != family_id:
        yield fault(pointer, "not_in_family" if named else "missing")
        return
    if payee.state is not RecordState.REGISTERED:
        yield fault(pointer, "not_registered")
    if payee.birth_date is None or completed_years(payee.birth_date, on) <= OLDER_THAN:
        yield fault(pointer, "too_young", age=OLDER_THAN)
    if payee.nik_verdict in {NikVerdict.MISSING, NikVerdict.INVALID}:
        yield fault(pointer, "nik_not_valid")


# --- what a proposal froze of a recipient, and whether it still is so

TOLD = ("id", "programme", "state", "period_from", "period_to", "payee_id")


def admitted(recipient: Any) -> dict[str, list[object]]:  # noqa: ANN401
    """What the audit says of a recipient that comes into being."""
    whole = told(recipient)
    return {f"/{name}": [None, whole[name]] for name in TOLD[1:] if whole[name] is not None}


def told(recipient: Any) -> dict[str, Any]:  # noqa: ANN401
    """A recipient as it stands now, in JSON."""
    whole = {name: getattr(recipient, name) for name in TOLD}
    return {name: value and str(value) for name, value in whole.items()}


def unchanged(
    frozen: Iterable[Mapping[str, Any]],
    now: Mapping[str, Mapping[str, Any]],
    fields: Iterable[str],
) -> None:
    """Refuse where one of these fields of a frozen recipient is another now, naming each."""
    faults = [
        fault(f"/now/recipients/{number}/{name}", "changed_meanwhile")
        for number, each in enumerate(frozen)
        for name in fields
        if now.get(each["id"], {}).get(name) != each[name]
    ]
    if faults:
        raise RecipientChanged(faults)


def end_of(period_from: date, wanted: date) -> date:
    """The first month without: never before it began."""
    return max(period_from, wanted)


def reactivated_in_time(ended_on: date, *, reported_on: date, within_months: int) -> None:
    until = months_later(ended_on, within_months)
    if reported_on >= until:
        raise EndedTooLongAgo(ended_on=ended_on.isoformat(), until=until.isoformat())


def reactivation_faults(asks: Mapping[str, Any], rules: Reactivation) -> Iterator[Fault]:
    """What a request has to say: of the card, of the ground, and of the letter of the facility."""
    for name in ("card_number", "ended_on"):
        if not asks.get(name):
            yield fault(f"/asks/{name}", "missing")
    health = asks.get("health") or {}
    ground = rules.ground(health.get("ground"))
    if ground is None:
        yield fault("/asks/health/ground", "missing")
        return
    letter = ("facility_name", "letter_number", "letter_date") if ground.needs_letter else ()
    for name in (*letter, *(["note"] if ground.needs_note else [])):
        if not health.get(name):
            yield fault(f"/asks/health/{name}", "missing")
