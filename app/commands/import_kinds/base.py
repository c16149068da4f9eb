"""What a kind of file adds to the road that all imports take.

`judge` looks at units beside the registry: what it finds of a row is told like any other problem.
`take` carries units out, in the name of whoever sent the file, and answers for each of them; a
refusal of one keeps no other from going in. `undo` takes back what came of one.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.import_rows import Effect, Unit
from app.db.refusals import told
from app.db.tables.imports import Import
from app.domain.actors import Actor
from app.domain.errors import Refusal, Said
from app.domain.imports.problems import Problem
from app.domain.imports.workflow import Outcome
from app.domain.workflow import Workflow

HELD = Said(
    id="NIK ini sudah tercatat di tempat lain. Bila orangnya pindah, ajukan perpindahan; bila "
    "salah ketik, perbaiki NIK-nya.",
    en="This NIK is on record elsewhere. If the person has moved, propose a move; if it was "
    "mistyped, correct the NIK.",
)
Found = Mapping[int, Sequence[Problem]]  # by row
Subjects = list[dict[str, str]]  # what came of a unit
Judge = Callable[[AsyncSession, Sequence[Unit], Actor], Awaitable[Found]]
Take = Callable[[AsyncSession, Import, Sequence[Unit], Actor], Awaitable[Sequence[Effect]]]
Undo = Callable[[AsyncSession, Sequence[Effect], Actor], Awaitable[Sequence[Effect]]]


@dataclass(frozen=True)
class Importer:
    judge: Judge
    take: Take
    undo: Undo
    located: bool = True  # whether a row names a village
    at_once: int = 100  # rows of one transaction, more or less: units stay whole
    # Problems that say: this is on record, or twice in the file.
    doubles: frozenset[str] = frozenset({"nik_repeated", "row_repeated", "on_record"})


async def alone(session: AsyncSession, work: Awaitable[Sequence[Mapping[str, str]]]) -> Effect:
    """What comes of one unit; what refuses it leaves no trace of it, and the others go on."""
    try:
        async with session.begin_nested():
            subjects = await work
    except Refusal as why:
        return Effect(Outcome.LEFT, refusal=told(why))
    return effect(subjects)


def effect(subjects: Sequence[Mapping[str, str]]) -> Effect:
    return Effect(Outcome.TAKEN if subjects else Outcome.SAME, subjects)


def subject(workflow: Workflow[Any, Any], subject_id: UUID) -> dict[str, str]:
    """Something that came of a unit, as it is kept with it."""
    return {"workflow": workflow.name, "id": str(subject_id)}
