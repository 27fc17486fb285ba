"""search and saved views: an index of folded words, and the filters that a person keeps under a name"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0040"
down_revision = "0030"

#: What SQLite searches. The words are folded already, and separated by spaces.
FTS = "CREATE VIRTUAL TABLE action_words USING fts5(title, heart, rest, tokenize='ascii', prefix='2 3')"


def upgrade() -> None:
    op.drop_table("action_search")  # what it held is made again from the fiches, at the end of the migrations
    words = sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql")
    op.create_table(
        "action_search",
        sa.Column("action_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("sorted_title", sa.Text(), nullable=False),
        sa.Column("words", words, nullable=True),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_action_search_action_id_action")),
        sa.PrimaryKeyConstraint("action_id", name=op.f("pk_action_search")),
        sa.UniqueConstraint("number", name=op.f("uq_action_search_number")),
    )
    op.create_index("ix_action_search_words", "action_search", ["words"], postgresql_using="gin")
    op.create_table(
        "saved_view",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("folded", sa.String(length=160), nullable=False),
        sa.Column("query", sa.String(length=1000), nullable=False),
        sa.Column("saved_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saved_view_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("person_id", "folded", name=op.f("uq_saved_view_person_id_folded")),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(FTS)


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT COUNT(*) FROM log_entry")):
        raise RuntimeError("a log that holds entries is never taken down")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE action_words")
    op.drop_table("saved_view")
    op.drop_table("action_search")
    op.create_table(
        "action_search",
        sa.Column("action_id", sa.String(length=36), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_action_search_action_id_action")),
        sa.PrimaryKeyConstraint("action_id", name=op.f("pk_action_search")),
    )
