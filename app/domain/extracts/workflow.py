"""Extracts (ekstrak): a resource of a region as files, made of one moment, with a signed manifest.

The rows of the moment are kept aside first; the files are written from there, one by one, so that
whoever dies in between loses one file's work. An extract is its asker's own, and its files are
kept for some days.
"""

from enum import StrEnum

from app.domain.actors import Role
from app.domain.errors import Conflict, Incomplete, NotFound, Said
from app.domain.workflow import Transition, Workflow

MOST_OPEN = 3  # of one account
MOST_FILES = 1_000


class ExtractState(StrEnum):
    ASKED = "asked"
    MATERIALISING = "materialising"  # the rows of the moment are being kept aside
    WRITING = "writing"  # they are being written into files
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DELETED = "deleted"
    EXPIRED = "expired"


class ExtractAction(StrEnum):
    REQUEST = "request"
    MATERIALISE = "materialise"  # also: anew, of another moment
    WRITE = "write"
    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"
    DELETE = "delete"
    EXPIRE = "expire"


R, S, A = Role, ExtractState, ExtractAction
ASKERS = frozenset(
    {
        R.INTEGRATION,
        R.REGENCY_OPERATOR,
        R.REGENCY_VERIFIER,
        R.PROVINCE_OFFICER,
        R.MINISTRY_ANALYST,
    }
)
IMPLIED = frozenset({A.MATERIALISE, A.WRITE, A.COMPLETE, A.FAIL, A.EXPIRE})
AT_WORK = (S.ASKED, S.MATERIALISING, S.WRITING)

EXTRACTS = Workflow(
    "extract",
    initial=S.ASKED,
    begun=(A.REQUEST, ASKERS),
    implied=IMPLIED,
    transitions=[
        *(Transition(A.MATERIALISE, state, S.MATERIALISING, ASKERS) for state in AT_WORK),
        Transition(A.WRITE, S.MATERIALISING, S.WRITING, ASKERS),
        Transition(A.COMPLETE, S.WRITING, S.READY, ASKERS),
        *(Transition(A.FAIL, state, S.FAILED, ASKERS) for state in AT_WORK),
        *(Transition(A.CANCEL, state, S.CANCELLED, ASKERS) for state in AT_WORK),
        Transition(A.DELETE, S.READY, S.DELETED, ASKERS),
        Transition(A.EXPIRE, S.READY, S.EXPIRED, ASKERS),
    ],
)


class ExtractNotFound(NotFound):
    """You have no such extract."""

    title = Said(id="Ekstrak tidak ditemukan", en="You have no such extract")
    detail = Said(
        id="Periksa pengenalnya. Ekstrak hanya terlihat oleh pemintanya sendiri.",
        en="Check its id. An extract is seen by its asker only.",
    )


class NoSuchFile(NotFound):
    """The extract has no file of this number."""

    title = Said(id="Nomor berkas itu tidak ada", en="There is no file of this number")
    detail = Said(
        id="Lihat daftar berkas dalam manifes ekstrak ini.",
        en="See the list of files in the manifest of this extract.",
    )


class TooManyExtracts(Conflict):
    """You have asked for as many as are made at once."""

    title = Said(id="Ekstrak yang sedang dibuat terlalu banyak", en="Too many extracts are open")
    detail = Said(
        id="Paling banyak {most} ekstrak dibuat bersamaan. Tunggu salah satunya selesai, atau "
        "batalkan.",
        en="{most} are made at once at most. Wait for one of them to end, or cancel one.",
    )


class ExtractNotReady(Conflict):
    """It is still being made, or was never finished."""

    title = Said(id="Ekstrak ini belum siap", en="This extract is not ready")
    detail = Said(
        id="Baca ekstraknya: tunggu sampai berstatus ready, atau lihat mengapa gagal.",
        en="Read the extract: wait until its state is ready, or see why it failed.",
    )


class ExtractExpired(Conflict):
    """Its files were kept for some days, and are deleted."""

    title = Said(id="Ekstrak ini kedaluwarsa", en="This extract has expired")
    detail = Said(
        id="Berkasnya hanya disimpan beberapa hari dan sudah dihapus; manifesnya tetap ada. Minta "
        "lagi (POST /v1/extracts), atau lanjutkan dari changes_after.",
        en="Its files are kept for some days and were deleted; the manifest stays. Ask for it "
        "again (POST /v1/extracts), or go on from changes_after.",
    )


class ExtractDeleted(Conflict):
    """You have deleted its files."""

    title = Said(id="Berkas ekstrak ini sudah dihapus", en="The files of this extract are deleted")
    detail = Said(
        id="Anda sudah menghapusnya; manifesnya tetap ada. Minta lagi bila perlu.",
        en="You deleted them; the manifest stays. Ask for it again if need be.",
    )


class DecreeNotInForce(Conflict):
    """Nothing counts as of a decree that is not in force."""

    title = Said(id="SK ini belum berlaku", en="This decree is not in force")
    detail = Said(
        id="Keadaan hanya dapat diambil menurut SK yang sudah berlaku; {number} belum. Lihat "
        "/v1/decrees.",
        en="A state can be had as of a decree in force only, which {number} is not. See "
        "/v1/decrees.",
    )


class TooManyFiles(Conflict):
    """Its rows would make too many files."""

    title = Said(id="Berkasnya akan terlalu banyak", en="There would be too many files")
    detail = Said(
        id="{rows} baris menjadi lebih dari {most} berkas. Perbesar rows_per_file atau persempit "
        "wilayahnya.",
        en="{rows} rows would make more than {most} files. Raise rows_per_file, or narrow the "
        "region.",
    )


class FiltersDoNotFit(Incomplete):
    """What is asked for does not fit the resource or the format."""

    title = Said(id="Permintaan ekstrak tidak cocok", en="This cannot be asked for together")
    detail = Said(
        id="Perbaiki bagian yang disebut dalam errors.", en="Correct the parts named in errors."
    )


def given_out(state: ExtractState) -> None:
    """Refuse whoever wants files that are not there, saying why."""
    if state is S.EXPIRED:
        raise ExtractExpired
    if state is S.DELETED:
        raise ExtractDeleted
    if state is not S.READY:
        raise ExtractNotReady
