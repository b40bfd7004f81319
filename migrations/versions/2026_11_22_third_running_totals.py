"""Let a KPI say that it is the running total of a flow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_03"
down_revision = "2026_11_22_02"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the flow's code, and since when it is added up; both empty for every other KPI."""
    op.add_column("kpi_version", sa.Column("sum_of", sa.String(64)))
    op.add_column("kpi_version", sa.Column("sum_over", sa.String(8)))


def downgrade() -> None:
    """Forget which KPIs are running totals."""
    op.drop_column("kpi_version", "sum_over")
    op.drop_column("kpi_version", "sum_of")
