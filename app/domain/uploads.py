"""Uploads (unggahan): a file on its way in, part by part, over a line that breaks.

Each part is proved by its SHA-256 when it comes, and the whole when all have come. What is there
need not be sent again, if the sender comes back while it is kept. An upload is its sender's own.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.errors import Conflict, Fault, Incomplete, NotFound, Said
from app.domain.imports.workflow import SENDING
from app.domain.workflow import Transition, Workflow

PART_BYTES = 1_048_576  # half a minute of a weak line
MOST_PART_BYTES = 8 * PART_BYTES
MOST_OPEN = 5  # of one sender: their parts take room


class UploadState(StrEnum):
    OPEN = "open"
    COMPLETED = "completed"  # it has become an import
    DISCARDED = "discarded"
    EXPIRED = "expired"  # its sender did not come back in time


class UploadAction(StrEnum):
    BEGIN = "begin"
    COMPLETE = "complete"
    DISCARD = "discard"
    EXPIRE = "expire"


S, A = UploadState, UploadAction

# fmt: off
UPLOADS = Workflow(
    "upload", initial=S.OPEN, begun=(A.BEGIN, SENDING), implied={A.EXPIRE}, transitions=[
    #          action      from    to           by
    Transition(A.COMPLETE, S.OPEN, S.COMPLETED, SENDING),
    Transition(A.DISCARD,  S.OPEN, S.DISCARDED, SENDING),
    Transition(A.EXPIRE,   S.OPEN, S.EXPIRED,   SENDING),
])
# fmt: on


@dataclass(frozen=True)
class Cut:
    """How a file is cut: parts are numbered from 1, and all but the last are of one size."""

    size: int
    part: int

    @property
    def parts(self) -> int:
        return -(-self.size // self.part)

    def size_of(self, number: int) -> int:
        """Of a part that there is."""
        if not 1 <= number <= self.parts:
            raise NoSuchPart(parts=self.parts)
        return min(self.part, self.size - (number - 1) * self.part)


class UploadNotFound(NotFound):
    """You have no such upload."""

    title = Said(id="Unggahan tidak ditemukan", en="You have no such upload")
    detail = Said(
        id="Periksa pengenalnya. Unggahan hanya terlihat oleh pengirimnya sendiri.",
        en="Check its id. An upload is seen by its sender only.",
    )


class NoSuchPart(NotFound):
    """The file is not cut into so many parts."""

    title = Said(id="Nomor bagian itu tidak ada", en="There is no part of this number")
    detail = Said(
        id="Berkas ini terdiri atas {parts} bagian, bernomor 1 sampai {parts}.",
        en="This file has {parts} parts, numbered from 1 to {parts}.",
    )


class TooManyUploads(Conflict):
    """You have begun as many as you may."""

    title = Said(id="Unggahan terbuka terlalu banyak", en="Too many uploads are open")
    detail = Said(
        id="Paling banyak {most} unggahan terbuka. Lanjutkan atau buang salah satunya.",
        en="There may be {most} open ones. Go on with one of them, or discard it.",
    )


class UploadOpen(Conflict):
    """The same file was begun in the same moment."""

    title = Said(id="Unggahan berkas ini baru saja dibuka", en="This file has just been begun")
    detail = Said(
        id="Kirim lagi permintaan yang sama; Anda akan menerima unggahan yang sudah terbuka itu.",
        en="Send the same request again: you are told of the upload that is open.",
    )


class UploadClosed(Conflict):
    """It has been completed or discarded: no part is taken any more."""

    title = Said(id="Unggahan ini sudah ditutup", en="This upload is closed")
    detail = Said(
        id="Berkasnya sudah menjadi impor atau dibuang. Baca unggahan ini; bila perlu, mulai lagi.",
        en="It has become an import, or was discarded. Read it; begin anew if need be.",
    )


class UploadExpired(Conflict):
    """Nothing came for so long that its parts are no longer kept."""

    title = Said(id="Unggahan ini kedaluwarsa", en="This upload has expired")
    detail = Said(
        id="Terlalu lama tidak ada bagian yang tiba, dan bagian yang sudah terkirim dihapus. Mulai "
        "lagi unggahannya (POST /v1/uploads), lalu kirim semua bagian.",
        en="No part came for too long, and those that had come were deleted. Begin it anew "
        "(POST /v1/uploads) and send all parts.",
    )


class PartsMissing(Conflict):
    """Not all of it has come."""

    title = Said(id="Masih ada bagian yang kurang", en="Some parts are missing")
    detail = Said(
        id="Kurang {count} bagian, yang pertama nomor {first}. Kirim bagian itu, lalu selesaikan "
        "lagi.",
        en="{count} parts are missing, the first one is {first}. Send them, then complete it.",
    )


class FileTooLarge(Incomplete):
    """The file is larger than this service takes."""

    title = Said(id="Berkas terlalu besar", en="The file is too large")
    detail = Said(
        id="Paling besar {limit} bita. Bagilah menjadi beberapa berkas.",
        en="{limit} bytes at most. Split it into several files.",
    )


class PartDamaged(Incomplete):
    """What has come is not what was sent."""

    title = Said(id="Bagian ini rusak di jalan", en="This part was damaged on its way")
    detail = Said(
        id="SHA-256 atau ukurannya tidak sama dengan yang Anda sebut; tidak ada yang disimpan. "
        "Kirim lagi bagian yang sama.",
        en="Its SHA-256 or its size is another than you said; nothing was kept. Send it again.",
    )


class WholeDamaged(Incomplete):
    """All parts are there, and they are not that file."""

    title = Said(id="Berkas utuhnya tidak cocok", en="The whole is not the file you told of")
    detail = Said(
        id="SHA-256 seluruh berkas tidak sama dengan yang disebut di awal. Berkas mungkin berubah "
        "selagi dikirim: buang unggahan ini, lalu mulai lagi.",
        en="The SHA-256 of all of it is another than was told at first. The file may have changed "
        "meanwhile: discard this upload and begin anew.",
    )


SIZE = Said(id="Bagian ini harus {expected} bita.", en="This part has to have {expected} bytes.")
SUM = Said(
    id="SHA-256 isi yang tiba bukan yang disebut Content-Digest.",
    en="The SHA-256 of what has come is not the one in Content-Digest.",
)


def still_open(state: UploadState) -> None:
    """Refuse what comes too late, saying why."""
    if state is UploadState.EXPIRED:
        raise UploadExpired
    if state is not UploadState.OPEN:
        raise UploadClosed


def whole(cut: Cut, number: int, size: int, *, told: bytes, found: bytes) -> None:
    """A part is kept as it was sent, or not at all."""
    expected = cut.size_of(number)
    if size != expected:
        raise PartDamaged([Fault("", "size", SIZE, {"expected": expected})])
    if told != found:
        raise PartDamaged([Fault("Content-Digest", "sha256", SUM)])


def all_there(cut: Cut, there: set[int]) -> None:
    missing = set(range(1, cut.parts + 1)) - there
    if missing:
        raise PartsMissing(count=len(missing), first=min(missing))
