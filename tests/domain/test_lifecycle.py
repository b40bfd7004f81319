"""A period's life: when a figure is due, where it stands, and what can be done to it there."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.lifecycle import (
    AWAITED,
    NEXT,
    Action,
    Party,
    Review,
    State,
    days_overdue,
    deadline,
    is_repeated,
    of_revision,
    standing,
    waiting,
)
from tests.factories import period

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
NOT_DUE, DUE, OVERDUE = State.NOT_DUE, State.DUE, State.OVERDUE
SUBMITTED, RETURNED, APPROVED = State.SUBMITTED, State.RETURNED, State.APPROVED
APPROVE, RETURN, REOPEN = Action.APPROVE, Action.RETURN, Action.REOPEN
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
    ("now", "state"),
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
def test_january_by_the_clock(now: dt.datetime, state: State) -> None:
    assert waiting(period("2013-01"), 10, SHANGHAI, now) is state


@pytest.mark.parametrize("zone", [SHANGHAI, BERLIN, NEW_YORK, ZoneInfo("UTC")], ids=str)
def test_a_day_ends_where_the_office_is(zone: ZoneInfo) -> None:
    january = period("2013-01")

    for day, before, after in (("2013-02-01", NOT_DUE, DUE), ("2013-02-11", DUE, OVERDUE)):
        there = midnight(day, zone)
        assert waiting(january, 10, zone, there - SECOND) is before
        assert waiting(january, 10, zone, there) is after
    noon = dt.datetime(2013, 1, 31, 20, tzinfo=dt.UTC)
    assert waiting(january, 10, zone, noon) is (DUE if zone is SHANGHAI else NOT_DUE)


def test_due_at_once_without_days_of_grace() -> None:
    assert waiting(period("2013-01"), 0, SHANGHAI, ENDS - SECOND) is NOT_DUE
    assert waiting(period("2013-01"), 0, SHANGHAI, ENDS) is OVERDUE


@pytest.mark.parametrize(
    ("now", "days"),
    [
        (ENDS, 0),
        (DEADLINE - SECOND, 0),
        (DEADLINE, 1),
        (DEADLINE + dt.timedelta(hours=23, minutes=59), 1),
        (DEADLINE + dt.timedelta(days=1), 2),
        ((DEADLINE + dt.timedelta(days=1)).astimezone(dt.UTC), 2),
        (midnight("2014-02-11"), 366),
    ],
)
def test_days_overdue_are_the_days_begun_in_the_office(now: dt.datetime, days: int) -> None:
    assert days_overdue(DEADLINE, now, SHANGHAI) == days


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
        waiting(period(of), due_days, SHANGHAI, naive.replace(tzinfo=dt.UTC))
        for naive in sorted(instants)
    )

    assert order.index(earlier) <= order.index(later)


# --- what is done to a figure -----------------------------------------------------------------


def said(action: Action, revision: int = 1, reason: str | None = None) -> Review:
    return Review(action, revision, "approver", ENDS, reason)


REFUSED = None
EVERY_STEP: dict[tuple[State, Action], State | None] = {
    (NOT_DUE, APPROVE): REFUSED, (NOT_DUE, RETURN): REFUSED, (NOT_DUE, REOPEN): REFUSED,
    (DUE, APPROVE): REFUSED, (DUE, RETURN): REFUSED, (DUE, REOPEN): REFUSED,
    (OVERDUE, APPROVE): REFUSED, (OVERDUE, RETURN): REFUSED, (OVERDUE, REOPEN): REFUSED,
    (SUBMITTED, APPROVE): APPROVED, (SUBMITTED, RETURN): RETURNED, (SUBMITTED, REOPEN): REFUSED,
    (RETURNED, APPROVE): REFUSED, (RETURNED, RETURN): RETURNED, (RETURNED, REOPEN): REFUSED,
    (APPROVED, APPROVE): APPROVED, (APPROVED, RETURN): REFUSED, (APPROVED, REOPEN): SUBMITTED,
}  # fmt: skip


def test_every_state_and_every_action() -> None:
    assert {step: NEXT.get(step) for step in EVERY_STEP} == EVERY_STEP
    assert len(EVERY_STEP) == len(State) * len(Action)


def test_an_action_leads_to_one_state_from_wherever_it_is_done() -> None:
    ends = {(action, end) for (_, action), end in NEXT.items()}
    assert len(ends) == len(Action)


@pytest.mark.parametrize(
    ("last", "state"),
    [
        (None, SUBMITTED),
        (said(APPROVE), APPROVED),
        (said(RETURN, reason="why"), RETURNED),
        (said(REOPEN, reason="why"), SUBMITTED),
    ],
)
def test_the_last_event_decides(last: Review | None, state: State) -> None:
    assert standing(1, last) is state
    assert of_revision(last, 1) is last
    assert standing(2, last) is SUBMITTED, "a newer figure speaks for itself"
    assert of_revision(last, 2) is None


def test_whose_turn_it_is() -> None:
    department, approver = Party.DEPARTMENT, Party.APPROVER
    assert {state: AWAITED.get(state) for state in State} == {
        NOT_DUE: None, DUE: department, OVERDUE: department, SUBMITTED: approver,
        RETURNED: department, APPROVED: None,
    }  # fmt: skip


def test_the_same_said_of_the_same_revision_is_a_repetition() -> None:
    returned = said(RETURN, 1, "why")
    assert is_repeated(returned, 1, RETURN, "why")
    assert is_repeated(said(APPROVE), 1, APPROVE, None)
    assert not is_repeated(None, 1, APPROVE, None)
    assert not is_repeated(returned, 1, RETURN, "another reason")
    assert not is_repeated(returned, 1, REOPEN, "why")
    assert not is_repeated(returned, 2, RETURN, "why"), "that was another figure"
