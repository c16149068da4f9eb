"""Rows of the operators' template V.4, as many as wanted: invented people, always the same."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random

from app.domain.imports.proposals import COLUMNS
from bench.bdt_files import (
    DAYS,
    FIRST,
    FIRST_DAY,
    FIRST_OF_WOMEN,
    LAST,
    STREETS,
    WOMAN,
    Village,
    nik_of,
)

OF_A_CARD = 3  # people
FIRST_CARD, CARD_DAYS = date(2006, 1, 1), 7_000
JOBS = ["BELUM BEKERJA", "BURUH HARIAN", "IBU RUMAH TANGGA", "NELAYAN", "PEDAGANG", "PETANI"]
PROGRAMMES = ["NONBANSOS", "NONBANSOS", "BPNT", "PKH"]
MARITAL = ["Belum kawin", "Kawin/nikah", "Cerai hidup", "Cerai mati"]
KEYS = [column.key for column in COLUMNS]


def people(villages: Sequence[Village], rows: int) -> Iterator[list[str]]:
    for number in range(rows):
        card = number // OF_A_CARD
        yield _person(villages[card % len(villages)], card, number)


def _person(village: Village, card: int, number: int) -> list[str]:
    draw = Random(f"card {card}")  # noqa: S311 - invented people, always the same
    recorded = FIRST_CARD + timedelta(days=card % CARD_DAYS)
    said = {
        "card_number": f"{village.code[:6]}{recorded:%d%m%y}{card // CARD_DAYS + 1:04}",
        "programme": draw.choice(PROGRAMMES),
        "address": f"JL. {draw.choice(STREETS)} NO. {draw.randint(1, 200)}",
        "rt": f"{draw.randint(1, 12):03}",
        "rw": f"{draw.randint(1, 6):03}",
        "province": village.province,
        "regency": village.regency,
        "district": village.district,
        "village": village.name,
        "has_disability": "TIDAK",
    }
    said |= _own(village, number)
    return [said.get(key, "") for key in KEYS]


def _own(village: Village, number: int) -> dict[str, str]:
    draw = Random(f"person {number}")  # noqa: S311 - invented people, always the same
    sex, born = draw.randint(1, WOMAN), FIRST_DAY + timedelta(days=number % DAYS)
    first = draw.choice(FIRST if sex < WOMAN else FIRST_OF_WOMEN)
    return {
        "nik": nik_of(village, born, sex, number // DAYS + 1),
        "name": f"{first} {draw.choice(LAST)}",
        "birth_place": village.regency,
        "birth_date": f"{born:%d/%m/%Y}",
        "mother_name": f"{draw.choice(FIRST_OF_WOMEN)} {draw.choice(LAST)}",
        "sex": "Perempuan" if sex == WOMAN else "Laki-laki",
        "occupation": draw.choice(JOBS),
        "marital_status": draw.choice(MARITAL),
    }
