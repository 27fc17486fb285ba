"""how far each tranche has come, the steps that brought it there, the acts that prove them

The log says the new columns in an entry of its own (``cocon.audit.migrated``). No default stays behind.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0090"
down_revision = "0087"

LEVELS = ("inscribed", "credited", "voted", "contracted", "engaged", "paid")
BOUNDS = {
    "paid_engaged_voted": "0 <= paid AND paid <= engaged AND engaged <= voted",
    "voted_inscribed": "0 <= contracted AND contracted <= voted AND voted <= inscribed",
    "credited_inscribed": "0 <= credited AND credited <= inscribed",
}


def upgrade() -> None:
    with op.batch_alter_table("tranche", schema=None) as batch_op:
        for name in LEVELS:
            batch_op.add_column(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("nature", sa.String(length=12), nullable=False, server_default=""))
    with op.batch_alter_table("tranche", schema=None) as batch_op:
        for name in LEVELS:
            batch_op.alter_column(name, existing_type=sa.BigInteger(), existing_nullable=False, server_default=None)
        batch_op.alter_column("nature", existing_type=sa.String(12), existing_nullable=False, server_default=None)
        batch_op.drop_constraint(batch_op.f("uq_tranche_contribution_id_year"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_tranche_contribution_id_year_nature"), ["contribution_id", "year", "nature"]
        )
        for name, condition in BOUNDS.items():
            batch_op.create_check_constraint(batch_op.f(f"ck_tranche_{name}"), sa.text(condition))
    _create_act()
    _create_step()


def _create_act() -> None:
    op.create_table(
        "act",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.Column("mandate_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("assembly", sa.String(length=120), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("adopted_on", sa.Date(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("voters", sa.Integer(), nullable=True),
        sa.Column("votes_for", sa.Integer(), nullable=True),
        sa.Column("votes_against", sa.Integer(), nullable=True),
        sa.Column("abstentions", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.String(length=27), nullable=False),
        sa.Column("withdrawn_at", sa.String(length=27), nullable=True),
        sa.Column("withdrawal_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["id", "rev"],
            ["log_change.row_id", "log_change.rev"],
            name=op.f("fk_act_id_rev_log_change"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandate.id"], name=op.f("fk_act_mandate_id_mandate")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_act_partner_id_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act")),
    )
    living = sa.text("withdrawn_at IS NULL")
    with op.batch_alter_table("act", schema=None) as batch_op:
        batch_op.create_index("ix_act_adopted", ["adopted_on", "id"], unique=False)
        batch_op.create_index(
            "ix_act_living",
            ["partner_id", "kind", "number"],
            unique=True,
            sqlite_where=living,
            postgresql_where=living,
        )


def _create_step() -> None:
    op.create_table(
        "step",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("tranche_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("act_id", sa.String(length=36), nullable=True),
        sa.Column("reference", sa.String(length=60), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("mandate_id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", sa.String(length=27), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_step_amount_positive")),
        sa.ForeignKeyConstraint(["act_id"], ["act.id"], name=op.f("fk_step_act_id_act")),
        sa.ForeignKeyConstraint(
            ["id", "rev"],
            ["log_change.row_id", "log_change.rev"],
            name=op.f("fk_step_id_rev_log_change"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandate.id"], name=op.f("fk_step_mandate_id_mandate")),
        sa.ForeignKeyConstraint(["tranche_id"], ["tranche.id"], name=op.f("fk_step_tranche_id_tranche")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step")),
        sa.UniqueConstraint("tranche_id", "number", name=op.f("uq_step_tranche_id_number")),
    )
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_step_act_id"), ["act_id"], unique=False)


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT COUNT(*) FROM log_entry")):
        raise RuntimeError("a log that holds entries is never taken down")
    op.drop_table("step")
    op.drop_table("act")
    with op.batch_alter_table("tranche", schema=None) as batch_op:
        for name in BOUNDS:
            batch_op.drop_constraint(batch_op.f(f"ck_tranche_{name}"), type_="check")
        batch_op.drop_constraint(batch_op.f("uq_tranche_contribution_id_year_nature"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_tranche_contribution_id_year"), ["contribution_id", "year"])
        batch_op.drop_column("nature")
        for name in reversed(LEVELS):
            batch_op.drop_column(name)
