"""Which person of the registry an officer is, by the NIK."""

from app.domain.accounts import NikNotReadable
from app.domain.calendar import today
from app.domain.errors import Fault
from app.domain.niks import SAID, KnownRegions, NikVerdict, check


def readable(nik: str, known: KnownRegions) -> str:
    """Its sixteen digits, or a refusal that says why it cannot be one."""
    found = check(nik, regions=known, sex=None, birth_date=None, today=today())
    if found.digits is None or found.verdict is NikVerdict.INVALID:
        raise NikNotReadable([Fault("/nik", code, SAID[code]) for code in found.codes])
    return found.digits


def masked(nik: str | None) -> str | None:
    """As every list shows it."""
    return nik and nik[:4] + "*" * (len(nik) - 4)
