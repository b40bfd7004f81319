"""A submission's receipt, to be read and printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.number import shown
from app.errors import NotFound
from app.intake.receipts import receipt_document
from app.ledger import brought, reviews, submissions
from app.web import formats
from app.web.page import Here
from app.wording.remarks import named

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.domain.catalogue import Catalogue
    from app.domain.figure import Amount
    from app.domain.kpi import Kpi
    from app.ledger.brought import Brought
    from app.ledger.submissions import Receipt
    from app.web.page import Page

router = APIRouter(include_in_schema=False)

MOST_LISTED = 1000
"""Figures that a receipt lists; a larger one says how many more there are."""
_LARGEST = 2**63 - 1


@router.get("/submissions/{number}", name="submission_page")
def submission_page(page: Here, number: str) -> Response:
    """Show what came in, what became of it, and what approvers did with it."""
    with page.office.database.read() as connection:
        receipt = _receipt(connection, number)
        passed = reviews.of_submission(connection, int(number))
        figures = brought.of_submission(connection, int(number))
        catalogue = page.office.catalogue(connection).catalogue
    told = tuple(named(page, catalogue, found) for found in receipt.result.findings)
    receipt = receipt._replace(result=receipt.result._replace(findings=told))
    document = receipt_document(receipt, page.site.services.translator, page.language)
    zone = page.office.zone
    return page.render(
        "submission.html",
        receipt=document,
        fingerprint=receipt.fingerprint,
        received=receipt.received_at and formats.instant(receipt.received_at, zone),
        reviews=[(one, formats.instant(one.at, zone)) for one in passed],
        answers={one.ordinal: one for one in receipt.acknowledgements},
        is_answered_here=bool(figures) and _reaches_all(page, catalogue, figures),
        figures=[_figure(page, catalogue, one) for one in figures[:MOST_LISTED]],
        unlisted=max(0, len(figures) - MOST_LISTED),
        sheet=page.request.query_params.get("sheet", ""),
        back=_back(page),
    )


def _reaches_all(page: Page, catalogue: Catalogue, figures: list[Brought]) -> bool:
    """Tell whether whoever looks may answer for every figure of the submission."""
    actor = page.actor
    return (
        actor is not None
        and page.may("answer_warnings")
        and all(actor.reaches(catalogue, one.department) for one in figures)
    )


def _back(page: Page) -> str | None:
    """Return where somebody who reports goes on: to what is still due."""
    if not page.may("report_page") or page.actor is None:
        return None
    names = ("period", "department", "kpi", "show")
    asked = page.request.query_params
    return page.link("report_page", {name: asked.get(f"report_{name}", "") for name in names})


def _figure(page: Page, catalogue: Catalogue, one: Brought) -> dict[str, object]:
    kpi = catalogue.kpis[one.kpi]
    return {
        "row": one.row,
        "kpi": page.name(kpi),
        "unit": page.unit(kpi),
        "department": page.name(catalogue.departments[one.department]),
        "period": formats.period(one.period, page.speak),
        "href": page.link("figure_page", kpi=one.kpi, department=one.department, period=one.period),
        "before": "" if one.before is None else _amount(one.before, kpi),
        "now": _amount(one.amount, kpi),
        "status": "" if one.status == "A" else one.status,
        "note": one.note,
        "reason": one.reason,
    }


def _amount(amount: Amount, kpi: Kpi) -> str:
    number = formats.plain(shown(amount.number(kpi.factor)))
    if amount.numerator is None:
        return number
    parts = f"{formats.plain(amount.numerator)} / {formats.plain(amount.denominator)}"
    return f"{number} ({parts})"


def _receipt(connection: Connection, number: str) -> Receipt:
    is_number = number.isascii() and number.isdigit() and 0 < int(number[:20]) <= _LARGEST
    found = submissions.get(connection, int(number)) if is_number else None
    if found is None:
        raise NotFound(f"there is no submission {number}")
    return found
