"""What changed in a region since a place in the audit: how it is called, and where one stands.

Whoever holds a copy and applies the changes in their order holds, in the end, what an extract
would give him.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from app.domain.errors import Conflict, Said

FORM = r"(0|[1-9][0-9]{0,17})\.(0|[1-9][0-9]{0,17})"
_FORM = re.compile(FORM)


class Change(StrEnum):
    """What became of a record, as it is seen from within a region."""

    CREATED = "created"  # it came to be registered, or began
    CHANGED = "changed"
    ARRIVED = "arrived"  # from outside the region
    LEFT = "left"  # to outside the region
    REMOVED = "removed"  # it is on record still, but no longer of what an extract gives


@dataclass(frozen=True, order=True)
class Cursor:
    """Everything up to here is known: the transaction, and the entry in it.

    Transactions are numbered as they begin. What is told lies below the oldest that still runs:
    so nothing that is committed late can ever come before a cursor.
    """

    xid: int
    id: int = 0

    @classmethod
    def read(cls, said: str) -> Self | None:
        found = _FORM.fullmatch(said)
        return cls(int(found[1]), int(found[2])) if found else None

    def __str__(self) -> str:
        return f"{self.xid}.{self.id}"


class CursorNotOfThisDatabase(Conflict):
    """This cursor lies ahead of all that was ever written here."""

    title = Said(id="Kursor bukan dari basis data ini", en="The cursor is not of this database")
    detail = Said(
        id="Basis data telah dipulihkan dari salinan, atau kursor ini dari layanan lain. Tariklah "
        "ekstrak baru, lalu ikuti perubahan sejak changes_after dalam manifesnya.",
        en="The database was restored from a copy, or the cursor is of another service. Pull a new "
        "extract, then follow the changes from the changes_after of its manifest.",
    )
