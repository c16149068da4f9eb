"""Handing over open work: whose proposals another takes over when an officer leaves."""

from collections.abc import Iterable
from uuid import UUID

from app.domain.accounts import AccountState, Held
from app.domain.errors import Conflict, Fault, Incomplete, Said
from app.domain.proposals import PROPOSERS
from app.domain.regions import Region


class HandedToHimself(Incomplete):
    """Work is handed over to another."""

    title = Said(id="Pemberi dan penerima sama", en="Giver and receiver are the same")
    detail = Said(
        id="Isi to_account_id dengan akun petugas yang akan meneruskan pekerjaannya.",
        en="Give as to_account_id the account of the officer who is to go on with the work.",
    )


class TakesNothingOver(Conflict):
    """The receiver holds no assignment in which one works on proposals."""

    title = Said(
        id="Penerima tidak dapat mengerjakan usulan", en="The receiver cannot work on proposals"
    )
    detail = Said(
        id="Penerima harus aktif dan sedang bertugas sebagai {roles} di wilayah Anda. Periksa "
        "penugasannya, lalu ulangi.",
        en="The receiver has to be active and to hold an assignment as {roles} within your region. "
        "See to his assignment, then retry.",
    )


def check_parties(giver: UUID, receiver: UUID) -> None:
    if giver == receiver:
        raise HandedToHimself(
            [Fault("/to_account_id", "handed_to_himself", HandedToHimself.detail)]
        )


def desks_of(state: AccountState, held: Iterable[Held]) -> list[Region]:
    """Where the receiver can go on with a proposal, by the assignments he holds now."""
    desks = [one.region for one in held if one.role in PROPOSERS]
    if state is not AccountState.ACTIVE or not desks:
        raise TakesNothingOver(roles=PROPOSERS)
    return desks
