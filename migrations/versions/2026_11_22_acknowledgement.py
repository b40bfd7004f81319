"""What reporters say to warnings: acknowledgements with their notes, append-only like the rest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_acknowledgement"
down_revision = "2026_11_22_users"
branch_labels = None
depends_on = None

PLACE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MESSAGE = "append-only: what is recorded is never changed"


def upgrade() -> None:
    """Create the table, and let the database refuse to change it."""
    op.create_table(
        "acknowledgement",
        sa.Column("submission_id", PLACE, autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", PLACE, autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id", "ordinal"],
            ["finding.submission_id", "finding.ordinal"],
            name="fk_acknowledgement_submission_id_ordinal_finding",
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal.id"], name="fk_acknowledgement_entry_id_journal"
        ),
        sa.PrimaryKeyConstraint("submission_id", "ordinal", "entry_id", name="pk_acknowledgement"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_acknowledgement_entry_id", "acknowledgement", ["entry_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON acknowledgement "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    else:
        _protect_sqlite()


def _protect_sqlite() -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    for change in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER acknowledgement_no_{change} BEFORE {change.upper()} "
            f"ON acknowledgement {refuse}"
        )
    op.execute(
        "CREATE TRIGGER acknowledgement_no_replace BEFORE INSERT ON acknowledgement "  # noqa: S608 - fixed text
        "WHEN EXISTS (SELECT 1 FROM acknowledgement WHERE submission_id = NEW.submission_id "
        f"AND ordinal = NEW.ordinal AND entry_id = NEW.entry_id) {refuse}"
    )


def downgrade() -> None:
    """Drop it; its triggers go with it."""
    op.drop_table("acknowledgement")
