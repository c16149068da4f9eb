"""In by the word of another issuer: it says who somebody is, and our assignments what he may."""

from uuid import UUID

from app.commands.sign_in import Door, SignedIn, enter
from app.db import accounts, identities, sign_ins
from app.domain.accounts import AccountState
from app.domain.regions import INDONESIA
from app.domain.sign_ins import IdentityNotLinked, NoOtherIssuer
from app.issuer_keys import IssuerUnreachable
from app.issuers import Identity, Issuer


async def exchange(
    door: Door, token: str, *, address: str, assignment_id: UUID | None = None
) -> SignedIn:
    """Our tokens for a token of the other issuer."""
    if door.issuer is None:
        raise NoOtherIssuer
    async with door.database.transaction(INDONESIA) as session:
        await sign_ins.count_try(session, address=address)

    identity = await _identified(door, door.issuer, token, address)
    async with door.database.transaction(INDONESIA) as session:
        await sign_ins.forgive(session, address=address)
        account = await identities.holder(
            session, issuer=identity.issuer, subject=identity.subject, within=INDONESIA
        )
        held = await accounts.held_by(session, account.id, within=INDONESIA) if account else []
    if account is None or account.state is not AccountState.ACTIVE:
        raise IdentityNotLinked
    return await enter(door, account, held, assignment_id=assignment_id)


async def _identified(door: Door, issuer: Issuer, token: str, address: str) -> Identity:
    """That the issuer is down is nobody's wrong try."""
    try:
        return await issuer.identify(token)
    except IssuerUnreachable:
        async with door.database.transaction(INDONESIA) as session:
            await sign_ins.forgive(session, address=address)
        raise
