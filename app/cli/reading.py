"""`dabiao scoreboard`, `dabiao explain`, `dabiao history`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.context import AsJson, InLanguage, office, print_json, translator
from app.cli.explanation import print_explanation
from app.cli.parameters import AsOf, AtPeriod, DepartmentCode, KpiCode
from app.cli.parameters import period as read_period
from app.cli.selecting import selected, selected_place
from app.cli.terminal import out, print_history, print_scoreboard
from app.documents import (
    name_in,
    revision_document,
    scoreboard_row,
    unit_in,
)
from app.domain.attainment import Status
from app.domain.period import Period
from app.errors import NotFound
from app.explaining import explanation_document
from app.ledger import revisions
from app.ledger.explained import explained
from app.ledger.forecasts import foresee
from app.ledger.scoreboard import Selection, series
from app.ledger.scoreboard import scoreboard as read_scoreboard
from app.wording.forecasts import sentence
from app.wording.voice import Voice

if TYPE_CHECKING:
    from fractions import Fraction

    from app.ledger.scoreboard import Line, Moment

TREND_PERIODS = 12


def scoreboard(
    plan: Annotated[str | None, typer.Option(metavar="CODE", help="Only this plan.")] = None,
    department: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="This one, by code or name, and those below it."),
    ] = None,
    kpi: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only this KPI, by code or name.")
    ] = None,
    status: Annotated[Status | None, typer.Option(help="Only targets of this status.")] = None,
    period: AtPeriod = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    language: InLanguage = None,
) -> None:
    """Show every target with its verdict, and its trend.

    A narrow terminal has no room for the pace and the trend.
    Example: dabiao scoreboard --plan uspto-fiscal-2011
    """
    with office() as (opened, settings), opened.database.read() as connection:
        spoken = language or settings.language
        # Of today, so that a code of now gives an empty page where there was nothing yet.
        selection = selected(opened.catalogue(connection).catalogue, plan, kpi, department)
        stored, seen = opened.seen(connection, as_of)
        lines = [
            line
            for line in read_scoreboard(connection, stored, seen, selection, period)
            if status is None or line.verdict.status is status
        ]
    if as_json:
        print_json([scoreboard_row(line, spoken) for line in lines], opened.zone)
    else:
        pairs = [(line, _trend(line, seen)) for line in lines]
        print_scoreboard(pairs, stored.catalogue, translator, spoken)


def explain(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="The plan's code.")],
    kpi: KpiCode,
    department: DepartmentCode,
    period: AtPeriod = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    language: InLanguage = None,
) -> None:
    """Show a verdict as a chain of figures and formulas.

    Every figure with its revision and submission, every formula with its numbers.
    Example: dabiao explain uspto-fiscal-2011 uspto-first-action-pendency uspto
    """
    with office() as (opened, settings), opened.database.read() as connection:
        asked = selected(opened.catalogue(connection).catalogue, plan, kpi, department)
        stored, seen = opened.seen(connection, as_of)
        keys = [key for key in stored.catalogue.targets if Selection(*key) == asked]
        if not keys:
            msg = f"{plan} has no target of {kpi} for {department}"
            raise NotFound(msg)
        found = explained(connection, stored, seen, keys[0], period)
        foreseen = foresee(opened.forecaster, found.line.subject, found.kept, period)
    spoken = language or settings.language
    document = explanation_document(found, foreseen, translator, spoken)
    if as_json:
        print_json(document, opened.zone)
    else:
        print_explanation(document, translator, spoken, opened.zone)
        if told := sentence(Voice(translator, spoken), foreseen):
            out().print(told, soft_wrap=True)


def history(
    kpi: KpiCode,
    department: DepartmentCode,
    period: Annotated[
        Period, typer.Argument(parser=read_period, metavar="PERIOD", help="2013, 2013-Q1, 2013-03.")
    ],
    as_json: AsJson = False,
    language: InLanguage = None,
) -> None:
    """Show a figure's revisions: who, when, what, and why.

    Example: dabiao history uspto-first-action-pendency uspto 2011-02
    """
    with office() as (opened, settings), opened.database.read() as connection:
        catalogue = opened.catalogue(connection).catalogue
        one, where = selected_place(catalogue, kpi, department)
        lines = revisions.history(connection, one.code, where.code, period)
    spoken = language or settings.language
    if not lines:
        msg = f"{department} has no figure of {kpi} for {period}"
        raise NotFound(msg)
    documents = [revision_document(line) for line in lines]
    if as_json:
        print_json(documents, opened.zone)
    else:
        names = (name_in(one, spoken), name_in(where, spoken), str(period), unit_in(one, spoken))
        print_history(" · ".join(names), documents, translator, spoken, opened.zone)


def _trend(line: Line, seen: Moment) -> list[Fraction | None]:
    """Return what counted towards the target, period by period up to the verdict's.

    None stands where the series breaks.
    """
    last, is_broken = line.verdict.period, False
    trend: list[Fraction | None] = []
    for point in series(line.subject, seen.today):
        if last is None or point.period.ordinal > last.ordinal:
            break
        is_broken = is_broken or point.breaks is not None
        if point.verdict is not None and point.verdict.actual is not None:
            trend += [None] if is_broken and trend else []
            trend.append(point.verdict.actual)
            is_broken = False
    return trend[-TREND_PERIODS:]
