"""The agreement (perjanjian kerja sama) under which a machine reads: what of people, until when."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from app.domain.errors import NotPermitted, Said


class FieldGroup(StrEnum):
    """What of people an agreement may give; what it does not name is not read."""

    IDENTITY = "identity"  # name, NIK, KK, birth, mother's name, address
    SURVEY = "survey"  # the answers of the household
    HEALTH = "health"  # those of them on disability, illness, pregnancy, school
    PROGRAMMES = "programmes"  # which aid somebody receives


@dataclass(frozen=True)
class Agreement:
    """The open agreement of a machine's account, as it stood when it was looked up."""

    id: UUID
    number: str
    purpose: str
    fields: frozenset[FieldGroup]
    begins_on: date
    expires_on: date  # that day is wholly inside
    in_force: bool  # begun and not expired, on the day of the look


class AgreementExpired(NotPermitted):
    """The agreement this machine reads under has expired, or has not begun."""

    title = Said(id="Perjanjian tidak berlaku hari ini", en="The agreement is not in force")
    detail = Said(
        id="Perjanjian {number} berlaku dari {begins_on} sampai {expires_on}. Mintalah admin "
        "wilayah Anda mencatat perjanjian yang baru.",
        en="Agreement {number} is in force from {begins_on} to {expires_on}. Ask the "
        "administrator of your region to enter the new one.",
    )

    def __init__(self, agreement: Agreement) -> None:
        told: dict[str, object] = {
            "number": agreement.number,
            "begins_on": str(agreement.begins_on),
            "expires_on": str(agreement.expires_on),
        }
        super().__init__((), **told)
        self.members = told
