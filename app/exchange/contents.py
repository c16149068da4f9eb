"""What was sent, looked at: whether it is a PDF, a JPEG or a PNG, whole and open to be read.

The sender's word for it counts for nothing. It runs in a thread, two at a time at most, because
an image may take as much memory as all the rest of the service.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import BinaryIO

from app.domain.documents import ContentNotAccepted, MediaType
from app.domain.errors import Fault, Said
from app.exchange.photos import NO_SHOT, Shot, TooManyPixels, examined

AT_ONCE = 2
HEAD, TAIL = 16, 2048
PDF = re.compile(rb"%PDF-[12]\.[0-9]")
PDF_END = re.compile(rb"startxref\s+([0-9]{1,12})\s+%%EOF\s*\Z")
ENCRYPTED = re.compile(rb"/Encrypt\s*(?:[0-9]+\s+[0-9]+\s+R|<<)")
JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"

WHY = {
    "empty": Said(
        id="Tidak ada isi yang terkirim; kirim berkasnya sebagai isi permintaan.",
        en="Nothing was sent; send the file as the body of the request.",
    ),
    "not_a_document": Said(
        id="Ini bukan PDF, JPEG atau PNG, apa pun nama berkasnya.",
        en="This is no PDF, JPEG or PNG, whatever the file is called.",
    ),
    "damaged": Said(
        id="Berkas terpotong atau rusak. Buka dahulu di perangkat Anda, simpan atau pindai ulang, "
        "lalu kirim lagi.",
        en="The file is cut off or damaged. Open it on your device first, save or scan it once "
        "more, then send it again.",
    ),
    "encrypted": Said(
        id="PDF ini berkata sandi. Simpan tanpa kata sandi, lalu kirim lagi.",
        en="This PDF is protected. Save it without a password, then send it again.",
    ),
    "too_many_pixels": Said(
        id="Gambarnya terlalu besar. Perkecil hingga paling banyak 50 megapiksel.",
        en="The picture is too large. Make it 50 megapixels at most.",
    ),
}


@dataclass(frozen=True)
class Content:
    """What it is, and for a photo when and where it says it was taken."""

    media_type: MediaType
    shot: Shot = NO_SHOT


class Examiner:
    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, file: BinaryIO | None) -> Content:
        """What the file is, or `ContentNotAccepted` with the reason."""
        if file is None:
            raise _refused("empty")
        async with self._free:
            return await asyncio.to_thread(content_of, file)


def content_of(file: BinaryIO) -> Content:
    file.seek(0)
    head = file.read(HEAD)
    if not head:
        raise _refused("empty")
    if PDF.match(head):
        return _pdf(file)
    if head.startswith(JPEG):
        return _image(file, MediaType.JPEG)
    if head.startswith(PNG):
        return _image(file, MediaType.PNG)
    raise _refused("not_a_document")


def _pdf(file: BinaryIO) -> Content:
    """It says at its end where its table of contents stands; that place has to be in it."""
    file.seek(0)
    whole = file.read()
    end = PDF_END.search(whole[-TAIL:].rstrip(b"\0"))
    if end is None or not 0 < int(end[1]) < len(whole):
        raise _refused("damaged")
    if ENCRYPTED.search(whole):
        raise _refused("encrypted")
    return Content(MediaType.PDF)


def _image(file: BinaryIO, kind: MediaType) -> Content:
    try:
        return Content(kind, examined(file, kind))
    except TooManyPixels:
        raise _refused("too_many_pixels") from None
    except Exception:  # noqa: BLE001 - a library of a hundred formats fails in as many ways
        raise _refused("damaged") from None


def _refused(why: str) -> ContentNotAccepted:
    return ContentNotAccepted([Fault("", why, WHY[why])])
