"""A period's life: when a figure is due, and in which state its period is at an instant."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.lifecycle import State, deadline, state
from tests.factories import period

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NOT_DUE, DUE, OVERDUE, SUBMITTED = State.NOT_DUE, State.DUE, State.OVERDUE, State.SUBMITTED
SECOND = dt.timedelta(seconds=1)


def midnight(text: str, zone: ZoneInfo = SHANGHAI) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), zone)


@pytest.mark.parametrize(
    ("of", "due_days", "zone", "day"),
    [
        ("2013-01", 10, SHANGHAI, "2013-02-11"),
        ("2013-02", 10, SHANGHAI, "2013-03-11"),
        ("2012-02", 10, SHANGHAI, "2012-03-11"),
        ("2013-12", 10, SHANGHAI, "2014-01-11"),
        ("2013-Q1", 10, SHANGHAI, "2013-04-11"),
        ("2013", 45, SHANGHAI, "2014-02-15"),
        ("2013-01", 0, SHANGHAI, "2013-02-01"),
        ("2013-02", 40, BERLIN, "2013-04-10"),
    ],
)
def test_the_deadline_is_the_given_number_of_whole_days_after_the_periods_end(
    of: str, due_days: int, zone: ZoneInfo, day: str
) -> None:
    assert deadline(period(of), due_days, zone) == midnight(day, zone)


def test_a_deadline_falls_on_the_offices_midnight_also_across_a_clock_change() -> None:
    # Berlin's clocks went forward on 2013-03-31: the deadline is 39 days and 23 hours later.
    end, due = period("2013-02").end(BERLIN), deadline(period("2013-02"), 40, BERLIN)

    assert due.astimezone(dt.UTC) - end.astimezone(dt.UTC) == dt.timedelta(days=39, hours=23)


ENDS = midnight("2013-02-01")
DEADLINE = midnight("2013-02-11")


@pytest.mark.parametrize(
    ("now", "unposted"),
    [
        pytest.param(midnight("2012-06-01"), NOT_DUE, id="long-before"),
        pytest.param(midnight("2013-01-15"), NOT_DUE, id="in-the-period"),
        pytest.param(ENDS - SECOND, NOT_DUE, id="its-last-second"),
        pytest.param(ENDS, DUE, id="its-end"),
        pytest.param(ENDS.astimezone(dt.UTC), DUE, id="its-end-told-in-another-zone"),
        pytest.param(DEADLINE - SECOND, DUE, id="the-last-second-in-time"),
        pytest.param(DEADLINE, OVERDUE, id="the-deadline"),
        pytest.param(midnight("2020-01-01"), OVERDUE, id="years-later"),
    ],
)
def test_january_by_the_clock(now: dt.datetime, unposted: State) -> None:
    january = period("2013-01")

    assert state(january, 10, SHANGHAI, now, posted=False) is unposted
    assert state(january, 10, SHANGHAI, now, posted=True) is SUBMITTED


def test_due_at_once_without_days_of_grace() -> None:
    assert state(period("2013-01"), 0, SHANGHAI, ENDS - SECOND, posted=False) is NOT_DUE
    assert state(period("2013-01"), 0, SHANGHAI, ENDS, posted=False) is OVERDUE


@given(
    of=st.sampled_from(["2013-01", "2013-Q2", "2013"]),
    due_days=st.integers(0, 60),
    instants=st.lists(
        st.datetimes(dt.datetime(2012, 1, 1), dt.datetime(2015, 1, 1)),  # noqa: DTZ001 - see below
        min_size=2,
        max_size=2,
    ),
)
@settings(max_examples=80, deadline=None)
def test_time_only_leads_from_not_due_over_due_to_overdue(
    of: str, due_days: int, instants: list[dt.datetime]
) -> None:
    order = [NOT_DUE, DUE, OVERDUE]
    earlier, later = (
        state(period(of), due_days, SHANGHAI, naive.replace(tzinfo=dt.UTC), posted=False)
        for naive in sorted(instants)
    )

    assert order.index(earlier) <= order.index(later)
