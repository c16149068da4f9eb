"""A new member (penambahan anggota): somebody drafted in a registered household is registered.

His own answers have to be there, so the household is visited again once he is drafted: the newest
finished sheet is looked at for him alone, whatever it says of the others.
"""

from collections.abc import Iterator
from typing import Any

from app.domain import evidence
from app.domain.errors import Conflict, Fault, Said
from app.domain.new_families import ANSWERS, lacking
from app.domain.questionnaire.codebooks import CODEBOOKS, NEWEST
from app.domain.questionnaire.findings import findings
from app.domain.questionnaire.questions import Severity
from app.domain.questionnaire.sheets import Sheet
from app.domain.reasons import Scope
from app.domain.records import (
    REGISTERED,
    SHOWN_OF,
    About,
    Home,
    NotRegistered,
    Plan,
    new_errors,
    shown,
)
from app.domain.surveys import VisitOutcome

VISIT = Said(
    id="Belum ada kuesioner selesai yang memuat anggota ini. Kunjungi rumah tangganya, isi "
    "jawabannya, lalu selesaikan survei.",
    en="No finished questionnaire has answers for this member. Visit the household, fill in the "
    "answers and finish the survey.",
)


class NotADraft(Conflict):
    """Only a drafted member can be proposed to be registered."""

    title = Said(id="Anggota ini bukan draf", en="This member is not a draft")
    detail = Said(
        id="Usulan {kind} hanya untuk anggota yang baru dimasukkan ke rumah tangga terdaftar.",
        en="A {kind} is for a member newly entered in a registered household.",
    )


def plan(about: About) -> tuple[Plan, list[Fault]]:
    """He is registered; and everything that is wanting of him."""
    found = Plan(members={about.record.id: {"state": REGISTERED}})
    home = about.home.after(found)
    families = {each.id for each in home.families_now}
    faults = [
        *evidence.wanting(about.asks, ()),
        *lacking(NEWEST, about.record, families),
        *_of_answers(about, home),
        *new_errors(about.home, found),
    ]
    return found, list({(each.code, each.pointer): each for each in faults}.values())


def opens(about: About) -> None:
    """Refuse whoever is no draft, or lives where nothing is registered."""
    if about.record.state != "proposed":
        raise NotADraft(kind=about.kind)
    if not about.home.is_registered:
        raise NotRegistered(kind=about.kind)


def _of_answers(about: About, home: Home) -> Iterator[Fault]:
    survey, member = about.survey, str(about.record.id)
    is_done = survey is not None and survey.outcome == VisitOutcome.COMPLETED
    if not is_done or member not in survey.answers.get("members", {}):
        yield Fault(f"{ANSWERS}/members/{member}", "survey_missing", VISIT)
        return
    sheet = Sheet(
        survey.answers, survey.surveyed_on, home.household, home.families_now, home.members_now
    )
    codebook = CODEBOOKS[survey.codebook]
    for found in findings(codebook, sheet, answers_at=ANSWERS, proposed=True):
        if found.severity is Severity.ERROR and f"/members/{member}" in found.fault.pointer:
            yield found.fault


def proposed(about: About) -> dict[str, Any]:
    """All that is known of him, as it is to be registered."""
    told = shown(about.record, Scope.PERSON, SHOWN_OF[Scope.PERSON])
    answers = about.survey.answers["members"][str(about.record.id)]
    return {**told, "state": str(REGISTERED), "answers": answers}
