"""the cost of a version by nature, the part that subsidies may bear, whether taxes are in it, State aid

The log says so in entries of its own (``cocon.audit.migrated``), as for the fields before. No default stays behind.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0087"
down_revision = "0086"

COLUMNS = {
    "cost_basis": sa.String(length=10),
    "state_aid": sa.String(length=20),
    "state_aid_regime": sa.String(length=200),
}


def upgrade() -> None:
    op.create_table(
        "version_charge",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.String(length=36), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("nature", sa.String(length=2), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_version_charge_amount_positive")),
        sa.ForeignKeyConstraint(
            ["id", "rev"],
            ["log_change.row_id", "log_change.rev"],
            name=op.f("fk_version_charge_id_rev_log_change"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["action_version.id"], name=op.f("fk_version_charge_version_id_action_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_version_charge")),
        sa.UniqueConstraint("version_id", "year", "nature", name=op.f("uq_version_charge_version_id_year_nature")),
    )
    within = sa.CheckConstraint("eligible BETWEEN 0 AND amount", name=op.f("ck_version_cost_eligible_within"))
    op.add_column("version_cost", sa.Column("eligible", sa.BigInteger(), within, nullable=True))
    with op.batch_alter_table("action_version", schema=None) as batch_op:
        for name, kind in COLUMNS.items():
            batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=""))
    with op.batch_alter_table("action_version", schema=None) as batch_op:
        for name, kind in COLUMNS.items():
            batch_op.alter_column(name, existing_type=kind, existing_nullable=False, server_default=None)


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT COUNT(*) FROM log_entry")):
        raise RuntimeError("a log that holds entries is never taken down")
    with op.batch_alter_table("action_version", schema=None) as batch_op:
        for name in reversed(COLUMNS):
            batch_op.drop_column(name)
    op.execute(sa.text("ALTER TABLE version_cost DROP COLUMN eligible"))
    op.drop_table("version_charge")
