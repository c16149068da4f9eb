"""A list is found by its villages and the month in which it was read; then by whom it names."""

from alembic import op

revision = "0037_village_months"
down_revision = "0036_homes"
branch_labels = None
depends_on = None

# Stands where ids of households stand, and is none: nobody may choose one of this form. Should one
# be there all the same, its own entries are no lists: they have as many `homes` as can be.
VILLAGE_IN_MONTH = """
CREATE FUNCTION village_in_month(village bigint, at timestamptz) RETURNS uuid LANGUAGE sql STABLE
RETURN lpad(village || to_char(at AT TIME ZONE 'UTC', 'YYYYMM'), 32, '0')::uuid
"""
READINGS = """
CREATE OR REPLACE FUNCTION readings_of(
    person uuid, household uuid, village bigint, since timestamptz, until timestamptz,
    before bigint, most int
)
RETURNS TABLE (id bigint, at timestamptz, actor_id uuid, actor_role text, actor_region_code text,
    purpose text, operation text, people int, extract_id uuid, agreement text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET enable_seqscan = off SET timezone = 'UTC' AS $$
    WITH village_of AS MATERIALIZED (
        SELECT village AS code
        UNION SELECT scope_code FROM audit_entry WHERE subject_id = person AND workflow = 'member'
    ),
    named AS MATERIALIZED (
        SELECT e.*, e.subjects AS whom FROM access_entry e
        WHERE e.subjects[1:e.homes] && (
            SELECT array[person, household] || array_remove(array_agg(d.household_id), NULL)
            FROM departure d WHERE d.subject_id = person AND d.workflow = 'member')
        AND e.subjects && array[person, household]
    ),{listed}
    extracted AS MATERIALIZED (
        SELECT e.*, NULL::uuid[] AS whom FROM access_entry e
        WHERE e.extract_id IS NOT NULL AND e.id < before AND e.at >= since AND e.at < until
            AND EXISTS (
                SELECT FROM village_of v JOIN access_reach r ON r.scope_code = v.code
                WHERE r.extract_id = e.extract_id AND r.subjects && array[person, household])
        ORDER BY e.id DESC LIMIT most
    )
    SELECT e.id, e.at, e.actor_id, e.actor_role, e.actor_region_code, e.purpose, e.operation,
        coalesce(e.people, (SELECT count(DISTINCT each) FROM unnest(e.whom) AS each)::int),
        e.extract_id, e.agreement
    FROM (SELECT * FROM named UNION ALL {more} SELECT * FROM extracted) AS e
    WHERE e.id < before AND e.at >= since AND e.at < until
    ORDER BY e.id DESC LIMIT most
$$"""
# There was nothing to read before 2026. The newest month first, and no more months than are needed.
# What many write at once gets its ids and moments in no strict order: around midnight both months
# are looked at, and a few more taken. OFFSET 0: all of a month is found by the index, and nothing
# by walking back through everything that was ever read.
LISTED = """
    span AS (
        SELECT greatest(since, '2026-01-01') AS first,
            least(until, now(), (SELECT e.at FROM access_entry e WHERE e.id = before)) AS last
    ),
    listed AS MATERIALIZED (
        SELECT e.* FROM span, generate_series(
            date_trunc('month', last + interval '1 minute'),
            date_trunc('month', first - interval '1 minute'), '-1 month') AS month,
        LATERAL (
            SELECT * FROM (
                SELECT e.*, CASE WHEN e.homes < 2147483647 THEN e.subjects[e.homes + 1:] END AS whom
                FROM access_entry e
                WHERE e.subjects[1:e.homes] && ARRAY(
                    SELECT village_in_month(v.code, month) FROM village_of v)
                OFFSET 0
            ) AS e
            WHERE e.whom && array[person, household]
                AND e.id < before AND e.at >= since AND e.at < until
            ORDER BY e.id DESC LIMIT most
        ) AS e
        LIMIT most + 50
    ),"""
# 0036 had a smallint at first: where it ran then, `homes` could not say "all" of a long list.
WIDER = """
DO $$ BEGIN
    IF (SELECT atttypid = 'smallint'::regtype FROM pg_attribute
        WHERE attrelid = 'access_entry'::regclass AND attname = 'homes') THEN
        ALTER TABLE access_entry ALTER COLUMN homes DROP DEFAULT,
            ALTER COLUMN homes TYPE integer
                USING CASE WHEN homes = 32767 THEN 2147483647 ELSE homes END,
            ALTER COLUMN homes SET DEFAULT 2147483647;
        ALTER INDEX ix_access_entry_homes ALTER COLUMN 1 SET STATISTICS 0;
    END IF;
END $$
"""


def upgrade() -> None:
    op.execute(WIDER)
    op.execute(VILLAGE_IN_MONTH)
    op.execute("REVOKE ALL ON FUNCTION village_in_month(bigint, timestamptz) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION village_in_month(bigint, timestamptz) TO siks_app")
    op.execute(READINGS.format(listed=LISTED, more="SELECT * FROM listed UNION ALL"))


def downgrade() -> None:
    """Lists read since then are no longer told of: what an entry says is never changed."""
    op.execute(READINGS.format(listed="", more=""))
    op.execute("DROP FUNCTION village_in_month(bigint, timestamptz)")
