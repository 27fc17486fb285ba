"""a simulation names who saved it by reference, which does not outlive the erasure of that person"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0110"
down_revision = "0104"


def upgrade() -> None:
    with op.batch_alter_table("simulation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mandate_id", sa.String(length=36), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_simulation_mandate_id_mandate"), "mandate", ["mandate_id"], ["id"])
    op.execute(
        """
        UPDATE simulation SET mandate_id = (
          SELECT MIN(mandate.id) FROM mandate JOIN person ON person.id = mandate.person_id
          WHERE mandate.partner_id = simulation.partner_id AND person.name = simulation.saved_by
        )
        """
    )
    with op.batch_alter_table("simulation", schema=None) as batch_op:
        batch_op.drop_column("saved_by")


def downgrade() -> None:
    with op.batch_alter_table("simulation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("saved_by", sa.String(length=200), nullable=False, server_default=""))
        batch_op.drop_constraint(batch_op.f("fk_simulation_mandate_id_mandate"), type_="foreignkey")
        batch_op.drop_column("mandate_id")
    with op.batch_alter_table("simulation", schema=None) as batch_op:
        batch_op.alter_column("saved_by", existing_type=sa.String(length=200), server_default=None)
