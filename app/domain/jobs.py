"""Jobs: what the service does in the background for somebody who asked for it.

A job does the work of its subject (an import, say) and tells how far it is. A worker that dies
leaves its job to the next one; a job on which one worker after another dies is parked.
"""

from enum import StrEnum

from app.domain.actors import Role
from app.domain.errors import Conflict, NotFound, Said
from app.domain.facts import Fact
from app.domain.workflow import Transition, Workflow

MOST_STARTS = 3  # one after another, none of which got any further


class JobKind(StrEnum):
    CHECK_IMPORT = "check_import"
    APPLY_IMPORT = "apply_import"
    UNDO_IMPORT = "undo_import"
    MARK_IMPORT = "mark_import"  # the workbook that goes back, with what is wrong marked
    WRITE_EXTRACT = "write_extract"
    WRITE_LIST = "write_list"
    ANSWER_SPDCI = "answer_spdci"  # to the address of whoever asked


# The resource whose work it is.
ROOM_OF: dict[JobKind, str] = {
    JobKind.CHECK_IMPORT: "imports",
    JobKind.APPLY_IMPORT: "imports",
    JobKind.UNDO_IMPORT: "imports",
    JobKind.MARK_IMPORT: "imports",
    JobKind.ANSWER_SPDCI: "spdci-requests",
    JobKind.WRITE_EXTRACT: "extracts",
    JobKind.WRITE_LIST: "lists",
}


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PARKED = "parked"


class JobAction(StrEnum):
    ENQUEUE = "enqueue"
    START = "start"
    RESUME = "resume"  # after whoever was at it has died
    RELEASE = "release"  # by a worker that is asked to end
    COMPLETE = "complete"
    FAIL = "fail"
    PARK = "park"
    CANCEL = "cancel"  # a job that runs ends at its next pause
    STOP = "stop"


S, A = JobState, JobAction
ANYBODY = frozenset(Role)  # the worker acts as whoever asked
ADMINS = frozenset({Role.REGENCY_ADMIN, Role.MINISTRY_ADMIN})
ASKERS = ANYBODY - ADMINS - {Role.AUDITOR}
OTHERS = Fact.OTHERS_JOB

IMPLIED = frozenset({A.START, A.RESUME, A.RELEASE, A.COMPLETE, A.FAIL, A.PARK, A.STOP})

# fmt: off
JOBS = Workflow(
    "job", initial=S.QUEUED, begun=(A.ENQUEUE, ANYBODY), implied=IMPLIED, transitions=[
    #          action      from       to           by
    Transition(A.START,    S.QUEUED,  S.RUNNING,   ANYBODY),
    Transition(A.RESUME,   S.RUNNING, S.RUNNING,   ANYBODY),
    Transition(A.RELEASE,  S.RUNNING, S.QUEUED,    ANYBODY),
    Transition(A.COMPLETE, S.RUNNING, S.DONE,      ANYBODY),
    Transition(A.FAIL,     S.RUNNING, S.FAILED,    ANYBODY),
    Transition(A.PARK,     S.RUNNING, S.PARKED,    ANYBODY),
    Transition(A.STOP,     S.RUNNING, S.CANCELLED, ANYBODY),
    Transition(A.CANCEL,   S.QUEUED,  S.CANCELLED, ASKERS, unless=OTHERS),
    Transition(A.CANCEL,   S.RUNNING, S.RUNNING,   ASKERS, unless=OTHERS),
    Transition(A.CANCEL,   S.QUEUED,  S.CANCELLED, ADMINS),
    Transition(A.CANCEL,   S.RUNNING, S.RUNNING,   ADMINS),
])
# fmt: on
OPEN = frozenset({S.QUEUED, S.RUNNING})
GIVEN_UP = frozenset({S.FAILED, S.CANCELLED, S.PARKED})
SITUATIONS: dict[str, frozenset[Fact]] = {"own": frozenset(), "others": frozenset({OTHERS})}


class JobNotFound(NotFound):
    """No such job lies within your region."""

    title = Said(
        id="Pekerjaan tidak ditemukan di wilayah Anda", en="No such job lies within your region"
    )


# --- why a job ended without being done, where the work itself did not say it


class JobFailed(Conflict):
    """The service met a fault that nobody foresaw."""

    title = Said(id="Pekerjaan gagal", en="The job failed")
    detail = Said(
        id="Ada kesalahan pada layanan, bukan pada data Anda. Yang sudah tersimpan tetap ada. "
        "Ulangi sekali lagi; bila tetap gagal, laporkan nomor pekerjaan ini kepada pengelola.",
        en="The service met a fault; it is not your data. What was stored stays. Ask for it once "
        "more; if it fails again, report the number of this job to the administrators.",
    )


class JobParked(Conflict):
    """It was begun several times, and never got any further."""

    title = Said(id="Pekerjaan dihentikan sementara", en="The job was parked")
    detail = Said(
        id="Layanan berhenti mendadak {starts} kali berturut-turut saat mengerjakannya tanpa "
        "kemajuan. Laporkan nomor pekerjaan ini kepada pengelola sebelum mengulanginya.",
        en="The service died {starts} times in a row while at it, without getting any further. "
        "Report the number of this job to the administrators before you ask for it again.",
    )


class AskerGone(Conflict):
    """Whoever asked for it no longer holds that assignment."""

    title = Said(id="Penugasan pemohon sudah berakhir", en="The asker's assignment has ended")
    detail = Said(
        id="Pekerjaan berjalan dengan hak pemohonnya, dan penugasan itu sudah berakhir. Mintalah "
        "petugas yang kini bertugas mengulanginya.",
        en="A job runs with the rights of whoever asked for it, and that assignment has ended. "
        "Have it asked for again by the officer who is in charge now.",
    )
