"""who saw what became of a suggestion: a mark of its author's"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0085"
down_revision = "0080"


def upgrade() -> None:
    op.create_table(
        "suggestion_seen",
        sa.Column("suggestion_id", sa.String(length=36), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(
            ["suggestion_id"], ["suggestion.id"], name=op.f("fk_suggestion_seen_suggestion_id_suggestion")
        ),
        sa.PrimaryKeyConstraint("suggestion_id", name=op.f("pk_suggestion_seen")),
    )


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT COUNT(*) FROM log_entry")):
        raise RuntimeError("a log that holds entries is never taken down")
    op.drop_table("suggestion_seen")
