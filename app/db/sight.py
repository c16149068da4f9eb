"""`Sight`, for the database: the SQL that shows, masks or hides a column.

The fragments are chosen by words of our own, never by what a caller sent.
"""

from app.domain.sight import Shown, Sight


def number(column: str, shown: Shown) -> str:
    """A NIK or a family card number; masked, its first four digits stay."""
    masked = f"left({column}, 4) || repeat('*', greatest(length({column}) - 4, 0))"
    return {Shown.CLEAR: column, Shown.MASKED: masked, Shown.HIDDEN: "NULL::text"}[shown]


def name(column: str, shown: Shown) -> str:
    """A person's name; masked, the initials stay."""
    masked = f"regexp_replace({column}, '(\\w)[^ ]*', '\\1***', 'g')"
    return {Shown.CLEAR: column, Shown.MASKED: masked, Shown.HIDDEN: "NULL::text"}[shown]


def detail(column: str, sight: Sight) -> str:
    """What tells of a person besides the name: in the clear or not at all."""
    return column if sight.identity is Shown.CLEAR else f"nullif({column}, {column})"


def in_list(shown: Shown) -> Shown:
    """Numbers are masked in lists, for everybody."""
    return Shown.MASKED if shown is Shown.CLEAR else shown


def numbers_in(text: str) -> str:
    """Any sixteen digits in a text, masked: they are a NIK or a family card number."""
    return f"regexp_replace({text}, '([0-9]{{4}})[0-9]{{12}}', '\\1************', 'g')"
