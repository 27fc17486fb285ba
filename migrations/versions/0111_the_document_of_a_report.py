"""a financial report received carries its document, as an act does"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0111"
down_revision = "0110"

ONCE = (
    "CASE WHEN action_id IS NULL THEN 0 ELSE 1 END + CASE WHEN act_id IS NULL THEN 0 ELSE 1 END "
    "+ CASE WHEN report_id IS NULL THEN 0 ELSE 1 END = 1"
)


def upgrade() -> None:
    living = sa.text("withdrawn_at IS NULL")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_attachment_joined_once"), type_="check")
        batch_op.add_column(sa.Column("report_id", sa.String(length=36), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_attachment_report_id_financial_report"), "financial_report", ["report_id"], ["id"]
        )
        batch_op.create_check_constraint(batch_op.f("ck_attachment_joined_once"), sa.text(ONCE))
        batch_op.create_index(
            "ix_attachment_report_living", ["report_id"], unique=True, sqlite_where=living, postgresql_where=living
        )


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT COUNT(*) FROM log_entry")):
        raise RuntimeError("a log that holds entries is never taken down")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index("ix_attachment_report_living")
        batch_op.drop_constraint(batch_op.f("ck_attachment_joined_once"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_attachment_report_id_financial_report"), type_="foreignkey")
        batch_op.drop_column("report_id")
        batch_op.create_check_constraint(
            batch_op.f("ck_attachment_joined_once"), sa.text("(action_id IS NULL) <> (act_id IS NULL)")
        )
