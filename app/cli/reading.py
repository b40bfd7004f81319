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
from app.cli.terminal import number, out, scoreboard_table, status_text, table
from app.domain.attainment import Status
from app.domain.explanation import explain as explain_steps
from app.domain.number import write_number
from app.domain.period import Period
from app.errors import NotFound, Refused
from app.ledger import revisions
from app.ledger.scoreboard import Selection, scoreboard as read_scoreboard, series

if TYPE_CHECKING:
    from fractions import Fraction

    from sqlalchemy import Connection

    from app.domain.catalogue import Catalogue
    from app.ledger.office import Office
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
    as_json: AsJson = False,  # noqa: FBT002 - an option
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
        print_json([scoreboard_row(line, spoken) for line in lines])
    else:
        pairs = list(zip(lines, trends, strict=True))
        out().print(scoreboard_table(pairs, translator, spoken))


def explain(
    plan: str,
    kpi: str,
    department: str,
    period: AtPeriod = None,
    as_of: AsOf = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
    language: InLanguage = None,
) -> None:
    """Show a verdict as a chain: every figure with its revision, every formula with its numbers.

    Example: dabiao explain uspto-fiscal-2011 uspto-first-action-pendency uspto
    """
    asked, instant = _period(period), _instant(as_of)
    with office() as (opened, settings), opened.database.read() as connection:
        spoken = language_of(settings, language)
        line = _line(opened, connection, (plan, kpi, department), asked, instant)
    if as_json:
        print_json(explanation_document(line, spoken))
        return
    subject, verdict = line.subject, line.verdict
    name = subject.kpi.name_zh if spoken == "zh" else subject.kpi.name_en
    place = line.department.name_zh if spoken == "zh" else line.department.name_en
    goal = subject.target.goal
    out().print(f"{name} · {place} · {goal} · {subject.target.due}", style="bold")
    out().print(
        status_text(verdict.status, translator.translate(verdict.status, spoken)),
        str(verdict.period or ""),
    )
    headings = ("department", "period", "figure", "revision", "submission", "recorded", "note")
    figures = table(None, [(translator.translate(word, spoken), "left") for word in headings])
    for part in verdict.counted.parts if verdict.counted else ():
        for figure in part.figures:
            figures.add_row(
                figure.department,
                str(figure.period),
                number(figure.amount.number(subject.kpi.factor)),
                str(figure.revision),
                str(figure.submission),
                f"{figure.recorded_at.astimezone(opened.zone):%Y-%m-%d %H:%M}",
                figure.note or "",
            )
    steps = table(None, [("step", "left"), ("rule", "left"), ("numbers", "left")])
    for step in explain_steps(subject, verdict):
        steps.add_row(step.name, step.rule, step.numbers or _shown(step.result))
    out().print(figures)
    out().print(steps)


def history(
    kpi: str,
    department: str,
    period: str,
    as_json: AsJson = False,  # noqa: FBT002 - an option
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
        factor = catalogue.kpis[kpi].factor
    if not lines:
        msg = f"{department} has no figure of {kpi} for {period}"
        raise NotFound(msg)
    if as_json:
        print_json([revision_document(line) for line in lines])
        return
    headings = ("revision", "figure", "status", "recorded", "by", "submission", "reason", "note")
    made = table(None, [(translator.translate(word, spoken), "left") for word in headings])
    for line in lines:
        made.add_row(
            str(line.figure.revision),
            number(line.figure.amount.number(factor)),
            str(line.figure.observation_status),
            f"{line.figure.recorded_at.astimezone(opened.zone):%Y-%m-%d %H:%M}",
            line.recorded_by,
            str(line.figure.submission),
            line.reason or "",
            line.figure.note or "",
        )
    out().print(made)
