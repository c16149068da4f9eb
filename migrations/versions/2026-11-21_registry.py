"""households, families, members and the holders of NIKs"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.security import grant, scope

revision = "0003_registry"
down_revision = "0002_accounts"
branch_labels = None
depends_on = None


SCOPED = ("household", "family", "member")

# A NIK has one holder in the whole country, so these look past the caller's region, and say no
# more than yes or no: never who, never where. They are the only way to `nik_holder`. What they
# claim and release are members within the caller's region: row-level security is forced on
# `member` for the owner of the functions too.
NIK_FUNCTIONS = (
    """
    CREATE FUNCTION nik_held(said text, by_other_than uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    RETURN EXISTS (
        SELECT FROM nik_holder WHERE nik = said AND member_id IS DISTINCT FROM by_other_than
    )
    """,
    """
    CREATE FUNCTION nik_claim(members uuid[]) RETURNS uuid[]
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        INSERT INTO nik_holder (nik, member_id, scope_code)
        SELECT nik, id, scope_code FROM member
        WHERE id = ANY (members) AND nik IS NOT NULL
        ORDER BY nik -- two claims at once wait for each other in one order
        ON CONFLICT (nik) DO NOTHING;
        RETURN ARRAY(
            SELECT id FROM member
            WHERE id = ANY (members) AND nik IS NOT NULL AND NOT EXISTS (
                SELECT FROM nik_holder h WHERE h.nik = member.nik AND h.member_id = member.id
            )
        );
    END $$
    """,
    """
    CREATE FUNCTION nik_release(members uuid[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
    BEGIN ATOMIC
        DELETE FROM nik_holder h USING member m
        WHERE m.id = ANY (members) AND h.member_id = m.id;
    END
    """,
)


def upgrade() -> None:
    op.create_table(
        "household",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("rt", sa.Text(), nullable=True),
        sa.Column("rw", sa.Text(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "registered",
                "inactive",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("dtks_id", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'proposed') <= (dtks_id IS NULL)",
            name=op.f("ck_household_proposed_has_no_dtks_id"),
        ),
        sa.CheckConstraint(
            "(state = 'registered') <= (dtks_id IS NOT NULL)",
            name=op.f("ck_household_registered_has_dtks_id"),
        ),
        sa.CheckConstraint(
            "(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_household_point_is_whole")
        ),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name=op.f("ck_household_latitude")),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name=op.f("ck_household_longitude")),
        sa.CheckConstraint(
            "scope_code % 10000 >= 1000", name=op.f("ck_household_lies_in_a_village")
        ),
        sa.ForeignKeyConstraint(
            ["scope_code"], ["region.scope_code"], name=op.f("fk_household_scope_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
        sa.UniqueConstraint("dtks_id", name=op.f("uq_household_dtks_id")),
        sa.UniqueConstraint("id", "scope_code", name=op.f("uq_household_id_scope_code")),
    )
    op.create_index(
        op.f("ix_household_scope_code_id"), "household", ["scope_code", "id"], unique=False
    )
    op.create_index(
        op.f("ix_household_state_scope_code_id"),
        "household",
        ["state", "scope_code", "id"],
        unique=False,
    )
    op.create_table(
        "family",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("card_number", sa.Text(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "registered",
                "inactive",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number BETWEEN 1 AND 10", name=op.f("ck_family_number")),
        sa.ForeignKeyConstraint(
            ["household_id", "scope_code"],
            ["household.id", "household.scope_code"],
            name=op.f("fk_family_household_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family")),
        sa.UniqueConstraint("id", "household_id", name=op.f("uq_family_id_household_id")),
    )
    op.create_index(op.f("ix_family_scope_code_id"), "family", ["scope_code", "id"], unique=False)
    op.create_index(
        "uq_family_number_in_household",
        "family",
        ["household_id", "number"],
        unique=True,
        postgresql_where=sa.text("state <> 'inactive'"),
    )
    op.create_table(
        "member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=True),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("nik", sa.Text(), nullable=True),
        sa.Column(
            "nik_verdict",
            sa.Enum(
                "missing",
                "valid",
                "valid_with_warning",
                "invalid",
                name="nik_verdict",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("nik_codes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("sex", sa.SmallInteger(), nullable=True),
        sa.Column("birth_place", sa.Text(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("mother_name", sa.Text(), nullable=True),
        sa.Column("relation_to_household_head", sa.SmallInteger(), nullable=True),
        sa.Column("relation_to_family_head", sa.SmallInteger(), nullable=True),
        sa.Column("marital_status", sa.SmallInteger(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "registered",
                "inactive",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("dtks_id", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("family_id"), "="),
            where=sa.text("relation_to_family_head = 1 AND state <> 'inactive'"),
            deferrable="True",
            initially="IMMEDIATE",
            using="btree",
            name="ex_member_one_family_head",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("household_id"), "="),
            where=sa.text("relation_to_household_head = 1 AND state <> 'inactive'"),
            deferrable="True",
            initially="IMMEDIATE",
            using="btree",
            name="ex_member_one_household_head",
        ),
        sa.CheckConstraint(
            "(state = 'proposed') <= (dtks_id IS NULL)",
            name=op.f("ck_member_proposed_has_no_dtks_id"),
        ),
        sa.CheckConstraint(
            "(state = 'registered') <= (dtks_id IS NOT NULL)",
            name=op.f("ck_member_registered_has_dtks_id"),
        ),
        sa.CheckConstraint("marital_status BETWEEN 1 AND 4", name=op.f("ck_member_marital_status")),
        sa.CheckConstraint("number BETWEEN 1 AND 99", name=op.f("ck_member_number")),
        sa.CheckConstraint(
            "relation_to_family_head BETWEEN 1 AND 8", name=op.f("ck_member_relation_to_family")
        ),
        sa.CheckConstraint(
            "relation_to_household_head BETWEEN 1 AND 8",
            name=op.f("ck_member_relation_to_household"),
        ),
        sa.CheckConstraint("sex IN (1, 2)", name=op.f("ck_member_sex")),
        sa.ForeignKeyConstraint(
            ["family_id", "household_id"],
            ["family.id", "family.household_id"],
            name=op.f("fk_member_family_id_household_id"),
        ),
        sa.ForeignKeyConstraint(
            ["household_id", "scope_code"],
            ["household.id", "household.scope_code"],
            name=op.f("fk_member_household_id_scope_code"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("dtks_id", name=op.f("uq_member_dtks_id")),
    )
    op.create_index(op.f("ix_member_family_id"), "member", ["family_id"], unique=False)
    op.create_index(op.f("ix_member_household_id"), "member", ["household_id"], unique=False)
    op.create_index(op.f("ix_member_scope_code_id"), "member", ["scope_code", "id"], unique=False)
    op.create_table(
        "nik_holder",
        sa.Column("nik", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("scope_code", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_nik_holder_member_id")),
        sa.PrimaryKeyConstraint("nik", name=op.f("pk_nik_holder")),
        sa.UniqueConstraint("member_id", name=op.f("uq_nik_holder_member_id")),
    )
    for table in SCOPED:
        scope(table)
        grant("SELECT, INSERT, UPDATE", table)

    op.execute("CREATE SEQUENCE dtks_id")
    op.execute("GRANT USAGE ON SEQUENCE dtks_id TO siks_app")
    for function in NIK_FUNCTIONS:
        op.execute(function)
    op.execute(
        "REVOKE ALL ON FUNCTION nik_held(text, uuid), nik_claim(uuid[]), "
        "nik_release(uuid[]) FROM PUBLIC"
    )
    op.execute(
        "GRANT EXECUTE ON FUNCTION nik_held(text, uuid), nik_claim(uuid[]), "
        "nik_release(uuid[]) TO siks_app"
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION nik_held, nik_claim, nik_release")
    op.execute("DROP SEQUENCE dtks_id")
    for table in ("nik_holder", *reversed(SCOPED)):
        op.drop_table(table)
