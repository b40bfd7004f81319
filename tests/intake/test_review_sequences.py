"""Reviews at once with others, and in any order: what is on record stays whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.domain.access import Actor, Role
from app.domain.lifecycle import Action, State, standing
from app.domain.number import write_number
from app.domain.period import Frequency, Period
from app.errors import Conflict, FigureLocked, FigureReturned, NothingToReview
from app.intake.review import approve, give_back, reopen
from app.ledger import reviews, revisions, tables
from tests.intake.reviewing import OTHER, codes, count_of_entries, entries, order, post
from tests.ledger.small_office import APPROVER, assert_whole, fill, history, row, send
from tests.ledger.test_concurrency import at_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ledger.office import Office
    from app.ledger.revisions import Revision


@pytest.fixture(autouse=True)
def _filled(office: Office) -> None:
    fill(office)


# --- several at once --------------------------------------------------------------------------


def test_two_approvers_at_once_come_to_one_approval(office: Office) -> None:
    number = post(office, *(row(str(month), f"2013-0{month}") for month in range(1, 7)))
    before = count_of_entries(office)
    people = [Actor(f"approver {n}", Role.APPROVER) for n in range(4)]

    spoken = at_once([lambda who=who: approve(office, number, who) for who in people])  # type: ignore[misc]

    assert all(one == spoken[0] for one in spoken)
    assert count_of_entries(office) == before + 1
    assert_whole(office.database)


def test_an_approval_and_a_return_at_once_come_to_one_of_them(office: Office) -> None:
    number = post(office)

    def told(action: Action) -> State | type[Conflict]:
        try:
            if action is Action.APPROVE:
                return approve(office, number, APPROVER).figures[0].state
            return give_back(office, number, OTHER, "why").figures[0].state
        except Conflict as conflict:
            return type(conflict)

    said = Counter(at_once([lambda: told(Action.APPROVE), lambda: told(Action.RETURN)]))

    outcomes = ({State.APPROVED, FigureLocked}, {State.RETURNED, FigureReturned})
    assert set(said) in outcomes
    assert len(entries(office)) == 1


def test_a_correction_and_an_approval_at_once_leave_nothing_half(office: Office) -> None:
    for month in range(1, 7):
        at = f"2013-0{month}"
        number = post(office, row("1", at))

        def approves(number: int = number) -> str:
            try:
                return str(approve(office, number, APPROVER).figures[0].state)
            except NothingToReview:
                return "came too late"

        def corrects(at: str = at) -> str:
            return ",".join(codes(send(office, row("2", at, reason="recount"))))

        tasks: list[Callable[[], str]] = [approves, corrects]
        said = sorted(at_once(tasks))
        assert said in (["", "came too late"], ["approved", "period_locked"])
        assert len(history(office, at)) == (1 if "approved" in said else 2)


# --- any sequence -----------------------------------------------------------------------------

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["post", "confirm", "approve", "return", "reopen"]), st.integers(1, 3)
    ),
    min_size=1,
    max_size=9,
)
MONTHS = count(Period.parse("2012-12").ordinal, -1)


def shown_value(line: Revision) -> str:
    assert line.figure.amount.value is not None
    return write_number(line.figure.amount.value)


def refused_by(task: Callable[[], object]) -> bool:
    """Run a task; tell whether what is on record stood in its way."""
    try:
        task()
    except Conflict:
        return True
    return False


@dataclass
class Model:
    """Knows of one figure only its state and its revisions, and holds the record against that.

    rows: value and reason of every revision; steps: how many reviews are on record.
    """

    office: Office
    at: Period
    state: State | None = None
    rows: list[tuple[str, str]] = field(default_factory=list)
    submission: int = 0
    steps: int = 0

    def happens(self, event: str, number: int) -> None:
        """Let an event happen, hold its answer and the figure's history against the model."""
        if event in ("post", "confirm"):
            repeats = self.rows and event == "confirm"
            self._posts(self.rows[-1][0] if repeats else str(number), f"because {number}")
        elif self.state is not None:
            {"approve": self._approves, "return": self._returns, "reopen": self._reopens}[event]()
        kept = history(self.office, str(self.at), kpi="cases")
        assert [(shown_value(one), one.reason) for one in kept] == self.rows

    def _posts(self, value: str, reason: str) -> None:
        receipt = send(self.office, row(value, str(self.at), kpi="cases", reason=reason))
        same = bool(self.rows) and self.rows[-1][0] == value
        stands = self.state is State.SUBMITTED and not same
        if not self.rows or self.state is State.RETURNED or stands:
            assert receipt.result.outcome == "accepted"
            assert receipt.id is not None
            self.rows.append((value, reason))
            self.state, self.submission = State.SUBMITTED, receipt.id
        elif same:
            assert receipt.result.counts.unchanged == 1
        else:
            assert codes(receipt) == ["period_locked"]

    def _approves(self) -> None:
        refused = refused_by(lambda: approve(self.office, self.submission, APPROVER))
        assert refused == (self.state is State.RETURNED)
        self.steps += self.state is State.SUBMITTED
        self.state = self.state if refused else State.APPROVED

    def _returns(self) -> None:
        reason = str(self.steps)
        refused = refused_by(lambda: give_back(self.office, self.submission, APPROVER, reason))
        assert refused == (self.state is State.APPROVED)
        self.steps += not refused
        self.state = self.state if refused else State.RETURNED

    def _reopens(self) -> None:
        wanted = order(f"reopened at {self.steps}", kpi="cases", period=str(self.at))
        refused = refused_by(lambda: reopen(self.office, wanted, APPROVER))
        assert refused == (self.state is not State.APPROVED)
        self.steps += not refused
        self.state = self.state if refused else State.SUBMITTED

    def holds(self) -> None:
        """Hold what is on record at the end against the model."""
        key = ("cases", "exam", self.at)
        of_figure = (tables.review.c.period == str(self.at), tables.kpi.c.code == "cases")
        joined = tables.review.join(tables.kpi, tables.kpi.c.id == tables.review.c.kpi_id)
        counted = select(func.count()).select_from(joined)
        with self.office.database.read() as connection:
            stored = self.office.catalogue(connection)
            current = revisions.current(connection, stored, [key])[key]
            kept = connection.execute(counted.where(*of_figure)).scalar_one()
            found = reviews.last(connection, stored, [key]).get(key)
        assert kept == self.steps
        assert current.revision == len(self.rows)
        assert standing(current.revision, found) is self.state


@given(events=EVENTS)
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_happens_the_last_event_decides_and_nothing_is_lost(
    office: Office, events: list[tuple[str, int]]
) -> None:
    """Each time at another month, of which nothing is on record yet."""
    model = Model(office, Period(Frequency.MONTHLY, next(MONTHS)))
    for event, number in events:
        model.happens(event, number)
    if model.state is not None:
        model.holds()
