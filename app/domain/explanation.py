"""The verdict as a chain of arithmetic: every formula with its numbers, ready to be shown.

It computes nothing of its own: each step names the rule, writes it with the numbers that went in,
and gives the result that `attainment` came to. The formulas are written in ASCII arithmetic, the
same in every language; `rule` says which row of PRODUCT's table it is, in words that are looked up
when they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.domain.attainment import Rule
from app.domain.kpi import Kind
from app.domain.number import shown, write_number
from app.domain.saying import Saying
from app.domain.target import Comparator, Overshoot

if TYPE_CHECKING:
    from decimal import Decimal
    from fractions import Fraction

    from app.domain.attainment import Measure, Subject, Verdict
    from app.domain.counting import Counted, Part
    from app.domain.kpi import Kpi


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, the rule, the rule with numbers, and the result (None: no meaning)."""

    name: str
    rule: Saying
    numbers: str
    result: str | Decimal | bool | None


def explain(subject: Subject, verdict: Verdict) -> list[Step]:
    """Return the steps from the figures to the status; only the last where there is no figure."""
    steps: list[Step] = []
    if verdict.counted is not None:
        steps = [
            _actual(subject, verdict.counted),
            _attained(subject, verdict),
            _measure("ratio", verdict.ratio, verdict.actual),
            _expected(subject, verdict),
            _measure("pace", verdict.pace, verdict.actual),
            _progress(subject, verdict),
            _gap(verdict),
        ]
    return [
        *steps,
        Step("status", Saying(_STATUS_RULES[verdict.status]), "", str(verdict.status)),
    ]


_STATUS_RULES: Final = {
    "not_started": "the plan's first period has not ended",
    "no_data": "no figure that counts yet",
    "attained": "the bound is met at the due period, or already by a stock, flow or milestone",
    "missed": "the due period has its figure and does not meet the bound",
    "on_track": "pace >= 1, or nothing is expected yet, or no worse than a 0 in the bound's place",
    "at_risk": "1 - tolerance band <= pace < 1",
    "off_track": "pace < 1 - tolerance band, or worse than a 0 in the bound's place",
}


SUM_OF_PERIODS: Final = "sum over the plan's periods so far"
NEWEST: Final = "the newest period's figure"
NEWEST_QUOTIENT: Final = "the newest period's numerator / denominator x factor"
QUOTIENT: Final = "sum of numerators / sum of denominators x factor"
MEAN: Final = "mean over the departments, none yet counting as 0"
SUM_OF_DEPARTMENTS: Final = "sum over the departments"
BOUNDS: Final = "lower <= A <= upper"
EXPECTED: Final = "the {shape} trajectory at {period}, T of the pace"
NO_PROGRESS: Final = "absent: no baseline, or baseline and bound are equal"
GAP: Final = "distance to the bound in the KPI's unit, positive while it is not met"
RULES: Final = (
    *_STATUS_RULES.values(),
    *(SUM_OF_PERIODS, NEWEST, NEWEST_QUOTIENT, QUOTIENT, MEAN, SUM_OF_DEPARTMENTS),
    *(BOUNDS, EXPECTED, NO_PROGRESS, GAP),
    *(str(rule) for rule in (Rule.INSIDE, Rule.FRACTION, Rule.ABSENT)),
)
"""The rules that are told in words; formulas are the same in every language."""


def _n(value: Fraction | None) -> str:
    decimal = shown(value)
    return "-" if decimal is None else write_number(decimal)


def _actual(subject: Subject, counted: Counted) -> Step:
    kpi, parts = subject.kpi, counted.parts
    several = len(parts) > 1 or kpi.kind is Kind.MILESTONE
    if len(subject.members) > 1 and several:
        rule, numbers = _rolled_up(kpi, parts, len(parts) + len(counted.missing))
    elif kpi.kind is Kind.FLOW:
        rule = SUM_OF_PERIODS
        numbers = " + ".join(_n(figure.amount.number(kpi.factor)) for figure in parts[0].figures)
    else:
        rule, numbers = _single(parts[0], write_number(kpi.factor))
    return Step("actual", Saying(rule), f"{numbers} = {_n(counted.value)}", shown(counted.value))


def _single(part: Part, factor: str) -> tuple[str, str]:
    newest = part.figures[-1].amount
    if newest.numerator is None:
        return NEWEST, _n(part.value)
    return (
        NEWEST_QUOTIENT,
        f"{_n(part.numerator)} / {_n(part.denominator)} x {factor}",
    )


def _rolled_up(kpi: Kpi, parts: tuple[Part, ...], departments: int) -> tuple[str, str]:
    plain = " + ".join(_n(part.value) for part in parts)
    if kpi.kind in (Kind.LEVEL, Kind.RATIO):
        above = " + ".join(_n(part.numerator) for part in parts)
        below = " + ".join(_n(part.denominator) for part in parts)
        return (
            QUOTIENT,
            f"({above}) / ({below}) x {write_number(kpi.factor)}",
        )
    if kpi.kind is Kind.MILESTONE:
        return (
            MEAN,
            f"({plain}) / {departments}",
        )
    return SUM_OF_DEPARTMENTS, plain


def _attained(subject: Subject, verdict: Verdict) -> Step:
    goal, actual = subject.target.goal, _n(verdict.actual)
    if goal.comparator is Comparator.AT_MOST:
        rule, numbers = "A <= T", f"{actual} <= {write_number(goal.bound)}"
    elif goal.upper is None or subject.target.overshoot is Overshoot.MET:
        rule, numbers = "A >= T", f"{actual} >= {write_number(goal.bound)}"
    else:
        rule = BOUNDS
        numbers = f"{write_number(goal.bound)} <= {actual} <= {write_number(goal.upper)}"
    return Step("attained", Saying(rule), numbers, verdict.attained)


def _measure(name: str, measure: Measure, actual: Fraction | None) -> Step:
    a, t, value = _n(actual), _n(measure.bound), _n(measure.value)
    numbers = {
        Rule.AT_LEAST: f"1 + ({a} - {t}) / |{t}| = {value}",
        Rule.AT_MOST: f"1 + ({t} - {a}) / |{t}| = {value}",
        Rule.INSIDE: value,
        Rule.FRACTION: value,
        Rule.ABSENT: "",
    }[measure.rule]
    return Step(name, Saying(str(measure.rule)), numbers, shown(measure.value))


def _expected(subject: Subject, verdict: Verdict) -> Step:
    shape = subject.target.trajectory.shape
    rule = Saying(EXPECTED, {"shape": shape, "period": str(verdict.period)})
    return Step("expected", rule, _n(verdict.expected), shown(verdict.expected))


def _progress(subject: Subject, verdict: Verdict) -> Step:
    baseline = subject.target.baseline
    if baseline is None or verdict.progress is None:
        return Step("progress", Saying(NO_PROGRESS), "", None)
    start, actual = write_number(baseline.value), _n(verdict.actual)
    bound = write_number(subject.target.goal.bound)
    numbers = f"({actual} - {start}) / ({bound} - {start}) = {_n(verdict.progress)}"
    return Step("progress", Saying("(A - B) / (T - B)"), numbers, shown(verdict.progress))


def _gap(verdict: Verdict) -> Step:
    return Step("gap", Saying(GAP), "", shown(verdict.gap))
