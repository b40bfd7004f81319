"""What a form asks: the figures that await their department, with what helps to enter them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.finding import Finding
from app.domain.kpi import Kind
from app.domain.lifecycle import AWAITED, Party
from app.domain.period import Span
from app.domain.trajectory import expected_at
from app.errors import Refused
from app.ledger import revisions
from app.ledger.reporting import lines, reporting
from app.ledger.scoreboard import subjects

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from app.domain.attainment import Subject
    from app.domain.catalogue import Catalogue, TargetKey
    from app.domain.figure import Amount, Figure
    from app.domain.kpi import Department, Kpi
    from app.domain.period import Period
    from app.domain.target import Target
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.reporting import Line, Scope
    from app.ledger.revisions import FigureKey
    from app.ledger.scoreboard import Moment, Selection


@dataclass(frozen=True, slots=True)
class Aim:
    """A target that a figure counts towards, and what is expected by its period."""

    target: Target
    expected: Fraction | None


@dataclass(frozen=True, slots=True)
class Asked:
    """One figure that is asked for.

    fields: of value, numerator and denominator those that are asked.
    previous: the figure of the period before. aims: the department's own targets, or where it has
    none the next department's above it; that of the shortest plan first.
    """

    line: Line
    kpi: Kpi
    department: Department
    fields: tuple[str, ...]
    previous: Figure | None
    aims: tuple[Aim, ...]


def asked(
    connection: Connection, stored: StoredCatalogue, seen: Moment, zone: ZoneInfo, scope: Scope
) -> list[Asked]:
    """Return the figures of a selection that await their department, in order.

    They are in the order of departments, KPIs and periods: due, overdue or returned ones, and no
    other. Raises Refused for a code that is not known, of which nothing could ever be due.
    """
    catalogue = stored.catalogue
    _check_known(catalogue, scope.selection)
    whole = reporting(connection, stored, seen, zone, scope)
    awaited = [
        line
        for line in lines(connection, stored, whole, whole.expected)
        if AWAITED.get(line.state) is Party.DEPARTMENT
    ]
    return told(connection, stored, seen, awaited)


def told(
    connection: Connection, stored: StoredCatalogue, seen: Moment, asked_for: Sequence[Line]
) -> list[Asked]:
    """Return figures with what helps to enter them, in the order of departments and KPIs."""
    catalogue = stored.catalogue
    before = {line.expected.key: _before(line) for line in asked_for}
    previous = revisions.current(connection, stored, list(before.values()), seen.position)
    aims = _aims(connection, stored, seen, [line.expected.key for line in asked_for])
    found = [
        _asked(catalogue, line, previous.get(before[key]), aims[key])
        for line in asked_for
        for key in (line.expected.key,)
    ]
    return sorted(found, key=lambda one: (one.department.code, one.kpi.code))


def _check_known(catalogue: Catalogue, selection: Selection) -> None:
    known = (
        ("plan", selection.plan, catalogue.plans),
        ("kpi", selection.kpi, catalogue.kpis),
        ("department", selection.department, catalogue.departments),
    )
    findings = [
        Finding(f"unknown_{name}", None, name, {"name": code})
        for name, code, codes in known
        if code is not None and code not in codes
    ]
    if findings:
        raise Refused("the form is asked for what is not known", findings)


def _before(line: Line) -> FigureKey:
    kpi, department, period = line.expected.key
    return kpi, department, period.shift(-1)


def _asked(
    catalogue: Catalogue, line: Line, previous: Figure | None, aims: tuple[Aim, ...]
) -> Asked:
    kpi = catalogue.kpis[line.expected.kpi]
    known = line.figure or previous
    return Asked(
        line=line,
        kpi=kpi,
        department=catalogue.departments[line.expected.department],
        fields=_fields(kpi, None if known is None else known.amount),
        previous=previous,
        aims=aims,
    )


def _fields(kpi: Kpi, last: Amount | None) -> tuple[str, ...]:
    """Return what is asked: a ratio's two parts, and otherwise what was given last."""
    if kpi.kind not in (Kind.LEVEL, Kind.RATIO):
        return ("value",)
    if last is None or (last.value is None and last.numerator is None):
        return ("numerator", "denominator") if kpi.kind is Kind.RATIO else ("value",)
    if last.numerator is not None:
        return ("numerator", "denominator")
    return ("value",) if last.denominator is None else ("value", "denominator")


def _aims(
    connection: Connection, stored: StoredCatalogue, seen: Moment, figures: list[FigureKey]
) -> dict[FigureKey, tuple[Aim, ...]]:
    """Return the targets of each figure, as they are in force at its period."""
    keys = {figure: _targets(stored.catalogue, figure) for figure in figures}
    wanted = sorted({key for listed in keys.values() for key in listed})
    found = subjects(connection, stored, wanted, seen.position)
    by_key = dict(zip(wanted, found, strict=True))
    return {
        figure: tuple(_aim(by_key[key], figure[2]) for key in listed)
        for figure, listed in keys.items()
    }


def _aim(subject: Subject, period: Period) -> Aim:
    target = subject.at(period).target
    return Aim(target, expected_at(target, subject.kpi, subject.plan, period))


def _targets(catalogue: Catalogue, figure: FigureKey) -> list[TargetKey]:
    kpi, department, period = figure
    plans = sorted(
        (plan.end.last_day - plan.start.first_day, plan.code)
        for plan in catalogue.plans.values()
        if period in Span.of_plan(plan.start, plan.end, period.frequency)
    )
    for above in catalogue.upwards(department):
        found = [(plan, kpi, above) for _, plan in plans if (plan, kpi, above) in catalogue.targets]
        if found:
            return found
    return []
