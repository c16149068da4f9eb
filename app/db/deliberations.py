"""Finding deliberations, and telling of them: one, a page of them, and what their minutes say."""

import json
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import agendas
from app.db import sight as shown
from app.db.pages import Asked, page
from app.db.scope import lies_within
from app.db.sessions import Reading
from app.db.tables.deliberations import Deliberation
from app.domain.actors import Role
from app.domain.deliberations import DELIBERATIONS
from app.domain.errors import NotFound, Said
from app.domain.proposals import Outcome
from app.domain.regions import Region
from app.domain.sight import SIGHT_OF, Sight

OFFERS = {
    role: json.dumps(DELIBERATIONS.offers(role, {"now": frozenset()})["now"]) for role in Role
}


class DeliberationNotFound(NotFound):
    """No such deliberation lies within your region."""

    title = Said(
        id="Musyawarah tidak ditemukan di wilayah Anda",
        en="No such deliberation lies within your region",
    )


async def find(session: AsyncSession, deliberation_id: UUID, *, within: Region) -> Deliberation:
    """Kept from others until the transaction ends: an agenda is worked on by one at a time."""
    found = await session.exec(
        select(Deliberation)
        .where(Deliberation.id == deliberation_id, lies_within(Deliberation.scope_code, within))
        .with_for_update(key_share=True)
    )
    deliberation = found.one_or_none()
    if deliberation is None:
        raise DeliberationNotFound
    return deliberation


def _counts(of: str) -> str:
    outcomes = "".join(
        f", '{each}', count(*) FILTER (WHERE i.outcome = '{each}')" for each in Outcome
    )
    return f"""(SELECT json_build_object('names', count(*){outcomes},
        'undecided', count(*) FILTER (WHERE i.outcome IS NULL))
        FROM agenda_item i WHERE i.deliberation_id = {of}.id)"""


def scan(of: str) -> str:
    """The signed paper that is attached, if one is and nobody has withdrawn it."""
    return f"""(SELECT json_build_object('document_id', t.id,
        'sha256', encode(t.sha256, 'hex'), 'media_type', t.media_type, 'bytes', t.bytes)
        FROM document t WHERE t.id = {of}.scan_id AND t.state = 'stored')"""


# Once it is closed, as it was then; until then, by the policy under which it was convened.
QUORUM = """coalesce(d.quorum, (SELECT o.quorum FROM policy_version o
    WHERE o.regency_code = left(d.scope_code::text, 4) AND o.decided_at <= d.created_at
    ORDER BY o.version DESC LIMIT 1), 0)"""
PRESENT = """(SELECT count(*) FROM jsonb_array_elements(d.attendance) a
    WHERE (a -> 'present')::boolean)"""


def _attendance(sight: Sight) -> str:
    return f"""(SELECT coalesce(json_agg(json_build_object(
        'name', {shown.name("(a ->> 'name')", sight.identity)},
        'capacity', a ->> 'capacity', 'present', a -> 'present') ORDER BY place), '[]')
        FROM jsonb_array_elements(d.attendance) WITH ORDINALITY AS each (a, place))"""


def _told(sight: Sight) -> str:
    return f"""
        'version', d.version, 'id', d.id, 'village_code', d.scope_code::text, 'kind', d.kind,
        'held_on', d.held_on, 'place', d.place,
        'chair', {shown.name("d.chair", sight.identity)}, 'minutes_number', d.minutes_number,
        'note', {shown.detail("d.note", sight)}, 'attendance', {_attendance(sight)},
        'present', {PRESENT}, 'quorum', {QUORUM}, 'agenda', {_counts("d")},
        'scan', {scan("d")}, 'state', d.state, 'closed_at', d.closed_at"""


async def document(
    reading: Reading, deliberation_id: UUID, *, within: Region, seen_by: Role
) -> str:
    """The deliberation as `DeliberationView`, in JSON. It names officials, nobody on record."""
    statement = f"""
        SELECT json_build_object({_told(SIGHT_OF[seen_by])}, 'created_by', d.created_by,
            'created_at', d.created_at, 'updated_at', d.updated_at,
            'open_actions', $4::jsonb -> d.state)::text AS body, NULL::uuid[] AS subjects
        FROM deliberation d WHERE d.id = $1 AND d.scope_code BETWEEN $2 AND $3"""
    body = await reading.document(
        statement, deliberation_id, within.first, within.last, OFFERS[seen_by]
    )
    if body is None:
        raise DeliberationNotFound
    return body


async def list_page(reading: Reading, asked: Asked, *, within: Region, seen_by: Role) -> str:
    """A page of `DeliberationLine`s, in JSON."""
    item = f"""json_build_object(
        'version', s.version, 'id', s.id, 'village_code', s.scope_code::text, 'kind', s.kind,
        'held_on', s.held_on, 'minutes_number', s.minutes_number, 'agenda', {_counts("s")},
        'scan', {scan("s")}, 'state', s.state, 'updated_at', s.updated_at,
        'open_actions', $6::jsonb -> s.state)"""
    statement, arguments = page(
        "deliberation",
        asked,
        within=within,
        item=item,
        subjects="NULL::uuid[]",
        also=(OFFERS[seen_by],),
    )
    return str(await reading.document(statement, *arguments))


async def agenda_page(  # noqa: PLR0913 - a page: of which, from where, how long, for whom
    reading: Reading,
    deliberation_id: UUID,
    after: int,
    limit: int,
    *,
    within: Region,
    seen_by: Role,
) -> str:
    """A page of `AgendaItemView`s, in JSON, by their numbers."""
    body = await agendas.page(
        reading, deliberation_id, after, limit, within=within, sight=SIGHT_OF[seen_by]
    )
    if body is None:
        raise DeliberationNotFound
    return body


def _minutes(sight: Sight) -> str:
    """All that the printed minutes say, and of whom."""
    region = "(SELECT r.name FROM region r WHERE r.code = left(d.scope_code::text, {}))"
    return f"""
    WITH told AS (
        SELECT i.number, p.household_id, m.id AS member_id, {agendas.item(sight)} AS line
        FROM agenda_item i JOIN proposal p ON p.id = i.proposal_id {agendas.ABOUT}
        WHERE i.deliberation_id = $1 AND i.scope_code BETWEEN $2 AND $3
    )
    SELECT json_build_object({_told(sight)},
        'village', {region.format(10)}, 'district', {region.format(6)},
        'regency', {region.format(4)}, 'province', {region.format(2)},
        'names', coalesce((SELECT json_agg(line ORDER BY number) FROM told), '[]'::json)
    )::text AS body,
    (SELECT array_remove(array_agg(household_id) || array_agg(member_id), NULL) FROM told)
        AS subjects
    FROM deliberation d WHERE d.id = $1 AND d.scope_code BETWEEN $2 AND $3"""


async def minutes(reading: Reading, deliberation_id: UUID, *, within: Region, seen_by: Role) -> str:
    """What the minutes say, in JSON: the deliberation, its regions by name, its whole agenda."""
    body = await reading.document(
        _minutes(SIGHT_OF[seen_by]), deliberation_id, within.first, within.last
    )
    if body is None:
        raise DeliberationNotFound
    return body
