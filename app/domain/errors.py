"""The ways the registry says no, in the two languages it speaks.

There are five kinds, and each tells the caller what could help. `app.routers.problems` gives
each kind its HTTP status; nothing here knows about HTTP. A refusal's class name is its stable
code, `title` says what happened in general, `detail` what happened here and what to do next.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from app.domain.labels import label_of


class Language(StrEnum):
    INDONESIAN = "id"
    ENGLISH = "en"


@dataclass(frozen=True)
class Said:
    """One sentence in both languages; `{words}` in braces are filled in when it is told.

    Codes are told by their labels where the sentence speaks of them; where they are to be sent
    (`{targets}`, `{missing}`), they stand as they are.
    """

    id: str
    en: str

    def told(self, language: Language, words: dict[str, object] | None = None) -> str:
        sentence = self.id if language is Language.INDONESIAN else self.en
        spoken = {
            key: _spoken(value, LABELLED.get(key), language) for key, value in (words or {}).items()
        }
        return sentence.format(**spoken)


# The words of a sentence that are codes, and what they are codes of.
LABELLED = {
    "name": "subjects",
    "kind": "kinds",
    "action": "actions",
    "state": "states",
    "role": "roles",
    "roles": "roles",
}


def _spoken(value: object, group: str | None, language: Language) -> str:
    if isinstance(value, Said):
        return value.told(language)
    if isinstance(value, str):
        return label_of(value, group, language) if group else str(value)
    if isinstance(value, Iterable):
        return ", ".join(sorted(_spoken(each, group, language) for each in value))
    return str(value)


@dataclass(frozen=True)
class Fault:
    """What is wrong with one part of what was sent.

    `pointer` is an RFC 6901 JSON pointer into the body (or `?name` for a query parameter),
    `code` is stable, `said` tells the sender what to do about it.
    """

    pointer: str
    code: str
    said: Said
    words: dict[str, object] = field(default_factory=dict)


class Refusal(Exception):
    """The registry understood the request and declines it."""

    title: ClassVar[Said]
    detail: ClassVar[Said]

    def __init__(self, faults: Iterable[Fault] = (), **words: object) -> None:
        super().__init__(type(self).__name__, words)
        self.faults = tuple(faults)
        self.words = words
        self.members: dict[str, object] = {}  # what the problem document carries besides

    @classmethod
    def code(cls) -> str:
        words = "".join(f"-{c.lower()}" if c.isupper() else c for c in cls.__name__)
        return words.lstrip("-")


class NotRecognised(Refusal):
    """We do not know who is asking: sign in again."""

    title = Said(id="Anda belum dikenali", en="You are not recognised")
    detail = Said(id="Masuk kembali, lalu ulangi.", en="Sign in again, then retry.")


class NotFound(Refusal):
    """Nothing by that name lies within your region."""

    title = Said(id="Tidak ditemukan di wilayah Anda", en="Not found within your region")
    detail = Said(
        id="Periksa kembali pengenal yang diminta.", en="Check the identifier you asked for."
    )


class NotPermitted(Refusal):
    """Your role may never do this: ask someone whose role may."""


class Conflict(Refusal):
    """The request does not fit the present state: read it again."""


class Incomplete(Refusal):
    """The request lacks something, or has it wrong: complete it and send it again."""


class Outdated(Refusal):
    """Somebody changed this since you read it. Nothing was overwritten."""

    title = Said(id="Data ini sudah diubah orang lain", en="Somebody changed this meanwhile")
    detail = Said(
        id="Anda membaca versi {expected}, sekarang versi {current}. Baca ulang, gabungkan "
        "perubahan Anda, lalu kirim lagi dengan If-Match yang baru.",
        en="You read version {expected}; it is now version {current}. Read it again, merge your "
        "change and send it with the new If-Match.",
    )


class TooSoon(Refusal):
    """Too many tries: wait as long as Retry-After says. `retry_after` is in seconds."""

    title = Said(id="Terlalu banyak percobaan", en="Too many tries")
    detail = Said(
        id="Tunggu {retry_after} detik, lalu coba lagi.",
        en="Wait {retry_after} seconds, then try again.",
    )

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)


class Overloaded(Refusal):
    """The service cannot answer just now. `retry_after` is in seconds."""

    title = Said(id="Layanan sedang penuh", en="The service is busy")
    detail = Said(
        id="Kirim lagi permintaan yang sama dalam {retry_after} detik; dengan Idempotency-Key yang "
        "sama tidak ada yang ganda.",
        en="Send the same request again in {retry_after} seconds; with the same Idempotency-Key "
        "nothing is doubled.",
    )

    def __init__(self, *, retry_after: int = 2) -> None:
        super().__init__(retry_after=retry_after)
