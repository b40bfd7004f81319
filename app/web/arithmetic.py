"""The explanation as readable arithmetic: every figure in it leads to its revisions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from app.domain.explanation import explain
from app.domain.kpi import Kind
from app.domain.number import shown
from app.web import formats
from app.web.words import msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.domain.attainment import Verdict
    from app.domain.explanation import Step
    from app.domain.figure import Figure
    from app.domain.kpi import Department
    from app.ledger.scoreboard import Line
    from app.web.page import Page

Term = tuple[str, str | None]
"""A piece of a formula: what it says, and where it leads, if anywhere."""

_NAMES: Final = {"ratio": msg("ratio to the target")}
"""Steps that are called otherwise than in the API: `ratio` is a kind of KPI, too."""
_LONG: Final = re.compile(r"([0-9]\.[0-9]{6})[0-9]{4,}")
"""What does not end within the digits that leave the domain; its beginning says enough."""
_MOST_TERMS: Final = 40
"""Figures that are written out in one sum; of more, the table below has all."""


@dataclass(frozen=True, slots=True)
class StepShown:
    """One step: its name, how it comes about, the formula with its numbers, the result."""

    name: str
    rule: str
    terms: tuple[Term, ...]
    result: str


@dataclass(frozen=True, slots=True)
class FigureShown:
    """A figure that counts, as it is on record."""

    department: str
    period: str
    value: str
    numerator: str
    denominator: str
    status: str
    note: str | None
    revision: int
    href: str
    submission: int
    submission_href: str
    recorded: str


def steps(page: Page, line: Line) -> list[StepShown]:
    """Return the steps from the figures to the status."""
    return [
        StepShown(
            name=page.speak(_NAMES.get(step.name, step.name)),
            rule=_typeset(page.say(step.rule)),
            terms=tuple(_terms(page, line, step)),
            result=_result(page, step),
        )
        for step in explain(line.subject, line.verdict)
    ]


def _terms(page: Page, line: Line, step: Step) -> Iterator[Term]:
    counted = line.verdict.counted
    if step.name == "actual" and counted is not None:
        found = [figure for part in counted.parts for figure in part.figures]
        # A sum, or one quotient: there each number stands for one figure. A mean over departments
        # is written as the domain writes it.
        if len(found) == 1 or line.subject.kpi.kind in (Kind.FLOW, Kind.STOCK):
            yield from _linked(page, line, found, line.verdict)
            return
    if step.numbers:
        yield _typeset(step.numbers), None


def _linked(page: Page, line: Line, found: list[Figure], verdict: Verdict) -> Iterator[Term]:
    kpi = line.subject.kpi
    for place, figure in enumerate(found[:_MOST_TERMS]):
        if place:
            yield " + ", None
        yield (
            _amount(figure, kpi.factor, alone=len(found) == 1),
            figure_link(page, kpi.code, figure),
        )
    if len(found) > _MOST_TERMS:
        yield " + …", None
    if len(found) > 1 or found[0].amount.numerator is not None:
        yield _typeset(f" = {formats.plain(shown(verdict.actual))}"), None


def _amount(figure: Figure, factor: Decimal, *, alone: bool) -> str:
    amount = figure.amount
    if amount.numerator is None or not alone:
        return formats.plain(shown(amount.number(factor)))
    times = "" if factor == 1 else f" × {formats.plain(factor)}"
    return f"{formats.plain(amount.numerator)} / {formats.plain(amount.denominator)}{times}"


def _typeset(numbers: str) -> str:
    numbers = _LONG.sub(r"\1…", numbers)
    text = numbers.replace(" x ", " × ").replace("<=", "≤").replace(">=", "≥")
    return text.replace(" - ", " − ").replace(" -", " \N{MINUS SIGN}")


def _result(page: Page, step: Step) -> str:
    if step.name == "status":
        return page.speak(str(step.result))
    if isinstance(step.result, bool):
        return page.speak("yes" if step.result else "no")
    if isinstance(step.result, Decimal):
        return _typeset(formats.plain(step.result))
    return formats.ABSENT if step.result is None else str(step.result)


def figure_link(page: Page, kpi: str, figure: Figure) -> str:
    """Return the address of a figure's history, as of when the page is."""
    return page.link(
        "figure_page",
        page.then(),
        kpi=kpi,
        department=figure.department,
        period=figure.period,
    )


def figures(page: Page, departments: Mapping[str, Department], line: Line) -> list[FigureShown]:
    """Return every figure that counts, as it is on record."""
    counted, kpi = line.verdict.counted, line.subject.kpi
    return [
        FigureShown(
            department=page.name(departments[figure.department]),
            period=formats.period(figure.period, page.speak),
            value=formats.plain(shown(figure.amount.number(kpi.factor))),
            numerator=formats.plain(figure.amount.numerator),
            denominator=formats.plain(figure.amount.denominator),
            status=figure.observation_status,
            note=figure.note,
            revision=figure.revision,
            href=figure_link(page, kpi.code, figure),
            submission=figure.submission,
            submission_href=page.link("submission_page", number=figure.submission),
            recorded=formats.instant(figure.recorded_at, page.office.zone),
        )
        for part in (counted.parts if counted else ())
        for figure in part.figures
    ]
