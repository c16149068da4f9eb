"""What changed since a place in the audit, in the order in which it became certain."""

import sqlalchemy as sa
from alembic import op

from migrations.security import grant, scope

revision = "0028_changes"
down_revision = "0027_extracts"
branch_labels = None
depends_on = None

# An entry about somebody who moves lies where he comes to. Whoever follows the place that he left
# learns it from this: with the number that an entry would have, so that both are in one order.
DEPART = """
CREATE FUNCTION depart() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO departure (id, xid, at, workflow, subject_id, household_id, scope_code)
    VALUES (nextval('audit_entry_id_seq'), pg_current_xact_id()::text::bigint, clock_timestamp(),
        TG_TABLE_NAME, OLD.id, OLD.household_id, OLD.scope_code);
    RETURN NULL;
END $$
"""
MOVES = ("member", "recipient")


def upgrade() -> None:
    op.create_index(
        op.f("ix_audit_entry_xid_id_scope_code"), "audit_entry", ["xid", "id", "scope_code"]
    )
    op.create_table(
        "departure",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("xid", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departure")),
    )
    op.create_index(
        op.f("ix_departure_xid_id_scope_code"), "departure", ["xid", "id", "scope_code"]
    )
    scope("departure")
    grant("SELECT", "departure")
    op.execute(DEPART)
    op.execute("REVOKE ALL ON FUNCTION depart() FROM PUBLIC")
    for table in MOVES:
        op.execute(
            f"CREATE TRIGGER depart AFTER UPDATE OF household_id, scope_code ON {table} "
            "FOR EACH ROW WHEN (OLD.household_id <> NEW.household_id "
            "OR OLD.scope_code <> NEW.scope_code) EXECUTE FUNCTION depart()"
        )


def downgrade() -> None:
    for table in MOVES:
        op.execute(f"DROP TRIGGER depart ON {table}")
    op.execute("DROP FUNCTION depart")
    op.drop_table("departure")
    op.drop_index(op.f("ix_audit_entry_xid_id_scope_code"), table_name="audit_entry")
