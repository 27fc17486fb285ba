"""envelopes by axis, what each became and why, what partners try before they promise

The log says the new column in an entry of its own (``cocon.audit.migrated``). Envelopes declared earlier keep the act
that declared them in the log; their first version here is the next one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0101"
down_revision = "0100"


def upgrade() -> None:
    whole = sa.text("axis_id IS NULL")
    with op.batch_alter_table("envelope", schema=None) as batch_op:
        batch_op.add_column(sa.Column("axis_id", sa.String(length=36), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_envelope_axis_id_axis"), "axis", ["axis_id"], ["id"])
        batch_op.drop_constraint(batch_op.f("uq_envelope_partner_id_year"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_envelope_partner_id_year_axis_id"), ["partner_id", "year", "axis_id"]
        )
        batch_op.create_index(
            "ix_envelope_whole",
            ["partner_id", "year"],
            unique=True,
            sqlite_where=whole,
            postgresql_where=whole,
        )
    _create_version()
    op.create_table(
        "simulation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.String(length=27), nullable=False),
        sa.Column("saved_by", sa.String(length=200), nullable=False),
        sa.Column("closed_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_simulation_partner_id_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_simulation")),
    )
    with op.batch_alter_table("simulation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_simulation_partner_id"), ["partner_id"], unique=False)


def _create_version() -> None:
    op.create_table(
        "envelope_version",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("envelope_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("former", sa.BigInteger(), nullable=True),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("act_id", sa.String(length=36), nullable=True),
        sa.Column("other_id", sa.String(length=36), nullable=True),
        sa.Column("mandate_id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", sa.String(length=27), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_envelope_version_amount_positive")),
        sa.ForeignKeyConstraint(["act_id"], ["act.id"], name=op.f("fk_envelope_version_act_id_act")),
        sa.ForeignKeyConstraint(
            ["envelope_id"], ["envelope.id"], name=op.f("fk_envelope_version_envelope_id_envelope")
        ),
        sa.ForeignKeyConstraint(
            ["id", "rev"],
            ["log_change.row_id", "log_change.rev"],
            name=op.f("fk_envelope_version_id_rev_log_change"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandate.id"], name=op.f("fk_envelope_version_mandate_id_mandate")),
        sa.ForeignKeyConstraint(["other_id"], ["envelope.id"], name=op.f("fk_envelope_version_other_id_envelope")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_envelope_version")),
        sa.UniqueConstraint("envelope_id", "number", name=op.f("uq_envelope_version_envelope_id_number")),
    )
    with op.batch_alter_table("envelope_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_envelope_version_act_id"), ["act_id"], unique=False)


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT COUNT(*) FROM log_entry")):
        raise RuntimeError("a log that holds entries is never taken down")
    op.drop_table("simulation")
    op.drop_table("envelope_version")
    with op.batch_alter_table("envelope", schema=None) as batch_op:
        batch_op.drop_index("ix_envelope_whole")
        batch_op.drop_constraint(batch_op.f("uq_envelope_partner_id_year_axis_id"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_envelope_partner_id_year"), ["partner_id", "year"])
        batch_op.drop_constraint(batch_op.f("fk_envelope_axis_id_axis"), type_="foreignkey")
        batch_op.drop_column("axis_id")
