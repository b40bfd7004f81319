"""The form to fill in: a workbook with just the figures that await a department."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from app.api import PREFIX
from app.api.deps import Here, Spoken
from app.api.parameters import (
    DepartmentFilter,
    KpiFilter,
    PlanFilter,
    WithinPeriod,
    asked_period,
)
from app.api.rendering import NO_SNIFFING, speaking
from app.exports.form.asked import asked
from app.exports.form.sheet import titled, write_form
from app.intake.submission import XLSX
from app.ledger.reporting import Scope
from app.ledger.scoreboard import Selection

router = APIRouter(prefix=PREFIX, tags=["reporting"])

_WORKBOOK = {XLSX: {"schema": {"type": "string", "format": "binary"}}}


@router.get(
    "/reporting/form",
    name="get_form",
    summary="Get a form to fill in",
    response_class=Response,
    responses={
        200: {"description": "The workbook, in the language asked for.", "content": _WORKBOOK}
    },
)
def get_form(
    here: Here,
    spoken: Spoken,
    period: WithinPeriod = None,
    department: DepartmentFilter = None,
    plan: PlanFilter = None,
    kpi: KpiFilter = None,
) -> Response:
    """Give a workbook with the figures that are due, overdue or returned, ready to be filled in.

    It is posted to `/submissions` as it comes back; rows in which nothing was entered are not
    given. Its columns for information, and the codes, are locked.
    """
    selection = Selection(plan, kpi, department)
    scope = Scope(selection, asked_period(period))
    with here.office.database.read() as connection:
        stored, seen = here.office.seen(connection)
        figures = asked(connection, stored, seen, here.office.zone, scope)
    title, filename = titled(stored.catalogue, scope, spoken)
    content = write_form(figures, here.office.zone, here.translator, spoken, title)
    headers = {
        "Content-Disposition": f'attachment; filename="{filename}"',
        **NO_SNIFFING,
        **speaking(spoken),
    }
    return Response(content, media_type=XLSX, headers=headers)
