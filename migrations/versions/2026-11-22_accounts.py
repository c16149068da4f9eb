"""One-time passwords, what other issuers call an account, and the secrets of machines."""

import sqlalchemy as sa
from alembic import op

from migrations.security import grant, scope

revision = "0008_accounts"
down_revision = "0007_names"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_assignment_role_scope_code"), "assignment", ["role", "scope_code"])
    op.add_column("account", sa.Column("one_time_hash", sa.LargeBinary(), nullable=True))
    op.add_column(
        "account", sa.Column("one_time_expires_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_check_constraint(
        op.f("ck_account_one_time_hash_is_sha256"), "account", "length(one_time_hash) = 32"
    )
    op.create_check_constraint(
        op.f("ck_account_one_time_expires"),
        "account",
        "(one_time_hash IS NULL) = (one_time_expires_at IS NULL)",
    )
    op.create_unique_constraint(op.f("uq_account_id_scope_code"), "account", ["id", "scope_code"])
    op.create_table(
        "external_identity",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "length(issuer) BETWEEN 1 AND 250", name=op.f("ck_external_identity_issuer_is_short")
        ),
        sa.CheckConstraint(
            "length(subject) BETWEEN 1 AND 250", name=op.f("ck_external_identity_subject_is_short")
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "scope_code"],
            ["account.id", "account.scope_code"],
            name=op.f("fk_external_identity_account_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_external_identity")),
    )
    op.create_index(
        op.f("ix_external_identity_account_id"), "external_identity", ["account_id"], unique=False
    )
    op.create_table(
        "client_secret",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "length(secret_hash) = 32", name=op.f("ck_client_secret_secret_hash_is_sha256")
        ),
        sa.CheckConstraint("created_at < expires_at", name=op.f("ck_client_secret_period")),
        sa.ForeignKeyConstraint(
            ["account_id", "scope_code"],
            ["account.id", "account.scope_code"],
            name=op.f("fk_client_secret_account_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_secret")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_client_secret_secret_hash")),
    )
    op.create_index(
        op.f("ix_client_secret_account_id"), "client_secret", ["account_id"], unique=False
    )

    grant("UPDATE (one_time_hash, one_time_expires_at)", "account")
    scope("external_identity")
    grant("SELECT, INSERT, DELETE", "external_identity")
    scope("client_secret")
    grant("SELECT, INSERT, UPDATE (revoked_at, version)", "client_secret")


def downgrade() -> None:
    op.drop_index(op.f("ix_assignment_role_scope_code"), table_name="assignment")
    op.drop_table("client_secret")
    op.drop_table("external_identity")
    op.drop_constraint(op.f("uq_account_id_scope_code"), "account", type_="unique")
    op.drop_column("account", "one_time_expires_at")
    op.drop_column("account", "one_time_hash")
