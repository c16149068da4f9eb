"""Filling in surveys: begun, amended by enumerator and operator together, finished or discarded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.returns import keep_answers
from app.db import households, niks, proposals, surveys
from app.db.audit import expect, record
from app.db.tables.audit import AuditEntry
from app.db.tables.base import now
from app.db.tables.registry import Household
from app.db.tables.surveys import Survey
from app.domain import surveys as rules
from app.domain.actors import Actor
from app.domain.answer_trees import Answers, merged
from app.domain.facts import Fact
from app.domain.questionnaire.codebooks import CODEBOOKS
from app.domain.questionnaire.findings import findings
from app.domain.questionnaire.shapes import malformed
from app.domain.questionnaire.sheets import Finding, Sheet
from app.domain.surveys import SURVEYS, AnswersNotAccepted, SurveyAction, SurveyState
from app.domain.workflow import Ground

Values = Mapping[str, Any]
A = SurveyAction
PLACE = "/answers"
FAULTS_TOLD = 100


async def begin(
    session: AsyncSession, household: Household, values: Values, *, by: Actor
) -> Survey:
    """A draft for a visit to this household, which is held, with what is answered so far.

    `copy_of`: over the answers of an earlier sheet, as far as they speak of who is still there.
    """
    facts = await proposals.facts_about(session, household)
    step = rules.begun(household.state, by=by, facts=facts)
    values = dict(values)
    earlier = await _earlier(session, household, values, by=by)
    survey = Survey(
        **values,
        household_id=household.id,
        scope_code=household.scope_code,
        created_by=by.id,
    )
    answers, survey.answers = merged(earlier.answers if earlier else {}, values["answers"]), {}
    await _accept(session, survey, answers, by=by)
    await keep_answers(session, survey, answers, facts, by=by)
    survey.answers = answers
    await record(
        session, survey, step, told={"/copy_of": [None, str(earlier.id)]} if earlier else None
    )
    return survey


@dataclass(frozen=True)
class Earlier:
    """What a new sheet begins with."""

    id: UUID
    answers: Answers


async def _earlier(
    session: AsyncSession, household: Household, values: dict[str, Any], *, by: Actor
) -> Earlier | None:
    copy_of: UUID | None = values.pop("copy_of", None)
    if copy_of is None:
        return None
    survey = await surveys.find(session, copy_of, within=by.region)
    rules.copied(survey, household.id, codebook=values["codebook"])
    _, members = await proposals.people_of(session, survey, within=by.region)
    there = {str(member.id) for member in members}
    return Earlier(copy_of, rules.still_there(survey.answers, there))


async def amend(  # noqa: PLR0913 - what is amended, by whom, and what is taken out again
    session: AsyncSession,
    survey: Survey,
    values: Values,
    *,
    not_asked: Iterable[str],
    by: Actor,
    version: int,
) -> None:
    """Lay what was sent over what is there. What is sent as it is already is no step."""
    facts = await _held(session, survey, A.AMEND, by=by, version=version)
    step = SURVEYS.step(survey.state, A.AMEND, by=by, facts=facts)
    answers = merged(survey.answers, values.get("answers", {}), not_asked)
    await _accept(session, survey, answers, by=by)
    await keep_answers(session, survey, answers, facts, by=by)
    new = {**values, "answers": answers}
    changes = {name: value for name, value in new.items() if getattr(survey, name) != value}
    if changes:
        await record(session, survey, step, changes=changes)


async def move(  # noqa: PLR0913 - a step: which, of what, by whom, why
    session: AsyncSession,
    survey: Survey,
    action: SurveyAction,
    *,
    by: Actor,
    version: int,
    grounds: Mapping[Ground, object],
) -> AuditEntry:
    """Finish a draft, once nothing is wanting; or discard it."""
    facts = await _held(session, survey, action, by=by, version=version)
    step = SURVEYS.step(survey.state, action, by=by, facts=facts, grounds=grounds)
    if step.target is not SurveyState.FINISHED:
        return await record(session, survey, step)
    await keep_answers(session, survey, survey.answers, facts, by=by)
    found = await look_over(session, survey, by=by)
    rules.finished(survey, found, grounds=grounds)
    return await record(session, survey, step, changes=freezing(survey))


def freezing(survey: Survey) -> dict[str, Any]:
    """What changes when a sheet is finished. Its answers, as they are, leave their fingerprint."""
    return {"answers": survey.answers, "finished_at": now()}


async def look_over(session: AsyncSession, survey: Survey, *, by: Actor) -> list[Finding]:
    """Every rule that the sheet breaks, with the people of the household as they are now."""
    household = await households.find(session, survey.household_id, within=by.region)
    families, members = await proposals.people_of(session, survey, within=by.region)
    held = await niks.held_by_others(session, [member.id for member in members])
    sheet = Sheet(survey.answers, survey.surveyed_on, household, families, members)
    codebook = CODEBOOKS[survey.codebook]
    return findings(codebook, sheet, answers_at=PLACE, held_elsewhere=held)


async def _held(
    session: AsyncSession, survey: Survey, action: SurveyAction, *, by: Actor, version: int
) -> frozenset[Fact]:
    """The sheet as it is now, its household kept from others, and how it stands with that."""
    SURVEYS.permit(action, by=by)
    household = await households.hold_around(session, survey, within=by.region)
    await expect(session, survey, version)
    rules.visitable(household.state)
    return await proposals.facts_about(session, household)


async def _accept(session: AsyncSession, survey: Survey, answers: Answers, *, by: Actor) -> None:
    """Refuse what is no answer to its question, or is said of nobody here: all of it at once."""
    codebook = CODEBOOKS[survey.codebook]
    faults = [replace(f, pointer=PLACE + f.pointer) for f in malformed(codebook, answers)]
    new = answers.get("members", {})
    if not faults and new.keys() - survey.answers.get("members", {}).keys():
        _, members = await proposals.people_of(session, survey, within=by.region)
        faults = rules.strangers(new, {str(member.id) for member in members})
    if faults:
        raise AnswersNotAccepted(faults[:FAULTS_TOLD])
