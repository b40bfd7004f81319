"""What a bulletin is composed from: a plan's verdicts, its reporting, remarks, all as of a moment.

A handful of reads, however many targets the plan has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.period import Frequency, Span
from app.errors import NotFound
from app.ledger import illustration
from app.ledger.overview import Glances, Scope
from app.ledger.remarks import remarks

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from app.domain.catalogue import Catalogue
    from app.domain.figure import Figure
    from app.domain.kpi import Plan
    from app.domain.period import Period
    from app.ledger.office import Office
    from app.ledger.overview import Glance
    from app.ledger.remarks import Made, Remark
    from app.ledger.scoreboard import Line, Moment


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which bulletin: a plan by its code, a month, and as of which instant; None for now."""

    plan: str
    month: Period
    as_of: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """What was read."""

    plan: Plan
    month: Period
    seen: Moment
    catalogue: Catalogue
    glance: Glance
    remarks: Mapping[Made, list[Remark]]
    is_illustrative: bool


def read(office: Office, wanted: Wanted, glances: Glances) -> Material:
    """Read what a bulletin is composed from.

    Raises NotFound where the plan was not on record, or the month is none of its months, or had
    not begun.
    """
    with office.database.read() as connection:
        stored, seen = office.seen(connection, wanted.as_of)
        plan = _plan(stored.catalogue, wanted, seen.today)
        scope = Scope(plan, wanted.month, office.zone)
        glance = glances.at(connection, stored, seen, scope, None)
        made = {
            ((row.line.subject.target.kpi, figure.department, figure.period), figure.submission)
            for row in glance.board.rows
            for figure in newest_figures(row.line)
        }
        return Material(
            plan=plan,
            month=wanted.month,
            seen=seen,
            catalogue=stored.catalogue,
            glance=glance,
            remarks=remarks(connection, stored, made, seen.position),
            is_illustrative=illustration.found_after(connection, 0, seen.position),
        )


def _plan(catalogue: Catalogue, wanted: Wanted, today: dt.date) -> Plan:
    plan = catalogue.plans.get(wanted.plan)
    if plan is None:
        raise NotFound(f"there is no plan {wanted.plan}")
    if wanted.month not in months(plan, today):
        raise NotFound(f"{wanted.plan} has no bulletin of {wanted.month}: not a month begun in it")
    return plan


def months(plan: Plan, today: dt.date) -> list[Period]:
    """Return the months of a plan that have begun, the newest first."""
    span = Span.of_plan(plan.start, plan.end, Frequency.MONTHLY)
    return [month for month in span if month.has_begun(today)][::-1]


def newest_figures(line: Line) -> Iterator[Figure]:
    """Go through the figures that a bulletin tells of: of each department the newest."""
    counted = line.verdict.counted
    for part in counted.parts if counted else ():
        yield part.figures[-1]
