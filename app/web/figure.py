"""One figure's history: who, when, from what to what, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.number import shown
from app.domain.period import Period
from app.errors import NotFound
from app.ledger import reviews, revisions
from app.web import asked, formats
from app.web.page import Here
from app.web.targets_shown import unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from app.domain.catalogue import Catalogue
    from app.domain.kpi import Kpi
    from app.ledger.revisions import Revision
    from app.web.page import Page

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Change:
    """One revision: what the figure became, and by how much it changed."""

    line: Revision
    value: str
    numerator: str
    denominator: str
    difference: str | None
    at: str


@router.get("/figures/{kpi}/{department}/{period}", name="figure_page")
def figure_page(page: Here, kpi: str, department: str, period: str) -> Response:
    """Show every revision of a figure, the newest first."""
    day, at = asked.day(page, "as_of"), _period(period)
    office = page.office
    with office.database.read() as connection:
        stored, seen = office.seen(connection, asked.end_of(day, page))
        catalogue = stored.catalogue
        if kpi not in catalogue.kpis or department not in catalogue.departments:
            raise NotFound("there is no such figure")
        found = [
            line
            for line in revisions.history(connection, kpi, department, at)
            if line.figure.submission <= seen.position
        ]
        said = reviews.last(connection, stored, [(kpi, department, at)], seen.position)
    if not found:
        raise NotFound("there is no such figure")
    measured = catalogue.kpis[kpi]
    above = set(catalogue.upwards(department))
    return page.render(
        "figure.html",
        kpi=measured,
        department=catalogue.departments[department],
        period=at,
        day=day,
        unit=unit_of(page, measured) or page.unit(measured),
        changes=_changes(page, measured, found),
        review=said.get((kpi, department, at)),
        is_corrected_here=day is None and _may_correct(page, catalogue, department),
        targets=[
            (key, catalogue.plans[key[0]], catalogue.departments[key[2]])
            for key in sorted(catalogue.targets)
            if key[1] == kpi and key[2] in above
        ],
    )


def _may_correct(page: Page, catalogue: Catalogue, department: str) -> bool:
    actor = page.actor
    return page.may("report_page") and actor is not None and actor.reaches(catalogue, department)


def _period(text: str) -> Period:
    try:
        return Period.parse(text)
    except ValueError as error:
        raise NotFound(f"{text} is not a period") from error


def _changes(page: Page, kpi: Kpi, found: Sequence[Revision]) -> list[Change]:
    """Return the revisions, the newest first, each beside the one before it."""
    made: list[Change] = []
    before: Fraction | None = None
    for line in found:
        amount = line.figure.amount
        value = amount.number(kpi.factor)
        change = None if value is None or before is None else value - before
        made.append(
            Change(
                line=line,
                value=formats.plain(shown(value)),
                numerator=formats.plain(amount.numerator),
                denominator=formats.plain(amount.denominator),
                difference=formats.signed(change, kpi.decimals) if change else None,
                at=formats.instant(line.figure.recorded_at, page.office.zone),
            )
        )
        before = value
    return made[::-1]
