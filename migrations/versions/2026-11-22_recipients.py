"""Who receives which programme, and which proposals are urgent."""

import sqlalchemy as sa
from alembic import op

from migrations.security import grant, scope

revision = "0015_recipients"
down_revision = "0014_visits"
branch_labels = None
depends_on = None

GOES_ON = "state <> 'ended'"
CHECKS = {
    "is_one_unit": "(family_id IS NULL) <> (member_id IS NULL)",
    "period_from_is_a_month": "extract(day FROM period_from) = 1",
    "period_to_is_a_month": "extract(day FROM period_to) = 1",
    "periods_in_order": "period_to >= period_from",
    "ended_has_an_end": "(state = 'ended') = (period_to IS NOT NULL AND ended_on IS NOT NULL)",
}
STATE = sa.Enum(
    "candidate",
    "reactivated",
    "ended",
    name="state",
    native_enum=False,
    create_constraint=True,
    length=40,
)


def upgrade() -> None:
    op.create_table(
        "recipient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=True),
        sa.Column("payee_id", sa.Uuid(), nullable=True),
        sa.Column("proposal_id", sa.Uuid(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("state", STATE, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.CheckConstraint(sql, name=op.f(f"ck_recipient_{n}")) for n, sql in CHECKS.items()),
        sa.ForeignKeyConstraint(
            ["household_id", "scope_code"],
            ["household.id", "household.scope_code"],
            name=op.f("fk_recipient_household_id_scope_code"),
        ),
        *(
            sa.ForeignKeyConstraint([name], [f"{whose}.id"], name=op.f(f"fk_recipient_{name}"))
            for name, whose in (
                ("family_id", "family"),
                ("member_id", "member"),
                ("payee_id", "member"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipient")),
    )
    for unit in ("family_id", "member_id"):
        op.create_index(
            f"uq_recipient_{unit}_programme",
            "recipient",
            [unit, "programme"],
            unique=True,
            postgresql_where=sa.text(f"{unit} IS NOT NULL AND {GOES_ON}"),
        )
    for columns in (
        ["household_id"],
        ["scope_code", "id"],
        ["programme", "scope_code", "id", "state"],
        ["state", "scope_code", "id"],
    ):
        op.create_index(op.f(f"ix_recipient_{'_'.join(columns)}"), "recipient", columns)
    op.create_index(
        op.f("ix_recipient_payee_id"),
        "recipient",
        ["payee_id"],
        postgresql_where=sa.text("payee_id IS NOT NULL"),
    )
    scope("recipient")
    grant("SELECT, INSERT, UPDATE", "recipient")
    op.add_column(
        "proposal",
        sa.Column("urgent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_index(
        "ix_proposal_urgent",
        "proposal",
        ["scope_code", "id"],
        postgresql_where=sa.text("urgent"),
    )


def downgrade() -> None:
    op.drop_index("ix_proposal_urgent", table_name="proposal")
    op.drop_column("proposal", "urgent")
    op.drop_table("recipient")
