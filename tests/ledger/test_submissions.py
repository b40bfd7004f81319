from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.domain.finding import Finding, Severity
from app.ledger import journal, submissions
from app.ledger.submissions import (
    Counts,
    NewSubmission,
    OnError,
    Outcome,
    Receipt,
    Result,
    Source,
    get,
    listed,
    tally,
    tally_rows,
)
from app.ledger.writing import add_rows
from tests.ledger.small_office import REPORTER, fill, row, send

if TYPE_CHECKING:
    from app.ledger.office import Office
    from tests.clock import Clock


def keep(office: Office, new: NewSubmission, result: Result) -> int:
    with office.database.write() as connection:
        entry = journal.record(
            connection,
            journal.EntryKind.SUBMISSION,
            result.outcome,
            "test",
            actor=REPORTER,
            now=office.clock(),
        )
        add_rows(connection, *submissions.parts([(entry.id, new, result)]))
    return entry.id


FINDINGS = (
    Finding("empty"),
    Finding("unknown_kpi", 3, "指标", {"name": "“引号” \\ \n\t {brace} %s 🏛"}),
    Finding("unknown_kpi", 3, "指标", {"name": "the same place again"}),
    Finding("duplicate_row", 400, None, {"first": "3"}),
    Finding("missing_value", 12, "value", {}, Severity.WARNING),
)


def test_a_receipt_is_read_back_as_it_was_given(office: Office, clock: Clock) -> None:
    new = NewSubmission(Source.CSV, "f" * 64, OnError.SKIP, "三月.csv", None, "key")
    result = Result(Outcome.PARTIAL, Counts(9, 1, 2, 3, 3), FINDINGS)
    number = keep(office, new, result)
    with office.database.read() as connection:
        assert get(connection, number) == Receipt(
            number, clock(), "reporter", Source.CSV, "三月.csv", "f" * 64, result
        )
        assert get(connection, number + 1) is None


def test_ten_thousand_findings_are_kept_in_their_order(office: Office) -> None:
    found = tuple(Finding("missing_value", number, "value") for number in range(10_000, 0, -1))
    new = NewSubmission(Source.API, "f" * 64)
    number = keep(office, new, Result(Outcome.REFUSED, Counts(10_000, 0, 0, 0, 10_000), found))
    with office.database.read() as connection:
        receipt = get(connection, number)
    assert receipt is not None
    assert receipt.result.findings == found


@pytest.fixture
def used(office: Office) -> Office:
    """Give an office with four submissions, numbered 2 to 5."""
    fill(office)
    send(office, row("1", "2013-01"), row("2", "2013-02"))
    send(office, row("1", "2013-01"), row("3", "2013-02", reason="recount"))
    send(office, row("nonsense"))
    send(office, row("4"), row("nonsense"), on_error=OnError.SKIP)
    return office


@pytest.mark.parametrize(
    ("before", "limit", "numbers"),
    [(None, 9, [5, 4, 3, 2]), (None, 2, [5, 4]), (4, 2, [3, 2]), (2, 9, []), (None, 0, [])],
)
def test_submissions_are_listed_the_newest_first(
    used: Office, before: int | None, limit: int, numbers: list[int]
) -> None:
    with used.database.read() as connection:
        receipts = listed(connection, before=before, limit=limit)
    assert [receipt.id for receipt in receipts] == numbers
    assert all(receipt.result.findings == () for receipt in receipts)


def test_submissions_and_their_rows_are_counted_by_source_and_outcome(used: Office) -> None:
    with used.database.read() as connection:
        assert tally(connection, 5) == {
            (Source.API, Outcome.ACCEPTED): 2,
            (Source.API, Outcome.REFUSED): 1,
            (Source.API, Outcome.PARTIAL): 1,
        }
        assert tally(connection, 2) == {(Source.API, Outcome.ACCEPTED): 1}
        assert tally_rows(connection, 5) == {
            (Source.API, "created"): 3,
            (Source.API, "revised"): 1,
            (Source.API, "unchanged"): 1,
            (Source.API, "rejected"): 2,
        }
        assert tally(connection, 1) == tally_rows(connection, 1) == {}
