"""Figures out: as JSON page by page, as files whole, and each with its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from app.api import examples, schemas
from app.api.deps import PREFIX, Here, Services
from app.api.described import figures_answers, one
from app.api.exports import FORMATS, JSON, Export, choose_format
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
from app.ledger import revisions
from app.ledger.revisions import Place, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.catalogue import Catalogue
    from app.domain.figure import Figure
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.scoreboard import Moment

router = APIRouter(prefix=PREFIX, tags=["actuals"])

_CHUNK = 2000
"""Figures read at a time for a file."""

Format = Annotated[
    str | None,
    Query(
        description="`json`, `csv` or `sdmx-csv`; goes before Accept.",
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

    `plan` stands for its periods and the KPIs that have targets in it. A file (csv, sdmx-csv) holds
    all of them and takes neither `limit` nor `cursor`; the csv can be posted again as it is.
    """
    chosen = choose_format(form, request.headers.getlist("accept"))
    if chosen != JSON:
        _refuse_paging(request)
    with here.office.database.read() as connection:
        stored, seen = page.seen(here.office, connection, as_of)
    span = (asked_period(first), asked_period(last))
    wanted = Wanted(
        upto=seen.position,
        kpis=_kpis(stored.catalogue, kpi, plan),
        departments=_departments(stored.catalogue, department),
        ranges=[span, *_spans(stored.catalogue, plan)],
    )
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


def _kpis(catalogue: Catalogue, kpi: str | None, plan: str | None) -> set[str] | None:
    if plan is None:
        return None if kpi is None else {kpi}
    with_targets = {key[1] for key in catalogue.targets if key[0] == plan}
    return with_targets if kpi is None else with_targets & {kpi}


def _departments(catalogue: Catalogue, department: str | None) -> set[str] | None:
    if department is None:
        return None
    tops = frozenset([department])
    return {code for code in catalogue.departments if catalogue.is_within(code, tops)}


def _spans(catalogue: Catalogue, plan: str | None) -> list[tuple[Period, Period]]:
    known = None if plan is None else catalogue.plans.get(plan)
    return [] if known is None else [(known.start, known.end)]


def _page(
    here: Services, page: Paging, stored: StoredCatalogue, seen: Moment, wanted: Wanted
) -> Response:
    after = page.place(int, int, str)
    with here.office.database.read() as connection:
        rows = revisions.page(connection, stored, wanted, after, page.limit + 1)
    kpis = stored.catalogue.kpis

    def show(row: Found) -> dict[str, Any]:
        _, code, figure = row
        return {"kpi": code, **figure_document(figure, kpis[code].factor)}

    return answer(here, page.answer(rows, seen, key=lambda row: row[0], show=show))


def _file(here: Services, export: Export, stored: StoredCatalogue, wanted: Wanted) -> Response:

    def read(after: Place | None) -> list[Found]:
        # Each chunk is read on its own, at the same place of a journal that only grows: together
        # they are one snapshot, and a slow reader holds no transaction open.
        with here.office.database.read() as connection:
            return revisions.page(connection, stored, wanted, after, _CHUNK)

    # Read before the answer begins, so that a database that is gone is still told as a problem.
    first = read(None)

    def parts() -> Iterator[bytes]:
        yield export.header()
        rows = first
        while rows:
            yield export.rows(stored.catalogue, ((code, figure) for _, code, figure in rows))
            rows = read(rows[-1][0]) if len(rows) == _CHUNK else []

    disposition = f'attachment; filename="{export.filename}"'
    headers = {"Content-Disposition": disposition, "Vary": "Accept", **NO_SNIFFING}
    return StreamingResponse(parts(), media_type=export.media_type, headers=headers)


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
