"""`/metrics/forecast`: what the table says of the due periods, on every replica the same."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from app.domain.kpi import Kind
from app.ledger import forecasts
from app.ledger.forecasts import derive
from metrics.families import FORECAST_FAMILIES
from metrics.forecasts import ForecastCache
from metrics.negotiation import Format
from tests import factories
from tests.metrics import world
from tests.metrics.reading import parsed, series
from tests.metrics.serving import application, running
from tests.metrics.test_exposition import check_metrics

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Connection

    from app.forecasting.asking import Forecaster
    from app.ledger.office import Office
    from tests.parts import PrometheusServer

OF = {"plan": "year-2013", "kpi": "schools", "department": "elec"}
SUCCESS = series("kpi_forecast_collector_success")
NAMES = {family.name for family in FORECAST_FAMILIES}


@pytest.fixture
def opened(settled: Office, forecaster: Forecaster) -> Office:
    """The small office, with a KPI that rises by one a month as far as September."""
    terms: dict[str, Any] = {"kpi_code": "schools", "department_code": "elec", "kind": Kind.STOCK}
    world.enter(settled, factories.kpi("schools", kind=Kind.STOCK, reported_by=("elec",)))
    world.enter(settled, factories.target(">= 15", plan_code="year-2013", **terms))
    world.post(
        settled,
        *(world.row("schools", "elec", f"2013-{month:02}", month) for month in range(1, 10)),
    )
    return replace(settled, forecaster=forecaster)


def test_the_due_period_s_forecast_is_told_with_what_it_means(opened: Office) -> None:
    derive(opened)
    found = parsed(TestClient(application(opened)).get("/metrics/forecast").content)

    assert {name for name, _ in found} == NAMES
    assert found[series("kpi_forecast_value", **OF)] == 12
    assert found[series("kpi_forecast_lower_value", **OF)] == 12
    assert found[series("kpi_forecast_upper_value", **OF)] == 12
    assert found[series("kpi_forecast_ratio", **OF)] == 0.8
    outlooks = {
        one: found[series("kpi_forecast_outlook", **OF, outlook=one)]
        for one in ("reached", "open", "missed")
    }
    assert outlooks == {"reached": 0, "open": 0, "missed": 1}
    ended = series("kpi_forecast_period_end_timestamp_seconds", **OF, period="2013-12")
    assert found[ended] == 1388505600  # midnight of 1 January 2014 in Shanghai
    assert found[SUCCESS] == 1


def test_before_the_table_is_made_there_is_nothing_to_say(opened: Office) -> None:
    found = parsed(TestClient(application(opened)).get("/metrics/forecast").content)

    assert found == {SUCCESS: 1}


def test_the_formats_and_encodings_say_the_same(opened: Office) -> None:
    derive(opened)
    reading = ForecastCache(opened).refresh()
    plain = reading.answer(Format.TEXT, gzip=False)[0]

    assert gzip.decompress(reading.answer(Format.TEXT, gzip=True)[0]) == plain
    openmetrics = reading.answer(Format.OPENMETRICS, gzip=False)[0]
    assert parsed(openmetrics, Format.OPENMETRICS) == parsed(plain)


def test_what_is_posted_changes_nothing_before_the_table_follows(
    opened: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scrape asks for the table's state, and reads and renders it only where that is another."""
    derive(opened)
    cache, other = ForecastCache(opened), ForecastCache(opened)
    first = cache.refresh()
    read: list[object] = []
    due_rows = forecasts.due_rows

    def watched(connection: Connection) -> list[forecasts.Due]:
        read.append(connection)
        return due_rows(connection)

    monkeypatch.setattr(forecasts, "due_rows", watched)
    world.post(opened, world.row("schools", "elec", "2013-10", 20))

    assert cache.refresh() is first
    assert read == []
    derive(opened)
    after = cache.refresh()
    assert len(read) == 1
    assert after.answer(Format.TEXT, gzip=True) != first.answer(Format.TEXT, gzip=True)
    for form in Format:
        assert after.answer(form, gzip=True) == other.refresh().answer(form, gzip=True)


def test_while_the_database_is_away_the_last_forecasts_stand_marked(
    opened: Office, outage: Callable[[], AbstractContextManager[None]]
) -> None:
    derive(opened)
    client = TestClient(application(opened))
    before = parsed(client.get("/metrics/forecast").content)
    with outage():
        away = parsed(client.get("/metrics/forecast").content)
    again = parsed(client.get("/metrics/forecast").content)

    assert away == before | {SUCCESS: 0}
    assert again == before


def test_a_table_that_cannot_be_read_is_told(opened: Office) -> None:
    with opened.database.write() as connection:
        for view in ("v_forecast_position", "v_forecast"):
            connection.execute(text(f"DROP VIEW {view}"))
        connection.execute(text("DROP TABLE forecast_state"))

    found = parsed(TestClient(application(opened)).get("/metrics/forecast").content)
    assert found == {SUCCESS: 0}


@pytest.mark.part("prometheus")
def test_a_real_prometheus_sees_every_family(
    opened: Office, start_prometheus: Callable[..., PrometheusServer], promtool: Path
) -> None:
    derive(opened)
    with running(application(opened)) as service:
        prometheus = start_prometheus({"dabiao-forecast": f"{service}/metrics/forecast"})
        prometheus.wait_until("kpi_forecast_collector_success == 1")
        for name in NAMES:
            assert prometheus.query(f"count({name})"), name
        (gap,) = prometheus.query("kpi_forecast_ratio < 1")
        assert gap.value == 0.8
        world.post(opened, world.row("schools", "elec", "2013-10", 20))
        derive(opened)
        prometheus.wait_until('kpi_forecast_outlook{outlook="missed"} == 0')

    body = ForecastCache(opened).refresh().answer(Format.TEXT, gzip=False)[0]
    assert check_metrics(promtool, body) == (0, "")
