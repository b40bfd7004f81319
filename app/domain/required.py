"""What the periods that are still to come must bring for a target to be reached.

With A the actual that counts, T the bound and n the periods behind the verdict's up to the due one:

===================  =========================================================================
`flow`               together T - A, so (T - A) / n in each
`stock`              T at the due period: a rise of T - A, so (T - A) / n in each
`level`, `ratio`,    T at the due period, whatever stands there before
`milestone`
several departments  of a level or ratio: nothing can be said of one department, since it hangs on
                     the weights of then; T is what they must come to together
===================  =========================================================================

`about` and `between` have two bounds of which the upper one counts where more than it is a breach.
All results are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from app.domain.attainment import is_due_posted
from app.domain.kpi import Kind
from app.domain.number import shown, write_number
from app.domain.saying import Saying
from app.domain.target import Comparator, Overshoot
from app.domain.trajectory import due_ordinal

if TYPE_CHECKING:
    from app.domain.attainment import Subject, Verdict
    from app.domain.period import Period

NOTHING_LEFT: Final = "the due period has its figure: nothing is still to come"
SUM: Final = "T - A, over the {periods} periods from {first} to {last}"
SUM_MET: Final = "T is reached already: the periods up to {last} need bring nothing more"
SUM_PASSED: Final = (
    "T is passed already by {excess}: only figures below 0 or a correction bring it back"
)
RISE: Final = "T at {last}: a rise of T - A over the {periods} periods from {first}"
AT_DUE: Final = "T at {last}, whatever stands there before"
WEIGHTED: Final = (
    "T at {last} for the departments together: what one of them must bring hangs on the weights"
    " of then"
)
RULES: Final = (NOTHING_LEFT, SUM, SUM_MET, SUM_PASSED, RISE, AT_DUE, WEIGHTED)
"""How the need comes about."""


@dataclass(frozen=True, slots=True)
class Need:
    """At least `lower` and at most `upper`; None where there is no such bound."""

    lower: Fraction | None = None
    upper: Fraction | None = None

    def over(self, periods: int) -> Need:
        """Return the same spread evenly over periods."""
        return Need(
            None if self.lower is None else self.lower / periods,
            None if self.upper is None else self.upper / periods,
        )

    def less(self, amount: Fraction) -> Need:
        """Return what is left to need once an amount is there."""
        return Need(
            None if self.lower is None else self.lower - amount,
            None if self.upper is None else self.upper - amount,
        )


@dataclass(frozen=True, slots=True)
class Required:
    """What is still needed.

    first, last: the periods that are still to come; None where none is.
    total: for a flow what they must bring together, else the figure of the due period; None where
    nothing is left to come. a_period: the same for each of them; None for what does not add up.
    """

    rule: Saying
    first: Period | None = None
    last: Period | None = None
    periods: int = 0
    total: Need | None = None
    a_period: Need | None = None


def required(subject: Subject, verdict: Verdict) -> Required:
    """Return what the periods behind the verdict's must bring.

    subject: with the version of the target that the verdict went by.
    """
    kpi = subject.kpi
    due = due_ordinal(subject.target, kpi)
    spoken = None if verdict.period is None else verdict.period.ordinal
    start = subject.span.first.ordinal if spoken is None else spoken + 1
    if spoken is not None and spoken >= due:
        if spoken > due or is_due_posted(subject):
            return Required(Saying(NOTHING_LEFT))
        start = due  # some departments have yet to post for it
    first, last = (subject.span.first.shift(at - subject.span.first.ordinal) for at in (start, due))
    periods = due - start + 1
    values = {"first": str(first), "last": str(last), "periods": str(periods)}
    bounds, actual = _bounds(subject), verdict.actual or Fraction(0)
    if kpi.kind is Kind.FLOW:
        left = bounds.less(actual)
        rule = _of_sum(left, values)
        return Required(rule, first, last, periods, left, left.over(periods))
    if kpi.kind is Kind.STOCK:
        rise = bounds.less(actual).over(periods)
        return Required(Saying(RISE, values), first, last, periods, bounds, rise)
    several = len(subject.members) > 1 and kpi.kind is not Kind.MILESTONE
    rule = Saying(WEIGHTED if several else AT_DUE, {"last": str(last)})
    return Required(rule, first, last, periods, bounds)


def _bounds(subject: Subject) -> Need:
    goal = subject.target.goal
    if goal.comparator is Comparator.AT_MOST:
        return Need(upper=Fraction(goal.bound))
    limited = goal.upper is not None and subject.target.overshoot is Overshoot.BREACH
    upper = Fraction(goal.upper) if limited and goal.upper is not None else None
    return Need(Fraction(goal.bound), upper)


def _of_sum(left: Need, values: dict[str, str]) -> Saying:
    if left.upper is not None and left.upper < 0:
        excess = shown(-left.upper)
        return Saying(SUM_PASSED, {"excess": "" if excess is None else write_number(excess)})
    if left.lower is not None and left.lower <= 0 and left.upper is None:
        return Saying(SUM_MET, {"last": values["last"]})
    return Saying(SUM, values)
