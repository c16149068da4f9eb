"""The region tree, which everything else refers to."""

import sqlalchemy as sa
from alembic import op

from migrations.security import grant

revision = "0001_regions"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "region",
        sa.Column("scope_code", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("tier", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.String(40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("replaced_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("scope_code", name=op.f("pk_region")),
        sa.UniqueConstraint("code", name=op.f("uq_region_code")),
        sa.ForeignKeyConstraint(
            ["parent_code"], ["region.code"], name=op.f("fk_region_parent_code")
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by"], ["region.code"], name=op.f("fk_region_replaced_by")
        ),
        *_words(),
        *_rules(),
    )
    op.create_index(op.f("ix_region_parent_code_code"), "region", ["parent_code", "code"])
    grant("SELECT", "region")
    op.create_table(
        "region_load",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("edition", sa.Date(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column(
            "loaded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_region_load")),
    )


def _words() -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint(
            "tier IN ('nation', 'province', 'regency', 'district', 'village')",
            name=op.f("ck_region_tier"),
        ),
        sa.CheckConstraint(
            "kind IN ('province', 'kabupaten', 'kota', 'kecamatan', 'kelurahan', 'desa', "
            "'desa_adat')",
            name=op.f("ck_region_kind"),
        ),
        sa.CheckConstraint(
            "time_zone IN ('Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura')",
            name=op.f("ck_region_time_zone"),
        ),
    ]


def _rules() -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint("code ~ '^[0-9]+$'", name=op.f("ck_region_code_is_digits")),
        sa.CheckConstraint(
            "scope_code = rpad(code, 10, '0')::bigint",
            name=op.f("ck_region_scope_code_is_of_code"),
        ),
        sa.CheckConstraint(
            "length(code) = CASE tier WHEN 'province' THEN 2 WHEN 'regency' THEN 4 "
            "WHEN 'district' THEN 6 WHEN 'village' THEN 10 ELSE 0 END",
            name=op.f("ck_region_tier_is_of_code"),
        ),
        sa.CheckConstraint(
            "parent_code IS NOT DISTINCT FROM CASE tier WHEN 'regency' THEN left(code, 2) "
            "WHEN 'district' THEN left(code, 4) WHEN 'village' THEN left(code, 6) END",
            name=op.f("ck_region_parent_is_of_code"),
        ),
        sa.CheckConstraint("postal_code ~ '^[0-9]{5}$'", name=op.f("ck_region_postal_code")),
        sa.CheckConstraint("valid_from < valid_to", name=op.f("ck_region_period")),
        sa.CheckConstraint(
            "replaced_by IS NULL OR valid_to IS NOT NULL",
            name=op.f("ck_region_replaced_is_closed"),
        ),
    ]


def downgrade() -> None:
    op.drop_table("region_load")
    op.drop_table("region")
