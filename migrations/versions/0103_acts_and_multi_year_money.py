"""files of acts, how a partner numbers its acts, what is bound over several years, conditions

The log says the new columns in entries of its own (``cocon.audit.migrated``). No default stays behind.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0103"
down_revision = "0101"


def upgrade() -> None:
    living = sa.text("withdrawn_at IS NULL")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.alter_column("action_id", existing_type=sa.String(length=36), nullable=True)
        batch_op.add_column(sa.Column("act_id", sa.String(length=36), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_attachment_act_id_act"), "act", ["act_id"], ["id"])
        batch_op.create_check_constraint(
            batch_op.f("ck_attachment_joined_once"), sa.text("(action_id IS NULL) <> (act_id IS NULL)")
        )
        batch_op.create_index(
            "ix_attachment_act_living", ["act_id"], unique=True, sqlite_where=living, postgresql_where=living
        )
    with op.batch_alter_table("partner", schema=None) as batch_op:
        batch_op.add_column(sa.Column("act_example", sa.String(length=60), nullable=True))
    _create_authorisation()
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.add_column(sa.Column("authorisation_id", sa.String(length=36), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_step_authorisation_id_authorisation"), "authorisation", ["authorisation_id"], ["id"]
        )
    _create_condition()
    with op.batch_alter_table("import_sheet", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=8), nullable=False, server_default="fiches"))
    with op.batch_alter_table("import_sheet", schema=None) as batch_op:
        batch_op.alter_column("kind", existing_type=sa.String(length=8), existing_nullable=False, server_default=None)


def _create_authorisation() -> None:
    op.create_table(
        "authorisation",
        *_audited("authorisation"),
        sa.Column("contribution_id", sa.String(length=36), nullable=False),
        sa.Column("nature", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("regime", sa.String(length=8), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("act_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("mandate_id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", sa.String(length=27), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_authorisation_amount_positive")),
        sa.CheckConstraint("regime = 'multi' OR amount = 0", name=op.f("ck_authorisation_annual_is_nothing")),
        _to("authorisation", "act_id", "act"),
        _to("authorisation", "contribution_id", "contribution"),
        _to("authorisation", "mandate_id", "mandate"),
        sa.UniqueConstraint(
            "contribution_id", "nature", "number", name=op.f("uq_authorisation_contribution_id_nature_number")
        ),
    )
    op.create_index(op.f("ix_authorisation_act_id"), "authorisation", ["act_id"], unique=False)
    op.create_table(
        "authorisation_year",
        *_audited("authorisation_year"),
        sa.Column("authorisation_id", sa.String(length=36), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_authorisation_year_amount_positive")),
        _to("authorisation_year", "authorisation_id", "authorisation"),
        sa.UniqueConstraint("authorisation_id", "year", name=op.f("uq_authorisation_year_authorisation_id_year")),
    )


def _create_condition() -> None:
    op.create_table(
        "condition",
        *_audited("condition"),
        sa.Column("contribution_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("act_id", sa.String(length=36), nullable=True),
        sa.Column("mandate_id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", sa.String(length=27), nullable=False),
        sa.Column("lifted_on", sa.Date(), nullable=True),
        sa.Column("lifting_reason", sa.Text(), nullable=True),
        sa.Column("lifting_act_id", sa.String(length=36), nullable=True),
        sa.Column("lifting_mandate_id", sa.String(length=36), nullable=True),
        sa.Column("lifted_at", sa.String(length=27), nullable=True),
        sa.CheckConstraint("(lifted_on IS NULL) = (lifted_at IS NULL)", name=op.f("ck_condition_lifted_whole")),
        _to("condition", "act_id", "act"),
        _to("condition", "contribution_id", "contribution"),
        _to("condition", "lifting_act_id", "act"),
        _to("condition", "lifting_mandate_id", "mandate"),
        _to("condition", "mandate_id", "mandate"),
    )
    for column in ("act_id", "contribution_id", "lifting_act_id"):
        op.create_index(op.f(f"ix_condition_{column}"), "condition", [column], unique=False)


def _audited(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """What every audited table has."""
    return (
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["id", "rev"],
            ["log_change.row_id", "log_change.rev"],
            name=op.f(f"fk_{table}_id_rev_log_change"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT COUNT(*) FROM log_entry")):
        raise RuntimeError("a log that holds entries is never taken down")
    with op.batch_alter_table("import_sheet", schema=None) as batch_op:
        batch_op.drop_column("kind")
    op.drop_table("condition")
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_step_authorisation_id_authorisation"), type_="foreignkey")
        batch_op.drop_column("authorisation_id")
    op.drop_table("authorisation_year")
    op.drop_table("authorisation")
    with op.batch_alter_table("partner", schema=None) as batch_op:
        batch_op.drop_column("act_example")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index("ix_attachment_act_living")
        batch_op.drop_constraint(batch_op.f("ck_attachment_joined_once"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_attachment_act_id_act"), type_="foreignkey")
        batch_op.drop_column("act_id")
        batch_op.alter_column("action_id", existing_type=sa.String(length=36), nullable=False)
