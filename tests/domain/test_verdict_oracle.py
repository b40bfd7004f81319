"""The verdict held against a second reading of the rules, in a few lines of fractions.

The oracle knows nothing of the product's classes: periods are the numbers 1..n of the plan's (0 is
the one before its first), a figure is None (reported as missing) or what was posted, and each
line says what the page with the rules says. Random scenarios are told to both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from app.domain.attainment import assess
from app.domain.kpi import Kind
from app.domain.period import Frequency
from app.domain.target import Overshoot
from app.domain.trajectory import Shape
from tests.factories import figure, kpi, period, plan, subject, target

if TYPE_CHECKING:
    from app.domain.attainment import Subject
    from app.domain.figure import Figure
    from app.domain.period import Period

F = Fraction

FACTOR = 10


@dataclass(frozen=True)
class Posted:
    """A value, perhaps with its weight; or (without value) numerator and denominator."""

    value: F | None
    numerator: F | None = None
    denominator: F | None = None

    @property
    def number(self) -> F:
        if self.value is not None:
            return self.value
        assert self.numerator is not None
        assert self.denominator is not None
        return self.numerator / self.denominator * FACTOR


@dataclass(frozen=True)
class Scenario:
    kind: str
    frequency: str
    comparator: str
    lower: F
    upper: F
    breach: bool
    due: int
    shape: str
    band: F
    members: dict[str, dict[int, Posted | None]]
    asked: int | None
    ended: int  # so many of the plan's periods have ended today
    baseline: tuple[int, F] | None = None
    points: dict[int, F] = field(default_factory=dict)

    @property
    def periods(self) -> int:
        return {"M": 24, "Q": 8, "A": 2}[self.frequency]


# -- the oracle -----------------------------------------------------------------------------------


def at_least(a: F, t: F) -> F | None:
    return None if t == 0 else 1 + (a - t) / abs(t)


def at_most(a: F, t: F) -> F | None:
    return None if t == 0 else 1 + (t - a) / abs(t)


def bound(s: Scenario) -> F:
    return s.upper if s.comparator == "at_most" else s.lower


def two_bounds(s: Scenario) -> bool:
    return s.comparator in ("about", "between")


def attained(s: Scenario, a: F) -> bool:
    if s.comparator == "at_most":
        return a <= s.upper
    return a >= s.lower and not (two_bounds(s) and s.breach and a > s.upper)


def ratio(s: Scenario, a: F, t: F) -> F | None:
    if s.comparator == "at_most":
        return at_most(a, t)
    if two_bounds(s) and a > s.upper:
        return at_most(a, s.upper) if s.breach else at_least(a, s.upper)
    if two_bounds(s) and a >= t:
        return F(1)
    return at_least(a, t)


def counts(s: Scenario) -> tuple[F, int] | None:
    """Return the actual that counts, and the newest period it speaks for."""
    heads: list[tuple[int, Posted, F]] = []  # newest period, its figure, the department's number
    for row in s.members.values():
        asked = s.periods if s.asked is None else s.asked
        own = {p: f for p, f in row.items() if f is not None and 1 <= p <= min(asked, s.periods)}
        if own:
            total = sum((f.number for f in own.values()), F(0))
            newest = own[max(own)]
            heads.append((max(own), newest, total if s.kind == "flow" else newest.number))
    if s.kind in ("level", "ratio") and len(heads) > 1:
        heads = [head for head in heads if head[1].denominator is not None]
    if not heads:
        return None
    numbers = [head[2] for head in heads]
    if s.kind in ("level", "ratio") and len(heads) > 1:
        weights = [head[1].denominator or F(0) for head in heads]
        a = sum((w * n for w, n in zip(weights, numbers, strict=True)), F(0)) / sum(weights)
    elif s.kind == "milestone":
        a = sum(numbers, F(0)) / len(s.members)
    else:
        a = sum(numbers, F(0))
    return a, max(head[0] for head in heads)


def expected(s: Scenario, p: int) -> F | None:
    if p >= s.due:
        return bound(s)
    if s.kind == "milestone" and not s.points:
        return None
    if s.shape == "flat":
        return bound(s)
    way = {0: F(0)} if s.kind in ("stock", "flow") and not s.baseline else {}
    way |= dict([s.baseline] if s.baseline else []) | s.points | {s.due: bound(s)}
    before = [q for q in way if q <= p]
    if not before:
        return None
    q, r = max(before), min(q for q in way if q > p)
    return way[q] if s.shape == "step" else way[q] + (way[r] - way[q]) * (p - q) / (r - q)


def pace(s: Scenario, a: F, e: F | None) -> F | None:
    if e is None or (e == 0 and not (two_bounds(s) and a > s.upper)):
        return None
    return ratio(s, a, e)


def status(s: Scenario, a: F, e: F | None) -> str:
    at_due = [row[s.due] for row in s.members.values() if s.due in row]
    all_posted = len(at_due) == len(s.members) and any(at_due)
    if all_posted and (s.asked is None or s.asked >= s.due):
        return "attained" if attained(s, a) else "missed"
    if attained(s, a) and s.kind in ("stock", "flow", "milestone"):
        return "attained"
    speed = pace(s, a, e)
    if speed is None:
        too_much = two_bounds(s) and s.breach and a > s.upper
        worse = a > 0 if s.comparator == "at_most" else a < 0 or too_much
        return "off_track" if worse and e is not None else "on_track"
    if speed >= 1:
        return "on_track"
    return "at_risk" if speed >= 1 - s.band else "off_track"


def oracle(s: Scenario) -> dict[str, object]:
    names = ("status", "period", "actual", "attained", "ratio", "expected", "pace", "progress")
    nothing = dict.fromkeys(names)
    if s.ended < 1 or (s.asked is not None and s.asked < 1):
        return nothing | {"status": "not_started"}
    if (counted := counts(s)) is None:
        return nothing | {"status": "no_data"}
    a, p = counted
    e, t, b = expected(s, p), bound(s), s.baseline[1] if s.baseline else None
    progress = None if b is None or b == t else (a - b) / (t - b)
    values = (status(s, a, e), p, a, attained(s, a), ratio(s, a, t), e, pace(s, a, e), progress)
    return dict(zip(names, values, strict=True))


# -- the same scenario, told to the product -------------------------------------------------------


def number(value: F) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def at(s: Scenario, index: int) -> Period:
    return period("2012-01").first_of(Frequency(s.frequency)).shift(index - 1)


def text(s: Scenario) -> str:
    lower, upper = number(s.lower), number(s.upper)
    return {
        "at_most": f"<= {upper:f}",
        "at_least": f">= {lower:f}",
        "between": f"{lower:f}..{upper:f}",
        "about": f"~ {(lower + upper) / 2:f} +- {(upper - lower) / 2:f}",
        "milestone": "done",
    }[s.comparator]


def posted(s: Scenario, index: int, one: Posted | None) -> Figure:
    if one is None:
        return figure(str(at(s, index)))
    value, above, below = (
        None if n is None else number(n) for n in (one.value, one.numerator, one.denominator)
    )
    return figure(str(at(s, index)), value, numerator=above, denominator=below)


def told(s: Scenario) -> Subject:
    of = target(
        text(s),
        due=str(at(s, s.due)),
        shape=Shape(s.shape),
        points={str(at(s, index)): number(value) for index, value in s.points.items()},
        baseline=(str(at(s, s.baseline[0])), number(s.baseline[1])) if s.baseline else None,
        overshoot=Overshoot.BREACH if s.breach else Overshoot.MET,
        tolerance_band=number(s.band),
    )
    members = {
        code: [posted(s, index, one) for index, one in row.items()]
        for code, row in s.members.items()
    }
    of_kpi = kpi(kind=Kind(s.kind), frequency=Frequency(s.frequency), factor=FACTOR)
    return subject(of, members, of_kpi=of_kpi, of_plan=plan(start="2012-01", end="2013-12"))


# -- scenarios ------------------------------------------------------------------------------------

# Few and coarse numbers, so that equality, 0 and equal bounds come up often.
numbers = st.integers(-4, 12).map(lambda n: F(n, 2))
weights = st.integers(1, 3).map(F)


def deliveries(kind: str) -> st.SearchStrategy[Posted | None]:
    if kind == "milestone":
        return st.none() | st.sampled_from([F(0), F(1, 4), F(1, 2), F(1)]).map(Posted)
    if kind not in ("level", "ratio"):
        return st.none() | numbers.map(Posted)
    return st.one_of(
        st.builds(lambda value, weight: Posted(value, None, weight), numbers, st.none() | weights),
        st.builds(lambda above, below: Posted(None, above, below), numbers, weights),
        st.none(),
    )


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    kind = draw(st.sampled_from(list(map(str, Kind))))
    frequency, last = draw(st.sampled_from([("M", 24), ("Q", 8), ("A", 2)]))
    due = draw(st.integers(1, last))
    # Most things happen around the due period; the plan's edges are there to be stepped over.
    near = st.sampled_from([due, max(due - 1, 1), 1, min(due + 1, last), 2, last, last + 1, 0])
    comparators = ["at_most", "at_least", "about", "between"]
    comparator = "milestone" if kind == "milestone" else draw(st.sampled_from(comparators))
    lower, upper = sorted((draw(numbers), draw(numbers)))
    if comparator == "about":
        upper += lower == upper
    if comparator == "milestone":
        lower = F(1)
    baseline = draw(st.none() | st.tuples(st.integers(-3, 0), numbers))
    shapes = ["flat", "points", "step"]
    if baseline or kind in ("stock", "flow", "milestone"):
        shapes.append("linear")
    shape = draw(st.sampled_from(shapes))
    points = st.dictionaries(st.integers(1, due), numbers, min_size=1, max_size=3)
    rows = st.dictionaries(near, deliveries(kind), min_size=draw(st.integers(0, 2)), max_size=4)
    return Scenario(
        kind=kind,
        frequency=frequency,
        comparator=comparator,
        lower=lower,
        upper=upper,
        breach=draw(st.booleans()),
        due=due,
        shape=shape,
        band=draw(st.sampled_from([F(1, 2), F(1, 4), F(1, 20), F(0)])),
        members=draw(st.dictionaries(st.sampled_from("ABC"), rows, min_size=1)),
        asked=draw(st.none() | near),
        ended=draw(st.sampled_from([last] * 9 + [1, 0])),
        baseline=baseline,
        points=draw(points) if shape in ("points", "step") else {},
    )


@given(scenarios())
@settings(max_examples=400, deadline=None)
def test_the_verdict_is_what_the_rules_say(s: Scenario) -> None:
    today = at(s, s.ended + 1).first_day
    found = assess(told(s), today, None if s.asked is None else at(s, s.asked))
    event(str(found.status))

    said = {
        "status": str(found.status),
        "period": found.period.ordinal - at(s, 0).ordinal if found.period else None,
        "actual": found.actual,
        "attained": found.attained,
        "ratio": found.ratio.value,
        "expected": found.expected,
        "pace": found.pace.value,
        "progress": found.progress,
    }
    assert said == oracle(s)


@pytest.mark.parametrize("wanted", ["attained", "missed", "on_track", "at_risk", "off_track"])
def test_the_oracle_itself_can_say_every_status(wanted: str) -> None:
    last = {"attained": 20, "missed": 10}.get(wanted)
    behind = {"on_track": 20, "at_risk": 19, "off_track": 10}.get(wanted, 20)
    row: dict[int, Posted | None] = {6: Posted(F(behind))}
    if last is not None:
        row[12] = Posted(F(last))
    s = Scenario(
        kind="level", frequency="M", comparator="at_least", lower=F(20), upper=F(20), breach=False,
        due=12, shape="flat", band=F(1, 20), members={"D": row}, asked=None, ended=24,
    )  # fmt: skip

    assert oracle(s)["status"] == wanted
