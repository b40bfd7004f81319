"""The read model of reporting: every expected figure with where it stands, and the rates.

Completeness and timeliness are the usual rates of reporting: of the figures expected, the share
that is in, and the share whose first revision came before the deadline.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app.domain.expectation import Reports, expected_figures, reports
from app.domain.lifecycle import State, of_revision, standing, waiting
from app.ledger import reviews, revisions
from app.ledger.expected import first_recorded
from app.ledger.scoreboard import Selection

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from app.domain.catalogue import Catalogue
    from app.domain.expectation import ExpectedFigure
    from app.domain.figure import Figure
    from app.domain.lifecycle import Review
    from app.domain.period import Frequency, Period
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.revisions import FigureKey
    from app.ledger.scoreboard import Moment


@dataclass(frozen=True, slots=True)
class Line:
    """An expected figure: where it stands, and what is on record of it.

    first: when its first revision was recorded. review: what was said last of the newest revision.
    """

    expected: ExpectedFigure
    state: State
    figure: Figure | None
    first: dt.datetime | None
    review: Review | None


@dataclass(frozen=True, slots=True)
class Scope:
    """What of reporting is asked for.

    within: only the periods that lie in this one, of any frequency. Without it, per frequency, the
    newest of the selection's periods that has ended.
    """

    selection: Selection = field(default_factory=Selection)
    within: Period | None = None


@dataclass(frozen=True, slots=True)
class Reporting:
    """The figures expected of a selection, in order of KPI, department and period, at a moment.

    first: when the first revision of each figure that is in was recorded.
    """

    seen: Moment
    zone: ZoneInfo
    expected: tuple[ExpectedFigure, ...]
    first: Mapping[FigureKey, dt.datetime]

    @property
    def rates(self) -> Reports:
        """How many are expected, in, and in time."""
        return reports(self.expected, self.first)


def reporting(
    connection: Connection, stored: StoredCatalogue, seen: Moment, zone: ZoneInfo, scope: Scope
) -> Reporting:
    """Return what is expected of a selection, and what of it is in."""
    found = list(_selected(stored.catalogue, scope.selection, zone))
    if scope.within is None:
        newest = _newest_ended((figure.period for figure in found), seen.today)
        found = [one for one in found if newest.get(one.period.frequency) == one.period]
    else:
        found = [one for one in found if _lies_in(one.period, scope.within)]
    keys = {one.key for one in found}
    first = first_recorded(connection, {one.period for one in found}, seen.position)
    mine = {key: at for key, at in first.items() if key in keys}
    return Reporting(seen, zone, tuple(found), mine)


def _selected(
    catalogue: Catalogue, selection: Selection, zone: ZoneInfo
) -> Iterable[ExpectedFigure]:
    plan, kpi, tops = selection.plan, selection.kpi, selection.department
    narrowed = replace(
        catalogue,
        kpis={code: one for code, one in catalogue.kpis.items() if kpi in (None, code)},
        targets={key: one for key, one in catalogue.targets.items() if plan in (None, key[0])},
    )
    for (_, department), figures in expected_figures(narrowed, zone).items():
        if tops is None or catalogue.is_within(department, frozenset([tops])):
            yield from figures


def _newest_ended(periods: Iterable[Period], today: dt.date) -> dict[Frequency, Period]:
    newest: dict[Frequency, Period] = {}
    for period in periods:
        if period.has_ended(today):
            known = newest.get(period.frequency, period)
            newest[period.frequency] = max(known, period, key=lambda at: at.ordinal)
    return newest


def _lies_in(period: Period, within: Period) -> bool:
    return within.first_day <= period.first_day and period.last_day <= within.last_day


def lines(
    connection: Connection,
    stored: StoredCatalogue,
    asked: Reporting,
    expected: Sequence[ExpectedFigure],
) -> list[Line]:
    """Return the lines of some of the figures asked for."""
    upto = asked.seen.position
    keys = [one.key for one in expected if one.key in asked.first]
    current = revisions.current(connection, stored, keys, upto)
    last = reviews.last(connection, stored, keys, upto)
    found = []
    for one in expected:
        figure = current.get(one.key)
        if figure is None:
            due_days = stored.catalogue.kpis[one.kpi].due_days
            state = waiting(one.period, due_days, asked.zone, asked.seen.now)
            found.append(Line(one, state, None, None, None))
        else:
            review = of_revision(last.get(one.key), figure.revision)
            state = standing(figure.revision, review)
            found.append(Line(one, state, figure, asked.first[one.key], review))
    return found
