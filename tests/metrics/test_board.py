"""A board that is kept up with the journal says what one says that is read anew, byte for byte."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest as library_text
from sqlalchemy import event

from app.domain.kpi import Kind
from app.errors import DabiaoError
from app.intake.review import approve, give_back
from app.ledger import standings
from metrics import board as board_module
from metrics.board import Board
from metrics.cache import Cache
from metrics.negotiation import Format
from tests import factories
from tests.metrics import world
from tests.metrics.reading import OF_READING, parsed, seen_at, series
from tests.metrics.test_exposition import Library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.ledger.database import Database
    from app.ledger.office import Office
    from metrics.cache import Reading
    from tests.clock import Clock

PLACES = (
    ("pendency", "mech", "2013-{:02d}"),
    ("pendency", "elec", "2013-{:02d}"),
    ("cases", "mech", "2013-{:02d}"),
    ("errors", "elec", "2013-{:02d}"),
    ("visits", "mech", "2013-{:02d}"),
    ("standard", "elec", "2013-Q{:d}"),
)
posts = st.tuples(
    st.just("post"),
    st.lists(
        st.tuples(st.sampled_from(PLACES), st.integers(1, 12), st.none() | st.integers(0, 30)),
        min_size=1,
        max_size=4,
    ),
)
others = st.sampled_from(
    [("return", 0), ("approve", 0), ("return", 1), ("target", 0), ("report", 0), ("day", 0)]
)


def answers(reading: Reading) -> dict[tuple[Format, bool], bytes]:
    """Return all forms of what is told of the office."""
    last = b"# EOF\n"
    return {
        (form, packed): b"".join(reading.prepared[form].closed(last, gzip=packed))
        for form in Format
        for packed in (False, True)
    }


def do(office: Office, clock: Clock, step: tuple[str, object], number: int) -> None:
    """Take one step of the office's life."""
    match step:
        case "post", list(rows):
            clock.forward(minutes=1)
            world.post(office, *(_row(place, month, value, number) for place, month, value in rows))
        case "target", _:
            upper = f"<= {20 + number}"
            given = {"plan_code": "year-2013", "kpi_code": "pendency", "department_code": "office"}
            world.enter(office, factories.target(upper, **given))  # type: ignore[arg-type]
        case "report", _:
            reporters = ("mech", "elec") if number % 2 else ("mech",)
            world.enter(office, replace(world.KPIS[1], reported_by=reporters))
        case "day", _:
            clock.forward(days=9)
        case action, back:
            _review(office, str(action), int(str(back)))


def _row(place: tuple[str, str, str], month: int, value: int | None, number: int) -> world.Row:
    kpi, department, spelled = place
    period = spelled.format(min(month, 4) if "Q" in spelled else month)
    more = {"observation_status": "M"} if value is None else {"denominator": 1 + month}
    if kpi != "pendency":
        more.pop("denominator", None)
    amount = value / 30 if value is not None and kpi == "standard" else value
    given = None if amount is None else f"{amount:.3f}"
    return world.row(kpi, department, period, given, reason=f"step {number}", **more)


def _review(office: Office, action: str, back: int) -> None:
    """Review the newest submission but `back`, if that can be done."""
    with office.database.read() as connection:
        _, seen = office.seen(connection)
    try:
        if action == "approve":
            approve(office, seen.position - back, world.PLANNER)
        else:
            give_back(office, seen.position - back, world.PLANNER, "again")
    except DabiaoError:
        return


@pytest.mark.parametrize("least", [0, standings.LEAST], ids=["standings", "none"])
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.one_of(posts, posts, posts, others), min_size=1, max_size=6))
def test_whatever_happens_the_bytes_are_those_of_one_who_reads_everything(
    settled: Office,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    least: int,
    steps: list[tuple[str, object]],
) -> None:
    monkeypatch.setattr(standings, "LEAST", least)
    cache, lazy = Cache(settled, "zh"), Cache(settled, "zh")
    kept = cache.refresh()
    lazy.refresh()
    for number, step in enumerate(steps):
        do(settled, clock, step, number)
        kept = cache.refresh()

        anew = Cache(settled, "zh").refresh()
        assert kept.success
        assert answers(kept) == answers(anew)
        assert kept.at == anew.at
    # One who was not asked in between has come to the same, in one step.
    assert answers(lazy.refresh()) == answers(kept)
    _is_what_the_library_says(settled, clock, kept)


def _is_what_the_library_says(office: Office, clock: Clock, reading: Reading) -> None:
    told = Library(seen_at(office, clock.now))
    reference = parsed(library_text(told))
    mine = parsed(b"".join(reading.answer(Format.TEXT, gzip=False)))
    of_reading = {series(name) for name in OF_READING}
    assert {key: mine[key] for key in mine.keys() - of_reading} == {
        key: reference[key] for key in reference.keys() - of_reading
    }


@pytest.fixture
def read_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The positions at which a board was read as a whole."""
    whole: list[int] = []
    everything = board_module.everything

    def noted(*given: object) -> object:
        whole.append(1)
        return everything(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(board_module, "everything", noted)
    return whole  # type: ignore[return-value]


def test_figures_and_reviews_are_followed_and_nothing_is_read_anew(
    settled: Office, read_anew: list[int]
) -> None:
    cache = Cache(settled, "zh")
    cache.refresh()
    receipt = world.post(settled, world.row("cases", "mech", "2013-04", 64))
    cache.refresh()
    assert receipt.id is not None
    give_back(settled, receipt.id, world.PLANNER, "again")

    told = parsed(b"".join(cache.refresh().answer(Format.TEXT, gzip=False)))

    key = {"kpi": "cases", "department": "mech", "period": "2013-04"}
    assert series("kpi_returned_timestamp_seconds", **key) in told
    assert len(read_anew) == 1


@pytest.mark.parametrize("step", [("target", 0), ("report", 0), ("day", 0)])
def test_another_catalogue_and_another_day_are_read_anew(
    settled: Office, clock: Clock, read_anew: list[int], step: tuple[str, object]
) -> None:
    cache = Cache(settled, "zh")
    cache.refresh()

    do(settled, clock, step, 1)
    cache.refresh()

    assert len(read_anew) == 2


def test_a_board_that_stands_later_than_the_record_is_read_anew(settled: Office) -> None:
    with settled.database.read() as connection:
        stored, seen = settled.seen(connection)
        board = Board.of(connection, stored, seen, settled, "zh")

    assert board.is_of(stored, seen)
    assert not board.is_of(stored, replace(seen, position=seen.position - 1)), "a backup came back"


def test_a_figure_touches_the_chunks_of_its_targets_alone(office: Office, clock: Clock) -> None:
    clock.set(2013, 1, 2)
    names = [f"d{number:03d}" for number in range(600)]
    kpi = factories.kpi("closed", kind=Kind.FLOW, reported_by=names)
    given = {"plan_code": "year-2013", "kpi_code": "closed", "kind": Kind.FLOW}
    targets = [factories.target(">= 10", department_code=name, **given) for name in names]  # type: ignore[arg-type]
    departments = [factories.department(name) for name in names]
    world.enter(office, world.PLANS[0], *departments, kpi, *targets)
    clock.set(2013, 2, 5)
    world.post(office, *(world.row("closed", name, "2013-01", 1) for name in names[1:]))
    cache = Cache(office, "zh")
    before = cache.refresh().prepared.rows

    world.post(office, world.row("closed", "d000", "2013-01", 2))

    after = cache.refresh().prepared.rows
    actual = "kpi_target_actual_value"
    same = [
        one is other for one, other in zip(before[actual].chunks, after[actual].chunks, strict=True)
    ]
    assert same == [False, True, True]
    assert after["kpi_target_info"] is before["kpi_target_info"]


def test_what_a_figure_costs_does_not_grow_with_the_record(
    settled: Office, database: Database
) -> None:
    cache = Cache(settled, "zh")
    cache.refresh()
    world.post(settled, world.row("cases", "mech", "2013-04", 64))
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    cache.refresh()
    event.remove(database.engine, "before_cursor_execute", note)

    of_figures = [text for text in sent if "revision.period" in text and "FROM review" not in text]
    assert len(of_figures) == 2
    after, narrowed = of_figures
    assert "revision.submission_id >" in after
    assert "revision.kpi_id IN" in narrowed
    assert "revision.department_id IN" in narrowed
