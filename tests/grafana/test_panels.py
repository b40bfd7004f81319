"""Every query of every panel answers, on a real service, Prometheus and PostgreSQL.

With data, and with the labels that its legend or its columns are made of. An empty panel in front
of a director is a broken promise, and nobody notices until then.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest
import yaml

from app.domain.kpi import Kind
from app.ledger import forecasts
from app.ledger.database import Database
from app.ledger.migrating import migrate
from app.ledger.office import Office
from app.ledger.verdicts import derive
from app.main import create_app
from app.settings import Settings
from tests import factories
from tests.clock import Clock
from tests.grafana import boards
from tests.grafana.boards import FILES, SQL_TYPE, Chosen
from tests.metrics import world
from tests.metrics.serving import running
from tests.parts import wait_until
from tests.programs import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.parts import PostgresServer, PrometheusServer

pytestmark = pytest.mark.part("prometheus", "postgresql")

SHANGHAI = ZoneInfo("Asia/Shanghai")

START = dt.datetime(2013, 1, 1, tzinfo=SHANGHAI)
END = dt.datetime(2014, 1, 5, tzinfo=SHANGHAI)
VALUES = {
    "plan": "year-2013",
    "kpi": "schools",
    "department": "elec",
    "window": "32d",
    "job": "dabiao",
    "process": "dabiao-process",
    "instance": ".*",
}
CHOSEN = Chosen(VALUES, START.isoformat(), END.isoformat())
HISTORY = 'time="period"'
"""What tells queries that go to the service by remote read from those of what was scraped."""


# --- the stack ----------------------------------------------------------------------------------


@pytest.fixture
def office(postgres_server: PostgresServer) -> Iterator[Office]:
    """The small office with its year, and a KPI with two bounds, corrections and a revision."""
    name = f"grafana_{uuid.uuid4().hex}"
    database = Database(postgres_server.create_database(name))
    migrate(database)
    clock = Clock()
    office = Office(database, SHANGHAI, clock)
    world.settle(office, clock)
    _open_schools(office)
    derive(office)
    forecasts.derive(office)
    yield office
    office.forecaster.close()
    database.close()
    postgres_server.drop_database(name)


def _open_schools(office: Office) -> None:
    terms: dict[str, Any] = {
        "plan_code": "year-2013",
        "kpi_code": "schools",
        "department_code": "elec",
        "kind": Kind.STOCK,
        "baseline": ("2012-12", "0.5"),
    }
    world.enter(office, factories.kpi("schools", kind=Kind.STOCK, reported_by=("elec",)))
    world.enter(office, factories.target("2..4", **terms))
    world.enter(office, factories.target("3..5", **terms))
    world.post(
        office,
        *(
            world.row("schools", "elec", f"2013-{month:02}", 1 + month / 20)
            for month in range(1, 12)
        ),
    )
    world.post(office, world.row("schools", "elec", "2013-06", 2, reason="更正", note="实地核对"))


@pytest.fixture
def service(office: Office) -> Iterator[str]:
    """The service of the office, at the same hour."""
    url = office.database.url.render_as_string(hide_password=False)
    with running(create_app(Settings(database_url=url), office.clock)) as address:
        yield address


@pytest.fixture
def reader(office: Office) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection as the role that the shipped file makes."""
    url = office.database.url
    where = {"host": str(url.query["host"]), "dbname": str(url.database), "autocommit": True}
    with psycopg.connect(user="dabiao", **where) as owner:  # type: ignore[arg-type]
        for _ in range(2):  # a second time does no harm
            _run_as_psql(
                owner, (ROOT / "metrics" / "sql" / "grafana-reader.sql").read_text("utf-8")
            )
    with psycopg.connect(user="grafana_reader", **where) as connection:  # type: ignore[arg-type]
        yield connection


def _run_as_psql(owner: psycopg.Connection[tuple[Any, ...]], script: str) -> None:
    """Run a script with what it uses of psql: a setting of psql's own, and a quoted variable."""
    lines = [line for line in script.splitlines() if not line.startswith("\\set")]
    owner.execute("\n".join(lines).replace(":'password'", "'secret'").encode())


@pytest.fixture
def start(
    service: str, start_prometheus: Callable[..., PrometheusServer]
) -> Callable[..., PrometheusServer]:
    """Start a Prometheus that scrapes so many replicas, and reads history from the service."""
    address = httpx.URL(service)
    shipped = yaml.safe_load((ROOT / "metrics/prometheus/prometheus.yml").read_text("utf-8"))
    (reading,) = shipped["remote_read"]

    def start(*hosts: str) -> PrometheusServer:
        targets = [{"targets": [f"{host}:{address.port}" for host in hosts]}]
        jobs = [
            {"job_name": job, "metrics_path": path, "static_configs": targets}
            for job, path in (("dabiao", "/metrics"), ("dabiao-process", "/metrics/process"))
        ]
        config = {
            "scrape_configs": jobs,
            "remote_read": [{**reading, "url": f"{service}/api/v1/read"}],
        }
        prometheus = start_prometheus({}, config=config, interval="1s")
        for job in ("dabiao", "dabiao-process"):
            prometheus.wait_until(f'count(up{{job="{job}"}} == 1) == {len(hosts)}')
        return prometheus

    return start


# --- the probe ----------------------------------------------------------------------------------


def test_every_panel_and_every_choice_answers(
    service: str,
    start: Callable[..., PrometheusServer],
    reader: psycopg.Connection[tuple[Any, ...]],
) -> None:
    """One test for all of them: the stack takes ten seconds to stand."""
    prometheus = start("127.0.0.1")
    for address in ("/none", "/api/v1/plans/none", "/api/v1/scoreboard"):
        httpx.get(f"{service}{address}", trust_env=False)
    for path in FILES:
        board = boards.load(path)
        _choices_have_names(prometheus, board, boards.label(path))
        for panel in boards.panels(board):
            where = f"{boards.label(path)}: {panel['title']}"
            if panel["datasource"]["type"] == SQL_TYPE:
                _database_answers(reader, panel, where)
            else:
                _prometheus_answers(prometheus, panel, where)


def test_two_replicas_say_what_one_says(start: Callable[..., PrometheusServer]) -> None:
    """Scraped as two, without a logical target: nothing counts twice and no join fails."""
    one, two = start("127.0.0.1"), start("127.0.0.1", "localhost")
    asked = 0
    for path in FILES:
        if path.stem == "service":
            continue
        for panel in boards.panels(boards.load(path)):
            for target in panel["targets"]:
                expression = target.get("expr", "")
                if not expression or HISTORY in expression:
                    continue
                query = CHOSEN.promql(expression)
                # A scrape may be missed on a busy machine; the next one is not.
                wait_until(
                    lambda query=query: _numbers(one, query) == _numbers(two, query) != {},  # type: ignore[misc]
                    seconds=20,
                    what=f"the same from two replicas: {path.stem}, {panel['title']}",
                )
                asked += 1
    assert asked > 20


def test_the_reader_reads_views_and_nothing_else(
    reader: psycopg.Connection[tuple[Any, ...]],
) -> None:
    for table in ("revision", "api_key", "journal"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(f"SELECT * FROM {table}")  # noqa: S608
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        reader.execute("CREATE TABLE mine (a int)")


def _numbers(prometheus: PrometheusServer, query: str) -> dict[tuple[tuple[str, str], ...], float]:
    return {
        tuple(sorted(sample.labels.items())): sample.value for sample in prometheus.query(query)
    }


def _choices_have_names(prometheus: PrometheusServer, board: Mapping[str, Any], where: str) -> None:
    for variable in boards.variables(board):
        name, asked = variable["name"], str(variable["query"])
        found = wait_until(
            lambda variable=variable, asked=asked: boards.options(  # type: ignore[misc]
                variable, _texts(prometheus, asked)
            ),
            seconds=20,
            what=f"choices of {name} in {where}",
        )
        if name in VALUES and VALUES[name] != ".*":
            assert VALUES[name] in found.values(), (where, name, found)
        if name in ("plan", "kpi", "department"):
            assert set(found) != set(found.values()), (where, name)
        if name == "department" and "/zh/" in f"/{where}":
            assert world.AWKWARD in found, found


def _texts(prometheus: PrometheusServer, asked: str) -> list[str]:
    """Return what a variable's query gives, each series as Grafana writes it."""
    if inner := re.fullmatch(r"query_result\((.*)\)", asked, re.DOTALL):
        samples = prometheus.query(CHOSEN.promql(inner[1]))
        return [boards.as_text(sample.labels) for sample in samples]
    of = re.fullmatch(r"label_values\((.*), (\w+)\)", asked)
    assert of, asked
    return [sample.labels[of[2]] for sample in prometheus.query(CHOSEN.promql(of[1]))]


def _prometheus_answers(prometheus: PrometheusServer, panel: Mapping[str, Any], where: str) -> None:
    labels: set[str] = set()
    for target in panel["targets"]:
        query = CHOSEN.promql(target["expr"])
        found = wait_until(
            lambda query=query: _series(prometheus, query),  # type: ignore[misc]
            seconds=20,
            what=f"{where}: {query}",
        )
        for series in found:
            wanted = re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", ""))
            assert set(wanted) <= series.keys(), (where, query)
        labels |= {name for series in found for name in series}
    assert _columns(panel) <= labels | _value_columns(panel), where


def _series(prometheus: PrometheusServer, query: str) -> list[dict[str, str]]:
    """Return the labels of what a query gives: over the year by period, else now."""
    if HISTORY not in query:
        return [dict(sample.labels) for sample in prometheus.query(query)]
    span = {"start": str(START.timestamp()), "end": str(END.timestamp()), "step": "86400"}
    data = prometheus.get("/api/v1/query_range", query=query, **span)["data"]
    return [row["metric"] for row in data["result"] if len(row["values"]) > 300]


def _columns(panel: Mapping[str, Any]) -> set[str]:
    """Return the columns that a table gives a heading."""
    for step in panel.get("transformations", []):
        if step["id"] == "organize":
            return set(step["options"]["renameByName"])
    return set()


def _value_columns(panel: Mapping[str, Any]) -> set[str]:
    if len(panel["targets"]) == 1:
        return {"Value"}
    return {f"Value #{target['refId']}" for target in panel["targets"]}


def _database_answers(
    reader: psycopg.Connection[tuple[Any, ...]], panel: Mapping[str, Any], where: str
) -> None:
    for target in panel["targets"]:
        answer = reader.execute(CHOSEN.sql(target["rawSql"]))
        assert answer.description is not None
        columns = [column.name for column in answer.description]
        rows = answer.fetchall()
        assert rows, where
        drawn = target["format"] == "time_series" or panel["type"] == "trend"
        if target["format"] == "time_series":
            assert columns[0] == "time", where
        elif drawn:
            assert columns[0] == panel["options"]["xField"], where
        if drawn:
            for place, column in enumerate(columns):
                assert any(row[place] is not None for row in rows), (where, column)
