"""`dabiao scoreboard`, `dabiao explain`, `dabiao history`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.context import (
    AsJson,
    InLanguage,
    language_of,
    office,
    print_json,
    translator,
)
from app.cli.terminal import out, print_explanation, print_history, scoreboard_table
from app.documents import explanation_document, revision_document, scoreboard_row
from app.domain.attainment import Status
from app.domain.period import Period
from app.errors import NotFound
from app.ledger import revisions
from app.ledger.scoreboard import Selection, series
from app.ledger.scoreboard import scoreboard as read_scoreboard

if TYPE_CHECKING:
    from fractions import Fraction

    from app.domain.catalogue import Catalogue
    from app.ledger.scoreboard import Line, Moment

TREND_PERIODS = 12

AsOf = Annotated[
    str | None, typer.Option("--as-of", help="An RFC 3339 instant: the page as it was then.")
]
AtPeriod = Annotated[str | None, typer.Option("--period", help="Verdicts at this period.")]


def scoreboard(
    plan: Annotated[str | None, typer.Option(help="Only this plan.")] = None,
    department: Annotated[str | None, typer.Option(help="This one and those below it.")] = None,
    kpi: Annotated[str | None, typer.Option(help="Only this KPI.")] = None,
    status: Annotated[Status | None, typer.Option(help="Only targets of this status.")] = None,
    period: AtPeriod = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    language: InLanguage = None,
) -> None:
    """Show every target with its verdict and the trend of its last periods.

    Example: dabiao scoreboard --plan uspto-fiscal-2011
    """
    asked, instant = _period(period), _instant(as_of)
    with office() as (opened, settings), opened.database.read() as connection:
        spoken = language_of(settings, language)
        stored, seen = opened.seen(connection, instant)
        selection = Selection(plan=plan, kpi=kpi, department=department)
        _known(stored.catalogue, selection)
        lines = [
            line
            for line in read_scoreboard(connection, stored, seen, selection, asked)
            if status is None or line.verdict.status is status
        ]
        trends = [_trend(line, seen) for line in lines]
    if as_json:
        print_json([scoreboard_row(line, spoken) for line in lines], opened.zone)
    else:
        pairs = list(zip(lines, trends, strict=True))
        out().print(scoreboard_table(pairs, translator, spoken))


def explain(
    plan: str,
    kpi: str,
    department: str,
    period: AtPeriod = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    language: InLanguage = None,
) -> None:
    """Show a verdict as a chain: every figure with its revision, every formula with its numbers.

    Example: dabiao explain uspto-fiscal-2011 uspto-first-action-pendency uspto
    """
    asked, instant = _period(period), _instant(as_of)
    with office() as (opened, settings), opened.database.read() as connection:
        spoken = language_of(settings, language)
        stored, seen = opened.seen(connection, instant)
        _known(stored.catalogue, Selection(plan=plan, kpi=kpi, department=department))
        selection = Selection(plan=plan, kpi=kpi, department=department)
        line = next(
            (
                line
                for line in read_scoreboard(connection, stored, seen, selection, asked)
                if line.subject.target.department == department
            ),
            None,
        )
    if line is None:
        msg = f"{plan} has no target of {kpi} for {department}"
        raise NotFound(msg)
    document = explanation_document(line, spoken)
    if as_json:
        print_json(document, opened.zone)
    else:
        print_explanation(document, translator, spoken, opened.zone)


def history(
    kpi: str,
    department: str,
    period: str,
    as_json: AsJson = False,
    language: InLanguage = None,
) -> None:
    """Show every revision of one figure: who, when, from what to what, and why.

    Example: dabiao history uspto-first-action-pendency uspto 2011-02
    """
    wanted = _period(period)
    with office() as (opened, settings), opened.database.read() as connection:
        spoken = language_of(settings, language)
        catalogue = opened.catalogue(connection).catalogue
        _known(catalogue, Selection(kpi=kpi, department=department))
        lines = revisions.history(connection, kpi, department, wanted) if wanted else []
    if not lines:
        msg = f"{department} has no figure of {kpi} for {period}"
        raise NotFound(msg)
    documents = [revision_document(line) for line in lines]
    if as_json:
        print_json(documents, opened.zone)
    else:
        print_history(documents, translator, spoken, opened.zone)


def _period(text: str | None) -> Period | None:
    if text is None:
        return None
    try:
        return Period.parse(text)
    except ValueError as error:
        msg = f"{text} is not a period; write 2013, 2013-Q1 or 2013-03"
        raise typer.BadParameter(msg) from error


def _instant(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        instant = dt.datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return instant
    except ValueError:
        pass
    msg = f"{text} is not an RFC 3339 instant with an offset, as 2013-04-15T09:00:00+08:00 is"
    raise typer.BadParameter(msg)


def _known(catalogue: Catalogue, selection: Selection) -> None:
    """Raise NotFound for a code that is not in the catalogue: an empty page would mislead."""
    for kind, code, codes in (
        ("plan", selection.plan, catalogue.plans),
        ("KPI", selection.kpi, catalogue.kpis),
        ("department", selection.department, catalogue.departments),
    ):
        if code is not None and code not in codes:
            msg = f"there is no {kind} {code}"
            raise NotFound(msg)


def _trend(line: Line, seen: Moment) -> list[Fraction]:
    """Return what counted towards the target in each of its last periods with a figure."""
    posted = [
        point.verdict.actual
        for point in series(line.subject, seen.today)
        if point.verdict is not None and point.verdict.actual is not None
    ]
    return posted[-TREND_PERIODS:]
