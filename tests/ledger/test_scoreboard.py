from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from app.domain.attainment import Status
from app.domain.number import shown
from app.ledger.scoreboard import (
    Line,
    Selection,
    consecutive_off_track,
    scoreboard,
    series,
)
from tests.factories import period
from tests.ledger.small_office import fill, row, send, target

if TYPE_CHECKING:
    import datetime as dt

    from app.ledger.office import Office
    from tests.clock import Clock


@pytest.fixture
def filled(office: Office, clock: Clock) -> Office:
    clock.set(2013, 6, 20)
    return fill(office)


def lines(
    office: Office,
    selection: Selection | None = None,
    as_of: dt.datetime | None = None,
    asked: str | None = None,
) -> list[Line]:
    with office.database.read() as connection:
        stored, seen = office.seen(connection, as_of)
        return scoreboard(
            connection, stored, seen, selection or Selection(), period(asked) if asked else None
        )


def line(office: Office, as_of: dt.datetime | None = None, **selected: str) -> Line:
    wanted = {"kpi": "pendency", "department": "exam", **selected}
    (found,) = lines(office, Selection(**wanted), as_of)
    return found


def key(one: Line) -> tuple[str, str]:
    return one.subject.target.kpi, one.subject.target.department


def test_every_target_has_its_line_in_order(filled: Office) -> None:
    assert [key(one) for one in lines(filled)] == [
        ("pendency", "exam"),
        ("pendency", "office"),
        ("platforms", "law"),
        ("standard", "law"),
    ]
    assert {one.verdict.status for one in lines(filled)} == {Status.NO_DATA}


def test_lines_are_selected(filled: Office) -> None:
    exam, office, law = ("pendency", "exam"), ("pendency", "office"), ("platforms", "law")

    def found(selection: Selection) -> list[tuple[str, str]]:
        return [key(one) for one in lines(filled, selection)]

    assert found(Selection(kpi="platforms")) == [law]
    assert found(Selection(department="exam")) == [exam]
    assert found(Selection(department="office", kpi="pendency")) == [exam, office]
    assert found(Selection(plan="plan-2013", department="exam-east")) == []
    assert found(Selection(plan="plan-1999")) == []


def test_a_verdict_stands_on_its_newest_figure(filled: Office, clock: Clock) -> None:
    send(filled, row("24", "2013-04"), row("22.54", "2013-05"))
    clock.forward(hours=1)
    send(filled, row("23", "2013-05", reason="recount"))
    send(filled, row("25", "2013-04", reason="recount"))
    found = line(filled)
    assert found.verdict.status is Status.AT_RISK
    assert found.newest is not None
    assert (found.newest.amount.value, found.revision) == (Decimal(23), 2)
    assert found.submitted_at == clock()
    assert line(filled, department="exam").department.name_en == "Examination"


def test_a_target_without_figures_has_nothing_to_stand_on(filled: Office) -> None:
    found = line(filled)
    assert (found.newest, found.revision, found.submitted_at) == (None, None, None)


def test_an_office_s_target_counts_its_topmost_reporters_weighted(filled: Office) -> None:
    send(filled, row("20", "2013-05", denominator="300"))
    send(filled, row("99", "2013-05", department="exam-east", denominator="5"))
    (found,) = lines(filled, Selection(kpi="pendency", department="office"))[1:]
    assert tuple(found.subject.members) == ("exam",)
    assert found.verdict.counted is not None
    assert found.verdict.actual == 20


def test_a_revised_target_leaves_older_verdicts_as_they_were(filled: Office, clock: Clock) -> None:
    send(filled, row("22", "2013-05"))
    before = clock()
    assert line(filled).verdict.status is Status.ON_TRACK
    clock.forward(days=1)
    fill(filled, target("<= 20"))
    now, then = line(filled), line(filled, as_of=before)
    assert (now.verdict.status, now.subject.target.version) == (Status.OFF_TRACK, 2)
    assert (then.verdict.status, then.subject.target.version) == (Status.ON_TRACK, 1)


def test_a_revised_figure_leaves_older_verdicts_as_they_were(filled: Office, clock: Clock) -> None:
    send(filled, row("22", "2013-05"))
    before = clock()
    clock.forward(days=1)
    send(filled, row("30", "2013-05", reason="recount"))
    assert line(filled).verdict.status is Status.OFF_TRACK
    assert line(filled, as_of=before).verdict.status is Status.ON_TRACK


def test_as_of_looks_at_the_day_of_then_too(office: Office, clock: Clock) -> None:
    clock.set(2013, 1, 20)
    early, filled = clock(), fill(office)
    clock.set(2013, 6, 20)
    assert line(filled, as_of=early).verdict.status is Status.NOT_STARTED
    assert line(filled).verdict.status is Status.NO_DATA


def test_a_period_asked_for_is_judged_as_it_was(filled: Office) -> None:
    send(filled, row("30", "2013-03"), row("22", "2013-05"))
    (found,) = lines(filled, Selection(kpi="pendency", department="exam"), asked="2013-03")
    assert found.verdict.status is Status.OFF_TRACK
    assert str(found.verdict.period) == "2013-03"


def test_a_series_has_every_period_and_a_verdict_where_there_is_a_figure(filled: Office) -> None:
    send(filled, row("30", "2013-01"), row("22", "2013-03"), row("9", "2012-12"))
    send(filled, row(period="2013-04", observation_status="M"))
    subject = line(filled).subject
    points = series(subject, filled.today())
    assert [str(point.period) for point in points] == [f"2013-{m:02d}" for m in range(1, 13)]
    assert {shown(point.expected) for point in points} == {Decimal("22.5")}
    judged = {str(p.period): p.verdict.status for p in points if p.verdict is not None}
    assert judged == {"2013-01": Status.OFF_TRACK, "2013-03": Status.ON_TRACK}


def test_periods_off_track_are_counted_back_from_the_newest(filled: Office, clock: Clock) -> None:
    clock.set(2014, 1, 5)
    found = []
    steps = ["22", "30", "30", "22", "23", "30", "30"]
    for month, value in enumerate(steps, 1):
        found.append(consecutive_off_track(line(filled).subject, filled.today()))
        send(filled, row(value, f"2013-{month:02d}", kpi="pendency"))
    assert found == [0, 0, 1, 2, 0, 0, 1]
