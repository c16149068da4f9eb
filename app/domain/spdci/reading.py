"""Messages as they come in, read liberally: none of the published examples fits the schema.

What we do not know is passed over, a number may come as text, an empty text is nothing; what we
need and cannot read is rejected, by the code that the standard has for it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.errors import Said
from app.domain.spdci.canonical import canonical
from app.domain.spdci.words import LONGEST_ID, Action, Code, Rejected

MOST_REQUESTS = 20  # in one message
MOST_DIGITS = 9
_DIGITS = re.compile(r"[0-9]{1,9}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})"
)
_EXAMPLE = "Base64(signing content)"  # of the standard's own text, which some send as it is

Json = Mapping[str, Any]

NOT_AN_OBJECT = Said(
    id="Kirim satu objek JSON dengan bagian header dan message.",
    en="Send one JSON object with the parts header and message.",
)
NOT_KEPT = Said(
    id="Pesan memuat angka atau karakter yang tidak dapat disimpan (NUL, pasangan surogat).",
    en="The message has numbers or characters that cannot be kept (NUL, lone surrogates).",
)
ENCRYPTED = Said(
    id="Pesan terenkripsi belum didukung. Kirim lewat TLS tanpa enkripsi pesan.",
    en="Encrypted messages are not supported. Send it over TLS without encrypting it.",
)
OTHER_ACTION = Said(
    id="Isi action dengan {action} untuk alamat ini.", en="At this address, action is {action}."
)
OTHER_VERSION = Said(
    id="Layanan ini memakai versi 1.0.0 standar SPDCI.",
    en="This service speaks version 1.0.0 of the SPDCI standard.",
)
NO_MOMENT = Said(
    id="Tulis waktu menurut ISO 8601 dengan zona, misalnya 2026-11-22T09:00:00+07:00.",
    en="Write times as ISO 8601 with an offset, 2026-11-22T09:00:00+07:00 for example.",
)
NO_COUNT = Said(
    id="total_count adalah jumlah permintaan dalam pesan, bilangan bulat.",
    en="total_count is the number of requests in the message, a whole number.",
)
NO_ID = Said(
    id="{name} adalah teks paling banyak {most} karakter.",
    en="{name} is a text of {most} characters at most.",
)
NO_REQUESTS = Said(
    id="{name} adalah daftar berisi 1 sampai {most} permintaan.",
    en="{name} is a list of 1 to {most} requests.",
)
TWICE = Said(
    id="reference_id ini muncul dua kali; tiap permintaan memerlukan reference_id sendiri.",
    en="This reference_id occurs twice; each request needs one of its own.",
)


@dataclass(frozen=True)
class Envelope:
    """A message whose form is right."""

    header: Json
    message: Json
    signature: str | None  # None: nobody claims that it is signed
    signed: bytes

    @property
    def sender_id(self) -> str | None:
        sent = self.header.get("sender_id")
        return sent if isinstance(sent, str) and sent else None


def read_envelope(body: object, action: Action) -> Envelope:
    if not isinstance(body, dict):
        raise Rejected(Code.MESSAGE, NOT_AN_OBJECT)
    header = body.get("header", body.get("headers"))  # the published examples say `headers`
    message = body.get("message")
    if not isinstance(header, dict) or not isinstance(message, dict):
        raise Rejected(Code.MESSAGE, NOT_AN_OBJECT)
    signed = _signed(body)
    _check_header(header, action)
    if header.get("is_msg_encrypted") is True or "ciphertext" in message:
        raise Rejected(Code.ENCRYPTION, ENCRYPTED)
    return Envelope(header, message, _signature(body.get("signature")), signed)


def _signed(body: Json) -> bytes:
    """What a signature is over; and whether PostgreSQL could keep it."""
    try:
        signed = canonical({key: value for key, value in body.items() if key != "signature"})
        said = json.dumps(body.get("signature"), ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise Rejected(Code.MESSAGE, NOT_KEPT) from None
    if rb"\u0000" in signed + said:
        raise Rejected(Code.MESSAGE, NOT_KEPT)
    return signed


def _signature(sent: object) -> str | None:
    if not isinstance(sent, str) or not sent.strip():
        return None
    is_none = sent.lower().startswith("unsigned") or _EXAMPLE in sent
    return None if is_none else sent.strip()


def _check_header(header: Json, action: Action) -> None:
    said = header.get("action") or action
    if said != action:
        raise Rejected(Code.ACTION, OTHER_ACTION, action=action.value)
    version = header.get("version")
    if version and not (isinstance(version, str) and version.split(".")[0] in {"1", "v1"}):
        raise Rejected(Code.VERSION, OTHER_VERSION)
    if header.get("message_ts"):
        moment(header["message_ts"], Code.MESSAGE_TS)
    if header.get("total_count", "") != "":
        whole_number(header["total_count"], Code.TOTAL_COUNT, NO_COUNT)


# --- the parts of a message


@dataclass(frozen=True)
class Request:
    """One of the requests of a message."""

    reference_id: str
    locale: str | None
    content: Json


def transaction_of(message: Json) -> str:
    """An empty one is one: but nobody can ask for it again."""
    return identifier(message, "transaction_id", Code.MESSAGE)


def requests_of(message: Json, name: str, content: str) -> list[Request]:
    sent = message.get(name)
    if not isinstance(sent, list) or not sent:
        raise Rejected(Code.MESSAGE, NO_REQUESTS, name=name, most=MOST_REQUESTS)
    if len(sent) > MOST_REQUESTS:
        raise Rejected(Code.TOO_MANY_REQUESTS, NO_REQUESTS, name=name, most=MOST_REQUESTS)
    read = [_request(each, name, content) for each in sent]
    seen: set[str] = set()
    for each in read:
        if each.reference_id and each.reference_id in seen:
            raise Rejected(Code.REFERENCE_TWICE, TWICE, reference_id=each.reference_id)
        seen.add(each.reference_id)
    return read


def _request(sent: object, name: str, content: str) -> Request:
    if not isinstance(sent, dict):
        raise Rejected(Code.MESSAGE, NO_REQUESTS, name=name, most=MOST_REQUESTS)
    reference = identifier(sent, "reference_id", Code.REFERENCE)
    moment(sent.get("timestamp"), Code.TIMESTAMP, reference)
    inner = sent.get(content)
    if not isinstance(inner, dict):
        said = Said(id="{name} adalah objek JSON.", en="{name} is a JSON object.")
        raise Rejected(Code.CRITERIA, said, reference_id=reference, name=content)
    # Some put the pagination beside the criteria.
    beside = {"pagination": sent["pagination"]} if "pagination" in sent else {}
    return Request(reference, locale_of(sent), {**beside, **inner})


def locale_of(sent: Json) -> str | None:
    locale = sent.get("locale")
    return locale if isinstance(locale, str) and re.fullmatch("[a-z]{3}", locale) else None


def identifier(sent: Json, name: str, code: Code, reference: str | None = None) -> str:
    found = sent.get(name)
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found) if abs(found) < 10**LONGEST_ID else None
    if not isinstance(found, str) or len(found) > LONGEST_ID:
        raise Rejected(code, NO_ID, reference_id=reference, name=name, most=LONGEST_ID)
    return found


def moment(sent: object, code: Code, reference: str | None = None) -> None:
    """That it is one; which one, decides nothing."""
    if not isinstance(sent, str) or not _MOMENT.fullmatch(sent) or not _is_on_a_clock(sent):
        raise Rejected(code, NO_MOMENT, reference_id=reference)


def _is_on_a_clock(said: str) -> bool:
    try:
        return datetime.fromisoformat(said.upper()).tzinfo is not None
    except ValueError:
        return False


def whole_number(
    sent: object, code: Code, said: Said, *, least: int = 0, reference: str | None = None
) -> int:
    """As a number, or as its digits."""
    digits = sent if isinstance(sent, str) else ""
    if isinstance(sent, int | float) and not isinstance(sent, bool) and sent == sent // 1:
        digits = str(int(sent)) if abs(sent) < 10**MOST_DIGITS else ""
    if not _DIGITS.fullmatch(digits) or int(digits) < least:
        raise Rejected(code, said, reference_id=reference)
    return int(digits)
