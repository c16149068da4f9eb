"""Keeping documents: what was sent is looked at and stored, then it is told of in a row."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import documents, regions, surveys, visits
from app.db.audit import record
from app.db.sessions import reading_in
from app.db.tables.documents import Document
from app.db.tables.surveys import Survey
from app.domain import documents as rules
from app.domain.actors import Actor
from app.domain.documents import DOCUMENTS, DocumentPurpose
from app.domain.regions import Region
from app.exchange.contents import Content


@dataclass(frozen=True)
class Sent:
    """A file whose bytes are stored by now, and what it is for."""

    purpose: DocumentPurpose
    content: Content
    size: int
    sha256: bytes
    file_name: str | None
    survey_id: UUID | None


async def keep(session: AsyncSession, sent: Sent, *, region: Region, by: Actor) -> Document:
    """Of a photo the village is that of the visit; of another document the one that was named."""
    step = DOCUMENTS.begin(by=by)
    if sent.survey_id is not None:
        survey = await surveys.find(session, sent.survey_id, within=by.region)
        await _open_to_photos(session, survey, by=by)
        region = Region(str(survey.scope_code))
    elif not await regions.names_of(await reading_in(session), [region.code]):
        rules.known(region, own=by.region)
    document = _told(sent, region, by)
    told = {"purpose": sent.purpose, "survey_id": sent.survey_id, "sha256": sent.sha256.hex()}
    pairs: dict[str, list[object]] = {
        f"/{name}": [None, str(value)] for name, value in told.items() if value is not None
    }
    await record(session, document, step, told=pairs)
    return document


def _told(sent: Sent, region: Region, by: Actor) -> Document:
    shot = sent.content.shot
    return Document(
        scope_code=region.first,
        purpose=sent.purpose,
        survey_id=sent.survey_id,
        media_type=sent.content.media_type,
        sha256=sent.sha256,
        bytes=sent.size,
        file_name=sent.file_name,
        taken_at=rules.moment(shot.taken_at, region),
        latitude=shot.latitude,
        longitude=shot.longitude,
        created_by=by.id,
    )


async def _open_to_photos(session: AsyncSession, survey: Survey, *, by: Actor) -> None:
    there = await documents.count_photos(session, survey.id, within=by.region)
    accepted = await visits.is_accepted(session, survey, within=by.region)
    rules.takes_photo(survey.state, there=there, accepted=accepted)
