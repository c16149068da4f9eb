"""Subscriptions, and what was delivered to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.security import grant, scope

revision = "0029_subscriptions"
down_revision = "0028_changes"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
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


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _subscriptions() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("role", words("role", *ROLES), nullable=False),
        sa.Column("asker_region_code", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("form", words("form", "standard", "spdci"), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("secret_before", sa.LargeBinary(), nullable=True),
        sa.Column("secret_before_until", MOMENT, nullable=True),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("message_to", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ping_id", sa.Uuid(), nullable=True),
        sa.Column("next_attempt_at", MOMENT, nullable=False),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("problem", postgresql.JSONB(), nullable=True),
        sa.Column("state", words("state", "active", "paused", "disabled", "ended"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("length(url) <= 1000", name=op.f("ck_subscription_url_is_short")),
        sa.CheckConstraint("cardinality(events) > 0", name=op.f("ck_subscription_of_something")),
        sa.CheckConstraint(
            "(message_id IS NULL) = (message_to IS NULL)",
            name=op.f("ck_subscription_message_is_whole"),
        ),
        sa.CheckConstraint(
            "(secret_before IS NULL) = (secret_before_until IS NULL)",
            name=op.f("ck_subscription_former_secret_ends"),
        ),
        sa.CheckConstraint(
            "problem IS NULL OR state IN ('paused', 'disabled')",
            name=op.f("ck_subscription_says_why"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("id", "scope_code", name=op.f("uq_subscription_id_scope_code")),
    )
    op.create_index(op.f("ix_subscription_scope_code_id"), "subscription", ["scope_code", "id"])
    op.create_index(
        "ix_subscription_due",
        "subscription",
        ["next_attempt_at"],
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index(
        "ix_subscription_ping",
        "subscription",
        ["id"],
        postgresql_where=sa.text("ping_id IS NOT NULL"),
    )
    scope("subscription")
    grant("SELECT, INSERT, UPDATE", "subscription")


def _deliveries() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("kind", words("kind", "changes", "ping"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("next", sa.Text(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status IS NULL) <> (reason IS NULL)",
            name=op.f("ck_webhook_delivery_came_back_or_not"),
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id", "scope_code"],
            ["subscription.id", "subscription.scope_code"],
            name=op.f("fk_webhook_delivery_subscription_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index(
        op.f("ix_webhook_delivery_subscription_id_scope_code_id"),
        "webhook_delivery",
        ["subscription_id", "scope_code", "id"],
    )
    op.create_index(op.f("ix_webhook_delivery_at"), "webhook_delivery", ["at"])
    scope("webhook_delivery")
    grant("SELECT, INSERT, DELETE", "webhook_delivery")


def upgrade() -> None:
    _subscriptions()
    _deliveries()


def downgrade() -> None:
    op.drop_table("webhook_delivery")
    op.drop_table("subscription")
