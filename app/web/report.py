"""Reporting: what is due from whoever looks, to be typed, pasted or dropped, checked and posted.

Every figure goes through the one intake, as from the web or from a file. What is refused stays in
the grid with its findings; nothing that was typed is lost.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from app.domain.finding import Severity
from app.errors import NotAuthenticated, Refused, UnsupportedMedia
from app.exports.form.asked import asked as asked_for
from app.exports.form.sheet import titled, write_form
from app.intake.acknowledgement import AcknowledgementResource, acknowledge
from app.intake.resource_reading import read_resource
from app.intake.submission import XLSX, Sent, is_refusal, read, rehearse
from app.intake.typed import read_typed
from app.ledger.reporting import Scope
from app.ledger.scoreboard import Selection
from app.web.page import HEADERS, Here
from app.web.report_form import MOST_ROWS, Given, Grid, Typed, Upload
from app.web.report_pasted import given_of, merged
from app.web.report_sheet import read_findings
from app.web.report_view import View, render, view_of
from app.wording.words import msg

if TYPE_CHECKING:
    from app.domain.access import Actor
    from app.intake.desk import Desk
    from app.intake.submission import Delivery
    from app.ledger.submissions import Receipt
    from app.web.page import Page

router = APIRouter(include_in_schema=False)

_NOTHING: Final = msg("Nothing was entered yet.")
_NO_FILE: Final = msg("Choose a file first.")
_NOT_READ: Final = msg("A file of this kind is not read here: send .xlsx or .csv.")
_TOO_LONG: Final = msg(
    "The file has {count} rows, more than the grid takes; mend it in your spreadsheet and send it"
    " again."
)
_PASTED: Final = msg("Rows put into the grid: {count}. Nothing is posted yet.")
_GOOD: Final = msg(
    "Can be posted: {received} (new {created}, corrected {revised}, as on record {unchanged})."
    " Questions: {warnings}."
)
_BAD: Final = msg("Errors: {errors}. Questions: {warnings}. Figures: {received}.")
_REFUSED: Final = msg(
    "Nothing was taken in. Errors: {errors}; figures: {received}. Mend them below and post again."
)


class _Services(Protocol):
    """Where deliveries are taken in."""

    @property
    def desk(self) -> Desk:
        """The desk."""


@dataclass(frozen=True)
class _Tried:
    """A delivery and what came of it, or would come."""

    delivery: Delivery
    receipt: Receipt


@router.get("/report", name="report_page")
def report_page(page: Here) -> Response:
    """Show what is due, ready to be filled in."""
    return render(page, view_of(page))


@router.post("/report", name="report_figures")
async def report_figures(page: Here, typed: Grid) -> Response:
    """Post what was typed; a refusal comes back with every row and every finding."""
    view = view_of(page)
    if not typed.filled:
        return await run_in_threadpool(_again, page, view, typed, _NOTHING)
    delivery = read_typed(
        [(row.number, row.cells) for row in typed.filled], _who(page), typed.sheet
    )
    receipt = await _desk(page).receive(_sent(page, delivery))
    if is_refusal(receipt):
        return await run_in_threadpool(_refused, page, view, typed.rows, _Tried(delivery, receipt))
    await run_in_threadpool(_answer, page, receipt, typed.filled)
    return _gone(page, view, receipt, typed.sheet)


@router.post("/report/check", name="check_figures")
def check_figures(page: Here, typed: Grid) -> Response:
    """Say what would come of what was typed, and keep nothing: a script gets it as JSON."""
    if "application/json" in page.request.headers.get("accept", ""):
        return _checked(page, typed)
    view = view_of(page)
    if typed.pasted:
        return _put_in(page, view, typed)
    if typed.adds:
        last = max((row.number for row in typed.rows), default=0)
        return render(page, view, rows=(*typed.rows, Given(last + 1, {})), focus=last + 1)
    if not typed.filled:
        return _again(page, view, typed, _NOTHING)
    tried = _rehearsed(page, typed.filled)
    told = _told(page, tried, _BAD if is_refusal(tried.receipt) else _GOOD)
    findings = read_findings(page, tried.delivery.table, tried.receipt)
    return render(page, view, rows=typed.rows, said=findings, notice=told)


@router.post("/report/upload", name="upload_figures")
async def upload_figures(page: Here, upload: Upload) -> Response:
    """Take a file in, or only check it; what is wrong with it is mended in the grid."""
    view = view_of(page)
    if upload.post is None:
        return await run_in_threadpool(render, page, view, status=422, fault=page.speak(_NO_FILE))
    try:
        delivery = await run_in_threadpool(read, upload.post, _who(page))
    except UnsupportedMedia:
        fault = page.speak(_NOT_READ)
        return await run_in_threadpool(render, page, view, status=422, fault=fault)
    if upload.only_checks:
        receipt = await run_in_threadpool(rehearse, page.office, delivery, _who(page))
        return await run_in_threadpool(_looked_at, page, view, _Tried(delivery, receipt))
    receipt = await _desk(page).receive(_sent(page, delivery))
    if is_refusal(receipt):
        rows = given_of(delivery.table)
        return await run_in_threadpool(_refused, page, view, rows, _Tried(delivery, receipt))
    return _gone(page, view, receipt, "")


@router.get("/report/form", name="report_form")
def report_form(page: Here) -> Response:
    """Give out the workbook with just the figures that are due, in the page's language."""
    view, office = view_of(page), page.office
    scope = Scope(Selection(kpi=view.kpi, department=view.department), view.period)
    with office.database.read() as connection:
        stored, seen = office.seen(connection)
        figures = [
            one
            for one in asked_for(connection, stored, seen, office.zone, scope)
            if _who(page).reaches(stored.catalogue, one.department.code)
        ]
    title, filename = titled(stored.catalogue, scope, page.language)
    content = write_form(figures, office.zone, page.site.services.translator, page.language, title)
    given = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return Response(content, media_type=XLSX, headers={**HEADERS, **given})


def _who(page: Page) -> Actor:
    if page.actor is None:
        raise NotAuthenticated("figures are reported by somebody")
    return page.actor


def _desk(page: Page) -> Desk:
    services: _Services = page.request.app.state.services
    return services.desk


def _sent(page: Page, delivery: Delivery) -> Sent:
    # For a key: the newest entry about keys when it was looked up. A session's user has none.
    return Sent(delivery, _who(page), getattr(page.request.state, "key_as_of", None))


def _again(page: Page, view: View, typed: Typed, fault: str) -> Response:
    return render(page, view, status=422, rows=typed.rows, fault=page.speak(fault))


def _rehearsed(page: Page, rows: list[Given]) -> _Tried:
    delivery = read_typed([(row.number, row.cells) for row in rows], _who(page))
    return _Tried(delivery, rehearse(page.office, delivery, _who(page)))


def _refused(page: Page, view: View, rows: tuple[Given, ...], tried: _Tried) -> Response:
    """Show a refused delivery, to be mended: a file's rows stand in the grid's place."""
    findings = read_findings(page, tried.delivery.table, tried.receipt)
    if len(rows) > MOST_ROWS:
        fault = page.speak(_TOO_LONG, count=len(rows))
        return render(page, view, status=422, rows=(), said=findings, fault=fault)
    fault = _told(page, tried, _REFUSED)
    if not rows:
        return render(page, view, status=422, said=findings, fault=fault)
    return render(page, view, status=422, rows=rows, said=findings, fault=fault)


def _looked_at(page: Page, view: View, tried: _Tried) -> Response:
    """Show a file that was only checked: its rows in the grid, ready to be posted."""
    told = _told(page, tried, _BAD if is_refusal(tried.receipt) else _GOOD)
    rows = given_of(tried.delivery.table)
    findings = read_findings(page, tried.delivery.table, tried.receipt)
    if len(rows) > MOST_ROWS:
        fault = page.speak(_TOO_LONG, count=len(rows))
        return render(page, view, rows=(), said=findings, notice=told, fault=fault)
    return render(page, view, rows=rows or None, said=findings, notice=told)


def _put_in(page: Page, view: View, typed: Typed) -> Response:
    """Put a pasted table into the grid, and say at once what is wrong with it."""
    with page.office.database.read() as connection:
        catalogue = page.office.catalogue(connection).catalogue
    rows, count, problems = merged(page, catalogue, typed)
    if not count:
        return render(page, view, status=422, rows=typed.rows, said=problems, pasted=typed.pasted)
    said = problems
    filled = [row for row in rows if row.is_filled]
    if filled:
        tried = _rehearsed(page, filled)
        said = [*problems, *read_findings(page, tried.delivery.table, tried.receipt)]
    told = page.speak(_PASTED, count=count)
    return render(page, view, rows=rows, said=said, notice=told)


def _checked(page: Page, typed: Typed) -> Response:
    """Return what a script shows while somebody types."""
    document: dict[str, Any] = {"told": "", "findings": []}
    if typed.filled:
        tried = _rehearsed(page, typed.filled)
        bad = is_refusal(tried.receipt)
        document["told"] = _told(page, tried, _BAD if bad else _GOOD)
        document["findings"] = [
            {"row": one.row, "field": one.field, "severity": one.severity, "message": one.message}
            for one in read_findings(page, tried.delivery.table, tried.receipt)
        ]
    return JSONResponse(document, headers={**HEADERS, "Cache-Control": "no-store"})


def _told(page: Page, tried: _Tried, text: str) -> str:
    findings = tried.receipt.result.findings
    errors = sum(found.severity is Severity.ERROR for found in findings)
    counts = tried.receipt.result.counts
    return page.speak(
        text,
        received=counts.received,
        created=counts.created,
        revised=counts.revised,
        unchanged=counts.unchanged,
        errors=errors,
        warnings=len(findings) - errors,
    )


def _answer(page: Page, receipt: Receipt, rows: list[Given]) -> None:
    """Keep what was said beside figures to the questions about them."""
    answers = {row.number: row.answer for row in rows if row.answer}
    notes = [
        {"finding": place, "note": answers[found.row]}
        for place, found in enumerate(receipt.result.findings, 1)
        if found.severity is Severity.WARNING and found.row in answers
    ]
    brought = receipt.result.counts.created + receipt.result.counts.revised
    if not notes or not brought or receipt.id is None:
        return
    # The figures are on record; an answer that cannot be kept is asked for again with the receipt.
    with suppress(Refused):
        given = read_resource(AcknowledgementResource, {"acknowledgements": notes})
        acknowledge(page.office, receipt.id, given.acknowledgements, _who(page))


def _gone(page: Page, view: View, receipt: Receipt, sheet: str) -> Response:
    query = {"sheet": sheet, **{f"report_{name}": text for name, text in view.query().items()}}
    return page.go(page.link("submission_page", query, number=receipt.id))
