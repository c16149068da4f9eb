"""The closed list of reasons, as data: a rejection or a return never goes without one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

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


class ReasonNotAccepted(Incomplete):
    """The reason is not one that may be given here."""

    title = Said(id="Alasan tidak dapat diterima", en="The reason cannot be accepted")
    detail = Said(
        id="Alasan berasal dari daftar tertutup di /v1/reasons.",
        en="Reasons come from the closed list at /v1/reasons.",
    )


@dataclass(frozen=True)
class Reason:
    """`also_for` names the uses besides proposal kinds: rejection, objection, central_run."""

    code: str
    label_id: str
    label_en: str
    kinds: tuple[str, ...]
    also_for: tuple[str, ...]
    scope: str
    effect: str
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
