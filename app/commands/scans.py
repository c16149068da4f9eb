"""The signed paper behind what a village decided: a document that is attached to its record."""

from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import documents
from app.db.audit import record
from app.db.tables.audit import AuditEntry
from app.db.tables.deliberations import Deliberation
from app.db.tables.statements import ResponsibilityStatement
from app.domain.documents import DocumentPurpose
from app.domain.regions import Region
from app.domain.workflow import Step


async def attach(
    session: AsyncSession,
    paper: Deliberation | ResponsibilityStatement,
    step: Step[Any, Any],
    document_id: UUID,
    *,
    purpose: DocumentPurpose,
) -> AuditEntry:
    """A scan of the paper's own village. What was attached before stays told in the audit."""
    village = Region(str(paper.scope_code))
    scan = await documents.find(session, document_id, within=village, purpose=purpose)
    attached = {"document_id": scan.id, "sha256": scan.sha256.hex()}
    told: dict[str, list[object]] = {"/scan": [paper.scan_id, attached]}
    return await record(session, paper, step, changes={"scan_id": scan.id}, told=told)
