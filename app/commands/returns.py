"""What was returned with marks: opened where it was marked, and looked at when it comes back."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.kinds.base import Follows
from app.db import proposals, undoings
from app.db.faults import AlreadyProposed
from app.db.tables.proposals import Proposal
from app.db.tables.registry import Family, Household, Member
from app.db.tables.surveys import Survey
from app.domain import marks
from app.domain.actors import Actor
from app.domain.answer_trees import Answers
from app.domain.errors import Refusal
from app.domain.facts import Fact
from app.domain.proposals import ProposalAction, ProposalKind, ProposalState
from app.domain.workflow import Step

A = ProposalAction
ProposalStep = Step[ProposalState, ProposalAction]
Going = Sequence[tuple[Proposal, ProposalStep]]
ROSTER: Mapping[type, str] = {Family: "/families", Member: "/members"}
POINT = {name: f"location/{name}" for name in marks.POINT}


async def keep_to_marks(
    session: AsyncSession,
    subject: Household | Family | Member,
    columns: Iterable[str],
    facts: Collection[Fact],
    *,
    by: Actor,
) -> None:
    """Refuse to change these columns of it, where they were not marked."""
    returned = await _returned(session, subject, facts, by=by)
    if returned is not None:
        place = _place(returned, subject)
        names = (name for name in columns if name not in marks.FOLLOWS_FROM_NIK)
        places = [f"{place}/{POINT.get(name, name)}" for name in names]
        marks.keep_to(returned.marks or (), places)


async def keep_to_roster(
    session: AsyncSession,
    subject: Household | Family | Member,
    kind: type[Family | Member],
    facts: Collection[Fact],
    *,
    by: Actor,
) -> None:
    """Refuse to add one to the household, or to take `subject` in or out, where that was not
    marked: the whole of it, or all of them."""
    returned = await _returned(session, subject, facts, by=by)
    if returned is not None and returned.kind is ProposalKind.NEW_FAMILY:
        each = "" if isinstance(subject, Household) else f"/{subject.id}"
        marks.keep_to(returned.marks or (), [f"{ROSTER[kind]}{each}"])


async def keep_answers(
    session: AsyncSession,
    survey: Survey,
    answers: Answers,
    facts: Collection[Fact],
    *,
    by: Actor,
) -> None:
    """Refuse a sheet where none was marked, and answers that were not and say something else."""
    returned = await _returned(session, survey, facts, by=by)
    if returned is not None:
        places = marks.other_answers(_answers(returned), answers)
        shut = not marks.is_touched(returned.marks or (), marks.SURVEY)
        marks.keep_to(returned.marks or (), [marks.SURVEY] if shut else places)


async def _returned(
    session: AsyncSession,
    subject: Household | Family | Member | Survey,
    facts: Collection[Fact],
    *,
    by: Actor,
) -> Proposal | None:
    """Nobody asks for it unless it is proposed, and lies on the village's desk."""
    if Fact.PROPOSED not in facts or Fact.ON_ITS_WAY in facts:
        return None
    household_id = subject.id if isinstance(subject, Household) else subject.household_id
    member_id = subject.id if isinstance(subject, Member) else None
    found = await proposals.on_the_desk(session, household_id, member_id, within=by.region)
    return found if found is not None and found.marks is not None else None


def _place(returned: Proposal, subject: Household | Family | Member) -> str:
    """Where it stands in what was proposed."""
    if returned.kind is ProposalKind.NEW_MEMBER:
        return "/proposed"
    if isinstance(subject, Household):
        return "/household"
    return f"{ROSTER[type(subject)]}/{subject.id}"


def _answers(returned: Proposal) -> Mapping[str, Any]:
    survey = (returned.content or {}).get("survey") or {}
    answers: Mapping[str, Any] = survey.get("answers", {})
    return answers


# --- what a step does to the marks


async def undone(session: AsyncSession, going: Going) -> Follows:
    """What was marked before: brought back with the return that is undone. No place is taken
    back that another proposal has by now."""
    ids = [proposal.id for proposal, step in going if step.action is A.UNDO]
    found: Follows = {}
    for one in await undoings.undoings(session, ids) if ids else ():
        if one.rivalled:
            found[one.id] = AlreadyProposed()
        elif one.undone is A.RETURN:
            found[one.id] = {"marks": one.grounds and marks.of_return(one.grounds)}
    return found


def marked(going: Going, follows: Follows) -> Follows:
    """A return sets marks; what is submitted again says what changed since."""
    found: Follows = {}
    for proposal, step in going:
        follow = follows.get(proposal.id)
        if step.action is A.RETURN:
            found[proposal.id] = {"marks": marks.of_return(step.grounds)}
        elif step.action is A.SUBMIT and proposal.marks and isinstance(follow, Mapping):
            found[proposal.id] = _resubmitted(proposal, step, follow)
    return found


def _resubmitted(
    proposal: Proposal, step: ProposalStep, follow: Mapping[str, Any]
) -> Mapping[str, object] | Refusal:
    changed = marks.changed_since(proposal.content or {}, follow["content"])
    try:
        marks.mended(proposal.marks or (), changed, step.grounds)
    except Refusal as refusal:
        return refusal
    return {"changed_since_return": changed}
