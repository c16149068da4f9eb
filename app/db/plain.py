"""Rows as they are, without an object of the session for each: those that are looked at once,
and moved by `record_all` or not at all, take a fraction of the time so."""

from collections.abc import Collection, Iterable
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Enum
from sqlmodel.ext.asyncio.session import AsyncSession


async def plain(session: AsyncSession, table: Any, found_by: Any) -> list[Any]:  # noqa: ANN401
    """What a `select(table)` finds: its columns, by their names."""
    await session.flush()
    columns = table.__table__.c
    connection = await session.connection()
    rows = await connection.execute(found_by.with_only_columns(*columns))
    names = columns.keys()
    return [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in rows]


class Columns:
    """The columns of a table, and its rows as a statement by `connection_in` gives them."""

    def __init__(self, table: Any, *, but: Collection[str] = ()) -> None:  # noqa: ANN401
        kept_as = {c.name: c.type for c in table.__table__.c if c.name not in but}
        self.names = [*kept_as]
        words = {n: kind.enum_class for n, kind in kept_as.items() if isinstance(kind, Enum)}
        self._words = {name: word for name, word in words.items() if word is not None}

    def of(self, alias: str) -> str:
        return ", ".join(f"{alias}.{name}" for name in self.names)

    def row(self, values: Iterable[Any]) -> Any:  # noqa: ANN401 - a row of that table
        """What the columns say; of what follows them in the statement, nothing."""
        found = dict(zip(self.names, values, strict=False))
        for name, word in self._words.items():
            if found[name] is not None:
                found[name] = word(found[name])
        return SimpleNamespace(**found)
