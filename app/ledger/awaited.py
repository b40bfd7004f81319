"""What is still awaited of departments: figures that are not in, and those that came back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from app.domain.expectation import ExpectedFigure, expected_figures
from app.domain.lifecycle import deadline
from app.ledger import reporting, returned
from app.ledger.expected import first_recorded
from app.ledger.reporting import Reporting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from app.domain.period import Period
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.reporting import Line
    from app.ledger.revisions import FigureKey
    from app.ledger.scoreboard import Moment


def periods(
    connection: Connection,
    stored: StoredCatalogue,
    seen: Moment,
    zone: ZoneInfo,
    concerns: Callable[[str], bool],
) -> dict[Period, int]:
    """Count, per period that has begun, the figures that await some departments; the newest first.

    concerns: tells whether a department is one of them. Periods of which nothing is awaited any
    more are there with 0.
    """
    expected = [
        one
        for (_, department), figures in expected_figures(stored.catalogue, zone).items()
        if concerns(department)
        for one in figures
        if one.period.has_begun(seen.today)
    ]
    first = first_recorded(connection, {one.period for one in expected}, seen.position)
    came_back = returned.unanswered(connection, seen.position)
    found: Counter[Period] = Counter()
    for one in expected:
        missing = one.key not in first and one.period.has_ended(seen.today)
        found[one.period] += missing or one.key in came_back
    newest = sorted(found, key=lambda at: (at.last_day, at.first_day), reverse=True)
    return {period: found[period] for period in newest}


def lines_of(
    connection: Connection,
    stored: StoredCatalogue,
    seen: Moment,
    zone: ZoneInfo,
    keys: Iterable[FigureKey],
) -> list[Line]:
    """Return how some figures stand, whether they are expected or not; of codes that are known."""
    expected = tuple(
        ExpectedFigure(*key, deadline(key[2], stored.catalogue.kpis[key[0]].due_days, zone))
        for key in keys
    )
    first = first_recorded(connection, {one.period for one in expected}, seen.position)
    whole = Reporting(seen, zone, expected, first)
    return reporting.lines(connection, stored, whole, expected)
