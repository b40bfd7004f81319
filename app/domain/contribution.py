"""What each department contributes to an office's distance from its target.

The actual of several departments is a weighted mean or a sum, so its distance from a bound T is
made of theirs, exactly (a is a department's figure, w its share of the weight):

=================  ===============================  ==========================================
kind               distance                         a department's contribution
=================  ===============================  ==========================================
`level`, `ratio`   sum of w (a - T)                 w (a - T), w its share of the denominators
`milestone`        sum of (a - T) / n               (a - T) / n, with a = 0 for who has none
`stock`, `flow`    sum of a, less T                 a; the bound itself is a term of its own
=================  ===============================  ==========================================

All with the other sign where more is better, so that what widens the gap is positive. Since shares
add up to 1, contributions add up to the gap. It is the "points contribution" of index statistics,
the component's weight times its index (Australian Bureau of Statistics, "A Guide to the Consumer
Price Index"), taken from the bound instead of from 0. Inside two bounds, where the gap is 0,
it is taken from the office's own figure.

Departments between the target's and those that report (provinces between a country and its cities)
are put together the same way: their share is that of their members, and so is their contribution.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from app.domain.attainment import distance_of
from app.domain.kpi import Kind
from app.domain.saying import Saying

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.domain.attainment import Distance, Subject, Verdict
    from app.domain.catalogue import Catalogue
    from app.domain.counting import Counted, Part
    from app.domain.figure import Figure
    from app.domain.period import Period

MEAN_MORE: Final = "share of the weight x (a - T)"
MEAN_LESS: Final = "share of the weight x (T - a)"
EQUAL_LESS: Final = "(T - a) / {departments}, a being 0 where nothing is reported"
SUM_MORE: Final = "what each department brings, less T"
SUM_LESS: Final = "T, less what each department brings"
INSIDE: Final = "inside the bounds: from the common figure A instead of a bound T"
RULES: Final = (MEAN_MORE, MEAN_LESS, EQUAL_LESS, SUM_MORE, SUM_LESS, INSIDE)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a department brings, and what of the gap is its.

    parent: the department between it and the target's own; None directly below that.
    period: the newest that it speaks for. value: in the KPI's unit. weight: its denominator.
    share: of the weight; of a sum, of the actual (None where that is 0).
    """

    department: str
    parent: str | None
    period: Period
    value: Fraction
    weight: Fraction | None
    share: Fraction | None
    contribution: Fraction


class Why(StrEnum):
    """Why a department does not count."""

    NO_FIGURE = "no_figure"
    NO_WEIGHT = "no_weight"
    """It has a figure, but no denominator to weigh it with."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A department that should count and does not.

    weight: its newest denominator up to the verdict's period, also from before the plan; the
    estimate of what it would be. period: of that denominator. share: of the weight of all,
    estimated so; None where no denominator is known, or none is needed. contribution: that of a
    milestone that counts as 0 until it is reported; else 0.
    """

    department: str
    parent: str | None
    why: Why
    weight: Fraction | None = None
    period: Period | None = None
    share: Fraction | None = None
    contribution: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class RollUp:
    """How an actual came together from departments.

    distance: the gap; `bound` (0 but for sums) and the contributions of parts and of who is missing
    add up to it, and so do those of a group's members to the group's. missing_share: that of the
    missing ones whose weight is known, together; None where it is known of none of them.
    """

    rule: Saying
    reference: Fraction
    distance: Fraction
    bound: Fraction
    parts: tuple[Contribution, ...]
    groups: tuple[Contribution, ...]
    missing: tuple[Missing, ...]
    missing_share: Fraction | None


def roll_up(subject: Subject, verdict: Verdict, catalogue: Catalogue) -> RollUp | None:
    """Return how a verdict's actual came together; None for a department's own figure, or none.

    subject: with the version of the target that the verdict went by.
    """
    answerable, counted = subject.target.department, verdict.counted
    if counted is None or set(subject.members) == {answerable}:
        return None
    ways = {code: _way(catalogue, code, answerable) for code in subject.members}
    target = subject.target
    distance = distance_of(target.goal, target.overshoot, counted.value)
    gap = distance.gap(counted.value)
    parents = {code: way[-1] if way else None for code, way in ways.items()}
    parts = _parts(subject, counted, distance, parents)
    missing = _missing(subject, counted, distance, parents)
    told = _added(parts) + _added(missing)
    return RollUp(
        rule=_rule(subject, counted, distance),
        reference=distance.bound,
        distance=gap,
        bound=gap - told,
        parts=tuple(parts),
        groups=tuple(_groups(subject, parts, missing, ways)),
        missing=tuple(missing),
        missing_share=_together(one.share for one in missing) if missing else _ZERO,
    )


_ZERO = Fraction(0)
_SUMS = (Kind.STOCK, Kind.FLOW)


def _way(catalogue: Catalogue, code: str, top: str) -> tuple[str, ...]:
    """Return the departments between one and the top, from the top down, both left out."""
    above = []
    for passed in catalogue.upwards(code):
        if passed == top:
            break
        if passed != code:
            above.append(passed)
    return tuple(reversed(above))


def _rule(subject: Subject, counted: Counted, distance: Distance) -> Saying:
    is_more = distance.sign > 0
    if is_more and distance.bound == counted.value and subject.target.goal.lower is not None:
        return Saying(INSIDE)
    if subject.kpi.kind in _SUMS:
        return Saying(SUM_MORE if is_more else SUM_LESS)
    if subject.kpi.kind is Kind.MILESTONE:
        return Saying(EQUAL_LESS, {"departments": str(len(subject.members))})
    return Saying(MEAN_MORE if is_more else MEAN_LESS)


def _parts(
    subject: Subject, counted: Counted, distance: Distance, parents: dict[str, str | None]
) -> list[Contribution]:
    shares = _shares(subject, counted)
    return [
        Contribution(
            department=part.department,
            parent=parents[part.department],
            period=part.period,
            value=part.value,
            weight=part.denominator,
            share=share,
            contribution=_contribution(subject.kpi.kind, part.value, share, distance),
        )
        for part, share in zip(counted.parts, shares, strict=True)
    ]


def _shares(subject: Subject, counted: Counted) -> list[Fraction | None]:
    kind, parts = subject.kpi.kind, counted.parts
    if kind in _SUMS:
        return [None if counted.value == 0 else part.value / counted.value for part in parts]
    if kind is Kind.MILESTONE:
        return [Fraction(1, len(subject.members))] * len(parts)
    if len(parts) == 1:
        return [Fraction(1)]
    whole = sum((part.denominator or _ZERO for part in parts), _ZERO)
    return [(part.denominator or _ZERO) / whole for part in parts]


def _contribution(
    kind: Kind, value: Fraction, share: Fraction | None, distance: Distance
) -> Fraction:
    if kind in _SUMS:
        return distance.sign * value
    return distance.sign * (share or _ZERO) * (value - distance.bound)


def _missing(
    subject: Subject, counted: Counted, distance: Distance, parents: dict[str, str | None]
) -> list[Missing]:
    kind = subject.kpi.kind
    known = {code: _last_weight(subject.members[code], counted.period) for code in counted.missing}
    whole = _weight_of(counted.parts) + sum((one[0] for one in known.values() if one), _ZERO)
    found = []
    for code in counted.missing:
        why = Why.NO_WEIGHT if _has_value(subject, code, counted.period) else Why.NO_FIGURE
        last = known[code]
        if kind is Kind.MILESTONE:
            share = Fraction(1, len(subject.members))
            brought = _contribution(kind, _ZERO, share, distance)
            found.append(Missing(code, parents[code], why, share=share, contribution=brought))
        elif kind in _SUMS or last is None:
            found.append(Missing(code, parents[code], why))
        else:
            weight, period = last
            share = weight / whole
            found.append(Missing(code, parents[code], why, weight, period, share))
    return found


def _weight_of(parts: Iterable[Part]) -> Fraction:
    return sum((part.denominator or _ZERO for part in parts), _ZERO)


def _last_weight(figures: Sequence[Figure], upto: Period) -> tuple[Fraction, Period] | None:
    weighed = [
        (figure.period.ordinal, figure)
        for figure in figures
        if figure.amount.denominator is not None and figure.period.ordinal <= upto.ordinal
    ]
    if not weighed:
        return None
    _, newest = max(weighed, key=lambda pair: pair[0])
    return Fraction(newest.amount.denominator or 0), newest.period


def _has_value(subject: Subject, code: str, upto: Period) -> bool:
    return any(
        figure.period in subject.span
        and figure.period.ordinal <= upto.ordinal
        and figure.amount.number(subject.kpi.factor) is not None
        for figure in subject.members[code]
    )


def _added(told: Sequence[Contribution] | Sequence[Missing]) -> Fraction:
    return sum((one.contribution for one in told), _ZERO)


def _together(shares: Iterable[Fraction | None]) -> Fraction | None:
    known = [share for share in shares if share is not None]
    return sum(known, _ZERO) if known else None


def _groups(
    subject: Subject,
    parts: Sequence[Contribution],
    missing: Sequence[Missing],
    ways: dict[str, tuple[str, ...]],
) -> list[Contribution]:
    """Return the departments in between, from the top down, each with what is below it."""
    above = {way[: depth + 1] for way in ways.values() for depth in range(len(way))}
    found = []
    for way in sorted(above):
        within = [part for part in parts if ways[part.department][: len(way)] == way]
        silent = [one for one in missing if ways[one.department][: len(way)] == way]
        if within:
            found.append(_group(subject, way, within, silent))
    return found


def _group(
    subject: Subject,
    way: tuple[str, ...],
    within: Sequence[Contribution],
    silent: Sequence[Missing],
) -> Contribution:
    kind = subject.kpi.kind
    weights = [part.weight for part in within]
    share = _together(part.share for part in within)
    if kind in _SUMS:
        value = sum((part.value for part in within), _ZERO)
    elif kind is Kind.MILESTONE:
        members = len(within) + len(silent)
        value = sum((part.value for part in within), _ZERO) / members
        share = Fraction(members, len(subject.members))
    else:
        value = sum((part.value * (part.share or _ZERO) for part in within), _ZERO)
        value /= share or Fraction(1)
    return Contribution(
        department=way[-1],
        parent=way[-2] if len(way) > 1 else None,
        period=max((part.period for part in within), key=lambda period: period.ordinal),
        value=value,
        weight=_together(weights),
        share=share,
        contribution=_added(within) + _added(silent),
    )
