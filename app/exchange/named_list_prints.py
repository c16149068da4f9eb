"""BNBA as it is printed for a meeting of the village: signed or remarked on, name by name."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from app.domain.errors import Said
from app.exchange.list_words import AS_OF, WITHOUT_MEMBERS, About
from app.exchange.named_lists import RELATIONS, SEXES, day_of, place_of
from app.exchange.printing import SUBSTITUTE, UNPRINTED

TEMPLATE = "named_list"
WORDS = {
    "no": Said(id="No.", en="No."),
    "name": Said(id="Nama", en="Name"),
    "numbers": Said(id="NIK / No KK / ID DTKS", en="NIK / family card / DTKS id"),
    "sex": Said(id="L/P", en="Sex"),
    "born": Said(id="Lahir (umur)", en="Born (age)"),
    "relation": Said(id="Hubungan", en="Relation"),
    "address": Said(id="Alamat", en="Address"),
    "programmes": Said(id="Program", en="Programmes"),
    "sign": Said(id="Paraf / catatan", en="Signed / note"),
    "count": Said(id="Jumlah nama", en="Names"),
    "page": Said(id="Halaman", en="Page"),
    "of": Said(id="dari", en="of"),
    "nobody": Said(id="Tidak ada nama.", en="There is no name."),
    "substitute": Said(
        id="menggantikan huruf yang tidak tersedia pada huruf cetak; lihat data asli.",
        en="stands for signs that the printed letters lack; see the record itself.",
    ),
}


def named_list_print(rows: Mapping[str, Any], about: About) -> dict[str, Any]:
    """What the template prints, in words: village by village."""
    names = rows["names"]
    return {
        "words": {key: about.told(said) for key, said in WORDS.items()},
        "title": about.title,
        "whose": about.whose,
        "place": about.place(rows["around"]),
        "day": about.told(AS_OF, day=about.day),
        "foot": about.foot,
        "remark": _remark(rows, about),
        "unprinted": any(UNPRINTED.search(str(line)) for line in names),
        "substitute": SUBSTITUTE,
        "villages": [
            {"name": village, "lines": [_line(number, line, about) for number, line in lines]}
            for village, lines in _by_village(names)
        ],
    }


def _remark(rows: Mapping[str, Any], about: About) -> str:
    count = rows["without_members"]
    told = count and about.wish.programme is None
    return about.told(WITHOUT_MEMBERS, count=count) if told else ""


def _by_village(names: list[Mapping[str, Any]]) -> list[tuple[str, list[Any]]]:
    """Numbered in each by itself."""
    return [
        (lines[0]["village"], list(enumerate(lines, 1)))
        for _, lines in (
            (code, list(found)) for code, found in groupby(names, key=lambda n: n["village_code"])
        )
    ]


def _line(number: int, line: Mapping[str, Any], about: About) -> list[str]:
    sex, relation = SEXES.get(line["sex"]), RELATIONS.get(line["relation"])
    age = f" ({line['age']})" if line["age"] is not None else ""
    return [
        str(number),
        line["name"] or "-",
        line["nik"] or "-",
        line["card_number"] or "-",
        line["dtks_id"] or "-",
        about.told(sex) if sex else "-",
        (day_of(line) + age) or "-",
        about.told(relation) if relation else "-",
        line["address"] or "-",
        place_of(line),
        ", ".join(line["programmes"]),
    ]
