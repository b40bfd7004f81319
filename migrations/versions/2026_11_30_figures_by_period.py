"""An index by which the figures of a period are found, whatever else is on record."""

from __future__ import annotations

from alembic import op

revision = "2026_11_30_figures_by_period"
down_revision = "2026_11_30_backup_made"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index. On PostgreSQL equal entries are kept once, so it stays small."""
    op.create_index("ix_revision_period_kpi_id", "revision", ["period", "kpi_id"], unique=False)


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_revision_period_kpi_id", table_name="revision")
