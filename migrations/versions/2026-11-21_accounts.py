"""Accounts, assignments, sign-ins with their refresh tokens, and the tries that failed."""

import sqlalchemy as sa
from alembic import op

from migrations.security import grant, scope

revision = "0002_accounts"
down_revision = "0001_regions"
branch_labels = None
depends_on = None

ROLES = (
    "enumerator",
    "village_operator",
    "village_head",
    "district_officer",
    "regency_operator",
    "regency_verifier",
    "regency_endorser",
    "civil_registry_officer",
    "regency_admin",
    "province_officer",
    "ministry_analyst",
    "ministry_determiner",
    "ministry_admin",
    "auditor",
    "integration",
)
SCOPE_IS_OF_CODE = "scope_code = rpad(region_code, 10, '0')::bigint"
TIER_FITS_ROLE = (
    "length(region_code) = ANY (CASE role "
    "WHEN 'enumerator' THEN ARRAY[10] "
    "WHEN 'village_operator' THEN ARRAY[10] "
    "WHEN 'village_head' THEN ARRAY[10] "
    "WHEN 'district_officer' THEN ARRAY[6] "
    "WHEN 'regency_operator' THEN ARRAY[4] "
    "WHEN 'regency_verifier' THEN ARRAY[4] "
    "WHEN 'regency_endorser' THEN ARRAY[4] "
    "WHEN 'civil_registry_officer' THEN ARRAY[4] "
    "WHEN 'regency_admin' THEN ARRAY[4] "
    "WHEN 'province_officer' THEN ARRAY[2] "
    "WHEN 'ministry_analyst' THEN ARRAY[0] "
    "WHEN 'ministry_determiner' THEN ARRAY[0] "
    "WHEN 'ministry_admin' THEN ARRAY[0] "
    "WHEN 'auditor' THEN ARRAY[0, 2, 4, 6, 10] "
    "WHEN 'integration' THEN ARRAY[0, 2, 4, 6] "
    "END)"
)


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "active",
                "dismissed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("session_version", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "region_code ~ '^[0-9]*$'", name=op.f("ck_account_region_code_is_digits")
        ),
        sa.CheckConstraint(SCOPE_IS_OF_CODE, name=op.f("ck_account_scope_is_of_code")),
        sa.CheckConstraint(
            "username ~ '^[a-z0-9][a-z0-9._-]{2,59}$'", name=op.f("ck_account_username_is_plain")
        ),
        sa.CheckConstraint(
            "length(region_code) IN (0, 2, 4, 6, 10)",
            name=op.f("ck_account_region_code_has_a_tier"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("username", name=op.f("uq_account_username")),
    )
    op.create_index(op.f("ix_account_scope_code_id"), "account", ["scope_code", "id"], unique=False)
    op.create_table(
        "assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(*ROLES, name="role", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(TIER_FITS_ROLE, name=op.f("ck_assignment_tier_fits_role")),
        sa.CheckConstraint(
            "region_code ~ '^[0-9]*$'", name=op.f("ck_assignment_region_code_is_digits")
        ),
        sa.CheckConstraint(SCOPE_IS_OF_CODE, name=op.f("ck_assignment_scope_is_of_code")),
        sa.CheckConstraint("begins_at < ends_at", name=op.f("ck_assignment_period")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_assignment_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint("id", "account_id", name=op.f("uq_assignment_id_account_id")),
    )
    op.create_index(op.f("ix_assignment_account_id"), "assignment", ["account_id"], unique=False)
    op.create_index(
        op.f("ix_assignment_scope_code_id"), "assignment", ["scope_code", "id"], unique=False
    )
    op.create_index(
        "uq_assignment_open",
        "assignment",
        ["account_id", "role", "region_code"],
        unique=True,
        postgresql_where=sa.text("ends_at IS NULL"),
    )
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("session_version", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["assignment_id", "account_id"],
            ["assignment.id", "assignment.account_id"],
            name=op.f("fk_sign_in_assignment_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
    )
    op.create_index(op.f("ix_sign_in_account_id"), "sign_in", ["account_id"], unique=False)
    op.create_table(
        "refresh_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sign_in_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "length(token_hash) = 32", name=op.f("ck_refresh_token_token_hash_is_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["sign_in_id"],
            ["sign_in.id"],
            name=op.f("fk_refresh_token_sign_in_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_token")),
    )
    op.create_index(
        op.f("ix_refresh_token_sign_in_id"), "refresh_token", ["sign_in_id"], unique=False
    )
    op.create_table(
        "sign_in_failure",
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "tally_of",
            sa.Enum(
                "account",
                "address",
                name="tally_of",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "length(key_hash) = 32", name=op.f("ck_sign_in_failure_key_hash_is_sha256")
        ),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_sign_in_failure")),
    )
    op.create_index(op.f("ix_sign_in_failure_since"), "sign_in_failure", ["since"], unique=False)

    scope("account")
    grant("SELECT, INSERT", "account")
    grant(
        "UPDATE (password_hash, display_name, state, session_version, version, updated_at)",
        "account",
    )

    scope("assignment")
    grant("SELECT, INSERT, UPDATE (ends_at, version, updated_at)", "assignment")

    # No people in these, and they are found before anybody is known: no row-level security.
    grant("SELECT, INSERT, DELETE, UPDATE (revoked_at)", "sign_in")
    grant("SELECT, INSERT, DELETE, UPDATE (used_at, replaced_at)", "refresh_token")
    grant("SELECT, INSERT, DELETE, UPDATE (tries, since, blocked_until)", "sign_in_failure")


def downgrade() -> None:
    for table in ("sign_in_failure", "refresh_token", "sign_in", "assignment", "account"):
        op.drop_table(table)
