"""The minutes of a deliberation (berita acara musyawarah), as they are printed and signed."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from app.domain.proposals import Attendance, Outcome, ProposalKind
from app.domain.reasons import reasons
from app.domain.regions import Region, RegionKind
from app.exchange.indonesian import day_in_words, written
from app.exchange.printing import SUBSTITUTE, UNPRINTED, printed

TEMPLATE = "minutes"
PAPUA = {"91", "92", "93", "94", "95", "96"}
K, A, O = ProposalKind, Attendance, Outcome  # noqa: E741

KINDS = {
    K.NEW_FAMILY: "Usulan DTKS baru",
    K.NEW_MEMBER: "Penambahan anggota",
    K.PROGRAMME: "Usulan bantuan sosial",
    K.CORRECTION: "Perbaikan data",
    K.MOVE: "Perpindahan",
    K.REMOVAL: "Penghapusan",
    K.INELIGIBILITY: "Ketidaklayakan",
    K.RESTORATION: "Pengaktifan kembali",
    K.PAYEE_CHANGE: "Penggantian pengurus",
    K.PBI_REACTIVATION: "Reaktivasi PBI JKN",
}
OUTCOMES = {O.ELIGIBLE: "Layak", O.NOT_ELIGIBLE: "Tidak layak", O.POSTPONED: "Ditunda"}
CAPACITIES = {
    A.VILLAGE_HEAD: "{head}",
    A.VILLAGE_STAFF: "Perangkat {village}",
    A.VILLAGE_COUNCIL: "BPD",
    A.COMMUNITY_BOARD: "LPM",
    A.RT_RW: "RT/RW",
    A.COMMUNITY_LEADER: "Tokoh masyarakat",
    A.PKH_COMPANION: "Pendamping PKH",
    A.TKSK: "TKSK",
    A.PSM: "PSM",
    A.BHABINKAMTIBMAS: "Bhabinkamtibmas",
    A.OTHER: "Lainnya",
}
TITLES = {
    "musdes": "Musyawarah Desa",
    "muskel": "Musyawarah Kelurahan",
    "musdesus": "Musyawarah Desa Khusus",
}
STAMPS = {"open": "RANCANGAN", "cancelled": "DIBATALKAN"}
IN_ORDER = {capacity: place for place, capacity in enumerate(CAPACITIES)}
Said = Mapping[str, Any]


async def print_minutes(told: str) -> bytes:
    """A PDF/A of what `app.db.deliberations.minutes` tells; a draft where it is not closed."""
    said = json.loads(told)
    closed = said["closed_at"]
    return await printed(TEMPLATE, letter(said), at=closed and datetime.fromisoformat(closed))


def letter(said: Said) -> dict[str, Any]:
    """What the template prints, in words."""
    words = _words_for(Region(said["village_code"]))
    held_on = date.fromisoformat(said["held_on"])
    attendance = _attendance(said["attendance"], words)
    names = [_line(each) for each in said["names"]]
    return {
        **{name: said[name] for name in ("village", "district", "regency", "province", "note")},
        **words,
        "title": TITLES[said["kind"]],
        "number": said["minutes_number"] or "",
        "day": day_in_words(held_on),
        "date": written(held_on),
        "place": said["place"] or "",
        "chair": said["chair"] or "",
        "stamp": STAMPS.get(said["state"]),
        "present": said["present"],
        "quorum": said["quorum"],
        "attendance": attendance,
        "counts": _counts(said["names"]),
        "names": names,
        "signatories": _signatories(said, words),
        "unprinted": [each["number"] for each in said["names"] if _has_unprinted(each)],
        "substitute": SUBSTITUTE,
    }


def _words_for(village: Region) -> dict[str, str]:
    """What a village, its head and its district are called there."""
    is_kelurahan = village.kind is RegionKind.KELURAHAN
    return {
        "village_word": "Kelurahan" if is_kelurahan else "Desa",
        "head_word": "Lurah" if is_kelurahan else "Kepala Desa",
        "district_word": "Distrik" if village.code[:2] in PAPUA else "Kecamatan",
    }


def _attendance(attendance: Sequence[Said], words: Mapping[str, str]) -> list[dict[str, Any]]:
    """By capacity, those of one in the order in which they were written down."""
    ordered = sorted(attendance, key=lambda each: IN_ORDER[Attendance(each["capacity"])])
    return [
        {
            "name": each["name"],
            "capacity": _capacity(each["capacity"], words),
            "present": each["present"],
        }
        for each in ordered
    ]


def _capacity(capacity: str, words: Mapping[str, str]) -> str:
    said = CAPACITIES[Attendance(capacity)]
    return said.format(head=words["head_word"], village=words["village_word"].lower())


def _line(each: Said) -> dict[str, Any]:
    return {
        "number": each["number"],
        "name": each["name"] or "-",
        "nik": each["nik"] or "-",
        "address": each["address"] or "-",
        "rt_rw": f"{each['rt'] or '-'}/{each['rw'] or '-'}",
        "kind": _kind(each["kind"], each["programme"]),
        "outcome": OUTCOMES[Outcome(each["outcome"])] if each["outcome"] else "",
        "reason": _reason(each),
    }


def _reason(each: Said) -> str:
    reason = reasons().get(each["reason"] or "")
    said = [reason.label_id if reason else None, each["note"]]
    return ". ".join(part for part in said if part)


def _counts(names: Sequence[Said]) -> list[dict[str, Any]]:
    """For each kind that occurs, each programme of its own: names, and those with each outcome."""
    kinds = Counter((each["kind"], each["programme"] or "") for each in names)
    found = Counter((each["kind"], each["programme"] or "", each["outcome"]) for each in names)
    places = list(KINDS)
    return [
        {
            "kind": _kind(kind, programme),
            "outcomes": [found[kind, programme, outcome] for outcome in OUTCOMES],
            "names": kinds[kind, programme],
        }
        for kind, programme in sorted(kinds, key=lambda one: (places.index(one[0]), one[1]))
    ]


def _kind(kind: str, programme: str | None) -> str:
    said = KINDS[ProposalKind(kind)]
    return f"{said} ({programme})" if programme else said


def _signatories(said: Said, words: Mapping[str, str]) -> list[dict[str, str]]:
    """Who chaired, the head of the village, and one for the council or the community."""
    present = [each for each in said["attendance"] if each["present"]]
    witnesses = (A.VILLAGE_COUNCIL, A.COMMUNITY_BOARD, A.COMMUNITY_LEADER)
    named = {each["capacity"]: each["name"] for each in reversed(present)}
    witness = next((each for each in witnesses if each in named), A.VILLAGE_COUNCIL)
    return [
        {"as": "Pimpinan musyawarah", "name": said["chair"] or ""},
        {"as": f"{words['head_word']} {said['village']}", "name": named.get(A.VILLAGE_HEAD, "")},
        {"as": f"Wakil {_capacity(witness, words)}", "name": named.get(witness, "")},
    ]


def _has_unprinted(each: Said) -> bool:
    return any(UNPRINTED.search(str(each[name])) for name in ("name", "address", "note"))
