"""The actual that counts: how the figures of periods and departments add up, by the KPI's kind.

Periods come first, departments second. For each department that reports, its newest figure within
the plan counts (for a flow, the sum of its figures); then the departments are put together. So a
department that is a month behind still counts with its newest figure, and the verdict carries the
newest period of all and names who is behind or missing.

=========  ==============================  ====================================================
kind       a department's periods          several departments
=========  ==============================  ====================================================
level      the newest                      mean weighted by denominator
stock      the newest                      sum
flow       the sum                         sum
ratio      the newest                      sum of numerators / sum of denominators x factor
milestone  the newest                      mean of the fractions; who has none yet counts as 0
=========  ==============================  ====================================================

A level or ratio that has no denominator cannot be weighted: among several departments it is left
out and told as missing. All results are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from app.domain.kpi import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.figure import Figure
    from app.domain.kpi import Kpi
    from app.domain.period import Period, Span


@dataclass(frozen=True, slots=True)
class Part:
    """What one department brings: its figure that counts, and the figures it came from."""

    department: str
    value: Fraction
    numerator: Fraction | None
    denominator: Fraction | None
    figures: tuple[Figure, ...]

    @property
    def period(self) -> Period:
        """The newest period that this part speaks for."""
        return self.figures[-1].period


@dataclass(frozen=True, slots=True)
class Counted:
    """The actual that counts for a target, and everything it came from.

    `period` is the newest period with a figure; `parts` are the departments that count, in order
    of their codes; `missing` those that should and do not (no figure, or none with a weight).
    """

    value: Fraction
    period: Period
    parts: tuple[Part, ...]
    missing: tuple[str, ...]


def count(
    kpi: Kpi, members: Mapping[str, Sequence[Figure]], span: Span, upto: Period | None
) -> Counted | None:
    """Return the actual that counts; None where no figure counts.

    members: per reporting department, its figures in any order, of any period.
    span: the plan's periods at the KPI's frequency; figures outside it do not count.
    upto: the period asked for; None for the newest that has a figure.
    """
    parts, missing = [], []
    for department in sorted(members):
        part = _over_periods(kpi, department, members[department], span, upto)
        if part is None:
            missing.append(department)
        else:
            parts.append(part)
    return put_together(kpi, parts, missing)


def put_together(kpi: Kpi, parts: list[Part], missing: list[str]) -> Counted | None:
    """Return the actual of departments: those that bring something, and those that do not."""
    if not parts:
        return None
    if len(parts) + len(missing) == 1:
        return Counted(parts[0].value, parts[0].period, tuple(parts), ())
    return _over_departments(kpi, parts, missing)


def _over_periods(
    kpi: Kpi,
    department: str,
    figures: Sequence[Figure],
    span: Span,
    upto: Period | None,
) -> Part | None:
    counting = sorted(
        (
            figure
            for figure in figures
            if figure.period in span
            and (upto is None or figure.period.ordinal <= upto.ordinal)
            and figure.amount.number(kpi.factor) is not None
        ),
        key=lambda figure: figure.period.ordinal,
    )
    if not counting:
        return None
    if kpi.kind is not Kind.FLOW:
        counting = counting[-1:]
    values = [figure.amount.number(kpi.factor) for figure in counting]
    total = sum((value for value in values if value is not None), Fraction(0))
    return part_of(kpi, department, total, tuple(counting))


def part_of(kpi: Kpi, department: str, value: Fraction, figures: tuple[Figure, ...]) -> Part:
    """Return what a department brings whose figures, in order of time, come to a value."""
    numerator, denominator = _weights(kpi, figures[-1], value)
    return Part(department, value, numerator, denominator, figures)


def _weights(kpi: Kpi, newest: Figure, value: Fraction) -> tuple[Fraction | None, Fraction | None]:
    """Return numerator and denominator; a value posted with its weight alone implies the former."""
    amount = newest.amount
    if kpi.kind not in (Kind.LEVEL, Kind.RATIO) or amount.denominator is None:
        return None, None
    denominator = Fraction(amount.denominator)
    if amount.numerator is not None:
        return Fraction(amount.numerator), denominator
    return value * denominator / Fraction(kpi.factor), denominator


def _over_departments(kpi: Kpi, parts: list[Part], missing: list[str]) -> Counted | None:
    if kpi.kind in (Kind.LEVEL, Kind.RATIO):
        if len(parts) > 1:
            missing = missing + [part.department for part in parts if part.denominator is None]
            parts = [part for part in parts if part.denominator is not None]
        if not parts:
            return None
        value = _weighted(kpi, parts)
    elif kpi.kind is Kind.MILESTONE:
        value = sum((part.value for part in parts), Fraction(0)) / (len(parts) + len(missing))
    else:
        value = sum((part.value for part in parts), Fraction(0))
    newest = max((part.period for part in parts), key=lambda period: period.ordinal)
    return Counted(value, newest, tuple(parts), tuple(sorted(missing)))


def _weighted(kpi: Kpi, parts: list[Part]) -> Fraction:
    if len(parts) == 1:
        return parts[0].value
    numerators = sum((part.numerator or Fraction(0) for part in parts), Fraction(0))
    denominators = sum((part.denominator or Fraction(0) for part in parts), Fraction(0))
    return numerators / denominators * Fraction(kpi.factor)
