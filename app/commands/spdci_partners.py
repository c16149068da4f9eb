"""Entering who exchanges with us: by the administrator who answers for the account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands.accounts import hold, step_of
from app.commands.subscriptions import Rules
from app.db import appointments, spdci_partners
from app.db.audit import record
from app.db.tables.accounts import Account
from app.db.tables.base import now
from app.db.tables.spdci import SpdciPartner
from app.domain.accounts import AccountAction
from app.domain.actors import Actor
from app.domain.appointments import PersonOrMachine, is_machine
from app.domain.errors import Fault
from app.domain.spdci.partners import KeyNotUsable
from app.domain.targets import TargetRefused, base
from app.signatures import KeyNotFit, check_key


@dataclass(frozen=True)
class Terms:
    """What was agreed with whoever runs the machine."""

    sender_id: str
    callback_uri: str | None
    keys: Sequence[Mapping[str, Any]]


async def put(  # noqa: PLR0913 - whose, what, by whom
    session: AsyncSession,
    account_id: UUID,
    terms: Terms,
    *,
    by: Actor,
    version: int,
    rules: Rules,
) -> None:
    account = await hold(session, account_id, AccountAction.PARTNER, by=by, version=version)
    held = await appointments.roles_of(session, [account_id], within=by.region)
    if not is_machine(held[account_id]):
        raise PersonOrMachine
    _check(terms, rules)
    step = step_of(account, AccountAction.PARTNER, by=by)
    told = await _set(session, account, terms, by=by)
    await record(session, account, step, told=told)


def _check_address(uri: str, rules: Rules) -> None:
    try:
        base(uri, rules.networks)
    except TargetRefused as why:
        faults = [replace(each, pointer="/callback_uri") for each in why.faults]
        raise TargetRefused(faults) from None


def _check(terms: Terms, rules: Rules) -> None:
    if terms.callback_uri is not None:
        _check_address(terms.callback_uri, rules)
    for number, key in enumerate(terms.keys):
        try:
            check_key(key)
        except KeyNotFit:
            fault = Fault(f"/keys/{number}", "key_not_usable", KeyNotUsable.detail)
            raise KeyNotUsable([fault]) from None


async def _set(
    session: AsyncSession, account: Account, terms: Terms, *, by: Actor
) -> dict[str, list[object]]:
    """What the audit tells: whereto his answers go, and with how many keys he signs."""
    partner = await spdci_partners.of_account(session, account.id, within=by.region)
    before = None if partner is None else _told(partner)
    if partner is None:
        partner = SpdciPartner(
            account_id=account.id, scope_code=account.scope_code, sender_id=terms.sender_id
        )
    partner.sender_id = terms.sender_id
    partner.callback_uri = terms.callback_uri
    partner.keys = [dict(each) for each in terms.keys]
    partner.updated_at = now()
    session.add(partner)
    await session.flush()
    return {"/spdci_partner": [before, _told(partner)]}


def _told(partner: SpdciPartner) -> dict[str, object]:
    return {
        "sender_id": partner.sender_id,
        "callback_uri": partner.callback_uri,
        "keys": len(partner.keys),
    }
