"""The closed list of reasons, as data: nothing is refused, removed or ended without one of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from app.domain import evidence
from app.domain.calendar import today
from app.domain.dtks_ids import is_dtks_id
from app.domain.errors import Fault, Incomplete, Said
from app.domain.workflow import Ground

FILE = Path(__file__).parent / "data" / "reasons.yaml"
REJECTION = "rejection"

NOT_A_REASON = Said(
    id="Pilih salah satu alasan dari daftar /v1/reasons.",
    en="Choose one of the reasons of the list at /v1/reasons.",
)
NOTE_NEEDED = Said(
    id="Alasan ini harus dijelaskan: siapa atau data mana yang dimaksud.",
    en="This reason must be put in words: which person or which record is meant.",
)
NOT_FOR_THIS = Said(
    id="Alasan {reason} tidak berlaku untuk usulan {kind}. Lihat kinds pada /v1/reasons.",
    en="The reason {reason} is not one for a {kind}. See `kinds` at /v1/reasons.",
)
TOO_NARROW = Said(
    id="Alasan {reason} berlaku untuk {scope}, bukan untuk satu {subject}. Ajukan seluruhnya.",
    en="The reason {reason} is about a whole {scope}, not about one {subject}. Propose all of it.",
)
REASON_NEEDED = Said(id="Sebutkan alasannya.", en="Say for which reason.")
DATE_NEEDED = Said(
    id="Isi tanggal berlakunya ({date_means}).", en="Give the date it holds from ({date_means})."
)
DATE_TO_COME = Said(id="Tanggal ini belum tiba.", en="This day has not come.")
RECORD_NEEDED = Said(
    id="Sebutkan nomor DTKS data yang dipertahankan.",
    en="Give the DTKS id of the record that is kept.",
)
PERSON_NEEDED = Said(
    id="Sebutkan orang yang menjadi sebab alasan ini.", en="Name the person the reason is about."
)


class ReasonNotAccepted(Incomplete):
    """The reason is not one that may be given here."""

    title = Said(id="Alasan tidak dapat diterima", en="The reason cannot be accepted")
    detail = Said(
        id="Alasan berasal dari daftar tertutup di /v1/reasons.",
        en="Reasons come from the closed list at /v1/reasons.",
    )


class Scope(StrEnum):
    """Whom something takes out, the narrowest first."""

    PERSON = "person"
    FAMILY = "family"
    HOUSEHOLD = "household"


@dataclass(frozen=True)
class Reason:
    """`also_for` names the uses besides proposal kinds: rejection, objection, central_run.

    `date_means` says what its effective date is the date of.
    """

    code: str
    label_id: str
    label_en: str
    kinds: tuple[str, ...]
    also_for: tuple[str, ...]
    scope: str
    effect: str
    date_means: str
    evidence: tuple[str, ...]
    requires: str | None = None
    repairable: bool = False


@cache
def reasons() -> Mapping[str, Reason]:
    read = yaml.safe_load(FILE.read_text(encoding="utf-8"))["reasons"]
    return {row["code"]: Reason(**_frozen(row)) for row in read}


def _frozen(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(v) if isinstance(v, list) else v for key, v in row.items()}


def accept(grounds: Mapping[Ground, object]) -> None:
    """Refuse a reason that no tier may reject or return with, or that lacks its words."""
    code = grounds.get(Ground.REASON)
    if code is None:
        return
    reason = reasons().get(str(code))
    if reason is None or REJECTION not in reason.also_for:
        raise ReasonNotAccepted([Fault("/grounds/reason", "not_a_choice", NOT_A_REASON)])
    if reason.requires and not grounds.get(Ground.NOTE):
        raise ReasonNotAccepted([Fault("/grounds/note", "missing", NOTE_NEEDED)])


def accept_for(
    kind: str,
    code: str | None,
    *,
    asks: Mapping[str, Any],
    takes_out: Scope,
    to_come: bool = False,
) -> list[Fault]:
    """What keeps this reason from carrying a proposal of that kind, with what stands beside it.

    `takes_out` is whom the proposal is about: a reason about a whole family carries none that
    takes out one of its members. `to_come`: it may hold from a day that has not come.
    """
    if not code:
        return [Fault("/asks/reason", "missing", REASON_NEEDED)]
    reason = reasons().get(code)
    if reason is None:
        return [Fault("/asks/reason", "not_a_choice", NOT_A_REASON)]
    return [
        *_fitting(reason, kind, takes_out),
        *_dated(reason, asks.get("effective_on"), to_come=to_come),
        *_beside(reason, asks),
        *evidence.wanting(asks, reason.evidence),
    ]


def _fitting(reason: Reason, kind: str, takes_out: Scope) -> Iterator[Fault]:
    words: dict[str, object] = {"reason": reason.code, "kind": kind}
    if kind not in reason.kinds:
        yield Fault("/asks/reason", "not_for_this_kind", NOT_FOR_THIS, words)
    order = list(Scope)
    if order.index(takes_out) < order.index(Scope(reason.scope)):
        words |= {"scope": reason.scope, "subject": takes_out}
        yield Fault("/asks/reason", "too_narrow", TOO_NARROW, words)


def _dated(reason: Reason, on: str | None, *, to_come: bool) -> Iterator[Fault]:
    place = "/asks/effective_on"
    if not on:
        yield Fault(place, "missing", DATE_NEEDED, {"date_means": reason.date_means})
    elif not to_come and date.fromisoformat(on) > today():
        yield Fault(place, "day_to_come", DATE_TO_COME)


def _beside(reason: Reason, asks: Mapping[str, Any]) -> Iterator[Fault]:
    if reason.requires == "other_record" and not is_dtks_id(asks.get("other_record") or ""):
        yield Fault("/asks/other_record", "missing", RECORD_NEEDED)
    if reason.requires == "other_person" and not asks.get("other_person"):
        yield Fault("/asks/other_person", "missing", PERSON_NEEDED)
    if reason.requires == "text" and not asks.get("note"):
        yield Fault("/asks/note", "missing", NOTE_NEEDED)
