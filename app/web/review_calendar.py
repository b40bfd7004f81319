"""The calendar of a year: where every department stands in every period, as one picture."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.expectation import expected_figures, reports
from app.domain.finding import Finding
from app.domain.lifecycle import State
from app.domain.period import FIRST_YEAR, LAST_YEAR, Frequency, Period
from app.errors import Refused
from app.ledger import reporting, reviewing
from app.web import asked as asking
from app.web import formats
from app.web.page import Here
from app.web.review_asked import meant, reporters
from app.wording.words import msg

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from app.domain.catalogue import Catalogue
    from app.domain.kpi import Department
    from app.ledger.reporting import Line
    from app.ledger.revisions import FigureKey
    from app.ledger.scoreboard import Moment
    from app.web.page import Page

router = APIRouter(include_in_schema=False)

URGENT_FIRST: Final = (
    State.OVERDUE,
    State.RETURNED,
    State.SUBMITTED,
    State.DUE,
    State.APPROVED,
    State.NOT_DUE,
)
"""Which state a cell tells, of all that its figures are in: the first of these."""

_MONTHS: Final = (
    msg("Jan"),
    msg("Feb"),
    msg("Mar"),
    msg("Apr"),
    msg("May"),
    msg("Jun"),
    msg("Jul"),
    msg("Aug"),
    msg("Sep"),
    msg("Oct"),
    msg("Nov"),
    msg("Dec"),
)
_ORDER: Final = (Frequency.MONTHLY, Frequency.QUARTERLY, Frequency.ANNUAL)


@dataclass(frozen=True, slots=True)
class Cell:
    """A department's figures of a period: the most urgent state, and how many are in which.

    text: all of that in words. href: what the state stands for; None where nothing is to be seen.
    """

    state: State
    count: int
    total: int
    text: str
    href: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A department's year: its cells, and its rates of the figures whose deadline has passed.

    depth: how far below the root it stands.
    """

    name: str
    depth: int
    cells: tuple[Cell | None, ...]
    received: int
    on_time: int
    expected: int
    completeness: str
    timeliness: str


@dataclass(frozen=True, slots=True)
class _Year:
    """What the picture is drawn from."""

    page: Page
    seen: Moment
    day: dt.date | None
    lines: Sequence[Line]
    first: Mapping[FigureKey, dt.datetime]
    columns: tuple[Period, ...]

    def row(self, name: str, lines: Sequence[Line], code: str | None, depth: int = 0) -> Row:
        """Return a department's row; that of all of them where there is no code."""
        expected = [one.expected for one in lines if one.expected.deadline <= self.seen.now]
        rates = reports(expected, self.first)
        return Row(
            name=name,
            depth=depth,
            cells=tuple(self._cell(lines, code, at) for at in self.columns),
            received=rates.received,
            on_time=rates.on_time,
            expected=rates.expected,
            completeness=_share(rates.received, rates.expected),
            timeliness=_share(rates.on_time, rates.expected),
        )

    def _cell(self, lines: Iterable[Line], code: str | None, at: Period) -> Cell | None:
        states = Counter(one.state for one in lines if one.expected.period == at)
        if not states:
            return None
        state = next(one for one in URGENT_FIRST if states[one])
        speak = self.page.speak
        told = [f"{speak(one)} {states[one]}" for one in URGENT_FIRST if states[one]]
        return Cell(
            state=state,
            count=states[state],
            total=states.total(),
            text=f"{formats.period(at, speak)}: {' · '.join(told)}",
            href=self._href(state, code, at),
        )

    def _href(self, state: State, code: str | None, at: Period) -> str | None:
        """Return the address of what a state stands for."""
        where = {"department": code, "alone": "yes" if code else None, "as_of": self.day}
        if state is State.NOT_DUE:
            return None
        if state in reviewing.REVIEWED:
            return self.page.link("review_page", {**where, "state": state.value, "period": at})
        return self.page.link("late_page", where)


def _share(part: int, whole: int) -> str:
    return f"{part * 100 // whole}%" if whole else formats.ABSENT


@router.get("/review/calendar", name="calendar_page")
def calendar_page(page: Here) -> Response:
    """Show a year; all state in the address."""
    department, day = asking.word(page, "department"), asking.day(page, "as_of")
    asked, office = _year_asked(page), page.office
    with office.database.read() as connection:
        stored, seen = office.seen(connection, asking.end_of(day, page))
        catalogue = stored.catalogue
        years = _years(catalogue, page)
        year = asked or default_year(years, reviewing.years(connection, seen.position), seen.today)
        scope = reporting.Scope(within=Period.of(year))
        whole = reporting.reporting(connection, stored, seen, office.zone, scope)
        departments = meant(catalogue, page.actor, department)
        mine = [one for one in whole.expected if _is_in(one.department, departments)]
        lines = reporting.lines(connection, stored, whole, mine)
    columns = _columns(lines)
    drawn = _Year(page, seen, day, lines, whole.first, columns)
    counts = Counter(one.state for one in lines)
    return page.render(
        "review_calendar.html",
        day=day,
        department=department,
        year=year,
        years=sorted({*years, year}, reverse=True),
        heads=[(_head(page, at), formats.period(at, page.speak)) for at in columns],
        rows=_rows(page, catalogue, drawn),
        total=drawn.row(page.speak(msg("together")), lines, None) if lines else None,
        counts=[(state, counts[state]) for state in URGENT_FIRST],
        departments=reporters(catalogue),
    )


def _rows(page: Page, catalogue: Catalogue, drawn: _Year) -> list[Row]:
    by_department: dict[str, list[Line]] = {}
    for line in drawn.lines:
        by_department.setdefault(line.expected.department, []).append(line)
    tree: list[tuple[int, Department]] = reporters(catalogue)
    return [
        drawn.row(page.name(one), by_department[one.code], one.code, depth)
        for depth, one in tree
        if one.code in by_department
    ]


def _is_in(department: str, departments: Collection[str] | None) -> bool:
    return departments is None or department in departments


def _columns(lines: Iterable[Line]) -> tuple[Period, ...]:
    """Return the periods of which something is expected: months, then quarters, then the year."""
    found = {line.expected.period for line in lines}
    return tuple(sorted(found, key=lambda at: (_ORDER.index(at.frequency), at.ordinal)))


def _head(page: Page, at: Period) -> str:
    """Return the short name of a column; the year stands above all of them."""
    index = at.ordinal % at.frequency.per_year
    if at.frequency is Frequency.MONTHLY:
        return page.speak(_MONTHS[index])
    if at.frequency is Frequency.QUARTERLY:
        return page.speak(msg("Q{quarter}"), quarter=index + 1)
    return page.speak(msg("year"))


def _years(catalogue: Catalogue, page: Page) -> Counter[int]:
    """Return how many figures are expected of which years."""
    places = expected_figures(catalogue, page.office.zone)
    return Counter(one.period.first_day.year for figures in places.values() for one in figures)


def default_year(years: Mapping[int, int], filled: Collection[int], today: dt.date) -> int:
    """Return the year that is shown unasked: this one, if anything is expected in it.

    Else the newest one up to now with figures, not counting those of which much less is expected
    than of others, as of the last years of a plan of five. Else the newest one that has begun.
    """
    if today.year in years:
        return today.year
    begun = [year for year in years if year <= today.year]
    busy = [year for year in begun if year in filled]
    most = max((years[year] for year in busy), default=0)
    return max([year for year in busy if 2 * years[year] >= most] or begun or [today.year])


def _year_asked(page: Page) -> int | None:
    """Return the year that the address names; raises Refused."""
    text = asking.word(page, "year")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and FIRST_YEAR <= int(text[:6]) <= LAST_YEAR):
        found = Finding("wrong_type", None, "year", {"expected": "a whole number"})
        raise Refused("year cannot be read", [found])
    return int(text)
