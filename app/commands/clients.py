"""Machines at the door: a secret for an access token, each time anew (RFC 6749, 4.4)."""

from hmac import compare_digest
from uuid import UUID

from app.commands.sign_in import Door
from app.db import accounts, clients, sign_ins
from app.domain.accounts import AccountState, choose
from app.domain.actors import Role
from app.domain.credentials import client_secret_hash
from app.domain.regions import INDONESIA
from app.domain.sign_ins import ClientNotRecognised


async def client_token(
    door: Door,
    *,
    client_id: str,
    client_secret: str,
    address: str,
    assignment_id: UUID | None = None,
) -> str:
    """An access token for the machine's one assignment; no refresh token, for it has the secret."""
    async with door.database.transaction(INDONESIA) as session:
        account = await clients.named(session, client_id, within=INDONESIA)
        username = account.username if account else client_id.casefold()
        await sign_ins.count_try(session, username=username, address=address)
        serving = await clients.secret_hashes(
            session, account.id if account else None, within=INDONESIA
        )

    presented = client_secret_hash(client_secret)
    fits = [compare_digest(presented, secret_hash) for secret_hash in serving]
    if account is None or account.state is not AccountState.ACTIVE or not any(fits):
        raise ClientNotRecognised

    async with door.database.transaction(INDONESIA) as session:
        await sign_ins.forgive(session, username=username, address=address)
        held = await accounts.held_by(session, account.id, within=INDONESIA)
    chosen = choose([one for one in held if one.role is Role.INTEGRATION], named=assignment_id)
    return door.tokens.issue(chosen.as_actor(account.id), session_version=account.session_version)
