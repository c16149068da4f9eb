"""Finding documents, and telling of them: never their bytes, which lie in the storage."""

import json
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.scope import lies_within
from app.db.sessions import Reading
from app.db.surveys import SurveyNotFound
from app.db.tables.documents import Document
from app.domain.actors import Actor, Role
from app.domain.documents import (
    DAYS_APART,
    DOCUMENTS,
    FAR_KM,
    FEWEST_POINTS,
    MOST_POINTS,
    SENDERS,
    TIMES_WIDER,
    DocumentNotForYou,
    DocumentNotUsable,
    DocumentPurpose,
    DocumentState,
    MediaType,
    opened_by,
)
from app.domain.errors import NotFound, Said
from app.domain.regions import Region
from app.domain.sight import SIGHT_OF


class DocumentNotFound(NotFound):
    """No such document lies within your region."""

    title = Said(
        id="Dokumen tidak ditemukan di wilayah Anda", en="No such document lies within your region"
    )


async def find(
    session: AsyncSession,
    document_id: UUID,
    *,
    within: Region,
    purpose: DocumentPurpose | None = None,
) -> Document:
    """`purpose`: what it is to serve as; one that is for something else, or withdrawn, cannot."""
    statement = select(Document).where(
        Document.id == document_id, lies_within(Document.scope_code, within)
    )
    document = (await session.exec(statement)).one_or_none()
    if document is None:
        raise DocumentNotFound
    is_fit = (document.purpose, document.state) == (purpose, DocumentState.STORED)
    if purpose is not None and not is_fit:
        raise DocumentNotUsable(purpose=purpose)
    return document


async def count_photos(session: AsyncSession, survey_id: UUID, *, within: Region) -> int:
    found = await session.exec(
        select(func.count(col(Document.id))).where(
            Document.survey_id == survey_id,
            Document.state == DocumentState.STORED,
            lies_within(Document.scope_code, within),
        )
    )
    return found.one()


def _offers(role: Role) -> str:
    """Purpose -> state -> what is open to whoever sends documents of that kind."""
    return json.dumps(
        {
            purpose: {
                state: [vars(offer) for offer in DOCUMENTS.open_to(role, state)]
                for state in DocumentState
            }
            for purpose, senders in SENDERS.items()
            if role in senders
        }
    )


OFFERS = {role: _offers(role) for role in Role}
OPENED = {role: [str(purpose) for purpose in opened_by(SIGHT_OF[role])] for role in Role}

KM = """111.195 * sqrt(({0}.latitude - {1}.latitude) ^ 2
    + (({0}.longitude - {1}.longitude) * cos(radians({1}.latitude))) ^ 2)"""
# How far the points of the village lie from their middle, the half of them. `found` are documents
# of one visit at most, so this is one village, and of it a sample along an index.
WITH_REACH = f"""
WITH found AS MATERIALIZED (
    SELECT d.*, s.household_id, s.surveyed_on, r.time_zone
    FROM document d
    LEFT JOIN survey s ON s.id = d.survey_id
    LEFT JOIN region r ON r.scope_code = s.scope_code
    WHERE {{condition}}
),
points AS MATERIALIZED (
    SELECT h.latitude, h.longitude
    FROM (SELECT scope_code, household_id FROM found WHERE household_id IS NOT NULL LIMIT 1) here,
    LATERAL (
        SELECT latitude, longitude FROM household
        WHERE scope_code = here.scope_code AND id <> here.household_id AND latitude IS NOT NULL
        ORDER BY scope_code, id LIMIT {MOST_POINTS}
    ) h
),
middle AS (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY latitude) AS latitude,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY longitude) AS longitude
    FROM points HAVING count(*) >= {FEWEST_POINTS}
),
reach AS (
    SELECT m.latitude, m.longitude, greatest({FAR_KM}, {TIMES_WIDER}
        * percentile_cont(0.5) WITHIN GROUP (ORDER BY {KM.format("p", "m")})) AS km
    FROM points p, middle m GROUP BY m.latitude, m.longitude
)
"""
FLAGS = f"""array_remove(ARRAY[
    CASE WHEN d.survey_id IS NOT NULL AND d.latitude IS NULL THEN 'no_location' END,
    CASE WHEN d.survey_id IS NOT NULL AND {KM.format("d", "reach")} > reach.km THEN 'far_away' END,
    CASE WHEN d.survey_id IS NOT NULL AND d.taken_at IS NULL THEN 'no_time' END,
    CASE WHEN abs((d.taken_at AT TIME ZONE d.time_zone)::date - d.surveyed_on) > {DAYS_APART}
        THEN 'other_day' END
], NULL)"""
ITEM = f"""json_build_object(
    'version', d.version, 'id', d.id,
    'region_code', coalesce((SELECT r.code FROM region r WHERE r.scope_code = d.scope_code), ''),
    'purpose', d.purpose, 'survey_id', d.survey_id, 'media_type', d.media_type, 'bytes', d.bytes,
    'sha256', encode(d.sha256, 'hex'), 'file_name', d.file_name, 'taken_at', d.taken_at,
    'location', CASE WHEN d.latitude IS NOT NULL THEN
        json_build_object('latitude', d.latitude, 'longitude', d.longitude) END,
    'flags', {FLAGS}, 'state', d.state, 'created_by', d.created_by, 'created_at', d.created_at,
    'updated_at', d.updated_at,
    'open_actions', coalesce($4::jsonb -> d.purpose -> d.state, '[]'))"""
SUBJECTS = "array_remove(array[d.id, d.household_id], NULL)"
# An empty text instead of the document: it is there, and not for this role.
ONE = f"""{WITH_REACH.format(condition="d.id = $1 AND d.scope_code BETWEEN $2 AND $3")}
SELECT CASE WHEN d.purpose = ANY ($5::text[]) THEN {ITEM}::text ELSE '' END AS body,
    CASE WHEN d.purpose = ANY ($5::text[]) THEN {SUBJECTS} END AS subjects
FROM found d LEFT JOIN reach ON true
"""
OF_SURVEY = f"""{WITH_REACH.format(condition="d.survey_id = $1 AND d.scope_code BETWEEN $2 AND $3")}
SELECT json_build_object('next', NULL, 'items', coalesce((
        SELECT json_agg({ITEM} ORDER BY d.id)
        FROM found d LEFT JOIN reach ON true WHERE d.purpose = ANY ($5::text[])), '[]')
    )::text AS body,
    array[s.household_id] || ARRAY(
        SELECT d.id FROM found d WHERE d.purpose = ANY ($5::text[])) AS subjects
FROM survey s WHERE s.id = $1 AND s.scope_code BETWEEN $2 AND $3
"""


async def document(reading: Reading, document_id: UUID, *, within: Region, seen_by: Actor) -> str:
    """What is known of it, as `DocumentView`, in JSON."""
    role = seen_by.role
    body = await reading.document(
        ONE, document_id, within.first, within.last, OFFERS[role], OPENED[role]
    )
    if body is None:
        raise DocumentNotFound
    if not body:
        raise DocumentNotForYou(role=role)
    return body


async def photos(reading: Reading, survey_id: UUID, *, within: Region, seen_by: Actor) -> str:
    """The photos of a visit that the role opens, as a page of `DocumentView`s, in JSON."""
    role = seen_by.role
    body = await reading.document(
        OF_SURVEY, survey_id, within.first, within.last, OFFERS[role], OPENED[role]
    )
    if body is None:
        raise SurveyNotFound
    return body


@dataclass(frozen=True)
class Stored:
    """Where the bytes are found, and how they are called when they are given out."""

    id: UUID
    purpose: DocumentPurpose
    media_type: MediaType
    sha256: bytes
    size: int
    file_name: str | None


async def stored(reading: Reading, document_id: UUID, *, within: Region, seen_by: Actor) -> Stored:
    """Whoever opens the content reads of the same people as in what is known of it."""
    told = json.loads(await document(reading, document_id, within=within, seen_by=seen_by))
    return Stored(
        document_id,
        DocumentPurpose(told["purpose"]),
        MediaType(told["media_type"]),
        bytes.fromhex(told["sha256"]),
        told["bytes"],
        told["file_name"],
    )
