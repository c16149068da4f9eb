"""the audit and its chain, and who read of whom"""

import sqlalchemy as sa
from alembic import op

from migrations.security import grant, scope

revision = "0005_audit"
down_revision = "0004_proposals"
branch_labels = None
depends_on = None

# What the service writes of an entry. Order, time, transaction and hashes are the trigger's.
WRITTEN = (
    "workflow, subject_id, scope_code, action, source, target, version, actor_id, actor_role, "
    "actor_region_code, channel, request_id, grounds, changes"
)
NOTED = (
    "scope_code, actor_id, actor_role, actor_region_code, purpose, operation, request_id, subjects"
)

REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$
"""

# Form 1 of the bytes that are hashed: every column, in this order, each with its length before
# it, so that no two entries give the same bytes. Nothing here depends on a setting of the
# session: numbers and ids have one text, times are microseconds since 1970, hashes are hex. The
# salt is told to nobody: without it a reader of hashes could try out the numbers he sees masked.
COLUMNS = (
    "e.hash_version::text",
    "e.id::text",
    "e.workflow",
    "e.subject_id::text",
    "e.seq::text",
    "e.salt::text",
    "e.scope_code::text",
    "e.action",
    "e.source",
    "e.target",
    "e.version::text",
    "e.actor_id::text",
    "e.actor_role",
    "e.actor_region_code",
    "e.channel",
    "e.request_id",
    "e.grounds",
    "e.changes",
    "(extract(epoch FROM e.at AT TIME ZONE 'UTC') * 1000000)::bigint::text",
    "e.xid::text",
    "encode(e.prev_hash, 'hex')",
)
CANONICAL = f"""
CREATE FUNCTION audit_canonical(e audit_entry) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE -- stable as `convert_to` is, or it would not be inlined
RETURN convert_to(
    {" || ',' || ".join(f"coalesce(octet_length({c})::text || ':' || {c}, '-')" for c in COLUMNS)},
    'UTF8'
)
"""

# The chain of a subject in its workflow: its head is locked, so that two entries never follow the
# same one. The clock may be set back; the times in a chain never are.
CHAIN = """
CREATE FUNCTION audit_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    head audit_head;
BEGIN
    INSERT INTO audit_head AS h (subject_id, workflow, seq, hash, at)
    VALUES (NEW.subject_id, NEW.workflow, 1, decode(repeat('00', 32), 'hex'), clock_timestamp())
    ON CONFLICT (subject_id, workflow)
    DO UPDATE SET seq = h.seq + 1, at = greatest(h.at, clock_timestamp())
    RETURNING * INTO head;

    NEW.seq := head.seq;
    NEW.salt := gen_random_uuid();
    NEW.at := head.at;
    NEW.xid := pg_current_xact_id()::text::bigint;
    NEW.prev_hash := head.hash;
    NEW.hash_version := 1;
    NEW.hash := sha256(audit_canonical(NEW));

    UPDATE audit_head SET hash = NEW.hash
    WHERE subject_id = NEW.subject_id AND workflow = NEW.workflow;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column(
            "actor_role",
            sa.Enum(
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
                name="actor_role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("actor_region_code", sa.Text(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "http",
                "console",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("grounds", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), server_default=sa.FetchedValue(), nullable=False),
        sa.Column("salt", sa.Uuid(), server_default=sa.FetchedValue(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.FetchedValue(), nullable=False
        ),
        sa.Column("xid", sa.BigInteger(), server_default=sa.FetchedValue(), nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(), server_default=sa.FetchedValue(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), server_default=sa.FetchedValue(), nullable=False),
        sa.Column(
            "hash_version", sa.SmallInteger(), server_default=sa.FetchedValue(), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint(
            "subject_id", "workflow", "seq", name=op.f("uq_audit_entry_subject_id_workflow_seq")
        ),
    )
    op.create_index(
        "ix_audit_entry_decisions",
        "audit_entry",
        ["scope_code", "id"],
        unique=False,
        postgresql_where=sa.text(
            "workflow = 'proposal' AND action IN ('approve', 'return', 'reject')"
        ),
    )
    op.create_index(
        op.f("ix_audit_entry_scope_code_id"), "audit_entry", ["scope_code", "id"], unique=False
    )
    for first in ("workflow", "action"):
        op.create_index(
            op.f(f"ix_audit_entry_{first}_scope_code_id"),
            "audit_entry",
            [first, "scope_code", "id"],
        )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"], postgresql_using="brin")
    op.create_index(
        op.f("ix_audit_entry_actor_id_scope_code_id"),
        "audit_entry",
        ["actor_id", "scope_code", "id"],
        unique=False,
    )
    op.create_table(
        "audit_head",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "workflow", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "access_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column(
            "actor_role",
            sa.Enum(
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
                name="actor_role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("actor_region_code", sa.Text(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "verification",
                "service",
                "audit",
                "extract",
                "correction",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("subjects", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_entry")),
    )
    op.create_index(
        op.f("ix_access_entry_scope_code_id"), "access_entry", ["scope_code", "id"], unique=False
    )
    op.create_index(
        "ix_access_entry_subjects",
        "access_entry",
        ["subjects"],
        unique=False,
        postgresql_using="gin",
    )
    scope("audit_entry")
    grant("SELECT", "audit_entry")
    grant(f"INSERT ({WRITTEN})", "audit_entry")
    scope("access_entry")
    grant("SELECT", "access_entry")
    grant(f"INSERT ({NOTED})", "access_entry")
    op.execute(REFUSE)
    for table in ("audit_entry", "access_entry"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(CANONICAL)
    op.execute(CHAIN)
    op.execute(
        "CREATE TRIGGER chain BEFORE INSERT ON audit_entry "
        "FOR EACH ROW EXECUTE FUNCTION audit_chain()"
    )
    op.execute("REVOKE ALL ON FUNCTION audit_chain() FROM PUBLIC")


def downgrade() -> None:
    for table in ("access_entry", "audit_head", "audit_entry"):
        op.drop_table(table)
        if table == "audit_head":
            op.execute("DROP FUNCTION audit_canonical(audit_entry) CASCADE")
    op.execute("DROP FUNCTION audit_chain, refuse_change")
