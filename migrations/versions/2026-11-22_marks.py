"""marks of a return, and whose account is whose"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.security import grant

revision = "0016_marks"
down_revision = "0015_recipients"
branch_labels = None
depends_on = None

# Who somebody is stands in his account, which lies where he is at home; he works in a part of
# that. So the owner looks it up, whatever the region is from which it is asked.
PERSON_NIK_OF = """
CREATE FUNCTION person_nik_of(whose uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
RETURN (SELECT person_nik FROM account WHERE id = whose)
"""
DECISIONS = "ix_audit_entry_decisions"


def _decisions(*words: str) -> None:
    said = ", ".join(f"'{word}'" for word in words)
    op.drop_index(DECISIONS, table_name="audit_entry")
    op.create_index(
        DECISIONS,
        "audit_entry",
        ["scope_code", "id"],
        postgresql_where=sa.text(f"workflow = 'proposal' AND action IN ({said})"),
    )


def upgrade() -> None:
    op.add_column("account", sa.Column("person_nik", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_account_person_nik_is_digits"), "account", "person_nik ~ '^[0-9]{16}$'"
    )
    grant("UPDATE (person_nik)", "account")
    op.execute(
        "CREATE POLICY known_to_the_owner ON account FOR SELECT TO CURRENT_USER USING (true)"
    )
    op.execute(PERSON_NIK_OF)
    op.execute("REVOKE ALL ON FUNCTION person_nik_of(uuid) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION person_nik_of(uuid) TO siks_app")
    for name in ("marks", "changed_since_return"):
        op.add_column(
            "proposal", sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=True)
        )
    _decisions("approve", "return", "reject", "undo")


def downgrade() -> None:
    _decisions("approve", "return", "reject")
    for name in ("changed_since_return", "marks"):
        op.drop_column("proposal", name)
    op.execute("DROP FUNCTION person_nik_of")
    op.execute("DROP POLICY known_to_the_owner ON account")
    op.drop_constraint(op.f("ck_account_person_nik_is_digits"), "account")
    op.drop_column("account", "person_nik")
