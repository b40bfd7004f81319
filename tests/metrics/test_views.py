"""The views that Grafana reads say what the ledger and the domain say."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import inspect, text

from app.domain.number import shown
from app.domain.period import Period
from app.ledger import forecasts, revisions
from app.ledger.verdicts import derive, last_second
from tests import factories
from tests.metrics import world
from tests.programs import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.ledger.database import Database
    from app.ledger.office import Office
    from tests.clock import Clock

READER = ROOT / "metrics" / "sql" / "grafana-reader.sql"
HANDBOOK = ROOT / "metrics" / "README.md"
POSTGRESQL = pytest.mark.parametrize(
    "database_url",
    [pytest.param("postgresql", marks=pytest.mark.part("postgresql"))],
    indirect=True,
)
VIEWS = {
    "v_plan",
    "v_department",
    "v_kpi",
    "v_revision",
    "v_figure",
    "v_target_version",
    "v_target",
    "v_verdict",
    "v_verdict_position",
    "v_forecast",
    "v_forecast_position",
}
Rows = list[dict[str, Any]]


def rows(office: Office, query: str, **values: object) -> Rows:
    with office.database.read() as connection:
        return [dict(row) for row in connection.execute(text(query), values).mappings()]


def test_the_handbook_names_every_view_with_its_columns(database: Database) -> None:
    handbook = HANDBOOK.read_text("utf-8")
    with database.read() as connection:
        inspector = inspect(connection)
        assert set(inspector.get_view_names()) == VIEWS
        for view in VIEWS - {"v_figure", "v_target"}:
            (line,) = [line for line in handbook.splitlines() if line.startswith(f"| `{view}` |")]
            told = [name.strip().split("`")[1] for name in line.split("|")[3].split(",")]
            have = [column["name"] for column in inspector.get_columns(view)]
            if database.is_sqlite and view == "v_revision":
                told.remove("period_end")
            assert have == told, view


def test_the_current_figures_are_those_of_the_ledger(settled: Office) -> None:
    with settled.database.read() as connection:
        stored, seen = settled.seen(connection)
        found = revisions.figures(connection, stored, upto=seen.position)
    expected = {
        (code, figure.department, str(figure.period), figure.revision): shown(
            figure.amount.number(stored.catalogue.kpis[code].factor)
        )
        for code, figures in found.items()
        for figure in figures
    }
    current = rows(settled, "SELECT * FROM v_figure")

    assert len(current) == len(expected) > 10
    for row in current:
        key = (row["kpi"], row["department"], row["period"], row["revision"])
        value = expected[key]
        if settled.database.is_sqlite and value is not None:
            assert row["value"] == pytest.approx(float(value))
        else:
            assert row["value"] == value
        period = Period.parse(row["period"])
        assert str(row["first_day"]) == str(period.first_day)
        assert str(row["last_day"]) == str(period.last_day)


def test_every_revision_stays_to_be_seen(settled: Office) -> None:
    found = rows(
        settled,
        "SELECT * FROM v_revision WHERE kpi = 'pendency' AND department = 'mech'"
        " AND period = '2013-02' ORDER BY revision",
    )
    assert [(row["revision"], float(row["value"]), row["reason"]) for row in found] == [
        (1, 23.8, None),
        (2, 23.7, "重新统计"),
    ]
    assert {(row["recorded_by"], row["source"]) for row in found} == {("planner", "api")}
    current = rows(
        settled,
        "SELECT revision FROM v_figure WHERE kpi = 'pendency' AND department = 'mech'"
        " AND period = '2013-02'",
    )
    assert [row["revision"] for row in current] == [2]


def test_the_newest_version_of_everything_is_shown(settled: Office, clock: Clock) -> None:
    clock.forward(hours=1)
    world.enter(
        settled,
        factories.plan("five-year", start="2011-01", end="2016-12"),
        factories.target(
            "<= 22", plan_code="year-2013", kpi_code="pendency", department_code="mech"
        ),
    )
    where = "WHERE plan = 'year-2013' AND kpi = 'pendency' AND department = 'mech'"

    assert [row["version"] for row in rows(settled, f"SELECT * FROM v_target {where}")] == [2]  # noqa: S608 - fixed text
    versions = rows(settled, f"SELECT * FROM v_target_version {where} ORDER BY version")  # noqa: S608 - fixed text
    assert [(row["target"], float(row["upper_bound"])) for row in versions] == [
        ("<= 22.5", 22.5),
        ("<= 22", 22),
    ]
    (plan,) = rows(settled, "SELECT * FROM v_plan WHERE plan = 'five-year'")
    assert plan["end_period"] == "2016-12"
    (kpi,) = rows(settled, "SELECT * FROM v_kpi WHERE kpi = 'patents'")
    assert (kpi["kind"], kpi["frequency"], float(kpi["factor"])) == ("ratio", "A", 10000)
    (department,) = rows(settled, "SELECT * FROM v_department WHERE department = 'elec'")
    assert (department["parent"], department["name_zh"]) == ("office", world.AWKWARD)


def test_the_verdicts_say_how_fresh_they_are(settled: Office) -> None:
    assert rows(settled, "SELECT * FROM v_verdict_position") == []
    derive(settled)
    (fresh,) = rows(settled, "SELECT * FROM v_verdict_position")
    assert fresh["position"] == fresh["newest_position"]

    world.post(settled, world.row("cases", "mech", "2013-04", 64))
    (behind,) = rows(settled, "SELECT * FROM v_verdict_position")
    assert behind["newest_position"] == behind["position"] + 1


def test_the_handbooks_query_finds_what_slips_and_since_when(settled: Office) -> None:
    derive(settled)
    handbook = HANDBOOK.read_text("utf-8")
    query = handbook.partition("```sql\n")[2].partition("```")[0]
    if settled.database.is_sqlite:
        query = query.replace("SELECT FROM", "SELECT 1 FROM")
    found = {(row["kpi"], row["department"]): str(row["since"]) for row in rows(settled, query)}

    assert found == {("cases", "mech"): "2013-01-01", ("errors", "elec"): "2013-02-01"} | {
        ("pendency", "mech"): "2013-01-01"
    }


# --- on PostgreSQL alone ------------------------------------------------------------------------


@POSTGRESQL
def test_figures_stand_at_the_last_second_of_their_period(settled: Office) -> None:
    assert {row["period_end"] for row in rows(settled, "SELECT * FROM v_figure")} == {None}
    derive(settled)

    found = rows(settled, "SELECT * FROM v_figure")
    assert {len(row["period"]) for row in found} == {4, 7}
    for row in [*found, *rows(settled, "SELECT * FROM v_verdict")]:
        assert row["period_end"] == last_second(Period.parse(row["period"]), settled.zone)


@POSTGRESQL
def test_quotients_are_rounded_down_as_they_leave_the_service(
    settled: Office, clock: Clock
) -> None:
    chance = random.Random(7)  # noqa: S311 - no secret
    clock.set(2014, 1, 5)
    posted = {
        str(year): (
            Decimal(chance.randint(-(10**9), 10**9)) / 10 ** chance.randint(0, 6),
            Decimal(chance.randint(1, 10**9)) / 10 ** chance.randint(0, 6),
        )
        for year in range(1950, 2011)
    }
    world.post(
        settled,
        *(
            world.row("patents", "elec", year, numerator=f"{over:f}", denominator=f"{under:f}")
            for year, (over, under) in posted.items()
        ),
    )
    with settled.database.read() as connection:
        stored, seen = settled.seen(connection)
        figures = revisions.figures(connection, stored, kpis={"patents"}, upto=seen.position)
    expected = {
        str(figure.period): shown(figure.amount.number(Decimal(10000)))
        for figure in figures["patents"]
    }

    found = rows(settled, "SELECT * FROM v_figure WHERE kpi = 'patents'")
    assert len(found) == len(posted) + 1
    assert {row["period"]: row["value"] for row in found} == expected


@POSTGRESQL
def test_what_was_on_record_at_any_instant(settled: Office, clock: Clock) -> None:
    clock.forward(days=1)
    world.enter(
        settled,
        factories.target(
            "<= 22", plan_code="year-2013", kpi_code="pendency", department_code="mech"
        ),
    )
    instants = [row["recorded_at"] for row in rows(settled, "SELECT recorded_at FROM journal")]
    assert len(set(instants)) > 4
    for instant in instants:
        with settled.database.read() as connection:
            stored, seen = settled.seen(connection, instant)
            found = revisions.figures(connection, stored, upto=seen.position)
        figures = rows(settled, "SELECT * FROM figure_as_of(:instant)", instant=instant)
        assert {
            (row["kpi"], row["department"], row["period"]): row["revision"] for row in figures
        } == {
            (code, figure.department, str(figure.period)): figure.revision
            for code, listed in found.items()
            for figure in listed
        }
        targets = rows(settled, "SELECT * FROM target_as_of(:instant)", instant=instant)
        assert {
            (row["plan"], row["kpi"], row["department"]): row["version"] for row in targets
        } == {key: target.version for key, target in stored.catalogue.targets.items()}


@pytest.fixture
def reader(settled: Office) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Give a connection of the role that the shipped file makes."""
    derive(settled)
    forecasts.derive(settled)
    url = settled.database.url
    owner = psycopg.connect(
        url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
    )
    # As psql reads it: without its own commands, and with the password in its place.
    lines = READER.read_text("utf-8").splitlines()
    script = "\n".join(line for line in lines if not line.startswith("\\"))
    for _ in range(2):
        owner.execute(script.replace(":'password'", "'secret'").encode())
    connection = psycopg.connect(
        host=str(url.query["host"]),
        user="grafana_reader",
        dbname=str(url.database),
        autocommit=True,
    )
    yield connection
    connection.close()
    owner.execute("DROP OWNED BY grafana_reader")
    owner.execute("DROP ROLE grafana_reader")
    owner.close()


@POSTGRESQL
def test_grafanas_role_reads_the_views_and_nothing_else(
    settled: Office, reader: psycopg.Connection[tuple[Any, ...]]
) -> None:
    for view in VIEWS - {"v_forecast"}:  # no course of this office is long enough for one
        query = sql.SQL("SELECT * FROM {}").format(sql.Identifier(view))
        assert reader.execute(query).fetchall(), view
    assert reader.execute("SELECT * FROM v_forecast").fetchall() == []
    assert reader.execute("SELECT * FROM figure_as_of(now())").fetchall()
    assert reader.execute("SELECT * FROM target_as_of(now())").fetchall()

    with settled.database.read() as connection:
        tables = inspect(connection).get_table_names()
    assert "revision" in tables
    for table in tables:
        query = sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(query)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        reader.execute("CREATE TABLE mine (id int)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("SET transaction_read_only = off; CREATE TABLE mine (id int)")
