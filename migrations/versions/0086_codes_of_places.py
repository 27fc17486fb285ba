"""the official codes of the places where an action is led

The log says so in an entry of its own (``cocon.audit.migrated``), as for the fields before. No default stays behind.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0086"
down_revision = "0085"


def upgrade() -> None:
    with op.batch_alter_table("action_version", schema=None) as batch_op:
        batch_op.add_column(sa.Column("territory_codes", sa.String(length=300), nullable=False, server_default=""))
    with op.batch_alter_table("action_version", schema=None) as batch_op:
        batch_op.alter_column(
            "territory_codes", existing_type=sa.String(length=300), existing_nullable=False, server_default=None
        )


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT COUNT(*) FROM log_entry")):
        raise RuntimeError("a log that holds entries is never taken down")
    with op.batch_alter_table("action_version", schema=None) as batch_op:
        batch_op.drop_column("territory_codes")
