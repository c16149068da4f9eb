"""What every scoped table gets: row-level security that the owner cannot step around either."""

from alembic import op

RANGE = (
    "scope_code >= nullif(current_setting('siks.region_from', true), '')::bigint "
    "AND scope_code <= nullif(current_setting('siks.region_to', true), '')::bigint"
)


def scope(table: str) -> None:
    """Keep its rows between the two settings of the transaction; no setting, no rows."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY within_region ON {table} USING ({RANGE}) WITH CHECK ({RANGE})")


def grant(privileges: str, table: str) -> None:
    op.execute(f"GRANT {privileges} ON {table} TO siks_app")
