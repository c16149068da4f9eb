"""Households keep the id that they had in BDT2015, and staged rows are read in their order."""

import sqlalchemy as sa
from alembic import op

from migrations.security import RANGE

revision = "0024_bdt_ids"
down_revision = "0023_uploads"
branch_labels = None
depends_on = None

# What is behind a security barrier does not know in which order it is wanted: this says it itself,
# so that the next rows come out of the index, however many there are behind them.
IN_ORDER = f"""
CREATE VIEW import_in_order WITH (security_barrier) AS
SELECT * FROM import_row WHERE {RANGE} ORDER BY import_id, unit, n
"""  # noqa: S608 - a literal of ours


def upgrade() -> None:
    op.add_column("household", sa.Column("bdt_id", sa.Text(), nullable=True))
    op.create_index(
        "uq_household_bdt_id",
        "household",
        ["bdt_id", "scope_code"],
        unique=True,
        postgresql_where=sa.text(
            "bdt_id IS NOT NULL AND (state <> 'inactive' OR dtks_id IS NOT NULL)"
        ),
    )
    op.execute(IN_ORDER)
    op.execute("GRANT SELECT ON import_in_order TO siks_app")


def downgrade() -> None:
    op.execute("DROP VIEW import_in_order")
    op.drop_index("uq_household_bdt_id", "household")
    op.drop_column("household", "bdt_id")
