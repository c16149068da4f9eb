"""What other issuers call our accounts."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db.scope import lies_within
from app.db.tables.accounts import Account, ExternalIdentity
from app.domain.regions import Region


async def holder(
    session: AsyncSession, *, issuer: str, subject: str, within: Region
) -> Account | None:
    """The account of whoever that issuer calls so. That there is none is the door's business."""
    statement = (
        select(Account)
        .join(ExternalIdentity, col(ExternalIdentity.account_id) == col(Account.id))
        .where(
            ExternalIdentity.issuer == issuer,
            ExternalIdentity.subject == subject,
            lies_within(Account.scope_code, within),
        )
    )
    return (await session.exec(statement)).one_or_none()
