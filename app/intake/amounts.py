"""The rules of a row's amount: which of its numbers go together, and what its KPI lets pass."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from app.domain.figure import ObservationStatus
from app.domain.kpi import Kind
from app.domain.number import write_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.domain.figure import Amount
    from app.domain.kpi import Kpi

    Problem = tuple[str, str, Mapping[str, str]]
    """Code of the finding, field, and what its message names."""


def problems(amount: Amount, kpi: Kpi | None, status: ObservationStatus | None) -> list[Problem]:
    """Return what is wrong with an amount of readable numbers: code, column and values."""
    value, numerator, denominator = amount.value, amount.numerator, amount.denominator
    nothing = value is None and numerator is None and denominator is None
    if status is ObservationStatus.MISSING:
        return [] if nothing else [("value_and_status_missing", "value", {})]
    if nothing:
        return [("missing_value", "value", {})]
    if denominator is not None and denominator <= 0:
        return [("denominator_not_positive", "denominator", {})]
    if numerator is not None and denominator is None:
        return [("numerator_without_denominator", "numerator", {})]
    if denominator is not None and numerator is None and value is None:
        return [("denominator_alone", "denominator", {})]
    return [] if kpi is None else _kpi_problems(amount, kpi)


def _kpi_problems(amount: Amount, kpi: Kpi) -> list[Problem]:
    """Return what is wrong with a complete amount for this KPI."""
    if amount.denominator is not None and kpi.kind not in (Kind.LEVEL, Kind.RATIO):
        return [("not_divisible", "denominator", {"kind": kpi.kind})]
    number = amount.number(kpi.factor)
    if number is None:
        return []
    problems = _inconsistency(amount, kpi, number)
    for limit, beyond, code in (
        (kpi.hard_minimum, -1, "below_minimum"),
        (kpi.hard_maximum, 1, "above_maximum"),
    ):
        if limit is not None and (number - Fraction(limit)) * beyond > 0:
            column = "value" if amount.numerator is None else "numerator"
            shown = write_number(amount.value) if amount.value is not None else f"{float(number):g}"
            values = {"value": shown, "kpi": kpi.code, "limit": write_number(limit)}
            problems.append((code, column, values))
    return problems


def _inconsistency(amount: Amount, kpi: Kpi, number: Fraction) -> list[Problem]:
    """Check a value that came with numerator and denominator: equal as far as it was written."""
    if amount.value is None or amount.numerator is None or amount.denominator is None:
        return []
    exponent = amount.value.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else 0
    if abs(number - Fraction(amount.value)) <= Fraction(1, 2 * 10 ** max(places, 0)):
        return []
    values = {
        "value": write_number(amount.value),
        "numerator": write_number(amount.numerator),
        "denominator": write_number(amount.denominator),
        "factor": write_number(kpi.factor),
    }
    return [("inconsistent_value", "value", values)]
