"""Accounts and their assignments, the sign-ins that live on them, and the tries that failed.

Accounts and assignments lie in a region like everything else about people, so they are scoped.
The door itself works before anybody is known: it looks from within all of Indonesia, explicitly,
and only ever by a name or a token that was presented to it. Sign-ins, refresh tokens and tallies
are found by hashes of what was presented, name nobody, and have no row-level security.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from app.db.tables.base import new_id, now, words_of
from app.domain.accounts import ACCOUNTS, AccountState
from app.domain.actors import TIERS_OF, Role
from app.domain.regions import Region, Tier

LENGTH_OF = {Tier.NATION: 0, Tier.PROVINCE: 2, Tier.REGENCY: 4, Tier.DISTRICT: 6, Tier.VILLAGE: 10}
NO_PASSWORD = "!"  # noqa: S105 - what no hash looks like
SCOPE_IS_OF_CODE = "scope_code = rpad(region_code, 10, '0')::bigint"


def _lengths(role: Role) -> str:
    return ", ".join(str(LENGTH_OF[tier]) for tier in Tier if tier in TIERS_OF[role])


TIER_FITS_ROLE = (
    "length(region_code) = ANY (CASE role "
    + " ".join(f"WHEN '{role}' THEN ARRAY[{_lengths(role)}]" for role in Role)
    + " END)"
)


class Account(SQLModel, table=True):
    """Somebody who may sign in. `session_version` moves on when he is sent out."""

    __table_args__ = (
        CheckConstraint("username ~ '^[a-z0-9][a-z0-9._-]{2,59}$'", name="username_is_plain"),
        CheckConstraint("region_code ~ '^[0-9]*$'", name="region_code_is_digits"),
        CheckConstraint("length(region_code) IN (0, 2, 4, 6, 10)", name="region_code_has_a_tier"),
        CheckConstraint(SCOPE_IS_OF_CODE, name="scope_is_of_code"),
        CheckConstraint("length(one_time_hash) = 32", name="one_time_hash_is_sha256"),
        CheckConstraint("person_nik ~ '^[0-9]{16}$'", name="person_nik_is_digits"),
        CheckConstraint(
            "(one_time_hash IS NULL) = (one_time_expires_at IS NULL)", name="one_time_expires"
        ),
        UniqueConstraint("id", "scope_code"),  # what lies where its account lies refers to
        Index(None, "scope_code", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    username: str = Field(unique=True, sa_type=Text)
    display_name: str = Field(sa_type=Text)
    password_hash: str = Field(sa_type=Text)  # NO_PASSWORD: none was chosen yet
    one_time_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    one_time_expires_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    person_nik: str | None = Field(default=None, sa_type=Text)  # who of the registry it is
    state: AccountState = Field(default=ACCOUNTS.initial, sa_type=words_of(AccountState, "state"))
    session_version: int = 1
    region_code: str = Field(sa_type=Text)  # home: whose admin answers for the account
    scope_code: int = Field(sa_type=BigInteger)
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))

    @property
    def has_password(self) -> bool:
        """One he chose, or one to choose it with."""
        return self.password_hash != NO_PASSWORD or self.one_time_hash is not None


class Assignment(SQLModel, table=True):
    """An account's role over a region, for a time."""

    __table_args__ = (
        ForeignKeyConstraint(["account_id"], ["account.id"]),
        UniqueConstraint("id", "account_id"),  # what sign-ins refer to
        CheckConstraint("region_code ~ '^[0-9]*$'", name="region_code_is_digits"),
        CheckConstraint(SCOPE_IS_OF_CODE, name="scope_is_of_code"),
        CheckConstraint(TIER_FITS_ROLE, name="tier_fits_role"),
        CheckConstraint("begins_at < ends_at", name="period"),
        Index(
            "uq_assignment_open",
            "account_id",
            "role",
            "region_code",
            unique=True,
            postgresql_where=text("ends_at IS NULL"),
        ),
        Index(None, "account_id"),
        Index(None, "scope_code", "id"),
        Index(None, "role", "scope_code"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    role: Role = Field(sa_type=words_of(Role, "role"))
    region_code: str = Field(sa_type=Text)
    scope_code: int = Field(sa_type=BigInteger)
    begins_at: datetime = Field(sa_type=DateTime(timezone=True))
    ends_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))

    @property
    def region(self) -> Region:
        return Region(self.region_code)


class ExternalIdentity(SQLModel, table=True):
    """Who an account is to another issuer. What he may do is said by his assignments alone."""

    __tablename__ = "external_identity"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "scope_code"], ["account.id", "account.scope_code"]),
        CheckConstraint("length(issuer) BETWEEN 1 AND 250", name="issuer_is_short"),
        CheckConstraint("length(subject) BETWEEN 1 AND 250", name="subject_is_short"),
        Index(None, "account_id"),
    )

    issuer: str = Field(primary_key=True, sa_type=Text)
    subject: str = Field(primary_key=True, sa_type=Text)
    account_id: UUID
    scope_code: int = Field(sa_type=BigInteger)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class ClientSecret(SQLModel, table=True):
    """What a machine signs in with, known by its SHA-256 only. Two may live at once, to change."""

    __tablename__ = "client_secret"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "scope_code"], ["account.id", "account.scope_code"]),
        CheckConstraint("length(secret_hash) = 32", name="secret_hash_is_sha256"),
        CheckConstraint("created_at < expires_at", name="period"),
        UniqueConstraint("secret_hash"),
        Index(None, "account_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    scope_code: int = Field(sa_type=BigInteger)
    secret_hash: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    revoked_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    version: int = 1


class SignIn(SQLModel, table=True):
    """One password accepted, and the family of refresh tokens that lives on it."""

    __tablename__ = "sign_in"
    __table_args__ = (
        ForeignKeyConstraint(
            ["assignment_id", "account_id"], ["assignment.id", "assignment.account_id"]
        ),
        Index(None, "account_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    assignment_id: UUID
    session_version: int
    started_at: datetime = Field(sa_type=DateTime(timezone=True))
    ends_at: datetime = Field(sa_type=DateTime(timezone=True))
    revoked_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class RefreshToken(SQLModel, table=True):
    """One refresh token, known by its SHA-256 only. It is used once."""

    __tablename__ = "refresh_token"
    __table_args__ = (
        ForeignKeyConstraint(["sign_in_id"], ["sign_in.id"], ondelete="CASCADE"),
        CheckConstraint("length(token_hash) = 32", name="token_hash_is_sha256"),
        Index(None, "sign_in_id"),
    )

    token_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    sign_in_id: UUID
    issued_at: datetime = Field(sa_type=DateTime(timezone=True))
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    used_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    replaced_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class TallyOf(StrEnum):
    ACCOUNT = "account"
    ADDRESS = "address"
    LETTER_CHECK = "letter_check"  # of an address too: it costs nobody his sign-in


class SignInFailure(SQLModel, table=True):
    """The tries that count against one username or one address, whether or not it exists."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (
        CheckConstraint("length(key_hash) = 32", name="key_hash_is_sha256"),
        Index(None, "since"),
    )

    key_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    tally_of: TallyOf = Field(sa_type=words_of(TallyOf, "tally_of"))
    tries: int = 0
    since: datetime = Field(sa_type=DateTime(timezone=True))
    blocked_until: datetime = Field(sa_type=DateTime(timezone=True))
