"""what funders record of the reports on the money that they paid"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0104"
down_revision = "0103"


def upgrade() -> None:
    op.create_table(
        "financial_report",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("contribution_id", sa.String(length=36), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("mandate_id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contribution.id"], name=op.f("fk_financial_report_contribution_id_contribution")
        ),
        sa.ForeignKeyConstraint(
            ["id", "rev"],
            ["log_change.row_id", "log_change.rev"],
            name=op.f("fk_financial_report_id_rev_log_change"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandate.id"], name=op.f("fk_financial_report_mandate_id_mandate")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_financial_report")),
        sa.UniqueConstraint(
            "contribution_id", "year", "number", name=op.f("uq_financial_report_contribution_id_year_number")
        ),
    )


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT COUNT(*) FROM log_entry")):
        raise RuntimeError("a log that holds entries is never taken down")
    op.drop_table("financial_report")
