"""The lean read of many histories, on both engines."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from app.domain.period import Frequency, Span
from app.domain.plausibility.series import Point
from app.ledger import histories as reading
from app.ledger import narrowing
from app.ledger.histories import histories
from tests.factories import period
from tests.ledger.small_office import fill, row, send

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.ledger.histories import SeriesKey
    from app.ledger.office import Office

EXAM, EAST = ("pendency", "exam"), ("pendency", "exam-east")
SPANS = {Frequency.MONTHLY: Span(period("2012-02"), period("2012-11"))}


@pytest.fixture
def filled(office: Office) -> Office:
    return fill(office)


def found(
    office: Office, *wanted: SeriesKey, spans: Mapping[Frequency, Span] | None = None
) -> dict[SeriesKey, list[Point]]:
    with office.database.read() as connection:
        stored = office.catalogue(connection)
        return histories(connection, stored, wanted, SPANS if spans is None else spans)


def test_the_newest_revisions_come_in_order_of_time(filled: Office) -> None:
    send(filled, row("23", "2012-05"), row("21.5", "2012-03"), row("22", "2012-04"))
    send(filled, row("20", "2012-04", reason="recount"))
    send(filled, row("19.25", "2012-04", reason="recount"))
    (points,) = found(filled, EXAM).values()
    assert [(str(point.period), str(float(point.value))) for point in points] == [
        ("2012-03", "21.5"), ("2012-04", "19.25"), ("2012-05", "23.0"),
    ]  # fmt: skip
    assert all(point.row is None for point in points)


def test_only_the_periods_asked_for_are_read(filled: Office) -> None:
    send(filled, *(row("20", f"2012-{month:02d}") for month in range(1, 13)))
    (points,) = found(filled, EXAM).values()
    assert [str(points[0].period), str(points[-1].period)] == ["2012-02", "2012-11"]
    assert found(filled, EXAM, spans={}) == {}
    assert found(filled, EXAM, spans={Frequency.ANNUAL: SPANS[Frequency.MONTHLY]}) == {}


@pytest.mark.parametrize("most", [10_000, 1])
def test_of_a_series_without_figures_there_is_nothing(
    filled: Office, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(reading, "MOST_PLACES", most)
    send(filled, row("23", "2012-05"), row("21.5", "2012-03"))

    given = found(filled, EXAM, EAST)

    assert len(given.pop(EXAM)) == 2
    assert given in ({}, {EAST: []})


@pytest.mark.parametrize("most", [500, 0])
def test_only_the_series_asked_for_are_given_however_many(
    filled: Office, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(narrowing, "_MOST_IN_LIST", most)
    cases = {"kpi": "cases", "department": "exam-east"}
    send(filled, row("20"), row("21", department="exam-east"), row("22", **cases))
    span = {Frequency.MONTHLY: Span(period("2013-01"), period("2013-12"))}
    assert {key: len(points) for key, points in found(filled, EAST, spans=span).items()} == {
        EAST: 1
    }
    assert set(found(filled, EXAM, ("cases", "exam-east"), spans=span)) == {
        EXAM, ("cases", "exam-east"),
    }  # fmt: skip


def test_a_quotient_is_exact_a_break_is_marked_and_what_is_missing_is_left_out(
    filled: Office,
) -> None:
    send(
        filled,
        row(None, "2012-03", numerator="67", denominator="3"),
        row(None, "2012-04", observation_status="M"),
        row("22.5", "2012-05", observation_status="B", denominator="10"),
    )
    (points,) = found(filled, EXAM).values()
    assert points == [
        Point(period("2012-03"), Fraction(67, 3)),
        Point(period("2012-05"), Decimal("22.5"), None, True),
    ]
