"""What approvers do: approvals, returns and reopenings of figures, append-only like the rest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_04"
down_revision = "2026_11_22_03"
branch_labels = None
depends_on = None

PLACE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MESSAGE = "append-only: what is recorded is never changed"


def upgrade() -> None:
    """Create the table, and let the database refuse to change it."""
    op.create_table(
        "review",
        sa.Column("entry_id", PLACE, autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kpi_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("submission_id", PLACE, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["journal.id"], name="fk_review_entry_id_journal"),
        sa.ForeignKeyConstraint(
            ["kpi_id", "department_id", "period", "revision"],
            ["revision.kpi_id", "revision.department_id", "revision.period", "revision.revision"],
            name="fk_review_kpi_id_department_id_period_revision_revision",
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name="fk_review_submission_id_submission"
        ),
        sa.PrimaryKeyConstraint("entry_id", "ordinal", name="pk_review"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_review_submission_id", "review", ["submission_id"], unique=False)
    op.create_index(
        "ix_review_kpi_id_department_id_period_entry_id",
        "review",
        ["kpi_id", "department_id", "period", "entry_id"],
        unique=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON review "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    else:
        _protect_sqlite()


def _protect_sqlite() -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    op.execute(f"CREATE TRIGGER review_no_update BEFORE UPDATE ON review {refuse}")
    op.execute(f"CREATE TRIGGER review_no_delete BEFORE DELETE ON review {refuse}")
    op.execute(
        "CREATE TRIGGER review_no_replace BEFORE INSERT ON review WHEN EXISTS (SELECT 1 "  # noqa: S608 - fixed text
        f"FROM review WHERE entry_id = NEW.entry_id AND ordinal = NEW.ordinal) {refuse}"
    )


def downgrade() -> None:
    """Drop it; its triggers go with it."""
    op.drop_table("review")
