"""The region tree: every code there is, and those there were."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    Text,
    text,
)
from sqlmodel import Field, SQLModel

from app.db.tables.base import words_of
from app.domain.regions import RegionKind, Tier, TimeZone


class RegionRow(SQLModel, table=True):
    """One region under one code, from the day it counts until the day it no longer does.

    Reference data: everybody reads it, nobody but `app.db.regions_file` writes it, and a code
    is closed, never deleted. Hence no row-level security, though it has a `scope_code`: that is
    its key, the number other tables point at. The numbers of different tiers never meet, because
    no regency or district is numbered 00 and a village's own part begins with 1, 2 or 3. So
    `scope_code % 10000 > 0` says "a village" wherever such a number stands.
    """

    __tablename__ = "region"
    __table_args__ = (
        CheckConstraint("code ~ '^[0-9]+$'", name="code_is_digits"),
        CheckConstraint("scope_code = rpad(code, 10, '0')::bigint", name="scope_code_is_of_code"),
        CheckConstraint(
            "length(code) = CASE tier WHEN 'province' THEN 2 WHEN 'regency' THEN 4 "
            "WHEN 'district' THEN 6 WHEN 'village' THEN 10 ELSE 0 END",
            name="tier_is_of_code",
        ),
        CheckConstraint(
            "parent_code IS NOT DISTINCT FROM CASE tier WHEN 'regency' THEN left(code, 2) "
            "WHEN 'district' THEN left(code, 4) WHEN 'village' THEN left(code, 6) END",
            name="parent_is_of_code",
        ),
        CheckConstraint("postal_code ~ '^[0-9]{5}$'", name="postal_code"),
        CheckConstraint("valid_from < valid_to", name="period"),
        CheckConstraint("replaced_by IS NULL OR valid_to IS NOT NULL", name="replaced_is_closed"),
        Index(None, "parent_code", "code"),
        Index(None, "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}),
    )

    scope_code: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    code: str = Field(unique=True, sa_type=Text)
    tier: Tier = Field(sa_type=words_of(Tier, "tier"))
    kind: RegionKind = Field(sa_type=words_of(RegionKind, "kind"))
    name: str = Field(sa_type=Text)
    parent_code: str | None = Field(foreign_key="region.code", sa_type=Text)
    postal_code: str | None = Field(sa_type=Text)
    time_zone: TimeZone = Field(sa_type=words_of(TimeZone, "time_zone"))
    valid_from: date | None  # none: longer than is known
    valid_to: date | None  # the first day it no longer counts
    replaced_by: str | None = Field(foreign_key="region.code", sa_type=Text)


class RegionLoad(SQLModel, table=True):
    """A region file that was loaded: which one, when, and how many regions it changed."""

    __tablename__ = "region_load"

    id: int | None = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger,
        sa_column_args=[Identity(always=True)],
    )
    digest: bytes = Field(sa_type=LargeBinary)  # SHA-256 of its rows
    edition: date
    changed: int
    loaded_at: datetime | None = Field(
        default=None,
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"server_default": text("now()"), "nullable": False},
    )
