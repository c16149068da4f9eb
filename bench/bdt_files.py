"""Files of BDT2015 as large as they come: invented households of one regency, always the same."""

import csv
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from app.domain.imports.bdt2015 import COLUMNS, HOUSEHOLD_KEYS, NAMES
from app.domain.imports.columns import Column
from app.domain.questionnaire.questions import Type, Variable

MEMBERS = 4
WIFE, CHILD = 2, 3  # the second of a household is a woman, those after her are children
FIRST_DAY, DAYS = date(1940, 1, 1), 27_000
WOMAN = 2
MOST = 9_999  # people born on one day in one district
FIRST = [
    "ADI",
    "AGUS",
    "AHMAD",
    "BUDI",
    "DEDI",
    "EKO",
    "HASAN",
    "JOKO",
    "NUR",
    "RUDI",
    "SLAMET",
    "YUSUF",
]
FIRST_OF_WOMEN = [
    "ANI",
    "DEWI",
    "ENDANG",
    "FITRI",
    "LESTARI",
    "NUR",
    "RATNA",
    "SITI",
    "SRI",
    "WATI",
    "YULI",
    "ZAINAB",
]
LAST = [
    "FAUZI",
    "HIDAYAT",
    "KURNIAWAN",
    "LESTARI",
    "PRASETYO",
    "RAHAYU",
    "SANTOSO",
    "SAPUTRA",
    "SUSANTI",
    "WIBOWO",
]
STREETS = ["ANGGREK", "CEMPAKA", "DAHLIA", "KENANGA", "MAWAR", "MELATI"]
MEMBER_KEYS = tuple(NAMES)[len(HOUSEHOLD_KEYS) :]


class Village(NamedTuple):
    code: str
    name: str
    district: str
    regency: str
    province: str


def write(path: Path, villages: Sequence[Village], rows: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([NAMES[key] for key in NAMES])
        writer.writerows(people(villages, rows))


def people(villages: Sequence[Village], rows: int) -> Iterator[list[str]]:
    for number in range(rows // MEMBERS):
        yield from _household(villages[number % len(villages)], number)


def _household(village: Village, number: int) -> Iterator[list[str]]:
    draw = Random(f"household {number}")  # noqa: S311 - invented people, always the same
    of_all = {
        "ruta6": f"{number % 1_000_000:06}",
        "bdt_household_id": f"{village.code}{number:08}",
        "province": village.province,
        "province_code_bps": village.code[:2],
        "regency": village.regency,
        "regency_code_bps": village.code[2:4],
        "district": village.district,
        "district_code_bps": "010",
        "village": village.name,
        "village_code_bps": "001",
        "sls_name": f"RT {draw.randint(1, 12):03} RW {draw.randint(1, 6):03}",
        "address": f"JL. {draw.choice(STREETS)} NO. {draw.randint(1, 200)}",
        "member_count": str(MEMBERS),
        "family_count": "1",
        "woman_member_number": "2",
        "welfare_percentile": f"{draw.uniform(1, 40):.2f}",
        "head_name": f"{draw.choice(FIRST)} {draw.choice(LAST)}",
    }
    household = [of_all.get(key) or _answer(BY_KEY[key], draw) for key in HOUSEHOLD_KEYS]
    for place in range(1, MEMBERS + 1):
        yield household + _member(village, number, place, of_all["head_name"], draw)


def _member(village: Village, number: int, place: int, head: str, draw: Random) -> list[str]:
    sex = min(place, WIFE) if place < CHILD else draw.randint(1, WOMAN)
    first = draw.choice(FIRST if sex == 1 else FIRST_OF_WOMEN)
    said = {
        "member_number": str(place),
        "name": head if place == 1 else f"{first} {draw.choice(LAST)}",
        "nik": _nik(village, number * MEMBERS + place, sex, draw),
        "relation_to_household_head": str(min(place, CHILD)),
        "family_number": "1",
        "relation_to_family_head": str(min(place, CHILD)),
        "sex": str(sex),
        "marital_status": "2" if place < CHILD else "1",
        "pregnant": "2",
    }
    return [said[key] if key in said else _answer(BY_KEY[key], draw) for key in MEMBER_KEYS]


def _nik(village: Village, person: int, sex: int, draw: Random) -> str:
    """In one of twelve there is none, one of fifty cannot be true."""
    if draw.random() < 1 / 12:
        return ""
    born = FIRST_DAY + timedelta(days=person % DAYS)
    serial = person // DAYS % MOST + 1
    if draw.random() < 1 / 50:
        return f"{village.code[:6]}99{born:%m%y}{person % MOST + 1:04}"
    return nik_of(village, born, sex, serial)


def nik_of(village: Village, born: date, sex: int, serial: int) -> str:
    day = born.day + (40 if sex == WOMAN else 0)
    return f"{village.code[:6]}{day:02}{born:%m%y}{serial:04}"


def _answer(column: Column, draw: Random) -> str:
    """One that its form takes; nothing where it has a form of its own."""
    variable: Variable | None = getattr(column.form, "variable", None)
    if variable is None:
        return ""
    if variable.type is Type.BOOLEAN:
        return str(draw.choice((variable.form_true, variable.form_false)))
    if variable.type is Type.CHOICE:
        return str(draw.choice(list(variable.choices)))
    most = min(int(variable.max or 9), 60)
    return str(draw.randint(int(variable.min or 0), most))


BY_KEY = {column.key: column for column in COLUMNS}
