"""The table of forecasts repeats what is said of each target, and asks the model nothing twice."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from app.domain.kpi import Kind
from app.domain.number import shown
from app.forecasting.asking import Forecaster, NotComputed
from app.ledger import forecasts, scoreboard
from app.ledger.forecasts import State, derive, foresee, kept, state
from app.ledger.keeping import ForecastKeeper
from tests import factories
from tests.metrics import world
from tests.parts import wait_until

if TYPE_CHECKING:
    from app.domain.catalogue import TargetKey
    from app.domain.forecast import Forecast, Question
    from app.ledger.office import Office

COLUMNS = "period, value, lower_value, upper_value, ratio, outlook"
SCHOOLS = ("year-2013", "schools", "elec")
Rows = dict[tuple[str, ...], list[tuple[Any, ...]]]


@pytest.fixture
def opened(settled: Office, forecaster: Forecaster) -> Office:
    """The small office, with a KPI that has come as far as September."""
    terms: dict[str, Any] = {"kpi_code": "schools", "department_code": "elec", "kind": Kind.STOCK}
    world.enter(settled, factories.kpi("schools", kind=Kind.STOCK, reported_by=("elec",)))
    world.enter(settled, factories.target(">= 13", plan_code="year-2013", **terms))
    world.post(
        settled,
        *(world.row("schools", "elec", f"2013-{month:02}", month) for month in range(1, 10)),
    )
    return replace(settled, forecaster=forecaster)


def in_view(office: Office) -> Rows:
    query = text(f"SELECT plan, kpi, department, {COLUMNS} FROM v_forecast ORDER BY period")  # noqa: S608 - names above
    found: Rows = {}
    with office.database.read() as connection:
        for row in connection.execute(query):
            said = tuple(one if isinstance(one, str | None) else float(one) for one in row[3:])
            found.setdefault(tuple(row[:3]), []).append(said)
    return found


def said_of(office: Office, key: TargetKey) -> Forecast | None:
    with office.database.read() as connection:
        stored, seen = office.seen(connection)
        (subject,) = scoreboard.subjects(connection, stored, [key], seen.position)
        known = kept(connection, stored, key)
    return foresee(office.forecaster, subject, known).forecast


def by_the_domain(office: Office) -> Rows:
    """Return what the view should show, of every target."""
    with office.database.read() as connection:
        keys = sorted(office.catalogue(connection).catalogue.targets)
    found: Rows = {}
    for key in keys:
        forecast = said_of(office, key)
        for point in forecast.points if forecast else ():
            is_due = forecast is not None and point is forecast.due
            ratio = shown(forecast.ratio) if forecast and is_due else None
            found.setdefault(key, []).append(
                (
                    str(point.period),
                    *(float(one) for one in (point.value, point.lower, point.upper)),
                    None if ratio is None else float(ratio),
                    str(forecast.outlook) if forecast and is_due else None,
                )
            )
    return found


def newest(office: Office) -> int:
    with office.database.read() as connection:
        return office.seen(connection)[1].position


def at(office: Office) -> State:
    with office.database.read() as connection:
        return state(connection)


class Counting(Forecaster):
    """Counts what the model is asked; hears of it first."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Question] = []

    def _asked(self, questions: list[Question]) -> Any:  # noqa: ANN401 - as the real one's
        self.asked += questions
        return super()._asked(questions)


def test_the_view_says_what_is_forecast(opened: Office) -> None:
    assert derive(opened)

    found = in_view(opened)
    assert found == by_the_domain(opened)
    assert found[SCHOOLS] == [
        ("2013-10", 10, 10, 10, None, None),
        ("2013-11", 11, 11, 11, None, None),
        ("2013-12", 12, 12, 12, pytest.approx(12 / 13), "missed"),
    ]
    assert at(opened).position == newest(opened)
    assert not derive(opened)


def test_the_model_is_asked_once_and_by_whoever_comes_first(opened: Office) -> None:
    derive(opened)
    first = Counting()
    with opened.database.read() as connection:
        stored, seen = opened.seen(connection)
        (subject,) = scoreboard.subjects(connection, stored, [SCHOOLS], seen.position)
        known = kept(connection, stored, SCHOOLS)
    told = foresee(first, subject, known)

    assert told.forecast is not None
    assert str(told.note) == "from 9 figures since 2013-01; 80 % interval"
    assert not first.asked
    assert foresee(opened.forecaster, subject, None) == told


def test_another_bound_is_another_outlook_by_the_same_answer(opened: Office) -> None:
    derive(opened)
    terms: dict[str, Any] = {"kpi_code": "schools", "department_code": "elec", "kind": Kind.STOCK}
    world.enter(opened, factories.target(">= 12", plan_code="year-2013", **terms))
    counting = Counting()
    object.__setattr__(opened, "forecaster", counting)

    assert derive(opened)
    assert in_view(opened)[SCHOOLS][-1][-2:] == (1, "reached")
    assert counting.asked == []


def test_a_newer_figure_is_followed_and_the_due_period_s_own_ends_it(opened: Office) -> None:
    derive(opened)
    world.post(opened, world.row("schools", "elec", "2013-10", 20))
    assert derive(opened)
    assert [row[0] for row in in_view(opened)[SCHOOLS]] == ["2013-11", "2013-12"]
    assert in_view(opened) == by_the_domain(opened)

    world.post(opened, world.row("schools", "elec", "2013-12", 12))
    assert derive(opened)
    assert SCHOOLS not in in_view(opened)


def test_what_was_spoilt_is_made_anew(opened: Office) -> None:
    derive(opened)
    before = in_view(opened)
    with opened.database.write() as connection:
        connection.execute(text("UPDATE forecast SET value = 2, outlook = 'open'"))
        connection.execute(text("UPDATE forecast_answer SET answer = '[]'"))

    assert derive(opened, anew=True)
    assert in_view(opened) == before


def test_who_was_overtaken_puts_nothing_in(opened: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process derives between this one's reading and its writing."""
    answers, overtaken = opened.forecaster.answers, False

    def slow(questions: Any) -> Any:  # noqa: ANN401 - as the real one's
        nonlocal overtaken
        if not overtaken:
            overtaken = True
            world.post(opened, world.row("schools", "elec", "2013-10", 20))
            assert derive(opened)
        return answers(questions)

    monkeypatch.setattr(opened.forecaster, "answers", slow)
    assert not derive(opened)

    assert in_view(opened) == by_the_domain(opened)
    assert at(opened).position == newest(opened)


def test_lots_that_are_in_stay_in_where_a_later_one_fails(
    opened: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forecasts, "LOT", 1)
    monkeypatch.setattr(opened.forecaster, "answers", _failing)
    with pytest.raises(NotComputed):
        derive(opened)
    held = at(opened)
    assert (held.position, held.serial > 0) == (0, True)

    monkeypatch.undo()
    assert derive(opened)
    assert in_view(opened) == by_the_domain(opened)


def _failing(questions: list[Question]) -> list[None]:
    if questions:
        raise NotComputed("it ended")
    return []


def test_who_asks_hears_that_it_could_not_be_computed(
    opened: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(opened.forecaster, "answers", _failing)
    caplog.set_level(logging.WARNING)

    assert said_of(opened, SCHOOLS) is None
    assert "no forecast: it ended" in caplog.text


def test_the_keeper_follows_what_is_posted(opened: Office) -> None:
    with ForecastKeeper(opened, pause=0.01):
        wait_until(lambda: in_view(opened), seconds=60, what="the first forecasts")
        world.post(opened, world.row("schools", "elec", "2013-10", 20))
        wait_until(
            lambda: at(opened).position == newest(opened) or None,
            seconds=60,
            what="the new forecasts",
        )

    assert in_view(opened) == by_the_domain(opened)
