"""The tables of forecasts, and the views that show them.

They are derived: kept by the service, carrying the position of the journal they speak for, and made
anew by `dabiao derive`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_forecasts"
down_revision = "2026_11_30_figures_by_period"
branch_labels = None
depends_on = None

PLACE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
SHOWN = sa.Numeric().with_variant(sa.Double(), "sqlite")

FIRST_DAY = {
    "postgresql": """CASE
        WHEN length(f.period) = 4 THEN make_date(f.period::int, 1, 1)
        WHEN f.period LIKE '%Q%'
            THEN make_date(left(f.period, 4)::int, 3 * right(f.period, 1)::int - 2, 1)
        ELSE make_date(left(f.period, 4)::int, right(f.period, 2)::int, 1) END""",
    "sqlite": """CASE
        WHEN length(f.period) = 4 THEN f.period || '-01-01'
        WHEN f.period LIKE '%Q%' THEN date(
            substr(f.period, 1, 4) || '-01-01', (3 * substr(f.period, 7, 1) - 3) || ' months')
        ELSE f.period || '-01' END""",
}
LAST_DAY = {
    "postgresql": """(({first}) + CASE
        WHEN length(f.period) = 4 THEN interval '1 year'
        WHEN f.period LIKE '%Q%' THEN interval '3 months'
        ELSE interval '1 month' END)::date - 1""",
    "sqlite": """date({first}, CASE
        WHEN length(f.period) = 4 THEN '+1 year'
        WHEN f.period LIKE '%Q%' THEN '+3 months'
        ELSE '+1 month' END, '-1 day')""",
}
VIEWS = {
    "v_forecast": """
        SELECT p.code AS plan, k.code AS kpi, d.code AS department, f.period,
            {first} AS first_day, {last} AS last_day, f.period_end,
            f.value, f.lower AS lower_value, f.upper AS upper_value, f.ratio, f.outlook
        FROM forecast f
        JOIN target t ON t.id = f.target_id
        JOIN plan p ON p.id = t.plan_id
        JOIN kpi k ON k.id = t.kpi_id
        JOIN department d ON d.id = t.department_id
    """,
    "v_forecast_position": """
        SELECT s.position, (SELECT max(id) FROM journal) AS newest_position, s.zone
        FROM forecast_state s
    """,
}


def upgrade() -> None:
    """Create the tables and the views."""
    op.create_table(
        "forecast",
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("period_end", INSTANT, nullable=False),
        sa.Column("value", SHOWN, nullable=False),
        sa.Column("lower", SHOWN, nullable=False),
        sa.Column("upper", SHOWN, nullable=False),
        sa.Column("ratio", SHOWN, nullable=True),
        sa.Column("outlook", sa.String(16), nullable=True),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], name="fk_forecast_target_id_target"),
        sa.PrimaryKeyConstraint("target_id", "period", name="pk_forecast"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "forecast_answer",
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["target_id"], ["target.id"], name="fk_forecast_answer_target_id_target"
        ),
        sa.PrimaryKeyConstraint("target_id", name="pk_forecast_answer"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "forecast_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", PLACE, nullable=False),
        sa.Column("serial", PLACE, nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_forecast_state_one_row"),
        sa.PrimaryKeyConstraint("id", name="pk_forecast_state"),
    )
    engine = op.get_bind().dialect.name
    first = FIRST_DAY[engine]
    words = {"first": first, "last": LAST_DAY[engine].format(first=first)}
    for name, body in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {body.format_map(words)}")


def downgrade() -> None:
    """Drop them; what they showed can be made anew."""
    for view in reversed(VIEWS):
        op.execute(f"DROP VIEW {view}")
    for table in ("forecast_state", "forecast_answer", "forecast"):
        op.drop_table(table)
