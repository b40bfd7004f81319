"""Definitions of a KPI in their versions; why a target was revised, and from when it counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_05"
down_revision = "2026_11_22_04"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, empty: one definition, no reason, in force from the plan's beginning."""
    op.add_column("kpi_version", sa.Column("definitions", sa.Text()))
    op.add_column("target_version", sa.Column("in_force_from", sa.String(7)))
    op.add_column("target_version", sa.Column("reason", sa.Text()))


def downgrade() -> None:
    """Forget earlier definitions, and what was said of revised targets."""
    op.drop_column("target_version", "reason")
    op.drop_column("target_version", "in_force_from")
    op.drop_column("kpi_version", "definitions")
