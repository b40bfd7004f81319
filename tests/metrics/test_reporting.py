"""Who has to report what by when, and what came in, as Prometheus is told."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from app.domain.lifecycle import deadline
from app.domain.period import Span
from app.ledger import submissions
from app.ledger.submissions import Outcome, Source
from tests.factories import period
from tests.metrics import world
from tests.metrics.reading import exposed, noon, seen_at, series, value

if TYPE_CHECKING:
    from app.ledger.office import Office
    from tests.clock import Clock

ZONE = ZoneInfo("Asia/Shanghai")


def test_the_next_deadline_is_that_of_the_oldest_missing_figure(settled: Office) -> None:
    snapshot = seen_at(settled, noon(2014, 1, 5))
    due = {
        ("pendency", "mech"): "2013-04",  # March was posted as missing, so it is in
        ("pendency", "elec"): "2013-02",
        ("cases", "mech"): "2013-04",
        ("standard", "elec"): "2013-Q2",
        ("patents", "elec"): "2011",
        ("silent", "elec"): "2013-01",
        ("errors", "elec"): "2013-03",
    }

    found = snapshot.families["kpi_next_due_timestamp_seconds"].values()

    assert {sample.labels: sample.value for group in found for sample in group} == {
        place: deadline(period(at), 10, ZONE).timestamp() for place, at in due.items()
    }


def test_when_everything_is_in_nothing_is_due(settled: Office, clock: Clock) -> None:
    clock.set(2016, 2, 1)
    years = Span(period("2011"), period("2015"))
    world.post(
        settled, *(world.row("patents", "elec", str(at), 3) for at in years if str(at) != "2012")
    )

    assert series("kpi_next_due_timestamp_seconds", kpi="patents", department="elec") not in (
        exposed(settled)
    )


@pytest.mark.parametrize(
    ("at", "mech", "elec"),
    [
        # Only years of the five-year plan are due yet, of which one was posted, in 2014.
        ((2013, 2, 10), None, (1, 0, 0)),
        # January, of which nobody posted `silent`.
        ((2013, 2, 11), (2, 2, 2), (3, 2, 2)),
        # February, before and after it was posted, which was too late.
        ((2013, 3, 11), (2, 0, 0), (3, 0, 0)),
        ((2013, 3, 21), (2, 2, 0), (3, 1, 0)),
        # March and the first quarter; a figure posted as missing is in.
        ((2013, 4, 11), (2, 2, 2), (4, 1, 1)),
        ((2014, 1, 10), (2, 0, 0), (3, 0, 0)),
        # December, the fourth quarter and the year.
        ((2014, 1, 11), (2, 0, 0), (5, 0, 0)),
    ],
)
def test_reports_are_counted_for_the_newest_period_whose_deadline_has_passed(
    settled: Office,
    at: tuple[int, int, int],
    mech: tuple[float, ...] | None,
    elec: tuple[float, ...] | None,
) -> None:
    snapshot = seen_at(settled, noon(*at))

    for department, counts in (("mech", mech), ("elec", elec), ("office", None)):
        found = [
            value(snapshot, f"kpi_reports_{what}", department)
            for what in ("expected", "received", "on_time")
        ]
        assert found == ([None] * 3 if counts is None else list(counts))


def test_submissions_and_rows_are_counted_from_the_ledger(settled: Office) -> None:
    found = exposed(settled)
    deliveries = {
        (source, outcome): found[series("kpi_submissions_total", source=source, outcome=outcome)]
        for source in Source
        for outcome in Outcome
    }
    rows = {
        did: found[series("kpi_submission_rows_total", source="api", outcome=did)]
        for did in ("created", "revised", "unchanged", "rejected")
    }

    assert {key: number for key, number in deliveries.items() if number} == {
        ("api", "accepted"): 5,
        ("api", "refused"): 1,
        ("api", "partial"): 1,
    }
    assert rows == {"created": 13, "revised": 1, "unchanged": 0, "rejected": 2}
    with settled.database.read() as connection:
        _, seen = settled.seen(connection)
        assert sum(submissions.tally(connection, seen.position).values()) == 7


def test_an_earlier_position_knows_nothing_of_what_came_later(settled: Office) -> None:
    snapshot = seen_at(settled, noon(2013, 3, 1))

    assert value(snapshot, "kpi_actual_value", "pendency", "mech") == 23.9
    assert value(snapshot, "kpi_submissions_total", "api", "accepted") == 1
    assert value(snapshot, "kpi_revision", "cases", "mech") == 1
