"""A figure that came back is unanswered until a newer one is in or another word is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.intake.review import approve, give_back, reopen
from app.ledger.returned import unanswered
from tests.intake.reviewing import MARCH, order, post
from tests.ledger.small_office import APPROVER, fill, row

if TYPE_CHECKING:
    import datetime as dt

    from app.ledger.office import Office
    from app.ledger.revisions import FigureKey
    from tests.clock import Clock


@pytest.fixture(autouse=True)
def _filled(office: Office) -> None:
    fill(office)


def _unanswered(office: Office, at: dt.datetime | None = None) -> dict[FigureKey, dt.datetime]:
    with office.database.read() as connection:
        _, seen = office.seen(connection, at)
        return unanswered(connection, seen.position)


def test_what_was_only_posted_approved_or_reopened_is_not_returned(office: Office) -> None:
    number = post(office)
    assert _unanswered(office) == {}
    approve(office, number, APPROVER)
    assert _unanswered(office) == {}
    reopen(office, order(), APPROVER)
    assert _unanswered(office) == {}


def test_a_returned_figure_waits_since_it_came_back(office: Office, clock: Clock) -> None:
    number = post(office)
    clock.forward(days=2)
    came_back = clock.now
    give_back(office, number, APPROVER, "the denominator")
    clock.forward(days=2)
    post(office, row("22.7", "2013-04"))

    assert _unanswered(office) == {MARCH: came_back}


def test_a_second_return_counts_from_the_second(office: Office, clock: Clock) -> None:
    number = post(office)
    give_back(office, number, APPROVER, "the denominator")
    clock.forward(days=1)
    give_back(office, number, APPROVER, "the numerator, too")

    assert _unanswered(office) == {MARCH: clock.now}


def test_a_correction_answers_it_though_not_as_of_before(office: Office, clock: Clock) -> None:
    give_back(office, post(office), APPROVER, "the denominator")
    before = clock.now
    clock.forward(days=1)
    post(office, row("22.4", reason="counted again"))

    assert _unanswered(office) == {}
    assert _unanswered(office, before) == {MARCH: before}
