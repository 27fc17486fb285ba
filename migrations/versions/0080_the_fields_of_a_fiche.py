"""what a fiche may also say: its delegated owner, its dates, deliverables, evaluation, coordination, risks

The log says so in an entry of its own (``cocon.audit.migrated``) where it holds versions that lack these columns. No
default stays behind: a server of the former schema that still runs can publish nothing that the log would not know.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0070"

COLUMNS = {
    **{name: sa.Text() for name in ("coordination", "deliverables", "evaluation", "risks")},
    "delegate": sa.String(length=200),
    **{name: sa.String(length=10) for name in ("starts", "ends")},
}


def upgrade() -> None:
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
