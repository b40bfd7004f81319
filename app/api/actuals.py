"""Figures out: as JSON page by page, as files whole, and each with its history."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from app.api import PREFIX, examples, schemas
from app.api.deps import Here, Services
from app.api.described import figures_answers, one
from app.api.exports import choose_format
from app.api.paging import Page, Paging
from app.api.parameters import (
    AsOf,
    DepartmentCode,
    DepartmentFilter,
    FromPeriod,
    KpiCode,
    KpiFilter,
    PeriodInPath,
    PlanFilter,
    ToPeriod,
    asked_period,
)
from app.api.rendering import NO_SNIFFING, answer
from app.documents import figure_document, revision_document
from app.domain.finding import Finding
from app.domain.period import Period
from app.errors import NotFound, Refused
from app.exports.figures import Filters, chunks
from app.exports.formats import FORMATS, JSON
from app.ledger import revisions
from app.ledger.places import Place

if TYPE_CHECKING:
    from app.domain.figure import Figure
    from app.exports.formats import Export
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.revisions import Wanted
    from app.ledger.scoreboard import Moment

router = APIRouter(prefix=PREFIX, tags=["actuals"])

Format = Annotated[
    str | None,
    Query(
        description="`json`, `csv`, `xlsx` or `sdmx-csv`; goes before Accept.",
        examples=["csv"],
    ),
]
Found = tuple[Place, str, "Figure"]


@router.get(
    "/actuals",
    name="list_actuals",
    summary="Read figures",
    responses=figures_answers(schemas.Actual, examples.ACTUAL),
)
def list_actuals(
    request: Request,
    here: Here,
    page: Page,
    kpi: KpiFilter = None,
    department: DepartmentFilter = None,
    plan: PlanFilter = None,
    first: FromPeriod = None,
    last: ToPeriod = None,
    as_of: AsOf = None,
    form: Annotated[Format, Query(alias="format")] = None,
) -> Response:
    """Give the current figures, or those of an instant.

    `plan` stands for its periods and the KPIs that have targets in it. A file (csv, xlsx,
    sdmx-csv) holds all of them and takes neither `limit` nor `cursor`; csv and xlsx can be posted
    again as they are.
    """
    chosen = choose_format(form, request.headers.getlist("accept"))
    if chosen != JSON:
        _refuse_paging(request)
    with here.office.database.read() as connection:
        stored, seen = page.seen(here.office, connection, as_of)
    filters = Filters(kpi, department, plan, asked_period(first), asked_period(last))
    wanted = filters.wanted(stored.catalogue, seen.position)
    if chosen == JSON:
        return _page(here, page, stored, seen, wanted)
    return _file(here, FORMATS[chosen], stored, wanted)


def _refuse_paging(request: Request) -> None:
    findings = [
        Finding("unknown_parameter", None, name, {"name": name})
        for name in ("limit", "cursor")
        if name in request.query_params
    ]
    if findings:
        raise Refused("a file is given whole", findings)


def _page(
    here: Services, page: Paging, stored: StoredCatalogue, seen: Moment, wanted: Wanted
) -> Response:
    after = page.place(int, int, str)
    with here.office.database.read() as connection:
        rows = revisions.page(connection, stored, wanted, after, page.limit + 1)
    kpis = stored.catalogue.kpis

    def show(row: Found) -> dict[str, Any]:
        _, code, figure = row
        return {"kpi": code, **figure_document(figure, kpis[code])}

    return answer(here, page.answer(rows, seen, key=lambda row: row[0], show=show))


def _file(here: Services, export: Export, stored: StoredCatalogue, wanted: Wanted) -> Response:
    figures = chunks(here.office.database, stored, wanted)
    # Read before the answer begins, so that what goes wrong is still told as a problem: a database
    # that is gone, or more figures than a sheet holds.
    begun = [some for some in (next(figures, None),) if some is not None]
    parts = export.parts(stored.catalogue, chain(begun, figures))
    parts = chain([next(parts)], parts)
    disposition = f'attachment; filename="{export.filename}"'
    headers = {"Content-Disposition": disposition, "Vary": "Accept", **NO_SNIFFING}
    return StreamingResponse(parts, media_type=export.media_type, headers=headers)


@router.get(
    "/actuals/{kpi}/{department}/{period}/revisions",
    name="list_revisions",
    summary="Read a figure's history",
    responses=one(schemas.History, examples.HISTORY),
)
def list_revisions(
    here: Here, kpi: KpiCode, department: DepartmentCode, period: PeriodInPath
) -> Response:
    """Give every revision of a figure, the oldest first: who, when, what, and why."""
    with here.office.database.read() as connection:
        catalogue = here.office.catalogue(connection).catalogue
        known = kpi in catalogue.kpis and department in catalogue.departments
        asked = Period.parse(period)
        found = revisions.history(connection, kpi, department, asked) if known else []
    if not found:
        raise NotFound(f"{department} has no figure of {kpi} for {period}")
    content = {
        "kpi": kpi,
        "department": department,
        "period": period,
        "items": [revision_document(line) for line in found],
    }
    return answer(here, content)
