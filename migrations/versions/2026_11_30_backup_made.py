"""Which backups were made: beside the ledger, so it is neither sealed nor append-only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.ledger.types import Instant

revision = "2026_11_30_backup_made"
down_revision = "2026_11_30_set_wise"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "backup_made",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_backup_made"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("backup_made")
