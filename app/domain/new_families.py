"""What a proposal of a new family has to hold before it leaves the village's desk.

The rules are those of the questionnaire, by its numbers (M01, M30, ...). All that is wanting is
told at once, each with a pointer to where it can be mended: `/members/{id}/nik` in a record,
`/survey/answers/household/floor_area` in the current survey.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from app.domain.calendar import today
from app.domain.errors import Fault, Incomplete, Said
from app.domain.questionnaire.codebooks import CODEBOOKS, NEWEST, Codebook
from app.domain.questionnaire.findings import findings, of_records
from app.domain.questionnaire.questions import Kept, Severity
from app.domain.questionnaire.sheets import Family, Finding, Household, Member, Sheet
from app.domain.surveys import VisitOutcome

ANSWERS = "/survey/answers"


class Survey(Protocol):
    """A finished one: the newest of the household."""

    codebook: str
    surveyed_on: date
    outcome: int | None
    answers: dict[str, Any]


class NotYetComplete(Incomplete):
    """The proposal is not yet complete."""

    title = Said(id="Usulan belum lengkap", en="The proposal is not yet complete")
    detail = Said(
        id="Lengkapi semua bagian yang disebut dalam errors, lalu ajukan lagi. Draf tersimpan.",
        en="Complete every part named in errors, then submit again. The draft is kept.",
    )


NOBODY = Said(id="Masukkan semua anggota keluarga.", en="Enter all members of the family.")
NO_SURVEY = Said(
    id="Belum ada survei yang selesai dicacah. Isi kuesioner rumah tangga ini dan selesaikan.",
    en="No survey of this household is completed. Fill in its questionnaire and finish it.",
)

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


@dataclass(frozen=True)
class Examined:
    """What is wanting before it can be proposed; and what is unusual, and stands in nobody's way:
    for those who verify."""

    wanting: Sequence[Fault]
    doubts: Sequence[Fault]

    def complete(self) -> None:
        """Refuse with the whole list of what is wanting, or say nothing."""
        if self.wanting:
            raise NotYetComplete(self.wanting)


def examined(
    household: Household,
    families: Sequence[Family],
    members: Sequence[Member],
    survey: Survey | None,
) -> Examined:
    found = _findings(household, families, members, survey)
    wanting = [
        *([] if _answered(survey) else [_NO_SURVEY]),
        *_required(_codebook(survey), household, families, members),
        *(each.fault for each in found if each.severity is Severity.ERROR),
    ]
    return Examined(wanting, [e.fault for e in found if e.severity is Severity.WARNING])


def _findings(
    household: Household,
    families: Sequence[Family],
    members: Sequence[Member],
    survey: Survey | None,
) -> list[Finding]:
    codebook = _codebook(survey)
    if survey is None or not _answered(survey):
        bare = Sheet({}, today(), household, families, members)
        return of_records(codebook, bare)
    sheet = Sheet(survey.answers, survey.surveyed_on, household, families, members)
    return findings(codebook, sheet, answers_at=ANSWERS, proposed=True)


def _codebook(survey: Survey | None) -> Codebook:
    return NEWEST if survey is None else CODEBOOKS[survey.codebook]


def _answered(survey: Survey | None) -> bool:
    return survey is not None and survey.outcome == VisitOutcome.COMPLETED


_NO_SURVEY = Fault("/survey", "survey_missing", NO_SURVEY)


def _required(
    codebook: Codebook,
    household: Household,
    families: Sequence[Family],
    members: Sequence[Member],
) -> Iterator[Fault]:
    """M30, where the form has it: what the law requires of whoever is proposed."""
    if "M30" not in codebook.rules:
        return
    if not household.address:
        yield _missing(codebook, "/address", "Alamat")
    if not families:
        yield _missing(codebook, "/families", codebook.rosters["family_cards"].form_ref)
    for family in families:
        yield from _of_family(codebook, family, members)
    known = {family.id for family in families}
    for member in members:
        yield from lacking(codebook, member, known)


def _of_family(codebook: Codebook, family: Family, members: Sequence[Member]) -> Iterator[Fault]:
    place = f"/families/{family.id}"
    if not family.card_number:
        card = codebook.rosters["family_cards"].form_ref
        yield _missing(codebook, f"{place}/card_number", card)
    if not any(member.family_id == family.id for member in members):
        yield Fault(place, "M30", NOBODY)


def lacking(codebook: Codebook, member: Member, families: Collection[UUID]) -> Iterator[Fault]:
    """What M30 asks of a person. Whose family has left the household has none."""
    columns = codebook.sections["members"].values()
    printed = {each.kept_as: each.form_ref for each in columns if each.kept_in is Kept.MEMBER}
    printed["family_id"] = codebook.of_member("family_number").form_ref
    for name in OF_A_PERSON:
        value = getattr(member, name)
        if value in {None, ""} or (name == "family_id" and value not in families):
            yield _missing(codebook, f"/members/{member.id}/{name}", printed[name])


def _missing(codebook: Codebook, pointer: str, form_ref: str) -> Fault:
    said = codebook.rules["M30"].said
    cited = Said(id=f"{{form_ref}}: {said.id}", en=f"{{form_ref}}: {said.en}")
    return Fault(pointer, "M30", cited, {"form_ref": form_ref})
