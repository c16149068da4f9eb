"""How long the minutes of a deliberation take to print, and what a process of their own costs.

    python -m bench.minutes [NAMES] [FILE.pdf]

Beside the same print in this process, which is quicker once typst is warm, and keeps its memory.
Give a file, and look at it: no test says whether minutes are handsome.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from app.domain.proposals import Attendance, Outcome, ProposalKind
from app.exchange.minutes import TEMPLATE, letter, print_minutes
from app.exchange.press import compiled

ROUNDS = 5
FIRST = ("Siti", "Budi", "Dewi", "Ahmad", "Sri", "Ratna", "Joko", "Wati", "Eko", "Nur", "Rina")
LAST = ("Aminah", "Santoso", "Lestari", "Wijaya", "Rahayu", "Hidayat", "Setiawan", "Kusuma")
PLACES = ("Dusun Krajan", "Jl. Raya Ngraho No. 12", "Gang Melati III No. 4, belakang balai desa")
SAID = {
    Outcome.ELIGIBLE: {"reason": None, "note": None},
    Outcome.NOT_ELIGIBLE: {"reason": "no_longer_poor", "note": "Rumah permanen, ada mobil."},
    Outcome.POSTPONED: {"reason": None, "note": "Menunggu KK baru."},
}


def told(names: int) -> dict[str, Any]:
    """A village's list as the database tells it, the same in every run."""
    draw = Random(3522)  # noqa: S311 - no secret
    attendance = [{"name": person(draw), "capacity": each, "present": True} for each in Attendance]
    return {
        "village_code": "3522012001",
        "village": "Luwihaji",
        "district": "Ngraho",
        "regency": "Kabupaten Bojonegoro",
        "province": "Jawa Timur",
        "kind": "musdes",
        "held_on": "2026-11-18",
        "place": "Balai Desa Luwihaji",
        "chair": "Suparman",
        "minutes_number": "470/12/MUSDES/2026",
        "note": "Warga RT 003 mengusulkan dua nama lagi; dibahas pada musyawarah berikutnya.",
        "attendance": attendance,
        "present": len(attendance),
        "quorum": 10,
        "state": "closed",
        "closed_at": "2026-11-18T08:00:00+00:00",
        "names": [line(draw, number) for number in range(1, names + 1)],
    }


def person(draw: Random) -> str:
    return f"{draw.choice(FIRST)} {draw.choice(LAST)}"


def line(draw: Random, number: int) -> dict[str, Any]:
    outcome = draw.choices(list(SAID), [8, 1, 1])[0]
    return {
        "number": number,
        "kind": draw.choice(list(ProposalKind)),
        "programme": None,
        "name": person(draw),
        "nik": "3522************",
        "address": draw.choice(PLACES),
        "rt": f"{draw.randint(1, 12):03}",
        "rw": "002",
        "outcome": outcome,
        **SAID[outcome],
    }


def main(names: int = 200, file: str | None = None) -> None:
    said = told(names)
    service, here = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        pdf = asyncio.run(print_minutes(json.dumps(said)))
        service.append(time.perf_counter() - began)
        began = time.perf_counter()
        compiled(TEMPLATE, json.dumps(letter(said)))
        here.append(time.perf_counter() - began)
    if file:
        Path(file).write_bytes(pdf)
    table = Table(
        "", "s", title=f"Minutes with {names} names, {len(pdf):,} bytes, of {ROUNDS} rounds"
    )
    table.add_row("as the service prints them, in a process of its own", f"{median(service):.2f}")
    table.add_row("in this process, warm after the first", f"{median(here):.2f}")
    Console().print(table)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *sys.argv[2:3])
