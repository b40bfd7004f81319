"""A made-up nation: regions that each report every KPI for years, and a plan of the last year.

It stands in PostgreSQL by statements of SQL and not by intake, its seals left out: 36 million
figures would take intake an hour, and what is measured here are reads. The figures come month by
month, as departments deliver them.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from app.domain.period import Period

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from app.ledger.database import Database

PLAN: Final = "plan"
BEGINS: Final = Period.of(2014, month=1)
"""The first month of the plan, which is one year long; of its last month no figure is in."""
_PER_PROVINCE: Final = 100
_MONTHS: Final = 12


@dataclass(frozen=True)
class Nation:
    """How large it is; every region has a target on every KPI."""

    regions: int
    kpis: int
    months: int

    @property
    def figures(self) -> int:
        """How many figures there are."""
        return self.regions * self.kpis * self.months

    @property
    def targets(self) -> int:
        """How many targets there are."""
        return self.regions * self.kpis

    @property
    def newest(self) -> Period:
        """The month of the newest figures."""
        return BEGINS.shift(_MONTHS - 2)

    def periods(self) -> Iterator[Period]:
        """Give the months that figures speak for, in order of time."""
        for back in range(self.months - 1, -1, -1):
            yield self.newest.shift(-back)


# Every fifth KPI is of another kind. A ratio comes as numerator and denominator.
_CATALOGUE: Final = (
    """INSERT INTO journal (id, recorded_at, kind, action, subject, actor)
    VALUES (1, '2004-01-01', 'catalogue', 'load', 'benchmark', 'benchmark')""",
    "INSERT INTO plan VALUES (1, :plan)",
    """INSERT INTO plan_version
    VALUES (1, 1, 1, '计划', 'Plan', :first, :last, NULL)""",
    # The office, its provinces, the regions: numbered on in this order.
    """INSERT INTO department SELECT n, CASE WHEN n = 1 THEN 'office'
        WHEN n <= :provinces + 1 THEN 'province-' || lpad((n - 1)::text, 3, '0')
        ELSE 'region-' || lpad((n - :provinces - 1)::text, 5, '0') END
    FROM generate_series(1, :provinces + 1 + :regions) n""",
    """INSERT INTO department_version SELECT id, 1, 1, '部门' || id, 'Department ' || id,
        CASE WHEN id = 1 THEN 'office' ELSE 'region' END,
        CASE WHEN id = 1 THEN NULL WHEN id <= :provinces + 1 THEN 1
        ELSE 2 + (id - :provinces - 2) / :per_province END
    FROM department""",
    """INSERT INTO kpi SELECT n, 'measure-' || lpad(n::text, 4, '0')
    FROM generate_series(1, :kpis) n""",
    """INSERT INTO kpi_version (kpi_id, version, entry_id, name_zh, name_en, unit_zh, unit_en,
        kind, frequency, direction, decimals, due_days, factor, monotone, early_figures)
    SELECT n, 1, 1, '指标' || n, 'Measure ' || n, '件', 'cases',
        (ARRAY['level', 'stock', 'flow', 'ratio', 'level'])[n % 5 + 1],
        'M', 'none', 2, 10, 1, false, false
    FROM generate_series(1, :kpis) n""",
    """INSERT INTO kpi_reporter SELECT k, 1, d + :provinces + 1
    FROM generate_series(1, :kpis) k, generate_series(1, :regions) d""",
    """INSERT INTO target SELECT (k - 1) * :regions + d, 1, k, d + :provinces + 1
    FROM generate_series(1, :kpis) k, generate_series(1, :regions) d""",
    """INSERT INTO target_version (target_id, version, entry_id, text, comparator, lower, upper,
        shape, due, overshoot, tolerance_band, points)
    SELECT (n - 1) * :regions + d, 1, 1,
        (ARRAY['>= 5000', '3000..6000', '>= 60000', '>= 1', '<= 5000'])[n % 5 + 1],
        (ARRAY['at_least', 'between', 'at_least', 'at_least', 'at_most'])[n % 5 + 1],
        (ARRAY[5000, 3000, 60000, 1, NULL])[n % 5 + 1],
        (ARRAY[NULL, 6000, NULL, NULL, 5000])[n % 5 + 1],
        (ARRAY['flat', 'linear', 'linear', 'flat', 'flat'])[n % 5 + 1],
        :last, 'met', 0.05, '{}'
    FROM generate_series(1, :kpis) n, generate_series(1, :regions) d""",
)
_MONTH: Final = (
    """INSERT INTO journal (id, recorded_at, kind, action, subject, actor)
    VALUES (:entry, cast(:end AS timestamptz), 'submission', 'submit', :period, 'benchmark')""",
    """INSERT INTO submission (id, source, fingerprint, on_error, outcome, received, created,
        revised, unchanged, rejected)
    VALUES (:entry, 'api', :period, 'reject', 'accepted', :targets, :targets, 0, 0, 0)""",
    # Numbers that look like chance, and are the same every time.
    """INSERT INTO revision (kpi_id, department_id, period, revision, submission_id, row_number,
        value, numerator, denominator, observation_status)
    SELECT k, d + :provinces + 1, :period, 1, :entry, (d - 1) * :kpis + k,
        CASE WHEN k % 5 <> 3 THEN v END, CASE WHEN k % 5 = 3 THEN trunc(v) END,
        CASE WHEN k % 5 = 3 THEN 5000 + d END, 'A'
    FROM generate_series(1, :regions) d, generate_series(1, :kpis) k,
        LATERAL (SELECT (((:base + d * :kpis + k)::bigint * 2654435761
            % 4294967296) % 1000000) / 100.0 AS v) chance""",
)
_INDEXES: Final = """SELECT indexname, indexdef FROM pg_indexes
    WHERE tablename = 'revision' AND schemaname = current_schema() AND indexname <> 'pk_revision'"""
_KEY: Final = """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE conrelid = 'revision'::regclass AND contype = 'p'
    OR confrelid = 'revision'::regclass ORDER BY contype DESC"""


def fill(database: Database, nation: Nation) -> None:
    """Put a nation into a PostgreSQL database that is migrated and empty."""
    given: dict[str, object] = {
        "regions": nation.regions,
        "kpis": nation.kpis,
        "plan": PLAN,
        "per_province": _PER_PROVINCE,
        "provinces": -(-nation.regions // _PER_PROVINCE),
        "first": str(BEGINS),
        "last": str(BEGINS.shift(_MONTHS - 1)),
    }
    with database.engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        for statement in _CATALOGUE:
            connection.execute(text(statement), given)
        kept = _without_indexes(connection)
        for number, period in enumerate(nation.periods(), start=2):
            end = period.shift(1).first_day.isoformat()
            month = {
                **given,
                "entry": number,
                "base": number * nation.targets,
                "targets": nation.targets,
                "period": str(period),
                "end": f"{end}T12:00+08",
            }
            for statement in _MONTH:
                connection.execute(text(statement), month)
        for statement in kept:
            connection.execute(text(statement))
        connection.execute(text("SET session_replication_role = origin"))
    with closing(database.engine.raw_connection()) as outside_a_transaction:
        outside_a_transaction.cursor().execute("VACUUM ANALYZE")


def _without_indexes(connection: Connection) -> list[str]:
    """Drop the indexes of the figures; returns how they are made again, which is faster at once."""
    made = []
    for name, definition in connection.execute(text(_INDEXES)).all():
        connection.execute(text(f'DROP INDEX "{name}"'))
        made.append(definition)
    for owner, name, definition in connection.execute(text(_KEY)).all():
        connection.execute(text(f'ALTER TABLE {owner} DROP CONSTRAINT IF EXISTS "{name}" CASCADE'))
        made.append(f'ALTER TABLE {owner} ADD CONSTRAINT "{name}" {definition}')
    # The key first, since what refers to it comes after.
    return sorted(made, key=lambda one: "PRIMARY KEY" not in one)
