"""The registry: households, their families and their members, and who holds which NIK."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    column,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field, SQLModel

from app.db.tables.base import new_id, now, words_of
from app.domain.households import RecordState
from app.domain.niks import NikVerdict

IN_HOUSEHOLD = ("household_id", "scope_code")
# A draft that was removed may come again; whoever was registered once may not.
HAS_BDT_ID = "bdt_id IS NOT NULL AND (state <> 'inactive' OR dtks_id IS NOT NULL)"


class Household(SQLModel, table=True):
    """People who eat from one kitchen (rumah tangga), in one village."""

    __table_args__ = (
        UniqueConstraint("id", "scope_code"),  # what families and members refer to
        ForeignKeyConstraint(["scope_code"], ["region.scope_code"]),
        CheckConstraint("scope_code % 10000 >= 1000", name="lies_in_a_village"),
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="point_is_whole"),
        CheckConstraint(
            "(state = 'proposed') <= (dtks_id IS NULL)", name="proposed_has_no_dtks_id"
        ),
        CheckConstraint(
            "(state = 'registered') <= (dtks_id IS NOT NULL)", name="registered_has_dtks_id"
        ),
        Index(None, "scope_code", "id"),
        Index(None, "state", "scope_code", "id"),
        Index(
            "uq_household_bdt_id",
            "bdt_id",
            "scope_code",
            unique=True,
            postgresql_where=text(HAS_BDT_ID),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    scope_code: int = Field(sa_type=BigInteger)
    bdt_id: str | None = Field(default=None, sa_type=Text)  # by which BDT2015 knew it
    address: str | None = Field(default=None, sa_type=Text)
    rt: str | None = Field(default=None, sa_type=Text)
    rw: str | None = Field(default=None, sa_type=Text)
    latitude: float | None = None
    longitude: float | None = None
    state: RecordState = Field(default=RecordState.PROPOSED, sa_type=words_of(RecordState, "state"))
    inactive_reason: str | None = Field(default=None, sa_type=Text)
    inactive_on: date | None = None
    inactive_by: UUID | None = None  # the proposal that took it out
    dtks_id: str | None = Field(default=None, unique=True, sa_type=Text)
    version: int = 1
    created_by: UUID
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class Family(SQLModel, table=True):
    """The people of one family card (KK) who live in the household."""

    __table_args__ = (
        UniqueConstraint("id", "household_id"),  # what members refer to
        ForeignKeyConstraint(IN_HOUSEHOLD, ["household.id", "household.scope_code"]),
        CheckConstraint("number BETWEEN 1 AND 10", name="number"),
        Index(
            "uq_family_number_in_household",
            "household_id",
            "number",
            unique=True,
            postgresql_where=text("state <> 'inactive'"),
        ),
        Index(None, "household_id"),
        Index(None, "scope_code", "id"),
        Index(None, "card_number", "scope_code", postgresql_where=text("card_number IS NOT NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    household_id: UUID
    scope_code: int = Field(sa_type=BigInteger)
    number: int = Field(sa_type=SmallInteger)
    card_number: str | None = Field(default=None, sa_type=Text)
    state: RecordState = Field(default=RecordState.PROPOSED, sa_type=words_of(RecordState, "state"))
    inactive_reason: str | None = Field(default=None, sa_type=Text)
    inactive_on: date | None = None
    inactive_by: UUID | None = None  # the proposal that took it out
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


def one_head(name: str, of: str, relation: str) -> ExcludeConstraint:
    """Deferrable, so that one statement may swap two heads."""
    return ExcludeConstraint(
        (column(of), "="),
        name=name,
        using="btree",
        where=text(f"{relation} = 1 AND state <> 'inactive'"),
        deferrable=True,
        initially="IMMEDIATE",
    )


class Member(SQLModel, table=True):
    """A person in a household (anggota rumah tangga): columns 1 to 8 of the form's block IV."""

    __table_args__ = (
        ForeignKeyConstraint(IN_HOUSEHOLD, ["household.id", "household.scope_code"]),
        ForeignKeyConstraint(["family_id", "household_id"], ["family.id", "family.household_id"]),
        CheckConstraint("sex IN (1, 2)", name="sex"),
        CheckConstraint("relation_to_household_head BETWEEN 1 AND 8", name="relation_to_household"),
        CheckConstraint("relation_to_family_head BETWEEN 1 AND 8", name="relation_to_family"),
        CheckConstraint("marital_status BETWEEN 1 AND 4", name="marital_status"),
        CheckConstraint("number BETWEEN 1 AND 99", name="number"),
        CheckConstraint(
            "(state = 'proposed') <= (dtks_id IS NULL)", name="proposed_has_no_dtks_id"
        ),
        CheckConstraint(
            "(state = 'registered') <= (dtks_id IS NOT NULL)", name="registered_has_dtks_id"
        ),
        one_head("ex_member_one_household_head", "household_id", "relation_to_household_head"),
        one_head("ex_member_one_family_head", "family_id", "relation_to_family_head"),
        Index(None, *IN_HOUSEHOLD),  # row-level security looks at the place, of each row beside it
        Index(None, "family_id"),
        Index(None, "scope_code", "id"),
        Index(None, "nik", "scope_code", postgresql_where=text("nik IS NOT NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    household_id: UUID
    family_id: UUID | None = None
    scope_code: int = Field(sa_type=BigInteger)
    number: int | None = Field(default=None, sa_type=SmallInteger)
    name: str = Field(sa_type=Text)
    nik: str | None = Field(default=None, sa_type=Text)
    nik_verdict: NikVerdict = Field(sa_type=words_of(NikVerdict, "nik_verdict"))
    nik_codes: list[str] = Field(default_factory=list, sa_type=ARRAY(Text))
    sex: int | None = Field(default=None, sa_type=SmallInteger)
    birth_place: str | None = Field(default=None, sa_type=Text)
    birth_date: date | None = None
    mother_name: str | None = Field(default=None, sa_type=Text)
    relation_to_household_head: int | None = Field(default=None, sa_type=SmallInteger)
    relation_to_family_head: int | None = Field(default=None, sa_type=SmallInteger)
    marital_status: int | None = Field(default=None, sa_type=SmallInteger)
    state: RecordState = Field(default=RecordState.PROPOSED, sa_type=words_of(RecordState, "state"))
    inactive_reason: str | None = Field(default=None, sa_type=Text)
    inactive_on: date | None = None
    inactive_by: UUID | None = None  # the proposal that took it out
    dtks_id: str | None = Field(default=None, unique=True, sa_type=Text)
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class NameKey(SQLModel, table=True):
    """What a member is found by: words of his name as they sound, alone and in pairs.

    Kept by triggers on `member`, whoever writes there; no foreign key, which would ask once more
    for each of the rows. The rules are in the migration that makes it.
    """

    __tablename__ = "name_key"

    key: str = Field(primary_key=True, sa_type=Text)
    words: int = Field(primary_key=True, sa_type=SmallInteger)  # of the whole name
    scope_code: int = Field(primary_key=True, sa_type=BigInteger)
    member_id: UUID = Field(primary_key=True)


class NikHolder(SQLModel, table=True):
    """The one member of the country who holds a NIK. Reached only by the owner's functions."""

    __tablename__ = "nik_holder"
    __table_args__ = (ForeignKeyConstraint(["member_id"], ["member.id"]),)

    nik: str = Field(primary_key=True, sa_type=Text)
    member_id: UUID = Field(unique=True)
    scope_code: int = Field(sa_type=BigInteger)
