"""What a proposal asks for, while it is drafted, and how it is told against the registry."""

from collections.abc import Mapping
from typing import Any

from app.domain.answer_trees import differences
from app.domain.errors import Conflict, Fault, Said

Pairs = dict[str, list[object]]
ASKS = "/asks"
HEALTH = "/health"  # what is asked because of somebody's health; the audit does not repeat it
WITHHELD: list[object] = ["***", "***"]
OUT_OF_DATE = Said(
    id="Bagian ini diubah setelah usulan disusun.",
    en="This was changed after the proposal was drawn up.",
)


class AnotherKind(Conflict):
    """A proposal stays of its kind."""

    title = Said(id="Jenis usulan tidak dapat diubah", en="A proposal stays of its kind")
    detail = Said(
        id="Usulan ini berjenis {kind}. Kirim isian untuk jenis itu, atau buat usulan baru.",
        en="This proposal is a {kind}. Send what belongs to that kind, or draft another proposal.",
    )


class StaleBase(Conflict):
    """The registry has changed since the proposal was drawn up."""

    title = Said(
        id="Data yang diusulkan berubah sudah lain",
        en="The registry has changed since this was drawn up",
    )
    detail = Said(
        id="Baca ulang datanya. Bila usulan masih perlu, sesuaikan isinya selama masih draf dengan "
        "base_version yang baru, atau kembalikan kepada pengusul.",
        en="Read the record again. If it is still to be proposed, adapt the draft with the new "
        "base_version, or return it to whoever proposed it.",
    )


class AskedAlready(Conflict):
    """Another open proposal wants to change the same."""

    title = Said(
        id="Usulan lain atas data yang sama masih berjalan",
        en="Another open proposal asks for the same",
    )
    detail = Said(
        id="Selesaikan atau tarik dahulu usulan yang disebut dalam errors. Draf tersimpan.",
        en="Finish or withdraw the proposal named in errors first. The draft is kept.",
    )


class AnotherDirection(Conflict):
    """A departure stays one, and an arrival too."""

    title = Said(id="Arah perpindahan tidak dapat diubah", en="A move keeps its direction")
    detail = Said(
        id="Usulan ini berarah {direction}. Untuk arah sebaliknya, tarik usulan ini dan buat yang "
        "baru.",
        en="The direction of this proposal is {direction}. For the other one, withdraw it and "
        "draft another.",
    )


HELD_BY = Said(
    id="Sudah diminta oleh usulan {kind} {id}, yang berstatus {state}.",
    en="Proposal {id} ({kind}), which is {state}, asks for this already.",
)
HELD_ELSEWHERE = Said(
    id="Sudah diminta oleh usulan lain, di luar wilayah Anda.",
    en="Another proposal, outside your region, asks for this already.",
)


def taken(field: str, other_id: object, kind: object, state: object) -> Fault:
    """A field that another open proposal claims; of another region, nothing of it is told."""
    place = f"/proposed/{field}"
    if other_id is None:
        return Fault(place, "asked_already", HELD_ELSEWHERE)
    words: dict[str, object] = {"id": str(other_id), "kind": kind, "state": state}
    return Fault(place, "asked_already", HELD_BY, words)


def same_kind(kind: str, sent: str) -> None:
    if kind != sent:
        raise AnotherKind(kind=kind)


def same_direction(asks: Mapping[str, Any], sent: Mapping[str, Any]) -> None:
    """Which end of a move it is, is said when it is drafted: of that household, to that village."""
    if asks.get("direction") != sent.get("direction"):
        raise AnotherDirection(direction=asks.get("direction"))


def told_of_asks(pairs: Pairs, before: Mapping[str, Any], after: Mapping[str, Any]) -> Pairs:
    """What is asked, part by part, in place of the whole."""
    parts = {
        f"{ASKS}{place}": list(WITHHELD) if place.startswith(HEALTH) else pair
        for place, pair in differences(before, after).items()
    }
    return {**{place: pair for place, pair in pairs.items() if place != ASKS}, **parts}


def stale(now: Mapping[str, Any], kept: Mapping[str, Any]) -> StaleBase | None:
    """Whether what would change is as it was at submission; else what differs."""
    changed = differences(kept, now) if kept != now else {}
    faults = [Fault(f"/now{place}", "changed_meanwhile", OUT_OF_DATE) for place in changed]
    return StaleBase(faults) if faults else None
