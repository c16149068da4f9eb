"""Who read of whom: one access entry per request that reads of people, in the reading statement.

UU 27/2022 gives a person the right to know. The entry is written by the statement that finds the
people, so there is no reading without it, and where nothing was found nothing is noted.
"""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.scope import opening
from app.db.sessions import Connection, Look, Reading, connection_in
from app.db.tables.audit import ALL_OF_THEM
from app.domain.actors import Actor
from app.domain.sight import Purpose

# `found` gives the finished JSON and the ids of the people or households in it. An entry is found
# by each of them; where one of them is NULL, by those before it: the households of all the others,
# or their villages.
NOTED = """
WITH found (body, subjects) AS ({statement}),
seen AS (
    INSERT INTO access_entry (scope_code, actor_id, actor_role, actor_region_code,
                              purpose, operation, request_id, agreement, subjects, homes)
    SELECT ${0}::bigint, ${1}::uuid, ${2}::text, ${3}::text, ${4}::text, ${5}::text, ${6}::text,
           ${7}::text, array_remove(subjects, NULL),
           coalesce(array_position(subjects, NULL) - 1, {all})
    FROM found WHERE cardinality(subjects) > 0
)
SELECT body FROM found
"""


@lru_cache(maxsize=1000)
def _noted(statement: str, first: int) -> str:
    """The statement, with its entry: who and what for are `$first` and those after it."""
    return NOTED.format(*range(first, first + 8), statement=statement, all=ALL_OF_THEM)


# An answer does not wait until the entry about it lies on the disk: that took ten times as long as
# the read itself. Should PostgreSQL crash, entries of its last 0.6 s at most are lost; steps in the
# audit are never written this way.
NOTING = {"synchronous_commit": "off"}
BEGIN = opening(NOTING)


@dataclass(frozen=True)
class Access:
    """By whom, what for, in which request."""

    actor: Actor
    purpose: Purpose
    operation: str
    request_id: str

    @property
    def told(self) -> tuple[object, ...]:
        """As the columns of an entry begin: from scope_code to agreement."""
        actor = self.actor
        return (
            actor.region.first,
            actor.id,
            actor.role,
            actor.region.code,
            self.purpose,
            self.operation,
            self.request_id,
            None if actor.agreement is None else actor.agreement.number,
        )


# Whom an extract holds stands in `access_reach`, by village; the entry says how many they are.
EXTRACTED = """
INSERT INTO access_entry (scope_code, actor_id, actor_role, actor_region_code, purpose, operation,
                          request_id, agreement, extract_id, people, subjects)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '{}')
"""


async def note_extract(
    session: AsyncSession, access: Access, extract_id: UUID, people: int
) -> None:
    """That so many people left in an extract; once for each extract, by whoever asked for it."""
    connection = await connection_in(session)
    await connection.execute(EXTRACTED, *access.told, extract_id, people)


async def people_in(session: AsyncSession, access: Access) -> "PeopleReading":
    """A look from inside a writing transaction, which leaves its trace as well."""
    return PeopleReading(await connection_in(session), access)


class PeopleReading(Reading):
    """A look at people from within one region, which leaves its trace."""

    def __init__(self, connection: Connection | Look, access: Access) -> None:
        super().__init__(connection)
        self._access = access

    async def document(self, statement: str, *arguments: object) -> str | None:
        """As `Reading.document`, and whose it is stands in the access log."""
        noted = _noted(statement, len(arguments) + 1)
        return await self._body(noted, (*arguments, *self._access.told))

    async def note(self, extract_id: UUID, people: int) -> None:
        """That a file of an extract, with so many rows, was fetched."""
        await self.value(EXTRACTED, *self._access.told, extract_id, people)
