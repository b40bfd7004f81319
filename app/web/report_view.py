"""What of reporting is looked at, and the page that shows it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.domain.lifecycle import AWAITED, Party
from app.errors import NotFound
from app.exports.form.words import REASONS, STATUSES
from app.intake.form import INFORMATION
from app.intake.tabular import CHINESE
from app.ledger import awaited, reporting
from app.ledger.reporting import Scope
from app.ledger.scoreboard import Selection
from app.web import asked
from app.web.report_form import Given
from app.web.report_sheet import Sheets, key_of
from app.wording import formats

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection
    from starlette.responses import Response

    from app.domain.catalogue import Catalogue
    from app.domain.period import Period
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.reporting import Line
    from app.ledger.scoreboard import Moment
    from app.web.page import Page
    from app.web.report_sheet import Said

MOST_LISTED: Final = 500
"""Figures that the page lists; whoever has more chooses a department or a period."""
HEADERS: Final = {
    **{name: name for name in CHINESE},
    **{text: name for name, text in CHINESE.items()},
    **dict.fromkeys((text for texts in INFORMATION.values() for text in texts.values()), ""),
}
"""The headers that a paste may have, and the field of each; none for those that only inform."""


@dataclass(frozen=True, slots=True)
class View:
    """What is looked at. whole: also the figures that are in, to be corrected."""

    period: Period | None = None
    department: str | None = None
    kpi: str | None = None
    whole: bool = False

    def query(self, **other: object) -> dict[str, object]:
        """Return the address's query, with some of it changed."""
        mine: dict[str, object] = {
            "period": self.period,
            "department": self.department,
            "kpi": self.kpi,
            "show": "all" if self.whole else None,
        }
        return {name: value for name, value in {**mine, **other}.items() if value is not None}


def view_of(page: Page) -> View:
    """Read the address; raises Refused for what cannot be read."""
    return View(
        period=asked.period(page, "period"),
        department=asked.word(page, "department"),
        kpi=asked.word(page, "kpi"),
        whole=asked.word(page, "show") == "all",
    )


def render(
    page: Page,
    view: View,
    *,
    status: int = 200,
    rows: Sequence[Given] | None = None,
    said: Iterable[Said] = (),
    **more: Any,  # noqa: ANN401 - for the template
) -> Response:
    """Show the grid: of these rows, or of what is due.

    more: `fault` and `notice` are said above it, `pasted` is a table that could not be read,
    `focus` the row to go on in.
    """
    office = page.office
    with office.database.read() as connection:
        stored, seen = office.seen(connection)
        departments = _departments(page, stored.catalogue)
        if view.department is not None and view.department not in dict(departments):
            raise NotFound("there is no such department to report for")
        listed = _due(page, connection, stored, seen, view) if rows is None else None
        given = _blank(listed[:MOST_LISTED]) if listed is not None else rows or ()
        sheet = Sheets(page, connection, stored, seen).make(given, said)
        waiting = awaited.periods(
            connection, stored, seen, office.zone, lambda code: _concerns(page, stored, view, code)
        )
    extra = {"fault": None, "notice": None, "pasted": "", "focus": None, **more}
    return page.render(
        "report.html",
        status=status,
        headers={"Cache-Control": "no-store"},
        view=view,
        sheet=sheet,
        is_fresh=rows is None,
        token=secrets.token_urlsafe(12),
        draft=_draft(page, view),
        left_out=max(0, len(listed or ()) - MOST_LISTED),
        departments=departments,
        periods=[(str(at), formats.period(at, page.speak), n) for at, n in waiting.items()],
        elsewhere=_elsewhere(page, waiting, listed),
        statuses=[(code, page.speak(text)) for code, text in STATUSES.items()],
        reasons=[page.speak(text) for text in REASONS],
        known_headers=HEADERS,
        **extra,
    )


def _draft(page: Page, view: View) -> str:
    """Return what a draft is kept under: who types, for whom, for when."""
    who = page.user.name if page.user else page.actor.name if page.actor else ""
    parts = (who, view.department, view.period, view.kpi, "all" if view.whole else "")
    return "|".join(str(part or "") for part in parts)


def _concerns(page: Page, stored: StoredCatalogue, view: View, code: str) -> bool:
    catalogue, actor = stored.catalogue, page.actor
    within = view.department is None or catalogue.is_within(code, frozenset([view.department]))
    return within and actor is not None and actor.reaches(catalogue, code)


def _departments(page: Page, catalogue: Catalogue) -> list[tuple[str, str]]:
    """Return the departments within reach that report something, or have such below them."""
    actor = page.actor
    reporting_ones = {code for codes in catalogue.reporters.values() for code in codes}
    above = {code for one in reporting_ones for code in catalogue.upwards(one)}
    found = [
        (code, page.name(catalogue.departments[code]))
        for code in sorted(above)
        if actor is not None and actor.reaches(catalogue, code)
    ]
    return sorted(found, key=lambda pair: pair[1])


def _due(
    page: Page, connection: Connection, stored: StoredCatalogue, seen: Moment, view: View
) -> list[Line]:
    """Return the figures that await whoever looks, or all of the period, in order."""
    zone = page.office.zone
    if view.kpi and view.department and view.period and view.whole:  # just one, expected or not
        named = {"kpi": view.kpi, "department": view.department, "period": str(view.period)}
        key = key_of(stored.catalogue, named)
        return [] if key is None else awaited.lines_of(connection, stored, seen, zone, [key])
    selection = Selection(kpi=view.kpi, department=view.department)
    whole = reporting.reporting(connection, stored, seen, zone, Scope(selection, view.period))
    mine = [
        one
        for one in whole.expected
        if _concerns(page, stored, view, one.department) and one.period.has_begun(seen.today)
    ]
    return sorted(
        (
            line
            for line in reporting.lines(connection, stored, whole, mine)
            if view.whole or AWAITED.get(line.state) is Party.DEPARTMENT
        ),
        key=lambda line: (
            line.expected.department,
            line.expected.kpi,
            line.expected.period.ordinal,
        ),
    )


def _blank(lines: Iterable[Line]) -> list[Given]:
    keys = (line.expected.key for line in lines)
    return [
        Given(
            number,
            {"kpi": kpi, "department": department, "period": str(period)},
            is_named=True,
        )
        for number, (kpi, department, period) in enumerate(keys, 1)
    ]


def _elsewhere(
    page: Page, waiting: dict[Period, int], listed: list[Line] | None
) -> list[tuple[str, str, int]]:
    """Return the periods that await figures and are not among those listed, the newest first."""
    if listed is None:
        return []
    here = {line.expected.period for line in listed}
    return [
        (str(at), formats.period(at, page.speak), count)
        for at, count in waiting.items()
        if count and at not in here
    ]
