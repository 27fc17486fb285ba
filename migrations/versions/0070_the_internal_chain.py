"""whether a partner's representatives validate what its contributors prepare"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0060"


def upgrade() -> None:
    op.create_table(
        "internal_chain",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.Column("validates", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_internal_chain_partner_id_partner")),
        sa.ForeignKeyConstraint(
            ["id", "rev"],
            ["log_change.row_id", "log_change.rev"],
            name=op.f("fk_internal_chain_id_rev_log_change"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_internal_chain")),
        sa.UniqueConstraint("partner_id", name=op.f("uq_internal_chain_partner_id")),
    )


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT COUNT(*) FROM log_entry")):
        raise RuntimeError("a log that holds entries is never taken down")
    op.drop_table("internal_chain")
