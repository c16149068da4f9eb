"""The limit of writing on this machine: a bare ASGI app and asyncpg, with our own statements.

`POST /submit/{proposal_id}` and `POST /decide/{proposal_id}` move a proposal as the service does,
in the same transaction of the same statements: held, recorded, chained and answered. But nobody
asks who does it: there is no token, no body, no row-level security and no rule. What the service
computes for each (the frozen content, what the audit says of it) is that of one proposal, put in
words once.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from app.db import audit_entries, niks, records
from app.db.access import Access, PeopleReading
from app.db.audit_rows import canonical, fingerprint, leading_on, plain_json, said_of_all
from app.db.held import for_action
from app.db.scope import scope_statement
from app.db.tables.proposals import Proposal
from app.domain.actors import Actor, Role
from app.domain.channels import Channel
from app.domain.proposals import ProposalAction, ProposalState
from app.domain.regions import INDONESIA, Region
from app.domain.sight import Purpose
from app.domain.workflow import Step
from bench.bare import Receive, a_pool, served

Scope = dict[str, Any]
BEGIN = f"BEGIN; {scope_statement(INDONESIA)}"
WITHIN = (INDONESIA.first, INDONESIA.last)
TYPICAL = """
SELECT content, scope_code FROM proposal WHERE kind = 'new_family' AND content <> 'null' LIMIT 1
"""
FROZEN = ("content", "period", "submitted_at", "submitted_by")


class Heard:
    """Takes the place of a connection: keeps the statement it is to run, and runs nothing."""

    statement = ""
    arguments: tuple[object, ...] = ()

    async def fetchval(self, statement: str, *arguments: object) -> str:
        self.statement, self.arguments = statement, arguments
        return "{}"


@dataclass
class Taken:
    """A step that is taken again and again: its statements, and what is the same for all."""

    action: ProposalAction
    actor: Actor
    source: ProposalState
    target: ProposalState
    changes: Mapping[str, object]
    answer: str = ""
    answered: tuple[object, ...] = ()

    async def ready(self) -> "Taken":
        step = Step("proposal", self.action, self.source, self.target, self.actor)
        self.said = said_of_all(step, channel=Channel.HTTP, request_id=str(uuid4()))
        self.recorded = leading_on(Proposal, tuple(sorted(self.changes)))
        self.row = json.dumps(
            {
                "taken_from": self.source,
                "state": self.target,
                "said": canonical({f"/{name}": _told(v) for name, v in self.changes.items()}),
                **self.changes,
            },
            default=plain_json,
        )[1:]
        closed = self.action is not ProposalAction.SUBMIT
        self.held = for_action(self.action, self.actor, closed=closed)
        heard: Any = Heard()
        access = Access(self.actor, Purpose.VERIFICATION, "decide", str(uuid4()))
        reading = PeopleReading(heard, access)
        await audit_entries.document(reading, 0, within=INDONESIA, seen_by=self.actor)
        self.answer, self.answered = heard.statement, heard.arguments[1:]
        return self

    async def take(self, connection: Any, proposal_id: UUID) -> str:  # noqa: ANN401 - pooled
        """In one transaction, and as many trips as the service makes."""
        await connection.execute(BEGIN)
        [held] = await connection.fetch(
            self.held.statement, [proposal_id], *WITHIN, datetime.now(UTC).date(), *self.held.who
        )
        if self.action is ProposalAction.SUBMIT:
            await _people(connection, held["household_id"])
        row = f'[{{"id":"{proposal_id}","version":{held["version"]},{self.row}]'
        at = datetime.now(UTC)
        [entry] = await connection.fetch(self.recorded, row, at, *self.said)
        body: str = await connection.fetchval(self.answer, entry["id"], *self.answered)
        await connection.execute("COMMIT")
        return body


async def _people(connection: Any, household_id: UUID) -> None:  # noqa: ANN401 - pooled
    """Held, read for the copy that is frozen, and their NIKs claimed."""
    await connection.fetch(records.HOLD, [household_id], *WITHIN)
    [home] = await connection.fetch(records.SURVEYED, [household_id], *WITHIN)
    await connection.fetchval(niks.CLAIM_ANEW, [member[0] for member in home["members"]])


def _told(value: object) -> list[object]:
    is_copy = isinstance(value, dict)
    return [None, fingerprint(canonical(value)) if is_copy else value]


class Limit:
    """Opened when the server starts."""

    async def open(self) -> None:
        self._pool = await a_pool({})
        typical = await self._pool.fetchrow(TYPICAL)
        content, regency = json.loads(typical["content"]), str(typical["scope_code"])[:4]
        operator = Actor(uuid4(), Role.REGENCY_OPERATOR, Region(regency))
        verifier = Actor(uuid4(), Role.REGENCY_VERIFIER, Region(regency))
        now = datetime.now(UTC)
        frozen = (content, now.date().replace(day=1), now, operator.id)
        self._steps = {
            "submit": await Taken(
                ProposalAction.SUBMIT,
                operator,
                ProposalState.DRAFTED,
                ProposalState.AWAITING_DELIBERATION,
                dict(zip(FROZEN, frozen, strict=True)),
            ).ready(),
            "decide": await Taken(
                ProposalAction.APPROVE,
                verifier,
                ProposalState.AWAITING_REGENCY,
                ProposalState.AWAITING_ENDORSEMENT,
                {},
            ).ready(),
        }

    async def answer(self, scope: Scope, _: Receive) -> bytes:
        path: str = scope["path"]
        if path == "/health/live":
            return b"{}"
        _, what, proposal_id = path.split("/")
        async with self._pool.acquire() as connection:
            return (await self._steps[what].take(connection, UUID(proposal_id))).encode()


app = served(Limit(), status=201)
