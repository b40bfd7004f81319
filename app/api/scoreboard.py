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
    MOST_A_PAGE,
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
from app.ledger.scoreboard import Selection, lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from app.domain.catalogue import TargetKey
    from app.domain.period import Period
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.scoreboard import Line, Moment

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
    selection, asked = Selection(plan, kpi, department), asked_period(period)
    after = page.place(str, str, str)
    with here.office.database.read() as connection:
        stored, seen = page.seen(here.office, connection, as_of)
        keys = [key for key in selection.keys(stored.catalogue) if after is None or key > after]
        rows: list[Line] = []
        # One more than fits says whether the list goes on. Asked for a status, how many must be
        # judged to fill a page is not known before.
        at_once = page.limit + 1 if status is None else MOST_A_PAGE
        for line in _lines(connection, stored, seen, _chunks(keys, at_once), asked):
            if status is None or line.verdict.status is status:
                rows.append(line)
            if len(rows) > page.limit:
                break
    content = page.answer(rows, seen, key=_key, show=lambda line: scoreboard_row(line, spoken))
    return answer(here, content, language=spoken)


def _lines(
    connection: Connection,
    stored: StoredCatalogue,
    seen: Moment,
    chunks: Iterator[Sequence[TargetKey]],
    asked: Period | None,
) -> Iterator[Line]:
    for keys in chunks:
        yield from lines(connection, stored, seen, keys, asked)


def _chunks(keys: Sequence[TargetKey], size: int) -> Iterator[Sequence[TargetKey]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))


def _key(line: Line) -> TargetKey:
    target = line.subject.target
    return (target.plan, target.kpi, target.department)
