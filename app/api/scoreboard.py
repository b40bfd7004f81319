"""The scoreboard: every target with its verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import Response

from app.api import PREFIX, examples, schemas
from app.api.deps import Here, Spoken
from app.api.described import page_of
from app.api.paging import LargePage
from app.api.parameters import (
    AsOf,
    AtPeriod,
    DepartmentFilter,
    KpiFilter,
    PlanFilter,
    StatusFilter,
    asked_period,
)
from app.api.rendering import answer
from app.documents import scoreboard_row
from app.ledger.scoreboard import Selection, Wanted

if TYPE_CHECKING:
    from app.domain.catalogue import TargetKey
    from app.ledger.scoreboard import Brief, Line

router = APIRouter(prefix=PREFIX, tags=["scoreboard"])


@router.get(
    "/scoreboard",
    name="get_scoreboard",
    summary="Read the scoreboard",
    responses=page_of(schemas.ScoreboardRow, examples.SCOREBOARD_ROW),
)
def get_scoreboard(
    here: Here,
    spoken: Spoken,
    page: LargePage,
    plan: PlanFilter = None,
    kpi: KpiFilter = None,
    department: DepartmentFilter = None,
    status: StatusFilter = None,
    period: AtPeriod = None,
    as_of: AsOf = None,
) -> Response:
    """Give every target with its verdict, in order of plan, KPI and department."""
    after = page.place(str, str, str)
    wanted = Wanted(Selection(plan, kpi, department), asked_period(period), status, after)
    with here.office.database.read() as connection:
        stored, seen = page.seen(here.office, connection, as_of)
        # One more than fits says whether the list goes on.
        rows = here.office.standings.rows(connection, stored, seen, wanted, page.limit + 1)
    content = page.answer(rows, seen, key=_key, show=lambda line: scoreboard_row(line, spoken))
    return answer(here, content, language=spoken)


def _key(line: Line | Brief) -> TargetKey:
    target = line.subject.target
    return (target.plan, target.kpi, target.department)
