"""Views for whoever reads the record by SQL, and the table of verdicts that one of them shows.

The verdict is computed by the domain alone, so its table is derived: kept by the service, carrying
the position of the journal it speaks for, and made anew by `dabiao derive`. Nothing else in here
holds anything; it reads the ledger.

PostgreSQL has functions, too, for what was on record at an instant. They read the views, so a role
that may read these needs no right to any table.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_views"
down_revision = "2026_11_22_05"
branch_labels = None
depends_on = None

PLACE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
SHOWN = sa.Numeric().with_variant(sa.Double(), "sqlite")

# --- what the engines say differently ---------------------------------------------------------

POSTGRESQL = {
    "number": "",
    # Rounded down at the 12th digit, as everything is that leaves the service.
    "quotient": """div(
        1000000000000 * r.numerator * k.factor - mod(
            mod(1000000000000 * r.numerator * k.factor, r.denominator) + r.denominator,
            r.denominator),
        r.denominator) * 0.000000000001""",
    "first_day": """CASE
        WHEN length(PERIOD) = 4 THEN make_date(PERIOD::int, 1, 1)
        WHEN PERIOD LIKE '%Q%'
            THEN make_date(left(PERIOD, 4)::int, 3 * right(PERIOD, 1)::int - 2, 1)
        ELSE make_date(left(PERIOD, 4)::int, right(PERIOD, 2)::int, 1) END""",
    "last_day": """((FIRST) + CASE
        WHEN length(PERIOD) = 4 THEN interval '1 year'
        WHEN PERIOD LIKE '%Q%' THEN interval '3 months'
        ELSE interval '1 month' END)::date - 1""",
    "period_end": """(p.last_day + 1)::timestamp AT TIME ZONE
        (SELECT zone FROM verdict_state) - interval '1 second' AS period_end,""",
}
SQLITE = {
    # Decimals are kept as millionths.
    "number": " / 1000000.0",
    "quotient": "1.0 * r.numerator * k.factor / 1000000 / r.denominator",
    "first_day": """CASE
        WHEN length(PERIOD) = 4 THEN PERIOD || '-01-01'
        WHEN PERIOD LIKE '%Q%' THEN date(
            substr(PERIOD, 1, 4) || '-01-01', (3 * substr(PERIOD, 7, 1) - 3) || ' months')
        ELSE PERIOD || '-01' END""",
    "last_day": """date(FIRST, CASE
        WHEN length(PERIOD) = 4 THEN '+1 year'
        WHEN PERIOD LIKE '%Q%' THEN '+3 months'
        ELSE '+1 month' END, '-1 day')""",
    # It knows no time zones.
    "period_end": "",
}

# --- the views, in order of dependence ----------------------------------------------------------

VIEWS = {
    "v_plan": """
        SELECT i.code AS plan, v.name_zh, v.name_en, v.start_period, v.end_period
        FROM plan i JOIN plan_version v ON v.plan_id = i.id
        WHERE v.version = (SELECT max(n.version) FROM plan_version n WHERE n.plan_id = i.id)
    """,
    "v_department": """
        SELECT i.code AS department, v.name_zh, v.name_en, v.kind, above.code AS parent
        FROM department i JOIN department_version v ON v.department_id = i.id
        LEFT JOIN department above ON above.id = v.parent_id
        WHERE v.version =
            (SELECT max(n.version) FROM department_version n WHERE n.department_id = i.id)
    """,
    "v_kpi": """
        SELECT i.code AS kpi, v.name_zh, v.name_en, v.unit_zh, v.unit_en, v.kind, v.frequency,
            v.direction, v.decimals, v.due_days, v.factor{number} AS factor, v.definition
        FROM kpi i JOIN kpi_version v ON v.kpi_id = i.id
        WHERE v.version = (SELECT max(n.version) FROM kpi_version n WHERE n.kpi_id = i.id)
    """,
    "v_revision": """
        SELECT p.kpi, p.department, p.period, p.first_day, p.last_day, {period_end}
            p.revision, p.value, p.numerator, p.denominator, p.observation_status,
            p.note, p.reason, p.recorded_at, p.recorded_by, p.submission_id, p.source
        FROM (
            SELECT i.code AS kpi, d.code AS department, r.period, {days_of_r}, r.revision,
                CASE WHEN r.numerator IS NULL THEN r.value{number}
                    ELSE {quotient} END AS value,
                r.numerator{number} AS numerator, r.denominator{number} AS denominator,
                r.observation_status, r.note, r.reason, j.recorded_at, j.actor AS recorded_by,
                r.submission_id, s.source
            FROM revision r
            JOIN kpi i ON i.id = r.kpi_id
            JOIN kpi_version k ON k.kpi_id = r.kpi_id AND k.version =
                (SELECT max(n.version) FROM kpi_version n WHERE n.kpi_id = r.kpi_id)
            JOIN department d ON d.id = r.department_id
            JOIN submission s ON s.id = r.submission_id
            JOIN journal j ON j.id = r.submission_id
        ) p
    """,
    "v_figure": """
        SELECT v.* FROM v_revision v
        JOIN kpi i ON i.code = v.kpi
        JOIN department d ON d.code = v.department
        WHERE v.revision = (
            SELECT max(n.revision) FROM revision n
            WHERE n.kpi_id = i.id AND n.department_id = d.id AND n.period = v.period
        )
    """,
    "v_target_version": """
        SELECT p.code AS plan, k.code AS kpi, d.code AS department, v.version, v.text AS target,
            v.comparator, v.lower{number} AS lower_bound, v.upper{number} AS upper_bound,
            v.due, v.overshoot, v.tolerance_band{number} AS tolerance_band,
            v.baseline_period, v.baseline_value{number} AS baseline_value,
            v.shape, v.weight{number} AS weight, v.in_force_from, v.reason, v.source,
            j.recorded_at, j.actor AS recorded_by
        FROM target t
        JOIN target_version v ON v.target_id = t.id
        JOIN plan p ON p.id = t.plan_id
        JOIN kpi k ON k.id = t.kpi_id
        JOIN department d ON d.id = t.department_id
        JOIN journal j ON j.id = v.entry_id
    """,
    "v_target": """
        SELECT v.* FROM v_target_version v
        WHERE v.version = (
            SELECT max(n.version) FROM v_target_version n
            WHERE n.plan = v.plan AND n.kpi = v.kpi AND n.department = v.department
        )
    """,
    "v_verdict": """
        SELECT p.code AS plan, k.code AS kpi, d.code AS department, v.period,
            {days_of_v}, v.period_end, v.status, v.actual, v.expected,
            g.lower{number} AS lower_bound, g.upper{number} AS upper_bound,
            v.ratio, v.pace, v.progress, v.gap, g.text AS target, v.target_version
        FROM verdict v
        JOIN target t ON t.id = v.target_id
        JOIN target_version g ON g.target_id = v.target_id AND g.version = v.target_version
        JOIN plan p ON p.id = t.plan_id
        JOIN kpi k ON k.id = t.kpi_id
        JOIN department d ON d.id = t.department_id
    """,
    "v_verdict_position": """
        SELECT s.position, (SELECT max(id) FROM journal) AS newest_position, s.today, s.zone
        FROM verdict_state s
    """,
}


def upgrade() -> None:
    """Create the table of verdicts and the views."""
    _tables()
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    words = _words(POSTGRESQL if on_postgresql else SQLITE)
    for name, body in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {body.format_map(words)}")
    if on_postgresql:
        _functions()


def _tables() -> None:
    op.create_table(
        "verdict",
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("target_version", sa.Integer(), nullable=False),
        sa.Column("period_end", INSTANT, nullable=False),
        sa.Column("expected", SHOWN, nullable=True),
        sa.Column("actual", SHOWN, nullable=True),
        sa.Column("ratio", SHOWN, nullable=True),
        sa.Column("pace", SHOWN, nullable=True),
        sa.Column("progress", SHOWN, nullable=True),
        sa.Column("gap", SHOWN, nullable=True),
        sa.Column("status", sa.String(16), nullable=True),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], name="fk_verdict_target_id_target"),
        sa.PrimaryKeyConstraint("target_id", "period", name="pk_verdict"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "verdict_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", PLACE, nullable=False),
        sa.Column("today", sa.Date(), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_verdict_state_one_row"),
        sa.PrimaryKeyConstraint("id", name="pk_verdict_state"),
    )


def _words(engine: dict[str, str]) -> dict[str, str]:
    """Return what stands in the places of the views' bodies."""
    words = dict(engine)
    for alias in ("r", "v"):
        period = f"{alias}.period"
        first = engine["first_day"].replace("PERIOD", period)
        last = engine["last_day"].replace("FIRST", first).replace("PERIOD", period)
        words[f"days_of_{alias}"] = f"{first} AS first_day, {last} AS last_day"
    return words


def _functions() -> None:
    op.execute("""
        CREATE FUNCTION figure_as_of(instant timestamptz) RETURNS SETOF v_revision
        LANGUAGE sql STABLE PARALLEL SAFE AS $$
            SELECT DISTINCT ON (kpi, department, period) * FROM v_revision
            WHERE recorded_at <= instant ORDER BY kpi, department, period, revision DESC
        $$
    """)
    op.execute("""
        CREATE FUNCTION target_as_of(instant timestamptz) RETURNS SETOF v_target_version
        LANGUAGE sql STABLE PARALLEL SAFE AS $$
            SELECT DISTINCT ON (plan, kpi, department) * FROM v_target_version
            WHERE recorded_at <= instant ORDER BY plan, kpi, department, version DESC
        $$
    """)


def downgrade() -> None:
    """Drop them; what they showed can be made anew."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION target_as_of(timestamptz)")
        op.execute("DROP FUNCTION figure_as_of(timestamptz)")
    for view in reversed(VIEWS):
        op.execute(f"DROP VIEW {view}")
    op.drop_table("verdict_state")
    op.drop_table("verdict")
