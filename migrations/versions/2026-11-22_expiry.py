"""Uploads expire when their sender does not come back."""

import sqlalchemy as sa
from alembic import op

revision = "0025_expiry"
down_revision = "0024_bdt_ids"
branch_labels = None
depends_on = None

STATES = ("open", "completed", "discarded")


def allow(*states: str) -> None:
    name, said = op.f("ck_upload_state"), ", ".join(f"'{each}'" for each in states)
    op.drop_constraint(name, "upload")
    op.create_check_constraint(name, "upload", f"state IN ({said})")


def upgrade() -> None:
    op.add_column(
        "upload",
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now() + interval '7 days'"),
            nullable=False,
        ),
    )
    op.create_index(
        "ix_upload_expires_at",
        "upload",
        ["expires_at"],
        postgresql_where=sa.text("state = 'open'"),
    )
    allow(*STATES, "expired")
    # They now lie in a place of their own, and are made again by whoever wants them.
    op.execute("DELETE FROM import_result")


def downgrade() -> None:
    op.execute("UPDATE upload SET state = 'discarded' WHERE state = 'expired'")
    allow(*STATES)
    op.drop_index("ix_upload_expires_at", "upload")
    op.drop_column("upload", "expires_at")
    op.execute("DELETE FROM import_result")
