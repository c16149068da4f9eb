"""Our rows as the objects of the standard: Group, Member and the person in it.

What is mapped is a row as an extract gives it. A column that its reader may not see is not in the
row, and so the object says nothing of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.domain.extracts.columns import Column
from app.domain.questionnaire.codebooks import CODEBOOKS
from app.domain.spdci.attributes import Entity

Row = Mapping[str, Any]
Thing = dict[str, Any]

CONTEXT = {"@vocab": "https://schema.spdci.org/extensions/social/v1/"}
COUNTRY = "ID"
UIN, KK, DTKS = "UIN", "KK", "DTKS"
SEX = {1: "male", 2: "female"}
MARITAL_STATUS = {1: "S", 2: "M", 3: "D", 4: "W"}
# Who is a domestic worker, or somebody else, is no relation.
RELATIONSHIP = {1: "SELF", 2: "SPS", 3: "CHILD", 4: "CHLDINLAW", 5: "GRNDCHILD", 6: "FAMMEMB"}


def member(row: Row) -> Thing:
    """A member of a household (anggota rumah tangga), with the person it is."""
    told = {
        "@context": CONTEXT,
        "@id": f"urn:uuid:{row['id']}",
        "@type": "Member",
        "member_identifier": [*_identifier(DTKS, row.get("dtks_id"))],
        "demographic_info": _person(row),
        "related_person": _related(row),
        "is_disabled": _is_disabled(row),
        "disability_info": _disability(row),
        "marital_status": MARITAL_STATUS.get(row.get("marital_status", 0)),
        "last_updated": row.get("updated_at"),
        "additional_attributes": [*_aid(row, "programmes", "family_programmes")],
    }
    return _said(told)


def group(row: Row, members: Sequence[Row], asked: Iterable[Column]) -> Thing:
    """A household (rumah tangga); `asked` are the columns of its row that the survey fills."""
    people = [{k: v for k, v in member(each).items() if k != "@context"} for each in members]
    heads = [
        told
        for told, each in zip(people, members, strict=True)
        if each.get("relation_to_household_head") == 1
    ]
    cards = sorted({each["card_number"] for each in members if each.get("card_number")})
    told = {
        "@context": CONTEXT,
        "@id": f"urn:uuid:{row['id']}",
        "@type": "Group",
        "group_identifier": [
            *_identifier(DTKS, row.get("dtks_id")),
            *(each for card in cards for each in _identifier(KK, card)),
        ],
        "group_type": "household",
        "address": _address(row),
        "place": _place(row),
        "group_head_info": heads[0] if heads else None,
        "group_size": row.get("members"),
        "member_list": people,
        "last_updated": row.get("updated_at"),
        "additional_attributes": [*_aid(row, "programmes"), *_answers(row, asked)],
    }
    return _said(told)


def gone(id_: str, of: Entity) -> Thing:
    return {"@context": CONTEXT, "@id": f"urn:uuid:{id_}", "@type": of.value}


def _said(told: Thing) -> Thing:
    """Without what nobody said: nothing in an answer is null, or an empty list."""
    return {name: value for name, value in told.items() if value is not None and value != []}


def _identifier(kind: str, value: str | None) -> Iterator[Thing]:
    if value is not None:
        yield {"@type": "Identifier", "identifier_type": kind, "identifier_value": value}


def _person(row: Row) -> Thing | None:
    if "name" not in row:
        return None
    told = {
        "@type": "SRPerson",
        "identifier": [
            *_identifier(UIN, row.get("nik")),
            *_identifier(KK, row.get("card_number")),
        ],
        "name": {"@type": "Name", "given_name": row["name"]},  # a name here is one, not two
        "sex": SEX.get(row.get("sex") or 0),
        "birth_date": _midnight(row.get("birth_date")),
        "birth_place": row.get("birth_place"),
        "address": [_address(row)],
    }
    return _said(told)


def _midnight(day: str | None) -> str | None:
    return day and f"{day}T00:00:00Z"


def _related(row: Row) -> list[Thing]:
    relationship = RELATIONSHIP.get(row.get("relation_to_household_head") or 0)
    if relationship is None:
        return []
    return [
        {
            "@type": "RelatedPerson",
            "relationship_type": relationship,
            "related_member": f"urn:uuid:{row['household_id']}#head",
        }
    ]


def _is_disabled(row: Row) -> bool | None:
    said = row.get("disability")
    return None if said is None else said != 0


def _disability(row: Row) -> Thing | None:
    said = row.get("disability")
    if not said:
        return None
    names = [each.choices[said].en for each in _DISABILITY if said in each.choices]
    return {"@type": "DisabilityInfo", "disability_type": names[:1]}


_DISABILITY = [
    each
    for codebook in CODEBOOKS.values()
    for each in codebook.answered("members")
    if each.key == "disability"
]


def _address(row: Row) -> Thing:
    parts = [row.get("address"), row.get("rt") and f"RT {row['rt']}", row.get("rw")]
    lines = [part for part in (parts[0], parts[1], parts[2] and f"RW {parts[2]}") if part]
    told = {
        "@type": "Address",
        "address_line_1": ", ".join(lines) or None,
        "locality": row.get("village"),
        "sub_region_code": row.get("village_code"),
        "region_code": row.get("province_code"),
        "country_code": COUNTRY,
    }
    return _said(told)


def _place(row: Row) -> Thing | None:
    if row.get("latitude") is None:
        return None
    geo = {
        "@type": "GeoCoordinates",
        "latitude": str(row["latitude"]),
        "longitude": str(row["longitude"]),
    }
    return {"@type": "Place", "geo": geo}


def _aid(row: Row, *columns: str) -> Iterator[Thing]:
    found = {each for column in columns for each in row.get(column) or ()}
    for each in sorted(found):
        yield {"name": "programme", "value": each}


def _answers(row: Row, asked: Iterable[Column]) -> Iterator[Thing]:
    """What the household answered in its survey, by the keys of the codebook."""
    for each in asked:
        if each.section is not None and row.get(each.name) is not None:
            yield {"name": each.name, "value": row[each.name]}
