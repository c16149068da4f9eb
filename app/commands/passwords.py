"""Choosing a password: the first one, the one after a reset, or simply another."""

from uuid import UUID

from app.commands.sign_in import Door, SignedIn, let_in, recognise
from app.db import accounts, sign_ins
from app.db.tables.accounts import Account
from app.domain.accounts import ACCOUNTS, AccountAction, check_password, choose, facts_about
from app.domain.channels import Channel
from app.domain.credentials import one_time_hash
from app.domain.regions import INDONESIA
from app.domain.sign_ins import PasswordNotNew


async def choose_password(  # noqa: PLR0913 - who, from where, with what, and for which assignment
    door: Door,
    *,
    username: str,
    password: str,
    new_password: str,
    address: str,
    request_id: str,
    assignment_id: UUID | None = None,
) -> SignedIn:
    """In with the new password; out wherever the old one had let in.

    The assignment is chosen first: the audit says as what he acted, and a one-time password is
    not used up by an answer that asks for more.
    """
    check_password(new_password, pointer="/new_password")
    known = await recognise(door, username=username, password=password, address=address)
    chosen = choose(known.held, named=assignment_id)
    await _expect_new(door, known.account, new_password)
    password_hash = await door.passwords.hashed(new_password)

    account, actor = known.account, chosen.as_actor(known.account.id)
    facts = facts_about(account.id, seen_by=actor)
    step = ACCOUNTS.step(account.state, AccountAction.CHOOSE, by=actor, facts=facts)
    async with door.database.transaction(
        INDONESIA, channel=Channel.HTTP, request_id=request_id
    ) as session:
        session.add(account)  # as it was when its password was compared: others may have been first
        await accounts.move(session, account, step, told=_told_of(account))
        await accounts.keep_password(session, account, password_hash)
        refresh_token = await sign_ins.begin(session, account, chosen, terms=door.terms)
    return let_in(door, account, chosen, refresh_token)


def _told_of(account: Account) -> dict[str, list[object]]:
    """What the audit tells of it: no password, and of a one-time one that it is used up."""
    expires_at, version = account.one_time_expires_at, account.session_version
    used_up: dict[str, list[object]] = {"/one_time_expires_at": [expires_at, None]}
    return {"/session_version": [version, version + 1], **(used_up if expires_at else {})}


async def _expect_new(door: Door, account: Account, new_password: str) -> None:
    is_the_old_one = await door.passwords.fits(new_password, account.password_hash)
    if is_the_old_one or one_time_hash(new_password) == account.one_time_hash:
        raise PasswordNotNew
