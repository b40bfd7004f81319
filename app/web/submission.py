"""A submission's receipt, to be read and printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import Response

from app.errors import NotFound
from app.intake.receipts import receipt_document
from app.ledger import reviews, submissions
from app.web import formats
from app.web.page import Here

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.ledger.submissions import Receipt

router = APIRouter(include_in_schema=False)

_LARGEST = 2**63 - 1


@router.get("/submissions/{number}", name="submission_page")
def submission_page(page: Here, number: str) -> Response:
    """Show what came in, what became of it, and what approvers did with it."""
    with page.office.database.read() as connection:
        receipt = _receipt(connection, number)
        passed = reviews.of_submission(connection, int(number))
    document = receipt_document(receipt, page.site.services.translator, page.language)
    zone = page.office.zone
    return page.render(
        "submission.html",
        receipt=document,
        fingerprint=receipt.fingerprint,
        received=receipt.received_at and formats.instant(receipt.received_at, zone),
        reviews=[(one, formats.instant(one.at, zone)) for one in passed],
    )


def _receipt(connection: Connection, number: str) -> Receipt:
    is_number = number.isascii() and number.isdigit() and 0 < int(number[:20]) <= _LARGEST
    found = submissions.get(connection, int(number)) if is_number else None
    if found is None:
        raise NotFound(f"there is no submission {number}")
    return found
