"""Returned with marks: what a verifier points at is opened again, and nothing else.

A mark is a JSON pointer into what was proposed, with a reason. People and families stand there by
their ids: `/members/{id}/nik`, `/survey/answers/household/floor_area`; of the other kinds, in what
was asked: `/asks/changes/name`. `""` is everything. The rows of a list open together.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.domain.answer_trees import NOT_ASKED, differences, steps_of
from app.domain.errors import Conflict, Fault, Incomplete, Said
from app.domain.new_families import OF_A_PERSON
from app.domain.proposals import ProposalKind
from app.domain.questionnaire.codebooks import CODEBOOKS, NEWEST
from app.domain.reasons import NOT_A_REASON, NOTE_NEEDED, REJECTION, reasons
from app.domain.workflow import Ground

Mark = Mapping[str, Any]  # pointer, reason, note
Places = dict[str, list[Any]]  # pointer -> [before, after]

EVERYTHING = ""
HOUSEHOLD = "household"
SURVEY, ANSWERS = "/survey", "/survey/answers"
MISSING = object()
ONCE = ("counts", "household", "participation")
OF_A_HOUSEHOLD = ("address", "rt", "rw", "location")
OF_A_FAMILY = ("number", "card_number")
OF_A_MEMBER = ("number", *OF_A_PERSON)
OF_A_VISIT = (
    "surveyed_on",
    "enumerator_name",
    "respondent_name",
    "checked_on",
    "checker_name",
    "outcome",
)
POINT = ("latitude", "longitude")
FOLLOWS_FROM_NIK = ("nik_verdict", "nik_codes")
ROW = re.compile(r"/[0-9]+(/|$)")  # of a roster, or of the evidence
FREE = "/asks/note"  # where the village says why


class MarksNotAccepted(Incomplete):
    """A mark points at nothing that was proposed, or its reason is none."""

    title = Said(id="Ada tanda yang tidak sesuai", en="A mark does not fit")
    detail = Said(
        id="Perbaiki tanda yang disebut dalam errors: penunjuknya harus ada dalam usulan, "
        "alasannya dari daftar /v1/reasons.",
        en="Correct the marks named in errors: each points into the proposal and gives a reason of "
        "the list at /v1/reasons.",
    )


class NotMarked(Conflict):
    """Only what was marked is open."""

    title = Said(id="Bagian ini tidak ditandai", en="This was not marked")
    detail = Said(
        id="Usulan ini dikembalikan dengan tanda, jadi hanya bagian bertanda yang terbuka: {open}. "
        "Bila bagian lain juga salah, tulis di grounds.note saat mengajukan lagi, atau tarik "
        "usulannya.",
        en="This was returned with marks, so only what is marked is open: {open}. If something "
        "else is wrong too, say so in grounds.note when you submit again, or withdraw it.",
    )


class NothingMended(Incomplete):
    """It was returned with marks, and is as it was."""

    title = Said(
        id="Bagian bertanda belum diperbaiki", en="Nothing that was marked has been changed"
    )
    detail = Said(
        id="Perbaiki bagian bertanda, atau jelaskan dalam grounds.note mengapa sudah benar.",
        en="Mend what was marked, or say in grounds.note why it is right as it is.",
    )


NO_SUCH_PLACE = Said(
    id="Bagian ini tidak ada dalam yang diajukan. Salin penunjuknya dari isi usulan; orang dan "
    "keluarga disebut dengan id-nya.",
    en="There is no such place in what was submitted. Copy the pointer from the proposal; people "
    "and families stand there by their ids.",
)
LOCKED = Said(
    id="Bagian ini tidak ditandai, jadi tetap terkunci.", en="This was not marked: it is locked."
)
WHY = Said(id="Jelaskan di sini.", en="Say why here.")


def of_return(grounds: Mapping[Ground, Any]) -> list[dict[str, Any]]:
    """What a return opens: what it marks, or everything."""
    whole = {"pointer": EVERYTHING, "reason": grounds[Ground.REASON]}
    if grounds.get(Ground.NOTE):
        whole["note"] = grounds[Ground.NOTE]
    return grounds.get(Ground.MARKS) or [whole]


def accept(grounds: Mapping[Ground, Any], where: Mapping[str, Any]) -> None:
    """Refuse marks that point nowhere, or give no reason that a tier may return with."""
    given = enumerate(grounds[Ground.MARKS])
    faults = [fault for number, mark in given for fault in _wrong(number, mark, where)]
    if faults:
        raise MarksNotAccepted(faults)


def _wrong(number: int, mark: Mark, where: Mapping[str, Any]) -> Iterator[Fault]:
    place = f"/grounds/marks/{number}"
    reason = reasons().get(mark["reason"])
    if reason is None or REJECTION not in reason.also_for:
        yield Fault(f"{place}/reason", "not_a_choice", NOT_A_REASON)
    elif reason.requires and not mark.get("note"):
        yield Fault(f"{place}/note", "missing", NOTE_NEEDED)
    if not _stands(mark["pointer"], where):
        yield Fault(f"{place}/pointer", "no_such_place", NO_SUCH_PLACE)


# --- where a mark may point


def pointed_at(
    kind: ProposalKind, content: Mapping[str, Any], asks: Mapping[str, Any]
) -> dict[str, Any]:
    """What can be changed once it is returned: the household with everybody in it, one member
    that is drafted, or what was asked."""
    if kind is ProposalKind.NEW_FAMILY:
        return as_told(content)
    drafted = {"proposed": content["proposed"]} if kind is ProposalKind.NEW_MEMBER else {}
    return {"asks": asks, **drafted}


def as_told(content: Mapping[str, Any]) -> dict[str, Any]:
    """What was frozen, with people and families by their ids, without what follows from it."""
    if HOUSEHOLD not in content:
        return {name: part for name, part in content.items() if name not in {"subject", "now"}}
    household, survey = content[HOUSEHOLD], content["survey"] or {}
    point = {name: household.get(name) for name in POINT}
    return {
        HOUSEHOLD: {**_without(household, "id", *POINT), "location": point},
        "families": {each["id"]: _without(each, "id") for each in content["families"]},
        "members": {
            each["id"]: _without(each, "id", *FOLLOWS_FROM_NIK) for each in content["members"]
        },
        "survey": _without(survey, "id"),
    }


def _without(part: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name not in names}


def _stands(pointer: str, where: Mapping[str, Any]) -> bool:
    """Whether something is there, or is asked there and missing."""
    if pointer == EVERYTHING or _found(steps_of(pointer), where) is not MISSING:
        return True
    if HOUSEHOLD in where:
        return pointer in _asked(where)
    *above, name = steps_of(pointer)
    return bool(above and name) and isinstance(_found(above, where), Mapping)


def _found(steps: Sequence[str], where: object) -> object:
    for step in steps:
        rows = enumerate(where) if isinstance(where, list) else ()
        inside = where if isinstance(where, Mapping) else {str(row): each for row, each in rows}
        if step not in inside:
            return MISSING
        where = inside[step]
    return where


def _asked(where: Mapping[str, Any]) -> Iterator[str]:
    """Wherever something is asked of these people, answered or not."""
    yield from (f"/{HOUSEHOLD}/{name}" for name in OF_A_HOUSEHOLD)
    yield from (f"/families/{each}/{name}" for each in where["families"] for name in OF_A_FAMILY)
    yield from (f"/members/{each}/{name}" for each in where["members"] for name in OF_A_MEMBER)
    yield from (f"{SURVEY}/{name}" for name in OF_A_VISIT)
    codebook = CODEBOOKS.get(where["survey"].get("codebook"), NEWEST)
    for part in ONCE:
        yield from (f"{ANSWERS}/{part}/{each.key}" for each in codebook.answered(part))
    for each in codebook.answered("members"):
        yield from (f"{ANSWERS}/members/{member}/{each.key}" for member in where["members"])
    yield from (f"{ANSWERS}/rosters/{each.key}" for each in codebook.answered_rosters)


# --- what is open


def keep_to(marks: Sequence[Mark], places: Iterable[str]) -> None:
    """Refuse a change of what was not marked, naming what is locked and what is open."""
    locked = sorted({place for place in places if place != FREE and not is_open(marks, place)})
    if locked:
        told = [mark["pointer"] for mark in marks]
        raise NotMarked([Fault(place, "locked", LOCKED) for place in locked], open=told)


def is_open(marks: Iterable[Mark], place: str) -> bool:
    """Whether a mark is there or above. The rows of a list open together."""
    opened = (ROW.split(mark["pointer"], maxsplit=1)[0] for mark in marks)
    return any(place == mark or place.startswith(f"{mark}/") for mark in opened)


def is_touched(marks: Iterable[Mark], place: str) -> bool:
    """Whether it is open, or something inside it is."""
    marks = list(marks)
    inside = any(mark["pointer"].startswith(f"{place}/") for mark in marks)
    return inside or is_open(marks, place)


def other_answers(returned: Mapping[str, Any], answers: Mapping[str, Any]) -> list[str]:
    """Answers that say something else than they did. Those that come or go are not among them:
    whether they are asked follows from others, and the questionnaire watches over that."""
    pairs = differences(returned, answers)
    return [ANSWERS + place for place, pair in pairs.items() if NOT_ASKED not in pair]


# --- when it is submitted again


def changed_since(before: Mapping[str, Any], after: Mapping[str, Any]) -> Places:
    """Place by place, what was returned and what is submitted now."""
    return differences(_told(before), _told(after))


def _told(content: Mapping[str, Any]) -> dict[str, Any]:
    return _without(as_told(content), "doubts")


def mended(marks: Sequence[Mark], changed: Places, grounds: Mapping[Ground, Any]) -> None:
    """Refuse what comes back as it went, though something in it was marked; or have it said why."""
    named = any(mark["pointer"] != EVERYTHING for mark in marks)
    if named and not changed and not grounds.get(Ground.NOTE):
        raise NothingMended([Fault("/grounds/note", "missing", WHY)])
