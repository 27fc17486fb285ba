"""a step recorded by mistake is taken back by another, which says which one"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0112"
down_revision = "0111"


def upgrade() -> None:
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cancels_id", sa.String(length=36), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_step_cancels_id_step"), "step", ["cancels_id"], ["id"])
        batch_op.create_unique_constraint(batch_op.f("uq_step_cancels_id"), ["cancels_id"])
        batch_op.create_check_constraint(
            batch_op.f("ck_step_cancels_one"), "(kind = 'cancelled') = (cancels_id IS NOT NULL)"
        )


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT COUNT(*) FROM log_entry")):
        raise RuntimeError("a log that holds entries is never taken down")
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_step_cancels_one"), type_="check")
        batch_op.drop_constraint(batch_op.f("uq_step_cancels_id"), type_="unique")
        batch_op.drop_constraint(batch_op.f("fk_step_cancels_id_step"), type_="foreignkey")
        batch_op.drop_column("cancels_id")
