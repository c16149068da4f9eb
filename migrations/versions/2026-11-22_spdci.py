"""Who exchanges by the standard for social registries, and what was asked."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.security import grant, scope

revision = "0030_spdci"
down_revision = "0029_subscriptions"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ACTIONS = ("search", "txn-status", "subscribe", "unsubscribe")
ASKED = ["account_id", "scope_code", "action", "transaction_id", "reference_id"]
# Jobs come in with several of our migrations; this one takes back its own.
JOBS = ("check_import", "apply_import", "undo_import", "mark_import", "write_extract")
NAMED = "transaction_id <> '' AND reference_id <> ''"


def _jobs_may_be(*kinds: str) -> None:
    name = op.f("ck_job_kind")
    op.drop_constraint(name, "job", type_="check")
    allowed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(name, "job", f"kind IN ({allowed})")


def upgrade() -> None:
    op.create_table(
        "spdci_partner",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("sender_id", sa.Text(), nullable=False),
        sa.Column("callback_uri", sa.Text(), nullable=True),
        sa.Column("keys", postgresql.JSONB(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "length(sender_id) BETWEEN 1 AND 99", name=op.f("ck_spdci_partner_sender_id_is_short")
        ),
        sa.CheckConstraint(
            "length(callback_uri) <= 1000", name=op.f("ck_spdci_partner_callback_uri_is_short")
        ),
        sa.CheckConstraint("jsonb_typeof(keys) = 'array'", name=op.f("ck_spdci_partner_keys")),
        sa.ForeignKeyConstraint(
            ["account_id", "scope_code"],
            ["account.id", "account.scope_code"],
            name=op.f("fk_spdci_partner_account_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_spdci_partner")),
    )
    op.create_table(
        "spdci_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("correlation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "action",
            sa.Enum(*ACTIONS, name="action", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("reference_id", sa.Text(), nullable=False),
        sa.Column("asked", postgresql.JSONB(), nullable=False),
        sa.Column("outcome", postgresql.JSONB(), nullable=True),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spdci_request")),
    )
    op.create_index(
        "uq_spdci_request_asked",
        "spdci_request",
        ASKED,
        unique=True,
        postgresql_where=sa.text(NAMED),
    )
    for columns in (["correlation_id"], ["received_at"], ["scope_code", "id"]):
        name = op.f(f"ix_spdci_request_{'_'.join(columns)}")
        op.create_index(name, "spdci_request", columns)
    for table in ("spdci_partner", "spdci_request"):
        scope(table)
    grant("SELECT, INSERT, UPDATE", "spdci_partner")
    grant("SELECT, INSERT, UPDATE, DELETE", "spdci_request")
    _jobs_may_be(*JOBS, "answer_spdci")


def downgrade() -> None:
    op.execute("DELETE FROM job WHERE kind = 'answer_spdci'")
    _jobs_may_be(*JOBS)
    op.drop_table("spdci_request")
    op.drop_table("spdci_partner")
