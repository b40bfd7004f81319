"""Reporting: where every expected figure stands, and how complete and timely the whole is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import Response

from app.api import PREFIX, examples, schemas
from app.api.deps import Here, Spoken
from app.api.described import one
from app.api.paging import LargePage
from app.api.parameters import (
    AsOf,
    DepartmentFilter,
    KpiFilter,
    PlanFilter,
    WithinPeriod,
    asked_period,
)
from app.api.rendering import answer
from app.documents import rates_document, reporting_row
from app.ledger import reporting
from app.ledger.scoreboard import Selection

if TYPE_CHECKING:
    from app.domain.expectation import ExpectedFigure

router = APIRouter(prefix=PREFIX, tags=["reporting"])


@router.get(
    "/reporting",
    name="get_reporting",
    summary="Read how reporting stands",
    responses=one(schemas.Reporting, examples.REPORTING, "A page of the list, and the rates."),
)
def get_reporting(
    here: Here,
    spoken: Spoken,
    page: LargePage,
    period: WithinPeriod = None,
    department: DepartmentFilter = None,
    plan: PlanFilter = None,
    kpi: KpiFilter = None,
    as_of: AsOf = None,
) -> Response:
    """Give every expected figure with its state, in order of KPI, department and period.

    A figure of a KPI is expected of a department that reports it, for every period of every plan
    that has a target on the KPI there or above. Completeness is the share of the selection's
    figures that is in, timeliness the share whose first revision came before the deadline; both
    speak of the whole selection, on every page of it.
    """
    scope = reporting.Scope(Selection(plan, kpi, department), asked_period(period))
    after = page.place(str, str, str)
    with here.office.database.read() as connection:
        stored, seen = page.seen(here.office, connection, as_of)
        zone = here.office.zone
        asked = reporting.reporting(connection, stored, seen, zone, scope)
        rows = [one for one in asked.expected if after is None or _place(one) > after]
        listed = reporting.lines(connection, stored, asked, rows[: page.limit + 1])
    content = page.answer(
        listed,
        seen,
        key=lambda line: _place(line.expected),
        show=lambda line: reporting_row(line, stored.catalogue, seen, zone, spoken),
    )
    return answer(here, {**content, **rates_document(asked.rates)}, language=spoken)


def _place(figure: ExpectedFigure) -> tuple[str, str, str]:
    # Periods of one KPI are all of one frequency, and so in order as text.
    return figure.kpi, figure.department, str(figure.period)
