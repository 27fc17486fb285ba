"""the structure of the plan, and imports of spreadsheets"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0050"


def _link(table: str) -> sa.ForeignKeyConstraint:
    """The tie of an audited row to its line in the log."""
    return sa.ForeignKeyConstraint(
        ["id", "rev"],
        ["log_change.row_id", "log_change.rev"],
        name=op.f(f"fk_{table}_id_rev_log_change"),
        initially="DEFERRED",
        deferrable=True,
    )


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    op.create_table(
        "former_code",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("action_id", sa.String(length=36), nullable=False),
        sa.Column("axis_id", sa.String(length=36), nullable=False),
        sa.Column("objective_id", sa.String(length=36), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("replaced_at", sa.String(length=27), nullable=False),
        _refers("former_code", "action_id", "action"),
        _refers("former_code", "axis_id", "axis"),
        _refers("former_code", "objective_id", "objective"),
        _link("former_code"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_code")),
        sa.UniqueConstraint("code", name=op.f("uq_former_code_code")),
    )
    with op.batch_alter_table("former_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_former_code_action_id"), ["action_id"], unique=False)

    op.create_table(
        "action_link",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("from_id", sa.String(length=36), nullable=False),
        sa.Column("to_id", sa.String(length=36), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.String(length=27), nullable=False),
        sa.Column("ended_at", sa.String(length=27), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=True),
        _refers("action_link", "from_id", "action"),
        _link("action_link"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_link")),
        sa.UniqueConstraint("from_id", "to_id", "kind", name=op.f("uq_action_link_from_id_to_id_kind")),
    )
    with op.batch_alter_table("action_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_action_link_to_id"), ["to_id"], unique=False)

    op.create_table(
        "action_lineage",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.String(length=36), nullable=False),
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("label", sa.String(length=300), nullable=False),
        sa.Column("former_code", sa.String(length=40), nullable=True),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.String(length=27), nullable=False),
        sa.Column("ended_at", sa.String(length=27), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=True),
        _refers("action_lineage", "action_id", "action"),
        _refers("action_lineage", "contract_id", "contract"),
        _link("action_lineage"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_lineage")),
    )
    with op.batch_alter_table("action_lineage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_action_lineage_action_id"), ["action_id"], unique=False)

    op.create_table(
        "action_carry",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.String(length=36), nullable=False),
        sa.Column("action_id", sa.String(length=36), nullable=False),
        sa.Column("kept_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.Column("settlement", sa.String(length=10), nullable=True),
        sa.Column("settled_at", sa.String(length=27), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        _refers("action_carry", "link_id", "action_link"),
        _refers("action_carry", "action_id", "action"),
        _refers("action_carry", "kept_id", "action"),
        _refers("action_carry", "partner_id", "partner"),
        _link("action_carry"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_carry")),
        sa.UniqueConstraint("action_id", "partner_id", name=op.f("uq_action_carry_action_id_partner_id")),
    )
    with op.batch_alter_table("action_carry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_action_carry_partner_id"), ["partner_id"], unique=False)

    op.create_table(
        "import_sheet",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.String(length=27), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("draft_ids", sa.JSON(), nullable=False),
        _refers("import_sheet", "partner_id", "partner"),
        _refers("import_sheet", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_sheet")),
    )
    with op.batch_alter_table("import_sheet", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_sheet_person_id"), ["person_id"], unique=False)


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT COUNT(*) FROM log_entry")):
        raise RuntimeError("a log that holds entries is never taken down")
    with op.batch_alter_table("import_sheet", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_sheet_person_id"))

    op.drop_table("import_sheet")
    with op.batch_alter_table("action_carry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_action_carry_partner_id"))

    op.drop_table("action_carry")
    with op.batch_alter_table("action_lineage", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_action_lineage_action_id"))

    op.drop_table("action_lineage")
    with op.batch_alter_table("action_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_action_link_to_id"))

    op.drop_table("action_link")
    with op.batch_alter_table("former_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_former_code_action_id"))

    op.drop_table("former_code")
