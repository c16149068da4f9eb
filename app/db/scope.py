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


Settings = dict[str, str]  # of one transaction


def scope_settings(region: Region) -> Settings:
    """What row-level security reads: for people of that region, and for no others."""
    return {"siks.region_from": str(region.first), "siks.region_to": str(region.last)}


def scope_statement(region: Region) -> str:
    """The statement that opens a transaction for people of that region, and for no others.

    Two integers of our own making are written into it, so that `BEGIN` and it make one message.
    """
    settings = scope_settings(region).items()
    made = (f"set_config('{name}', '{value}', true)" for name, value in settings)
    return f"SELECT {', '.join(made)}"


def set_local(settings: Settings) -> str:
    return "; ".join(f"SET LOCAL {name} TO {value}" for name, value in settings.items())


def opening(settings: Settings) -> str:
    """How a transaction is opened that goes by these."""
    return f"BEGIN; {set_local(settings)}"
