"""The logs take the words they are given: to check them cost more than to write the row."""

import sqlalchemy as sa
from alembic import op

revision = "0034_words"
down_revision = "0033_indexes"
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
WORDS = {
    ("access_entry", "actor_role"): ROLES,
    ("access_entry", "purpose"): ("verification", "service", "audit", "extract", "correction"),
    ("audit_entry", "actor_role"): ROLES,
    ("audit_entry", "channel"): ("http", "console"),
}


def upgrade() -> None:
    for table, column in WORDS:
        op.drop_constraint(op.f(f"ck_{table}_{column}"), table, type_="check")


def downgrade() -> None:
    for (table, column), words in WORDS.items():
        op.create_check_constraint(
            op.f(f"ck_{table}_{column}"),
            table,
            sa.column(column).in_(words),
            postgresql_not_valid=True,
        )
