"""Approve, return, reopen: what each does to the record."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from app.domain.access import Actor, Role
from app.domain.finding import Severity
from app.domain.lifecycle import State
from app.errors import (
    FigureLocked,
    FigureReturned,
    NotApproved,
    NotFound,
    NothingToReview,
    NotPermitted,
    Refused,
)
from app.intake.review import Spoken, approve, give_back, reopen
from app.ledger import journal, reviews
from app.ledger.submissions import OnError
from tests.factories import period
from tests.intake.reviewing import (
    MARCH,
    OTHER,
    codes,
    count_of_entries,
    entries,
    last,
    order,
    post,
    states,
)
from tests.ledger.small_office import (
    APPROVER,
    fill,
    history,
    row,
    send,
)

if TYPE_CHECKING:
    from app.ledger.office import Office
    from tests.clock import Clock

OF_LAW = Actor("of law", Role.APPROVER, departments=frozenset({"law"}))
OF_EXAM = Actor("of exam", Role.APPROVER, departments=frozenset({"exam"}))


@pytest.fixture(autouse=True)
def _filled(office: Office) -> None:
    fill(office)


# --- approve ----------------------------------------------------------------------------------


def test_an_approval_locks_every_figure_of_the_submission(office: Office) -> None:
    number = post(office, row("22.5"), row("22.6", "2013-04"))

    spoken = approve(office, number, APPROVER)

    assert states(spoken) == {"2013-03": State.APPROVED, "2013-04": State.APPROVED}
    assert spoken.superseded == ()
    assert entries(office) == [("approve", f"submission {number}", "approver")]
    for again in (row("23", reason="recount"), row("22.5", note="a note", reason="so")):
        receipt = send(office, again)
        assert codes(receipt) == ["period_locked"]
        (found,) = receipt.result.findings
        assert found.column == "period"
        assert found.values == {"period": "2013-03", "by": "approver", "at": "2014-01-05 12:00"}
    assert len(history(office)) == 1


def test_what_is_unchanged_stays_so_when_it_is_locked(office: Office) -> None:
    approve(office, post(office), APPROVER)

    receipt = send(office, row("22.50", reason="once more"), row("1", "2013-04"))

    counts = receipt.result.counts
    assert (counts.unchanged, counts.created, codes(receipt)) == (1, 1, [])


def test_a_locked_row_is_left_out_where_bad_rows_are_skipped(office: Office) -> None:
    approve(office, post(office), APPROVER)
    rows = (row("23", reason="recount"), row("1", "2013-04"))

    refused = send(office, *rows)
    skipped = send(office, *rows, on_error=OnError.SKIP)

    assert (refused.result.counts.rejected, refused.result.outcome) == (2, "refused")
    assert (skipped.result.counts.rejected, skipped.result.counts.created) == (1, 1)
    assert codes(skipped) == codes(refused) == ["period_locked"]


def test_approving_twice_is_said_once(office: Office) -> None:
    number = post(office)
    first = approve(office, number, APPROVER)

    assert approve(office, number, OTHER) == first
    assert len(entries(office)) == 1
    assert first.figures[0].review is not None
    assert first.figures[0].review.by == "approver"


def test_what_was_superseded_meanwhile_is_left_and_named(office: Office) -> None:
    number = post(office, row("22.5"), row("22.6", "2013-04"))
    newer = post(office, row("23", reason="recount"))

    spoken = approve(office, number, APPROVER)

    assert states(spoken) == {"2013-04": State.APPROVED}
    (left,) = spoken.superseded
    assert (left.key, left.revision, left.submission) == (MARCH, 2, newer)
    assert left.state is State.SUBMITTED
    assert states(approve(office, newer, APPROVER)) == {"2013-03": State.APPROVED}


# --- return -----------------------------------------------------------------------------------


def test_a_returned_figure_awaits_the_department_and_takes_a_correction(office: Office) -> None:
    number = post(office)
    assert states(give_back(office, number, APPROVER, "cases miss")) == {"2013-03": State.RETURNED}

    refused = send(office, row("23"))
    (found,) = refused.result.findings
    assert (found.code, found.severity, found.column) == (
        "figure_returned",
        Severity.ERROR,
        "reason",
    )
    assert found.values == {
        "period": "2013-03",
        "by": "approver",
        "at": "2014-01-05 12:00",
        "reason": "cases miss",
        "department": "exam",
    }
    corrected = post(office, row("23", reason="counted them"))
    assert states(approve(office, corrected, APPROVER)) == {"2013-03": State.APPROVED}


def test_a_department_can_stand_by_a_returned_figure(office: Office) -> None:
    give_back(office, post(office), APPROVER, "so few?")

    silent = send(office, row("22.5"))
    (found,) = silent.result.findings
    assert (found.code, found.severity) == ("figure_returned", Severity.WARNING)
    assert (silent.result.counts.unchanged, silent.result.outcome) == (1, "accepted")
    assert len(history(office)) == 1

    confirmed = send(office, row("22.5", reason="counted again, it is right"))
    assert (confirmed.result.counts.revised, codes(confirmed)) == (1, [])
    again = send(office, row("22.5", reason="counted again, it is right"))
    assert again.result.counts.unchanged == 1
    assert [line.reason for line in history(office)] == [None, "counted again, it is right"]
    assert confirmed.id is not None
    assert states(approve(office, confirmed.id, APPROVER)) == {"2013-03": State.APPROVED}


def test_another_reason_is_another_return_and_the_same_is_not(office: Office) -> None:
    number = post(office)
    give_back(office, number, APPROVER, "first")
    once = give_back(office, number, OTHER, "second")

    assert give_back(office, number, OTHER, "second") == once
    assert [by for _, _, by in entries(office)] == ["approver", "other approver"]
    assert last(office) == once.figures[0].review
    with office.database.read() as connection:
        passed = reviews.of_submission(connection, number)
    assert [(one.by, one.reason, one.figures) for one in passed] == [
        ("approver", "first", 1),
        ("other approver", "second", 1),
    ]


# --- reopen -----------------------------------------------------------------------------------


def test_a_reopened_figure_takes_a_correction_with_its_reason(office: Office) -> None:
    number = post(office)
    approve(office, number, APPROVER)

    spoken = reopen(office, order("the audit"), OTHER)

    assert states(spoken) == {"2013-03": State.SUBMITTED}
    assert spoken.figures[0].review is not None
    assert spoken.figures[0].review.reason == "the audit"
    assert entries(office)[-1] == ("reopen", "pendency/exam/2013-03", "other approver")
    assert codes(send(office, row("23"))) == ["reason_missing"]
    post(office, row("23", reason="the audit's result"))
    assert len(history(office)) == 2


def test_a_reopened_figure_can_be_approved_as_it_is(office: Office) -> None:
    number = post(office)
    approve(office, number, APPROVER)
    reopened = reopen(office, order(), APPROVER)
    assert reopen(office, order(), APPROVER) == reopened, "the same request, sent twice"

    assert states(approve(office, number, APPROVER)) == {"2013-03": State.APPROVED}
    assert [action for action, _, _ in entries(office)] == ["approve", "reopen", "approve"]


# --- what cannot be done ----------------------------------------------------------------------


def test_each_hindrance_names_the_figures_in_the_way(office: Office) -> None:
    number = post(office, row("22.5"), row("22.6", "2013-04"))
    approve(office, number, APPROVER)
    reopen(office, order(), APPROVER)
    before = count_of_entries(office)

    with pytest.raises(FigureLocked) as locked:
        give_back(office, number, APPROVER, "why")
    assert locked.value.figures == (("pendency", "exam", period("2013-04"), State.APPROVED),)
    with pytest.raises(NotApproved) as open_already:
        reopen(office, order("another"), APPROVER)
    assert open_already.value.figures == ((*MARCH, State.SUBMITTED),)
    with pytest.raises(NotApproved) as nothing:
        reopen(office, order(period="2013-05"), APPROVER)
    assert nothing.value.figures == (("pendency", "exam", period("2013-05"), None),)

    given = post(office, row("1", "2013-06"))
    give_back(office, given, APPROVER, "why")
    with pytest.raises(FigureReturned):
        approve(office, given, APPROVER)
    with pytest.raises(NotApproved):
        reopen(office, order(period="2013-06"), APPROVER)
    assert count_of_entries(office) == before + 2, "nothing of what was refused is recorded"


def test_a_submission_of_which_nothing_stands_is_not_reviewed(office: Office) -> None:
    superseded = post(office)
    newer = post(office, row("23", reason="recount"))
    refused, unchanged = send(office, row("x")).id, post(office, row("23"))
    assert refused is not None

    for number in (superseded, refused, unchanged):
        with pytest.raises(NothingToReview):
            approve(office, number, APPROVER)
        with pytest.raises(NothingToReview):
            give_back(office, number, APPROVER, "why")
    with pytest.raises(NotFound):
        approve(office, unchanged + 1, APPROVER)
    with pytest.raises(NotFound):
        approve(office, 1, APPROVER), "an entry of the journal that is no submission"
    approve(office, newer, APPROVER)


def test_a_figure_out_of_reach_keeps_the_whole_submission_out_of_reach(office: Office) -> None:
    mixed = post(office, row("22.5"), row("3", kpi="platforms", department="law"))
    of_exam = post(office, row("1", "2013-04", department="exam-east"))

    for actor in (OF_LAW, OF_EXAM):
        with pytest.raises(NotPermitted):
            approve(office, mixed, actor)
        with pytest.raises(NotPermitted):
            give_back(office, mixed, actor, "why")
    with pytest.raises(NotPermitted):
        approve(office, of_exam, OF_LAW)
    assert states(approve(office, of_exam, OF_EXAM)) == {"2013-04": State.APPROVED}, "below it"
    assert len(entries(office)) == 1


@pytest.mark.parametrize("department", ["exam", "nowhere"])
def test_reopening_out_of_reach_tells_nothing_of_what_is_there(
    office: Office, department: str
) -> None:
    approve(office, post(office), APPROVER)
    for kpi in ("pendency", "none"):
        with pytest.raises(NotPermitted):
            reopen(office, order(department=department, kpi=kpi), OF_LAW)


def test_reopening_what_is_not_known_is_refused_with_every_finding(office: Office) -> None:
    with pytest.raises(Refused) as refused:
        reopen(office, order(kpi="none", department="nowhere"), APPROVER)
    assert [(one.code, one.column) for one in refused.value.findings] == [
        ("unknown_kpi", "kpi"),
        ("unknown_department", "department"),
    ]
    with pytest.raises(Refused) as quarter:
        reopen(office, order(period="2013-Q1"), APPROVER)
    assert [one.code for one in quarter.value.findings] == ["wrong_frequency"]


# --- the past ---------------------------------------------------------------------------------


def test_every_step_can_be_read_as_of_its_place_in_the_journal(
    office: Office, clock: Clock
) -> None:
    places = []
    number = post(office)

    def done(spoken: Spoken) -> None:
        with office.database.read() as connection:
            places.append((journal.position(connection), spoken.figures[0].review))
        clock.forward(hours=1)

    start = count_of_entries(office)
    done(approve(office, number, APPROVER))
    done(reopen(office, order(), APPROVER))
    done(give_back(office, number, APPROVER, "why"))
    newer = post(office, row("23", reason="so"))
    done(approve(office, newer, OTHER))

    assert last(office, start) is None
    assert [last(office, place) for place, _ in places] == [review for _, review in places]
    assert all(a.at < b.at for (_, a), (_, b) in pairwise(places) if a and b)
