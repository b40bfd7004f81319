"""Seals: every entry of the journal chained to the one before it; what is on record is sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.ledger.chain import seal_everything

revision = "2026_11_22_seal"
down_revision = "2026_11_22_acknowledgement"
branch_labels = None
depends_on = None

PLACE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MESSAGE = "append-only: what is recorded is never changed"


def upgrade() -> None:
    """Create the table, seal what is there, and let the database refuse to change it."""
    op.create_table(
        "seal",
        sa.Column("entry_id", PLACE, autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["journal.id"], name="fk_seal_entry_id_journal"),
        sa.PrimaryKeyConstraint("entry_id", name="pk_seal"),
    )
    # Not a copy of the code: how an entry is sealed is fixed for good, whatever else changes.
    seal_everything(op.get_bind())
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON seal "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    else:
        _protect_sqlite()


def _protect_sqlite() -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    for change in ("update", "delete"):
        op.execute(f"CREATE TRIGGER seal_no_{change} BEFORE {change.upper()} ON seal {refuse}")
    op.execute(
        "CREATE TRIGGER seal_no_replace BEFORE INSERT ON seal "  # noqa: S608 - fixed text
        f"WHEN EXISTS (SELECT 1 FROM seal WHERE entry_id = NEW.entry_id) {refuse}"
    )


def downgrade() -> None:
    """Drop it; its triggers go with it. The next upgrade seals anew what is there by then."""
    op.drop_table("seal")
