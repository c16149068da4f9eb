"""Responsibility statements: declared for any number of names at once, then scanned."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands import scans
from app.commands.proposals import go
from app.db import policies
from app.db.audit import expect, record
from app.db.held import hold
from app.db.proposals import ProposalNotFound
from app.db.tables.audit import AuditEntry
from app.db.tables.proposals import Proposal
from app.db.tables.statements import ResponsibilityStatement
from app.domain import statements as rules
from app.domain.actors import Actor
from app.domain.documents import DocumentPurpose
from app.domain.errors import Refusal
from app.domain.proposals import PROPOSALS, ProposalAction, ProposalState
from app.domain.regions import Region
from app.domain.statements import STATEMENTS, StatementAction
from app.domain.workflow import Ground, Step


async def declare(
    session: AsyncSession, village: Region, values: Mapping[str, Any], *, by: Actor
) -> ResponsibilityStatement:
    """All its proposals go on to the village's head, or none of them does."""
    step = STATEMENTS.begin(by=by)
    held = await hold(session, values["proposal_ids"], within=village)
    named = [_known(held, each) for each in values["proposal_ids"]]
    rules.allowed(named, kinds=await policies.statement_kinds(session, village))

    statement = ResponsibilityStatement(**values, scope_code=village.first, created_by=by.id)
    going = [(each, _led(each, statement, by)) for each in named]
    await record(session, statement, step)
    also = {"deliberation_id": None, "statement_id": statement.id}
    for answer in (await go(session, going, by=by, also=also)).values():
        if isinstance(answer, Refusal):
            raise answer
    return statement


def _known(held: Mapping[UUID, Proposal], proposal_id: UUID) -> Proposal:
    if proposal_id not in held:
        raise ProposalNotFound
    return held[proposal_id]


def _led(
    proposal: Proposal, statement: ResponsibilityStatement, by: Actor
) -> Step[ProposalState, ProposalAction]:
    signed = {
        "statement_id": statement.id,
        "number": statement.number,
        "dated": statement.dated,
        "signatory": statement.signatory_name,
    }
    return PROPOSALS.step(
        proposal.state, ProposalAction.DECLARE, by=by, grounds={Ground.STATEMENT: signed}
    )


async def attach_scan(
    session: AsyncSession,
    statement: ResponsibilityStatement,
    document_id: UUID,
    *,
    by: Actor,
    version: int,
) -> AuditEntry:
    action = StatementAction.ATTACH_SCAN
    STATEMENTS.permit(action, by=by)
    await expect(session, statement, version)
    step = STATEMENTS.step(statement.state, action, by=by)
    purpose = DocumentPurpose.STATEMENT_SCAN
    return await scans.attach(session, statement, step, document_id, purpose=purpose)
