"""the life of a thread: its section, its end, what becomes of messages, whom they call"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "comment_act",
        *_audited("comment_act"),
        sa.Column("comment_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("done_at", sa.String(length=27), nullable=False),
        sa.Column("mandate_id", sa.String(length=36), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        _to("comment_act", "comment_id", "comment"),
        _to("comment_act", "mandate_id", "mandate"),
        sa.UniqueConstraint("comment_id", "number", name=op.f("uq_comment_act_comment_id_number")),
    )
    op.create_table(
        "thread",
        *_audited("thread"),
        sa.Column("comment_id", sa.String(length=36), nullable=False),
        sa.Column("section", sa.String(length=30), nullable=True),
        sa.Column("resolved_at", sa.String(length=27), nullable=True),
        sa.Column("mandate_id", sa.String(length=36), nullable=True),
        _to("thread", "comment_id", "comment"),
        _to("thread", "mandate_id", "mandate"),
        sa.UniqueConstraint("comment_id", name=op.f("uq_thread_comment_id")),
    )
    op.create_table(
        "mention",
        *_audited("mention"),
        sa.Column("comment_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("standing", sa.Boolean(), nullable=False),
        _to("mention", "comment_id", "comment"),
        _to("mention", "partner_id", "partner"),
        _to("mention", "person_id", "person"),
    )
    with op.batch_alter_table("mention", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mention_comment_id"), ["comment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mention_partner_id"), ["partner_id"], unique=False)
    op.create_table(
        "mention_seen",
        sa.Column("mention_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("seen_at", sa.String(length=27), nullable=False),
        _to("mention_seen", "mention_id", "mention"),
        _to("mention_seen", "person_id", "person"),
        sa.PrimaryKeyConstraint("mention_id", name=op.f("pk_mention_seen")),
    )
    with op.batch_alter_table("comment", schema=None) as batch_op:
        batch_op.create_index("ix_comment_thread_id", ["thread_id"], unique=False)


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT COUNT(*) FROM log_entry")):
        raise RuntimeError("a log that holds entries is never taken down")
    with op.batch_alter_table("comment", schema=None) as batch_op:
        batch_op.drop_index("ix_comment_thread_id")
    for table in ("mention_seen", "mention", "thread", "comment_act"):
        op.drop_table(table)


def _audited(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """What every audited table has: its key, its revision, and the link to its line in the log."""
    return (
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            ["id", "rev"],
            ["log_change.row_id", "log_change.rev"],
            name=op.f(f"fk_{table}_id_rev_log_change"),
            initially="DEFERRED",
            deferrable=True,
        ),
    )


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
