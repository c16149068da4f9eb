"""Finding jobs, and telling of them; and what a worker asks and says of the one it is at."""

import json
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import refusals
from app.db.pages import Asked, page
from app.db.scope import lies_within
from app.db.sessions import Reading
from app.db.tables.jobs import Job
from app.domain.actors import Actor, Role
from app.domain.channels import Channel
from app.domain.errors import Language
from app.domain.facts import Fact
from app.domain.jobs import JOBS, OPEN, ROOM_OF, SITUATIONS, JobKind, JobNotFound
from app.domain.regions import Region

OFFERS = {role: json.dumps(JOBS.offers(role, SITUATIONS)) for role in Role}
ROOMS = json.dumps(ROOM_OF)


async def find(session: AsyncSession, job_id: UUID, *, within: Region, alone: bool = False) -> Job:
    """Kept from others until the transaction ends. `alone` waits for what is under way on it."""
    found = await session.exec(
        select(Job)
        .where(Job.id == job_id, lies_within(Job.scope_code, within))
        .with_for_update(key_share=not alone)
    )
    job = found.one_or_none()
    if job is None:
        raise JobNotFound
    return job


async def open_one_of(session: AsyncSession, subject_id: UUID, *, within: Region) -> Job | None:
    """The work on that subject which has not ended, kept from others; None: there is none."""
    found = await session.exec(
        select(Job)
        .where(
            Job.subject_id == subject_id,
            col(Job.state).in_(OPEN),
            lies_within(Job.scope_code, within),
        )
        .with_for_update(key_share=True)
    )
    return found.one_or_none()


def facts_of(job: Job, *, for_: Actor) -> frozenset[Fact]:
    return frozenset() if job.asked_by == for_.id else SITUATIONS["others"]


# {me} is the reader, {open} what is open to him in which situation, {in} his language, {rooms} the
# resource of each kind.
_VIEW = """json_build_object(
    'version', s.version, 'id', s.id, 'kind', s.kind, 'state', s.state,
    'phase', s.phase, 'done', s.done, 'total', s.total, 'starts', s.starts,
    'cancel_asked', s.cancel_asked,
    'problem', {problem},
    'region_code', s.region_code, 'asked_by', s.asked_by, 'role', s.role,
    'subject_id', s.subject_id,
    'links', json_build_object(
        'self', '/v1/jobs/' || s.id, 'events', '/v1/jobs/' || s.id || '/events',
        'subject', '/v1/' || ({rooms}::jsonb ->> s.kind) || '/' || s.subject_id),
    'created_at', s.created_at, 'started_at', s.started_at, 'ended_at', s.ended_at,
    'updated_at', s.updated_at,
    'open_actions', {open}::jsonb
        -> (CASE WHEN s.asked_by = {me}::uuid THEN 'own' ELSE 'others' END) -> s.state)""".replace(
    "{problem}", refusals.shown("s.problem", "{in}")
)


def _view(first: int) -> str:
    names = ("me", "open", "in", "rooms")
    return _VIEW.format(**{name: f"${number}" for number, name in enumerate(names, first)})


_DOCUMENT = f"""SELECT {_view(4)}::text AS body, NULL::uuid[] AS subjects
FROM job s WHERE s.id = $1 AND s.scope_code BETWEEN $2 AND $3"""


async def document(
    reading: Reading, job_id: UUID, *, within: Region, seen_by: Actor, language: Language
) -> str:
    """The job as `JobView`, in JSON."""
    told_to = _told_to(seen_by, language)
    body = await reading.document(_DOCUMENT, job_id, within.first, within.last, *told_to)
    if body is None:
        raise JobNotFound
    return body


async def list_page(
    reading: Reading, asked: Asked, *, within: Region, seen_by: Actor, language: Language
) -> str:
    """A page of `JobView`s, in JSON."""
    statement, arguments = page(
        "job",
        asked,
        within=within,
        item=_view(6),
        subjects="NULL::uuid[]",
        also=_told_to(seen_by, language),
    )
    return str(await reading.document(statement, *arguments))


def _told_to(actor: Actor, language: Language) -> tuple[object, ...]:
    return actor.id, OFFERS[actor.role], language.value, ROOMS


# --- for the worker


@dataclass(frozen=True)
class Errand:
    """For whom a job is, which has to be known before anything can be done for it."""

    id: UUID
    kind: JobKind
    subject_id: UUID
    by: Actor
    region: Region
    channel: Channel
    request_id: str


async def errand(reading: Reading, job_id: UUID) -> Errand | None:
    rows = await reading.rows(
        """SELECT id, kind, subject_id, asked_by, role, asker_region_code, region_code, channel,
            request_id FROM job WHERE id = $1""",
        job_id,
    )
    for row in rows:
        return Errand(
            row["id"],
            JobKind(row["kind"]),
            row["subject_id"],
            Actor(row["asked_by"], Role(row["role"]), Region(row["asker_region_code"])),
            Region(row["region_code"]),
            Channel(row["channel"]),
            row["request_id"],
        )
    return None


_MINE = "job.id = :id AND job.starts = :start AND job.state = 'running'"
_HOLD = text(f"SELECT true FROM job WHERE {_MINE} FOR KEY SHARE")
_FURTHER = "said.done > coalesce((job.reached ->> said.phase)::bigint, 0)"
_PROGRESS = text(
    f"""UPDATE job SET done = said.done, total = greatest(said.done, said.total),
        phase = said.phase, updated_at = now(),
        in_vain = CASE WHEN {_FURTHER} THEN 0 ELSE in_vain END,
        reached = CASE WHEN {_FURTHER} THEN reached || jsonb_build_object(said.phase, said.done)
            ELSE reached END
    FROM (SELECT CAST(:done AS bigint) AS done, CAST(:total AS bigint) AS total,
        CAST(:phase AS text) AS phase) AS said
    WHERE {_MINE} RETURNING true"""
)


async def is_ours(session: AsyncSession, job_id: UUID, start: int) -> bool:
    """Whether no later start has taken it. None will, until the transaction ends."""
    connection = await session.connection()
    return bool(await connection.scalar(_HOLD, {"id": job_id, "start": start}))


async def tell(  # noqa: PLR0913 - what there is to tell
    session: AsyncSession, job_id: UUID, start: int, *, done: int, total: int | None, phase: str
) -> bool:
    """How far it is; whether it is still ours to tell."""
    connection = await session.connection()
    said = {"id": job_id, "start": start, "done": done, "total": total, "phase": phase}
    return bool(await connection.scalar(_PROGRESS, said))


async def cancel_asked(reading: Reading, job_id: UUID) -> bool:
    return bool(await reading.value("SELECT cancel_asked FROM job WHERE id = $1", job_id))


_SEEN_TO = text(
    """SELECT EXISTS (SELECT FROM job WHERE subject_id = :subject
        AND scope_code BETWEEN :first AND :last AND state IN ('queued', 'running', 'done'))"""
)


async def is_seen_to(session: AsyncSession, subject_id: UUID, *, within: Region) -> bool:
    """Whether the work for it is done, or is going to be."""
    connection = await session.connection()
    asked = {"subject": subject_id, "first": within.first, "last": within.last}
    return bool(await connection.scalar(_SEEN_TO, asked))
