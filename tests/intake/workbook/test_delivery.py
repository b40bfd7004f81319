"""A workbook from its bytes to what is on record, on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.api.bodies import _body
from app.api.multipart import Part
from app.intake.submission import XLSX, Post, read, receive
from app.ledger.submissions import Counts, OnError, Outcome, Source
from tests.factories import amount
from tests.intake.workbook.files import book, rows, sheet
from tests.ledger.small_office import REPORTER, fill, history

if TYPE_CHECKING:
    from app.ledger.office import Office
    from app.ledger.submissions import Receipt

HEADER = ("指标", "部门", "期间", "数值", "备注")


def post(office: Office, body: bytes, on_error: OnError = OnError.REJECT) -> Receipt:
    delivery = read(Post(body, XLSX, filename="三月.xlsx", on_error=on_error), REPORTER)
    return receive(office, delivery, REPORTER)


def test_a_workbook_is_taken_in_as_what_it_is(office: Office) -> None:
    body = book(
        sheet(rows(("三月",), HEADER, ("pendency", "exam", "2013年3月", "２５．５", "'=1")))
    )
    receipt = post(fill(office), body)
    assert receipt.source is Source.XLSX
    assert receipt.filename == "三月.xlsx"
    assert receipt.result.counts == Counts(received=1, created=1)
    (revision,) = history(office)
    assert (revision.figure.amount, revision.figure.note) == (amount("25.5"), "=1")
    assert post(office, body).result.counts == Counts(received=1, unchanged=1)


def test_hidden_rows_are_a_warning_and_stand(office: Office) -> None:
    hidden = rows(HEADER) + rows(("pendency", "exam", "2013-03", "25", ""), first=2).replace(
        '<row r="2"', '<row r="2" hidden="1"'
    )
    receipt = post(fill(office), book(sheet(hidden)))
    assert receipt.result.outcome is Outcome.ACCEPTED
    assert [(found.code, found.row) for found in receipt.result.findings] == [("hidden_rows", 2)]
    assert receipt.result.counts == Counts(received=1, created=1)


def test_of_a_doubtful_row_nothing_stands_and_only_the_doubt_is_told(office: Office) -> None:
    error = '<c r="D3" t="e"><v>#N/A</v></c>'
    data = rows(
        HEADER,
        ("pendency", "exam", "2013-02", "24", ""),
        ("pendency", "exam", "2013-03", error, ""),
    )
    receipt = post(fill(office), book(sheet(data)), OnError.SKIP)
    assert receipt.result.counts == Counts(received=2, created=1, rejected=1)
    found = [(one.code, one.row, one.column) for one in receipt.result.findings]
    assert found == [("error_cell", 3, "数值")]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("a.xlsx", "application/octet-stream"), ("A.XLSX", ""), ("a", XLSX), ("a.xlsx", XLSX)),
        *(("a.xls", "application/vnd.ms-excel"), ("a.xlsm", ""), ("a.ods", "")),
    ],
)
def test_an_upload_is_a_workbook_by_its_type_or_its_name(name: str, kind: str) -> None:
    assert _body(Part("file", name, kind, b"PK"), name).media_type == XLSX
