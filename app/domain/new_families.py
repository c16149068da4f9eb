"""What a proposal of a new family has to hold before it leaves the village's desk.

The rules carry the numbers of the questionnaire's codebook (M01, M30, ...). All that is missing is
told at once, each with a pointer to the record and the field: `/members/{id}/nik`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

from app.domain.errors import Fault, Incomplete, Said
from app.domain.niks import CARD_SAID, SAID, NikCode, NikVerdict, check_family_card

HEAD = 1  # the code of the head in both relations


class Household(Protocol):
    address: str | None


class Family(Protocol):
    id: UUID
    card_number: str | None


class Member(Protocol):
    id: UUID
    family_id: UUID | None
    name: str
    nik: str | None
    nik_verdict: NikVerdict
    nik_codes: list[str]
    sex: int | None
    birth_place: str | None
    birth_date: date | None
    mother_name: str | None
    relation_to_household_head: int | None
    relation_to_family_head: int | None
    marital_status: int | None


class NotYetComplete(Incomplete):
    """The proposal is not yet complete."""

    title = Said(id="Usulan belum lengkap", en="The proposal is not yet complete")
    detail = Said(
        id="Lengkapi semua bagian yang disebut dalam errors, lalu ajukan lagi. Draf tersimpan.",
        en="Complete every part named in errors, then submit again. The draft is kept.",
    )


M01 = Said(
    id="Rumah tangga harus memiliki tepat satu kepala rumah tangga (ada {count}).",
    en="A household has exactly one household head (there are {count}).",
)
M02 = Said(
    id="Keluarga harus memiliki tepat satu kepala keluarga (ada {count}).",
    en="A family has exactly one family head (there are {count}).",
)
M20 = Said(
    id="NIK ini dipakai lebih dari satu anggota rumah tangga.",
    en="This NIK occurs more than once in the household.",
)
M24 = Said(id="Nama tidak boleh memuat angka.", en="A name contains no digits.")
M30 = Said(id="Wajib diisi sebelum diusulkan.", en="This is required of whoever is proposed.")
NOBODY = Said(id="Masukkan semua anggota keluarga.", en="Enter all members of the family.")

OF_A_PERSON = (
    "name",
    "nik",
    "sex",
    "birth_place",
    "birth_date",
    "mother_name",
    "family_id",
    "relation_to_household_head",
    "relation_to_family_head",
    "marital_status",
)


def complete(household: Household, families: Sequence[Family], members: Sequence[Member]) -> None:
    """Refuse with the whole list of what is missing, or say nothing."""
    faults = [
        *_of_household(household, families, members),
        *(fault for family in families for fault in _of_family(family, members)),
        *(fault for member in members for fault in _of_member(member)),
        *_outside(families, members),
        *_repeated(members),
    ]
    if faults:
        raise NotYetComplete(faults)


def _of_household(
    household: Household, families: Sequence[Family], members: Sequence[Member]
) -> Iterator[Fault]:
    if not household.address:
        yield Fault("/address", "M30", M30)
    if not families:
        yield Fault("/families", "M30", M30)
    heads = sum(member.relation_to_household_head == HEAD for member in members)
    if heads != 1:
        yield Fault("/members", "M01", M01, {"count": heads})


def _of_family(family: Family, members: Sequence[Member]) -> Iterator[Fault]:
    place = f"/families/{family.id}"
    if not family.card_number:
        yield Fault(f"{place}/card_number", "M30", M30)
    else:
        yield from _of_card(family.card_number, f"{place}/card_number")
    own = [member for member in members if member.family_id == family.id]
    heads = sum(member.relation_to_family_head == HEAD for member in own)
    if not own:
        yield Fault(place, "M30", NOBODY)
    elif heads != 1:
        yield Fault(place, "M02", M02, {"count": heads})


def _of_card(number: str, place: str) -> Iterator[Fault]:
    found = check_family_card(number)
    if found.verdict is NikVerdict.INVALID:
        yield Fault(place, "M27", CARD_SAID[found.codes[0]])


def _of_member(member: Member) -> Iterator[Fault]:
    place = f"/members/{member.id}"
    for name in OF_A_PERSON:
        if getattr(member, name) in {None, ""}:
            yield Fault(f"{place}/{name}", "M30", M30)
    if member.nik_verdict is NikVerdict.INVALID:
        yield Fault(f"{place}/nik", "M18", SAID[NikCode(member.nik_codes[0])])
    if any(character.isdigit() for character in member.name):
        yield Fault(f"{place}/name", "M24", M24)


def _outside(families: Sequence[Family], members: Sequence[Member]) -> Iterator[Fault]:
    """Whose family has left the household has none."""
    known = {family.id for family in families}
    for member in members:
        if member.family_id is not None and member.family_id not in known:
            yield Fault(f"/members/{member.id}/family_id", "M30", M30)


def _repeated(members: Sequence[Member]) -> Iterator[Fault]:
    count = Counter(member.nik for member in members if member.nik)
    for member in members:
        if member.nik and count[member.nik] > 1:
            yield Fault(f"/members/{member.id}/nik", "M20", M20)
