"""Imports (impor): one uploaded file, and what becomes of it.

Whoever sends a file applies it: what comes of it is his work, in his role and his region. Nothing
of a file is lost or silent: every row is taken, known already, or left with its reasons.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.actors import Actor, Role
from app.domain.errors import Conflict, NotFound, NotPermitted, Said
from app.domain.facts import Fact
from app.domain.imports.columns import ImportKind
from app.domain.sight import SIGHT_OF
from app.domain.workflow import Ground, Transition, Workflow


class ImportState(StrEnum):
    RECEIVED = "received"
    CHECKING = "checking"  # a job is at it, chunk by chunk
    READY = "ready"  # to be looked at
    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"
    REFUSED = "refused"  # nothing of it was taken


class ImportAction(StrEnum):
    RECEIVE = "receive"
    CHECK = "check"
    REPORT = "report"  # all rows have been looked at
    APPLY = "apply"
    COMPLETE = "complete"  # every row has its outcome
    REFUSE = "refuse"  # by the checks, or where their job ended otherwise
    DISCARD = "discard"  # by whoever sent it
    UNDO = "undo"
    CLEAR = "clear"  # what could be taken back has been
    MARK = "mark"  # what was sent is to come back, with what is wrong marked
    HALT = "halt"  # the job that was to take it back ended otherwise


class Mode(StrEnum):
    """What is applied of a file that has faults."""

    ALL = "all"  # everything, or nothing
    GOOD = "good"  # what is good; the rest goes back with its reasons


class Format(StrEnum):
    """Of a file that goes out."""

    XLSX = "xlsx"
    CSV = "csv"


@dataclass(frozen=True)
class Limits:
    """Beyond which a file is taken for the wrong one: the part of its rows that are doubled."""

    most_doubled: float


USUAL = Limits(most_doubled=0.5)


class Outcome(StrEnum):
    """What became of a unit of rows."""

    TAKEN = "taken"
    SAME = "same"  # it is on record as it stands in the file: nothing was done
    LEFT = "left"  # with the refusal that it met
    UNDONE = "undone"
    KEPT = "kept"  # could not be undone: somebody has gone on with it


R, S, A = Role, ImportState, ImportAction
DESKS = frozenset({R.VILLAGE_OPERATOR, R.REGENCY_OPERATOR})
SENDERS: dict[ImportKind, frozenset[Role]] = {
    ImportKind.PROPOSALS: DESKS,
    ImportKind.BDT2015: DESKS,
    ImportKind.NIK_CORRECTIONS: DESKS,
    ImportKind.VERIFICATION_RESULTS: frozenset(
        {
            R.VILLAGE_HEAD,
            R.DISTRICT_OFFICER,
            R.REGENCY_VERIFIER,
            R.REGENCY_ENDORSER,
            R.PROVINCE_OFFICER,
            R.MINISTRY_ANALYST,
        }
    ),
    ImportKind.OPERATORS: frozenset({R.REGENCY_ADMIN}),
}
SENDING = frozenset[Role]().union(*SENDERS.values())
NOT_HIS = Fact.OTHERS_IMPORT
NOTE = frozenset({Ground.NOTE})
IMPLIED = frozenset({A.CHECK, A.REPORT, A.REFUSE, A.COMPLETE, A.CLEAR, A.HALT})

# fmt: off
IMPORTS = Workflow(
    "import", initial=S.RECEIVED, begun=(A.RECEIVE, SENDING), implied=IMPLIED, beside={A.MARK},
    transitions=[
    #          action      from        to           by       needs
    Transition(A.CHECK,    S.RECEIVED, S.CHECKING,  SENDING),
    Transition(A.REPORT,   S.CHECKING, S.READY,     SENDING),
    Transition(A.REFUSE,   S.RECEIVED, S.REFUSED,   SENDING),
    Transition(A.REFUSE,   S.CHECKING, S.REFUSED,   SENDING),
    Transition(A.DISCARD,  S.READY,    S.REFUSED,   SENDING, unless=NOT_HIS),
    Transition(A.APPLY,    S.READY,    S.APPLYING,  SENDING, unless=NOT_HIS),
    Transition(A.COMPLETE, S.APPLYING, S.APPLIED,   SENDING),
    Transition(A.UNDO,     S.APPLIED,  S.UNDOING,   SENDING, NOTE, unless=NOT_HIS),
    Transition(A.CLEAR,    S.UNDOING,  S.UNDONE,    SENDING),
    Transition(A.HALT,     S.UNDOING,  S.APPLIED,   SENDING),
    Transition(A.MARK,     S.READY,    S.READY,     SENDING, unless=NOT_HIS),
    Transition(A.MARK,     S.APPLIED,  S.APPLIED,   SENDING, unless=NOT_HIS),
    Transition(A.MARK,     S.UNDONE,   S.UNDONE,    SENDING, unless=NOT_HIS),
])
# fmt: on
SITUATIONS: dict[str, frozenset[Fact]] = {"own": frozenset(), "others": frozenset({NOT_HIS})}
OVER = frozenset({S.REFUSED, S.UNDONE})  # the same file may be sent again


class ImportNotFound(NotFound):
    """No such import lies within your region."""

    title = Said(id="Impor tidak ditemukan di wilayah Anda", en="No such import in your region")


class KindNotYours(NotPermitted):
    """Files of this kind are sent by others."""

    title = Said(id="Jenis impor ini milik peran lain", en="This kind belongs to another role")
    detail = Said(
        id="Berkas {kind} diimpor oleh: {roles}.", en="Files of {kind} are imported by: {roles}."
    )


class ImportedAlready(Conflict):
    """This very file has been imported, or is being imported."""

    title = Said(id="Berkas yang sama sudah diimpor", en="This file has been imported already")
    detail = Said(
        id="Isi berkas ini sama persis dengan impor {id}. Lanjutkan impor itu; tidak ada yang "
        "dikerjakan dua kali.",
        en="The bytes of this file are those of the import {id}. Go on with that one; nothing is "
        "done twice.",
    )

    def __init__(self, *, id: object) -> None:  # noqa: A002 - as the sentence has it
        super().__init__(id=id)
        self.members["import_id"] = str(id)


class FaultsLeft(Conflict):
    """All or nothing was asked for, and some rows are not good."""

    title = Said(id="Masih ada baris yang salah", en="Some rows are not good yet")
    detail = Said(
        id="{bad} dari {rows} baris salah. Perbaiki berkasnya dan unggah lagi, atau terapkan yang "
        "benar saja (mode good).",
        en="{bad} of {rows} rows are not good. Correct the file and upload it again, or apply the "
        "good ones only (mode good).",
    )


class RowsNotGood(Conflict):
    """A unit of rows is left because one of them is not good."""

    title = Said(id="Ada baris yang salah", en="Some of these rows are not good")
    detail = Said(
        id="Baris ini dibiarkan karena ada yang salah di antaranya. Perbaiki lalu unggah lagi.",
        en="These rows were left because something among them is wrong. Correct and upload again.",
    )


class NothingGood(Conflict):
    """Not one row of the file can be taken."""

    title = Said(id="Tidak ada baris yang dapat diterapkan", en="No row can be applied")
    detail = Said(
        id="Semua baris salah atau sudah tercatat. Lihat masalahnya, perbaiki, lalu unggah lagi.",
        en="Every row is wrong or on record already. Look at its problems, correct, upload again.",
    )


class ResultNotMade(Conflict):
    """Nobody has asked for this file since the import moved, or it is still being made."""

    title = Said(id="Berkas bertanda belum ada", en="The marked file is not there yet")
    detail = Said(
        id="Ambil langkah mark dengan format itu, tunggu pekerjaannya selesai, lalu unduh lagi.",
        en="Take the step mark with this format, wait for its job to end, and ask again.",
    )


class TooManyDuplicates(Conflict):
    """So much of the file is on record, or twice in it, that it may be the wrong one."""

    title = Said(id="Terlalu banyak baris ganda", en="Too many duplicates")
    detail = Said(
        id="{doubled} dari {rows} baris ganda di dalam berkas atau sudah tercatat (batas {most}). "
        "Mungkin berkasnya keliru atau sudah pernah diunggah.",
        en="{doubled} of {rows} rows are twice in the file or on record (limit {most}). It may be "
        "the wrong file, or was uploaded before.",
    )


class NoRows(Conflict):
    """There is nothing below the names of the columns."""

    title = Said(id="Berkas tidak berisi baris data", en="The file has no rows of data")
    detail = Said(
        id="Di bawah judul kolom tidak ada isinya. Periksa lembar kerja yang pertama.",
        en="Nothing stands below the names of the columns. Look at the first sheet.",
    )


class TooManyRows(Conflict):
    """The file has more rows than this kind of file may have."""

    title = Said(id="Baris berkas terlalu banyak", en="The file has too many rows")
    detail = Said(
        id="Paling banyak {most} baris per berkas. Bagilah berkasnya.",
        en="{most} rows a file at most. Split it.",
    )


class UnitTooLong(Conflict):
    """Something else than a number stands where rows say which of them belong together."""

    title = Said(id="Terlalu banyak baris bernomor sama", en="Too many rows share a number")
    detail = Said(
        id="{most} baris atau lebih memakai nomor KK atau ID rumah tangga yang sama. Mungkin "
        "kolomnya diisi angka pengisi. Perbaiki, lalu unggah lagi.",
        en="{most} rows or more have the same family card or household id. Perhaps something "
        "only fills that column. Correct it, and upload the file again.",
    )


class CheckEnded(Conflict):
    """The checks ended before they were through: the job was cancelled, or failed."""

    title = Said(id="Pemeriksaan tidak selesai", en="The checks did not come to their end")
    detail = Said(
        id="Pekerjaannya dibatalkan atau gagal; tidak ada yang disimpan. Unggah lagi berkasnya.",
        en="Their job was cancelled or failed; nothing was kept. Upload the file again.",
    )


def readable(by: Actor) -> list[ImportKind]:
    """Whose rows he reads: of every kind; or, who reads nothing of people, of those he sends."""
    everything = SIGHT_OF[by.role].of_people
    return [kind for kind, senders in SENDERS.items() if everything or by.role in senders]


def permitted(kind: ImportKind, *, by: Actor) -> None:
    if by.role not in SENDERS[kind]:
        raise KindNotYours(kind=kind, roles=sorted(SENDERS[kind]))
