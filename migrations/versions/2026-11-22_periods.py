"""policies with versions, windows, and the period a proposal belongs to"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.security import grant

revision = "0013_periods"
down_revision = "0012_deliberations"
branch_labels = None
depends_on = None


def _decided() -> list[sa.Column[object]]:
    return [
        sa.Column("quorum", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "statement_kinds",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "windows",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    ]


def upgrade() -> None:
    for column in _decided():
        op.add_column("policy", column)
    op.create_table(
        "policy_version",
        sa.Column("regency_code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district_checks", sa.Boolean(), nullable=False),
        *_decided(),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["regency_code"], ["region.code"], name=op.f("fk_policy_version_regency_code")
        ),
        sa.PrimaryKeyConstraint("regency_code", "version", name=op.f("pk_policy_version")),
    )
    grant("SELECT, INSERT", "policy_version")
    op.create_table(
        "window_exception",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("window_name", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("open_until", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "granted",
                "revoked",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("granted_by", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_window_exception")),
    )
    op.create_index(
        "uq_window_exception_granted",
        "window_exception",
        ["window_name", "region_code", "period"],
        unique=True,
        postgresql_where=sa.text("state = 'granted'"),
    )
    grant("SELECT, INSERT, UPDATE", "window_exception")
    op.add_column("proposal", sa.Column("policy_version", sa.Integer(), nullable=True))
    op.add_column("proposal", sa.Column("period", sa.Date(), nullable=True))
    op.add_column("proposal", sa.Column("missed_period", sa.Date(), nullable=True))
    # What is under way goes on under what is in force now; earlier versions are in the audit only.
    op.execute(
        "INSERT INTO policy_version (regency_code, version, district_checks, decided_at) "
        "SELECT regency_code, version, district_checks, updated_at FROM policy"
    )
    op.execute(
        "UPDATE proposal SET policy_version = coalesce((SELECT version FROM policy "
        "WHERE policy.regency_code = left(proposal.scope_code::text, 4)), 0)"
    )


def downgrade() -> None:
    op.drop_column("proposal", "missed_period")
    op.drop_column("proposal", "period")
    op.drop_column("proposal", "policy_version")
    op.drop_table("window_exception")
    op.drop_table("policy_version")
    for column in ("windows", "statement_kinds", "quorum"):
        op.drop_column("policy", column)
