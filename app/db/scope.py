"""`Region.covers`, for the database: as a condition, and as the settings that RLS reads."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, literal
from sqlmodel import col

from app.domain.regions import Region


def lies_within(scope_code: int, region: Region) -> ColumnElement[bool]:
    """Whether the row whose `scope_code` this is lies within `region`."""
    return col(scope_code).between(region.first, region.last)


def one_of(column: UUID | None, ids: Iterable[UUID]) -> ColumnElement[bool]:
    """Whether it is one of these: one parameter, and one statement for any number of them."""
    return col(column) == any_(literal(list(ids), ARRAY(Uuid)))


def scope_statement(region: Region) -> str:
    """The statement that opens a transaction for people of that region, and for no others.

    Two integers of our own making are written into it, so that `BEGIN` and it make one message.
    """
    return (
        f"SELECT set_config('siks.region_from', '{region.first}', true), "
        f"set_config('siks.region_to', '{region.last}', true)"
    )
