"""How far the service is with each decree: what is to be done, chunk by chunk, and for whom.

The work is cut into shares, at village borders. Whoever holds a share's row works on it, and what
he has done and after which proposal to go on are kept together, or not at all.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.audit_rows import canonical
from app.db.pages import LAST_UUID
from app.db.refusals import told
from app.db.sessions import Reading
from app.db.tables.base import now
from app.db.tables.decrees import Decree, DecreeBook, DecreeShare
from app.domain.actors import Actor
from app.domain.decrees import CHECKS, WORKER, Found, Work
from app.domain.errors import Refusal
from app.domain.households import RecordState
from app.domain.niks import NikVerdict
from app.domain.proposals import ProposalKind, ProposalState
from app.domain.regions import INDONESIA, Region

K = ProposalKind
SHARES = 8  # so many can work on one decree at once, each in villages of its own
_FRESH = f"""p.kind IN ('{K.NEW_FAMILY}', '{K.NEW_MEMBER}')"""
_NEWCOMERS = f"""SELECT FROM member m WHERE m.household_id = p.household_id
    AND m.state = '{RecordState.PROPOSED}'"""
_INACTIVE = f"state = '{RecordState.INACTIVE}'"
# What speaks against a proposal, the first that holds.
_OBJECTION = f"""CASE
    WHEN p.period > :period THEN 'period_later'
    WHEN p.kind <> '{K.RESTORATION}' AND (
        EXISTS (SELECT FROM household h WHERE h.id = p.household_id AND h.{_INACTIVE})
        OR EXISTS (SELECT FROM family f WHERE f.id = p.family_id AND f.{_INACTIVE})
        OR EXISTS (SELECT FROM member m WHERE m.id = p.member_id AND m.{_INACTIVE})
    ) THEN 'subject_inactive'
    WHEN {_FRESH} AND EXISTS ({_NEWCOMERS}
        AND m.nik_verdict = '{NikVerdict.INVALID}') THEN 'nik_not_valid'
    WHEN {_FRESH} AND EXISTS ({_NEWCOMERS} AND nik_held(m.nik, m.id)) THEN 'nik_of_another'
    END"""
CHECK = text(f"""
WITH chunk AS MATERIALIZED (
    SELECT * FROM proposal
    WHERE state = '{ProposalState.AWAITING_DETERMINATION}'
        AND (scope_code, id) > (:after_scope, :after_id) AND scope_code <= :last
        AND (kind = ANY (:kinds) OR cardinality(:kinds) = 0)
    ORDER BY scope_code, id LIMIT :most
),
judged AS (SELECT p.id, p.scope_code, p.kind, p.version, {_OBJECTION} AS objection FROM chunk p),
kept AS (
    INSERT INTO decree_check (decree_id, scope_code, proposal_id, kind, version, found, refusal)
    SELECT :decree, scope_code, id, kind, version,
        CASE WHEN objection IS NOT NULL THEN '{Found.CHECK}' END,
        CAST(:told AS jsonb) -> objection
    FROM judged
)
SELECT scope_code, id, objection FROM judged ORDER BY scope_code, id
""")
NEXT = text("""
SELECT scope_code, proposal_id AS id, version FROM decree_check
WHERE decree_id = :decree AND (scope_code, proposal_id) > (:after_scope, :after_id)
    AND scope_code <= :last AND found IS NULL
ORDER BY scope_code, proposal_id LIMIT :most
""")
LEAVE = text(f"""
UPDATE decree_check c SET found = '{Found.DETERMINATION}', refusal = v.refusal
FROM json_to_recordset(:rows) AS v (id uuid, scope_code bigint, refusal jsonb)
WHERE c.decree_id = :decree AND c.scope_code = v.scope_code AND c.proposal_id = v.id
""")
FORGET = text("DELETE FROM decree_check WHERE decree_id = :decree")
CUT = text("""
WITH village AS (
    SELECT scope_code, sum(count(*)) OVER (ORDER BY scope_code) AS up_to,
        sum(count(*)) OVER () AS of_all
    FROM decree_check WHERE decree_id = :decree AND found IS NULL GROUP BY scope_code
),
share AS (
    SELECT ceil(up_to * :shares / of_all) AS number, max(scope_code) AS last_scope_code
    FROM village GROUP BY 1
)
INSERT INTO decree_share (decree_id, number, after_scope_code, after_id, last_scope_code)
SELECT :decree, number, coalesce(lag(last_scope_code) OVER (ORDER BY number), -1), :after_id,
    last_scope_code
FROM share
""")
# What has no share any more is done.
DUE = """
SELECT s.decree_id, s.number, b.channel, b.request_id
FROM decree_share s JOIN decree_book b USING (decree_id)
UNION ALL
SELECT b.decree_id, NULL, b.channel, b.request_id FROM decree_book b
WHERE b.work IS NOT NULL AND NOT EXISTS (
    SELECT FROM decree_share s WHERE s.decree_id = b.decree_id)
ORDER BY 1, 2
"""


class Due(NamedTuple):
    """A share of a decree's work, or none where all is done; and how it was asked for."""

    decree_id: UUID
    share: int | None
    channel: str
    request_id: str


class Place(NamedTuple):
    """A proposal, where the work goes on after it."""

    scope_code: int
    id: UUID


async def due(reading: Reading) -> list[Due]:
    return [Due(*row) for row in await reading.rows(DUE)]


async def find(session: AsyncSession, decree_id: UUID) -> DecreeBook:
    """The book, as it lies there: who is to do what."""
    return (await session.exec(select(DecreeBook).where(DecreeBook.decree_id == decree_id))).one()


async def hold(session: AsyncSession, decree_id: UUID) -> DecreeBook:
    """The book, for this transaction alone: a decree is opened with it."""
    found = await session.exec(
        select(DecreeBook)
        .where(DecreeBook.decree_id == decree_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.one()


async def take_share(session: AsyncSession, due: Due) -> DecreeShare | None:
    """It, for this transaction alone; None where somebody else has it, or it is done."""
    found = await session.exec(
        select(DecreeShare)
        .where(DecreeShare.decree_id == due.decree_id, DecreeShare.number == due.share)
        .with_for_update(skip_locked=True)
    )
    return found.one_or_none()


async def is_done(session: AsyncSession, book: DecreeBook) -> bool:
    """Whether there was work, and no share of it is left."""
    left = await session.exec(
        select(DecreeShare.number).where(DecreeShare.decree_id == book.decree_id)
    )
    return book.work is not None and left.first() is None


def open_book(session: AsyncSession, decree: Decree) -> None:
    session.add(DecreeBook(decree_id=decree.id))


async def begin(session: AsyncSession, decree: Decree, work: Work, *, by: Actor) -> None:
    """From the first proposal on; whoever asked is who did it."""
    book = await hold(session, decree.id)
    book.work, book.actor_id = work, by.id
    book.channel, book.request_id = session.info["channel"], session.info["request_id"]
    if work is Work.CHECK:
        book.would_take = book.falls_out = 0
        book.reasons = {}
    await session.flush()
    await _share(session, decree, work)


async def _share(session: AsyncSession, decree: Decree, work: Work) -> None:
    """The checks go in one; what passed them is cut where a share's worth is reached."""
    connection = await session.connection()
    if work is Work.CHECK:
        await connection.execute(FORGET, {"decree": decree.id})
        within = Region(decree.region_code)
        before, last = within.first - 1, within.last
        session.add(
            DecreeShare(
                decree_id=decree.id,
                number=1,
                after_scope_code=before,
                after_id=LAST_UUID,
                last_scope_code=last,
            )
        )
    else:
        cut = {"decree": decree.id, "shares": SHARES, "after_id": LAST_UUID}
        await connection.execute(CUT, cut)


def worker_of(book: DecreeBook) -> Actor:
    assert book.work is not None and book.actor_id is not None, "there is work"  # noqa: S101, PT018
    return Actor(book.actor_id, WORKER[book.work], INDONESIA)


def turn(book: DecreeBook, share: DecreeShare, last: Place, reasons: Sequence[str] = ()) -> None:
    """What follows of the share goes on after `last`; for these reasons proposals were left."""
    share.after_scope_code, share.after_id = last
    book.reasons = dict(Counter(book.reasons) + Counter(reasons))
    book.turned_at = now()


async def check(
    session: AsyncSession, share: DecreeShare, decree: Decree, *, most: int
) -> list[tuple[Place, str | None]]:
    """Look at the next ones: which they are, and what speaks against each."""
    connection = await session.connection()
    found = await connection.execute(
        CHECK,
        {
            "decree": decree.id,
            "period": decree.period,
            "kinds": decree.kinds,
            "told": canonical({code: told(kind()) for code, kind in CHECKS.items()}),
            **_next(share, most),
        },
    )
    return [(Place(scope, each), objection) for scope, each, objection in found]


async def next_of(
    session: AsyncSession, share: DecreeShare, *, most: int
) -> list[tuple[Place, int]]:
    """The next ones that passed the checks, in the versions that were checked."""
    connection = await session.connection()
    found = await connection.execute(NEXT, {"decree": share.decree_id, **_next(share, most)})
    return [(Place(scope, each), version) for scope, each, version in found]


def _next(share: DecreeShare, most: int) -> dict[str, object]:
    return {
        "after_scope": share.after_scope_code,
        "after_id": share.after_id,
        "last": share.last_scope_code,
        "most": most,
    }


async def leave(session: AsyncSession, decree_id: UUID, refused: Mapping[Place, Refusal]) -> None:
    """Those that could not be determined stay where they are, each with its refusal."""
    if not refused:
        return
    rows = [
        {"id": place.id, "scope_code": place.scope_code, "refusal": told(refusal)}
        for place, refusal in refused.items()
    ]
    connection = await session.connection()
    await connection.execute(LEAVE, {"rows": canonical(rows), "decree": decree_id})
