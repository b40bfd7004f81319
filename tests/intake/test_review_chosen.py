"""Chosen figures of a submission: the same rules, all or none of what was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.domain.access import Actor, Role
from app.domain.lifecycle import State
from app.errors import FigureReturned, NotFound, NothingToReview, NotPermitted
from app.intake.review import approve, give_back
from tests.factories import period
from tests.intake.reviewing import MARCH, OTHER, count_of_entries, entries, post, states
from tests.ledger.small_office import APPROVER, fill, row

if TYPE_CHECKING:
    from app.ledger.office import Office

APRIL = ("pendency", "exam", period("2013-04"))
OF_LAW = Actor("of law", Role.APPROVER, departments=frozenset({"law"}))


@pytest.fixture
def number(office: Office) -> int:
    """A submission of exam's March and April, and of law's March."""
    fill(office)
    law = row("4", kpi="platforms", department="law")
    return post(office, row("22.5"), row("22.6", "2013-04"), law)


def test_one_is_returned_and_the_others_are_approved(office: Office, number: int) -> None:
    returned = give_back(office, number, APPROVER, "a digit too many?", [APRIL])
    approved = approve(office, number, APPROVER, [MARCH])

    assert states(returned) == {"2013-04": State.RETURNED}
    assert states(approved) == {"2013-03": State.APPROVED}
    acts = [(action, subject) for action, subject, _ in entries(office)]
    assert acts == [("return", f"submission {number}"), ("approve", f"submission {number}")]


def test_one_in_the_way_stops_all_that_were_chosen(office: Office, number: int) -> None:
    give_back(office, number, OTHER, "a digit too many?", [APRIL])
    before = count_of_entries(office)

    with pytest.raises(FigureReturned) as stopped:
        approve(office, number, APPROVER, [MARCH, APRIL])

    assert stopped.value.figures == ((*APRIL, State.RETURNED),)
    assert count_of_entries(office) == before


def test_reach_is_asked_of_what_was_chosen(office: Office, number: int) -> None:
    platforms = ("platforms", "law", period("2013-03"))
    assert len(approve(office, number, OF_LAW, [platforms]).figures) == 1
    for chosen in ([MARCH], [platforms, MARCH], None):
        with pytest.raises(NotPermitted):
            approve(office, number, OF_LAW, chosen)


def test_what_did_not_come_from_the_submission_is_not_found(office: Office, number: int) -> None:
    with pytest.raises(NotFound):
        approve(office, number, APPROVER, [MARCH, ("pendency", "exam", period("2013-05"))])
    # Out of reach comes first, so that nobody learns what is there.
    with pytest.raises(NotPermitted):
        approve(office, number, OF_LAW, [("pendency", "exam", period("2013-05"))])


def test_a_newer_figure_is_left_and_named(office: Office, number: int) -> None:
    newer = post(office, row("22.7", "2013-04", reason="recount"))

    spoken = approve(office, number, APPROVER, [MARCH, APRIL])

    assert states(spoken) == {"2013-03": State.APPROVED}
    assert [(one.key, one.submission) for one in spoken.superseded] == [(APRIL, newer)]
    with pytest.raises(NothingToReview):
        approve(office, number, APPROVER, [APRIL])
    with pytest.raises(NothingToReview):
        approve(office, number, APPROVER, [])
