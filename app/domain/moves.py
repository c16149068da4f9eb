"""Moves (pindah): the village of origin lets people go, the village of arrival takes them in.

Two proposals, linked: a departure and an arrival. Each goes its own village's road. Where both
village heads have agreed, the arrival goes on up the tiers and the departure waits for what
becomes of it. Each village sees its own.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from app.domain.errors import Conflict, Fault, Incomplete, Said
from app.domain.proposals import ProposalKind

Asks = Mapping[str, Any]
FamilyKey = UUID | str | None  # one that is there, one of a new card, one not known yet
KEPT = "kept "
HEAD = 1
MOST_FAMILIES = 10
# What a refusal offers where somebody is on record elsewhere already.
OFFER = {"kind": ProposalKind.MOVE, "direction": "arrival"}


class Direction(StrEnum):
    DEPARTURE = "departure"  # in the village of origin
    ARRIVAL = "arrival"


class MoveNotComplete(Incomplete):
    """The move is not yet complete."""

    title = Said(id="Perpindahan belum lengkap", en="The move is not yet complete")
    detail = Said(
        id="Lengkapi semua bagian yang disebut dalam errors, lalu ajukan lagi. Draf tersimpan.",
        en="Complete every part named in errors, then submit again. The draft is kept.",
    )


class HouseholdDoesNotFit(Conflict):
    """Nobody moves out of this household, or into it, as it stands."""

    title = Said(
        id="Rumah tangga ini tidak sesuai untuk perpindahan ini",
        en="This household does not fit this move",
    )
    detail = Said(
        id="Orang pindah dari rumah tangga yang terdaftar, ke rumah tangga yang terdaftar atau ke "
        "draf baru yang belum berisi orang dan belum diusulkan.",
        en="People move from a household that is registered, to one that is, or to a new draft "
        "that holds nobody yet and is not proposed.",
    )


class NobodyOnRecord(Incomplete):
    """Nobody in the registry holds a NIK of the arrival."""

    title = Said(id="NIK belum tercatat", en="A NIK is not on record")
    detail = Said(
        id="NIK berikut belum tercatat, jadi tidak ada yang dapat dipindahkan. Usulkan sebagai "
        "keluarga baru atau penambahan anggota.",
        en="The NIKs named below are not on record, so nobody can be moved. Propose a new family "
        "or a new member instead.",
    )

    def __init__(self, faults: Iterable[Fault] = (), **words: object) -> None:
        super().__init__(faults, **words)
        self.members["offers"] = [
            {"kind": ProposalKind.NEW_FAMILY},
            {"kind": ProposalKind.NEW_MEMBER},
        ]


class NotOneHousehold(Conflict):
    """An arrival is of people who live together."""

    title = Said(
        id="Orang-orang ini tidak tercatat serumah", en="These people are not on record as one home"
    )
    detail = Said(
        id="Ajukan satu perpindahan untuk tiap rumah tangga yang ditinggalkan.",
        en="Propose one move for each household that is left.",
    )


class BusyElsewhere(Conflict):
    """Somebody in this move is the subject of another proposal, or cannot move just now."""

    title = Said(
        id="Perpindahan belum dapat diajukan", en="The move cannot be proposed for the time being"
    )
    detail = Said(
        id="Orang yang disebut dalam errors sedang dalam usulan lain. Tunggu sampai usulan itu "
        "selesai, lalu ajukan lagi. Draf tersimpan.",
        en="Another proposal about the people named in errors is on its way. Wait until it has "
        "ended, then submit again. The draft is kept.",
    )


class OtherVillageKnows(Conflict):
    """What the other village has been told cannot be changed any more."""

    title = Said(
        id="Pasangan usulan ini sudah dibuat di desa/kelurahan lain",
        en="The other village has its part of this move already",
    )
    detail = Said(
        id="Siapa yang pindah dan ke mana tidak dapat diubah lagi. Kembalikan seperti semula, atau "
        "tarik usulan ini dan buat yang baru.",
        en="Who moves, and where to, cannot be changed any more. Put it back as it was, or "
        "withdraw this proposal and draft another.",
    )


class OtherVillageGoesOn(Conflict):
    """The other village's part is on its way up the tiers."""

    title = Said(
        id="Perpindahan ini sudah diproses di atas desa/kelurahan",
        en="This move is with the tiers above its villages",
    )
    detail = Said(
        id="Kedua kepala desa/lurah sudah menyetujui. Hubungi Dinas Sosial bila harus dihentikan.",
        en="Both village heads have agreed. Ask the social office of the regency if it has to be "
        "stopped.",
    )


class NoLongerAsAgreed(Conflict):
    """Since the villages agreed, something about the people or the households has changed."""

    title = Said(
        id="Keadaan berubah sejak kedua desa/kelurahan setuju",
        en="Something has changed since the villages agreed",
    )
    detail = Said(
        id="Kembalikan usulan ini ke desa/kelurahan tujuan; bagian yang tidak lagi sesuai disebut "
        "dalam errors.",
        en="Return this proposal to the village of arrival; what no longer fits is named in "
        "errors.",
    )


class MoveHasEnded(Conflict):
    """An ended move is not taken up again."""

    title = Said(id="Perpindahan ini sudah berakhir", en="This move has ended")
    detail = Said(
        id="Usulan di desa/kelurahan lain ikut berakhir, jadi keputusan ini tidak dapat dibatalkan."
        " Ajukan perpindahan baru.",
        en="It has ended in the other village too, so this decision cannot be undone. Propose "
        "another move.",
    )


NEEDED = Said(id="Bagian ini wajib diisi.", en="This is required.")
NOT_THERE = Said(
    id="Bukan anggota terdaftar dari rumah tangga ini.",
    en="Not a registered member of this household.",
)
OWN_HOUSEHOLD = Said(
    id="Ini rumah tangga yang sama.", en="This is the household they are in already."
)
NO_VILLAGE = Said(id="Tidak ada desa/kelurahan berkode ini.", en="No village has this code.")
ONE_HEAD = Said(
    id="Setelah pindah harus ada tepat satu kepala.", en="There has to be exactly one head then."
)
NO_FAMILY = Said(
    id="Bukan keluarga dalam rumah tangga tujuan.", en="Not a family of the household of arrival."
)
NOT_ON_RECORD = Said(
    id="NIK ini belum tercatat. Usulkan sebagai keluarga baru atau anggota baru.",
    en="This NIK is not on record. Propose a new family or a new member.",
)
IN_ANOTHER = Said(
    id="Orang ini sedang dalam usulan lain, atau belum dapat dipindahkan.",
    en="Another proposal about this person is on its way, or nobody can be moved yet.",
)
TOO_MANY_FAMILIES = Said(
    id="Satu rumah tangga menampung paling banyak 10 keluarga.",
    en="A household holds at most 10 families.",
)
GONE = Said(
    id="Orang ini tidak lagi terdaftar di rumah tangga asal.",
    en="This person is no longer registered in the household they come from.",
)
NO_ADDRESS = Said(
    id="Isi alamat rumah tangga tujuan.", en="Give the address of the household of arrival."
)


@dataclass(frozen=True)
class Place:
    """A household that people come into: whether it has a head, and which of its families do."""

    headed: bool
    families: Mapping[UUID, bool]


class Resident(Protocol):
    """Somebody who lives in a household."""

    @property
    def id(self) -> UUID: ...
    @property
    def number(self) -> int | None: ...
    @property
    def family_id(self) -> UUID | None: ...
    @property
    def relation_to_household_head(self) -> int | None: ...
    @property
    def relation_to_family_head(self) -> int | None: ...


def direction_of(asks: Asks) -> Direction:
    return Direction(asks["direction"])


def people_of(asks: Asks) -> list[dict[str, Any]]:
    return list(asks.get("people") or [])


def takes_along(asks: Asks, member_id: UUID) -> bool:
    """Whether he leaves by this departure: one that names nobody is of all the household."""
    named = asks.get("member_ids") or []
    return direction_of(asks) is Direction.DEPARTURE and (not named or str(member_id) in named)


def who(asks: Asks) -> list[object]:
    """Whom it is about, in order, and where to: what the other village has been told.

    The people of an arrival are those of its departure, one for one.
    """
    if direction_of(asks) is Direction.DEPARTURE:
        return [asks.get("to_village_code"), *(asks.get("member_ids") or [])]
    return [person.get("member_id") or person.get("nik") for person in people_of(asks)]


def dated(asks: Asks) -> Iterator[Fault]:
    if not asks.get("moved_on"):
        yield Fault("/asks/moved_on", "missing", NEEDED)


def leaving(asks: Asks, registered: Sequence[UUID], villages: Collection[str]) -> Iterator[Fault]:
    """What is wanting in a departure from a household of these members."""
    yield from dated(asks)
    there = {str(each) for each in registered}
    for number, member in enumerate(asks.get("member_ids") or []):
        if member not in there:
            yield Fault(f"/asks/member_ids/{number}", "not_a_member", NOT_THERE)
    if not there:
        yield Fault("/asks/member_ids", "missing", NEEDED)
    if not asks.get("to_village_code"):
        yield Fault("/asks/to_village_code", "missing", NEEDED)
    elif asks["to_village_code"] not in villages:
        yield Fault("/asks/to_village_code", "village_not_found", NO_VILLAGE)


def placed(asks: Asks, place: Place, kept: Sequence[UUID | None] = ()) -> Iterator[Fault]:
    """What is wanting in an arrival; all of it where it is known which families they `kept`."""
    yield from dated(asks)
    people = people_of(asks)
    if not people:
        yield Fault("/asks/people", "missing", NEEDED)
    for number, person in enumerate(people):
        yield from _of_person(f"/asks/people/{number}", person, place)
    if place.headed + _heads(people, "relation_to_household_head") != 1:
        yield Fault("/asks/people", "M01", ONE_HEAD)
    keys = [
        family_key(person, kept=of)
        for person, of in zip(people, kept or [None] * len(people), strict=True)
    ]
    yield from _of_families(people, keys, place)


def _of_person(pointer: str, person: Asks, place: Place) -> Iterator[Fault]:
    for name in ("relation_to_household_head", "relation_to_family_head"):
        if person.get(name) is None:
            yield Fault(f"{pointer}/{name}", "missing", NEEDED)
    if not (person.get("nik") or person.get("member_id")):
        yield Fault(f"{pointer}/nik", "missing", NEEDED)
    family = person.get("family_id")
    if family and UUID(family) not in place.families:
        yield Fault(f"{pointer}/family_id", "family_not_found", NO_FAMILY)


def _of_families(
    people: Sequence[Asks], keys: Sequence[FamilyKey], place: Place
) -> Iterator[Fault]:
    """Those who join a family find its head there; those with a card of their own bring one."""
    heads = Counter(
        key
        for person, key in zip(people, keys, strict=True)
        if person.get("relation_to_family_head") == HEAD
    )
    for key in dict.fromkeys(key for key in keys if key is not None):
        headed = place.families.get(key, False) if isinstance(key, UUID) else False
        if headed + heads[key] != 1:
            yield Fault("/asks/people", "M02", ONE_HEAD)
    new = sum(isinstance(key, str) for key in dict.fromkeys(keys))
    if new + len(place.families) > MOST_FAMILIES:
        yield Fault("/asks/people", "too_many_families", TOO_MANY_FAMILIES)


def family_key(person: Asks, *, kept: UUID | None = None) -> FamilyKey:
    """The family somebody comes into: one that is there, one of a new card, or the one he has.

    `kept` is the family he has now, where that is known: whoever says nothing keeps his card.
    """
    if person.get("family_id"):
        return UUID(person["family_id"])
    if person.get("card_number"):
        return str(person["card_number"])
    return None if kept is None else f"{KEPT}{kept}"


def _heads(people: Iterable[Asks], relation: str) -> int:
    return sum(person.get(relation) == HEAD for person in people)
