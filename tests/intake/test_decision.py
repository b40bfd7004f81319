"""What a delivery does to the record; pure, so that many can be tried."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.figure import Figure, ObservationStatus
from app.domain.finding import Finding, Severity, english
from app.intake.actuals_json import read_actuals
from app.intake.decision import MOST_FINDINGS, decide
from app.intake.validation import check
from app.ledger.submissions import OnError, Outcome
from tests.factories import amount, figure, period
from tests.ledger.small_office import REPORTER, Row, row, small_catalogue

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from app.ledger.revisions import Change, FigureKey
    from app.ledger.submissions import Result

CATALOGUE = small_catalogue()
TODAY = dt.date(2014, 1, 5)
KNOWN = figure("2013-03", "22.5", department_code="exam", note="as published")
MARCH: FigureKey = ("pendency", "exam", period("2013-03"))

Decided = tuple["Collection[Change]", "Result"]


def decided(
    *rows: object,
    record: Mapping[FigureKey, Figure] | None = None,
    on_error: OnError = OnError.REJECT,
    more: Iterable[Finding] = (),
) -> Decided:
    """Decide on rows; `more` are findings on top of those of the checks."""
    table = read_actuals(json.dumps({"actuals": rows}).encode())
    checked = check(table, CATALOGUE, REPORTER, TODAY)
    checked = checked._replace(findings=(*checked.findings, *more))
    current = {MARCH: KNOWN} if record is None else record
    return decide(checked, table, current, CATALOGUE.kpis, on_error)


def counts(result: Result) -> tuple[int, int, int, int, int]:
    c = result.counts
    return c.received, c.created, c.revised, c.unchanged, c.rejected


def codes(result: Result) -> list[tuple[int | None, str]]:
    return [(found.row, found.code) for found in result.findings]


def test_a_new_figure_is_its_first_revision() -> None:
    (change,), result = decided(row("21", "2013-04", note="new", reason="none needed"))
    assert (change.revision, change.row, change.amount) == (1, 1, amount(21))
    assert (change.note, change.reason) == ("new", "none needed")
    assert (result.outcome, counts(result)) == (Outcome.ACCEPTED, (1, 1, 0, 0, 0))


def test_a_correction_is_the_next_revision() -> None:
    record = {MARCH: replace(KNOWN, revision=7)}
    (change,), result = decided(row("21", reason="recount"), record=record)
    assert (change.revision, change.amount, change.reason) == (8, amount(21), "recount")
    assert (result.outcome, counts(result)) == (Outcome.ACCEPTED, (1, 0, 1, 0, 0))


SAME: dict[str, Row] = {
    "the same value": row("22.5"),
    "the same value with more zeros": row("22.500"),
    "the same value with its note": row("22.5", note="as published"),
    "the same value without its note": row("22.5", note=None),
    "the same value with a reason": row("22.5", reason="once more"),
    "the same value with its status": row("22.5", observation_status="A"),
}


@pytest.mark.parametrize("again", SAME.values(), ids=SAME.keys())
def test_the_same_figure_again_is_unchanged(again: Row) -> None:
    changes, result = decided(again)
    assert changes == []
    assert (result.outcome, counts(result)) == (Outcome.ACCEPTED, (1, 0, 0, 1, 0))


OTHER: dict[str, Row] = {
    "another value": row("22.51"),
    "another status": row("22.5", observation_status="P"),
    "another note": row("22.5", note="as revised"),
    "a weight beside the value": row("22.5", denominator="300"),
    "a fraction of the same value": row(numerator="45", denominator="2"),
    "missing after all": row(observation_status="M"),
}


@pytest.mark.parametrize("other", OTHER.values(), ids=OTHER.keys())
def test_a_correction_needs_a_reason(other: Row) -> None:
    changes, result = decided(other)
    assert (changes, codes(result)) == ([], [(1, "reason_missing")])
    (found,) = result.findings
    assert (found.column, found.values) == ("reason", {"current": "22.5"})
    changes, result = decided({**other, "reason": "recount"})
    assert ([change.revision for change in changes], counts(result)) == ([2], (1, 0, 1, 0, 0))


@pytest.mark.parametrize(
    ("known", "current"),
    [
        (figure("2013-03", "22.50"), "22.5"),
        (figure("2013-03", numerator=1, denominator=3), "0.333333333333"),
        (figure("2013-03"), ObservationStatus.MISSING),
    ],
    ids=["a value", "a fraction", "a missing one"],
)
def test_a_missing_reason_names_what_is_on_record(known: Figure, current: str) -> None:
    _, result = decided(row("1"), record={MARCH: known})
    (found,) = result.findings
    assert found.values == {"current": current}
    assert english(found).startswith(f"{current} is on record")


# --- all or nothing, or what is good ----------------------------------------------------------

MIXED = (row("21", "2013-01"), row("x", "2013-02"), row("23"), row("22", "2013-04"))
BAD_ROWS = [(2, "not_a_number"), (3, "reason_missing")]


def test_reject_takes_all_or_nothing() -> None:
    changes, result = decided(*MIXED)
    assert changes == []
    assert (result.outcome, counts(result)) == (Outcome.REFUSED, (4, 0, 0, 0, 4))
    assert codes(result) == BAD_ROWS


def test_skip_takes_what_is_good() -> None:
    changes, result = decided(*MIXED, on_error=OnError.SKIP)
    assert [change.row for change in changes] == [1, 4]
    assert (result.outcome, counts(result)) == (Outcome.PARTIAL, (4, 2, 0, 0, 2))
    assert codes(result) == BAD_ROWS


def test_skip_with_nothing_good_is_a_refusal() -> None:
    changes, result = decided(row("x"), row("y", "2013-04"), on_error=OnError.SKIP)
    assert changes == []
    assert (result.outcome, counts(result)) == (Outcome.REFUSED, (2, 0, 0, 0, 2))


def test_skip_with_what_is_unchanged_is_no_refusal() -> None:
    _, result = decided(row("22.5"), row("y", "2013-04"), on_error=OnError.SKIP)
    assert (result.outcome, counts(result)) == (Outcome.PARTIAL, (2, 0, 0, 1, 1))


@pytest.mark.parametrize(
    "whole",
    [Finding("missing_column"), Finding("unknown_column", 99, "x", {"name": "x"})],
    ids=["of no row", "of a row that is not among the delivered"],
)
def test_an_error_of_the_whole_refuses_all_even_with_skip(whole: Finding) -> None:
    changes, result = decided(row("21", "2013-01"), on_error=OnError.SKIP, more=[whole])
    assert changes == []
    assert (result.outcome, counts(result)) == (Outcome.REFUSED, (1, 0, 0, 0, 1))


def test_an_entry_that_is_no_row_refuses_all_even_with_skip() -> None:
    changes, result = decided(row("21", "2013-01"), 5, on_error=OnError.SKIP)
    assert (changes, result.outcome) == ([], Outcome.REFUSED)
    assert codes(result) == [(2, "wrong_type")]


def test_nothing_at_all_is_refused() -> None:
    changes, result = decided()
    assert (changes, codes(result)) == ([], [(None, "empty")])
    assert (result.outcome, counts(result)) == (Outcome.REFUSED, (0, 0, 0, 0, 0))


@pytest.mark.parametrize("on_error", OnError)
def test_warnings_refuse_nothing_and_are_kept(on_error: OnError) -> None:
    odd = [
        Finding("missing_value", 1, "value", severity=Severity.WARNING),
        Finding("empty", severity=Severity.WARNING),
    ]
    changes, result = decided(row("21", "2013-01"), on_error=on_error, more=odd)
    assert (len(changes), result.outcome) == (1, Outcome.ACCEPTED)
    assert codes(result) == [(None, "empty"), (1, "missing_value")]


def test_of_a_flood_of_findings_the_first_are_kept_and_it_is_said() -> None:
    rows = [row("x") for _ in range(MOST_FINDINGS + 5)]
    _, result = decided(*rows)
    assert len(result.findings) == MOST_FINDINGS + 1
    assert [found.row for found in result.findings[:3]] == [1, 2, 3]
    assert result.findings[-1].code == "too_many_findings"
    assert result.findings[-1].values == {"limit": str(MOST_FINDINGS)}
    assert counts(result) == (len(rows), 0, 0, 0, len(rows))


# --- whatever comes ---------------------------------------------------------------------------

some_rows = st.lists(
    st.builds(
        lambda value, month, more: row(value, f"2013-{month:02d}", **more),
        st.sampled_from(["1", "2", "22.5", "x", None, "-1"]),
        st.integers(1, 4),
        st.sampled_from([{}, {"reason": "recount"}, {"note": "n"}, {"kpi": "penury"}]),
    ),
    min_size=1,
    max_size=8,
)
a_record = st.dictionaries(
    st.integers(1, 4).map(lambda month: ("pendency", "exam", period(f"2013-{month:02d}"))),
    st.builds(
        lambda value, revision: figure("2013-03", value, revision=revision),
        st.sampled_from(["1", "2", "22.5"]),
        st.integers(1, 5),
    ),
)


@given(some_rows, a_record, st.sampled_from(OnError))
def test_no_row_is_lost_and_no_revision_skipped(
    rows: list[Row], record: dict[FigureKey, Figure], on_error: OnError
) -> None:
    changes, result = decided(*rows, record=record, on_error=on_error)
    received, created, revised, unchanged, rejected = counts(result)
    assert received == len(rows) == created + revised + unchanged + rejected
    assert created + revised == len(changes)
    assert (result.outcome is Outcome.REFUSED) == (rejected == received)
    assert (result.outcome is Outcome.ACCEPTED) == (rejected == 0)
    assert bool(result.findings) == (rejected > 0)
    if on_error is OnError.REJECT:
        assert rejected in (0, received)
    written = [(change.kpi, change.department, change.period) for change in changes]
    assert len(set(written)) == len(written)
    for key, change in zip(written, changes, strict=True):
        assert change.revision == (record[key].revision if key in record else 0) + 1
        assert change.revision == 1 or change.reason
