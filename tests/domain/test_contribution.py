"""Contributions: what of the gap is whose, held against sums worked out here by other means."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.attainment import assess
from app.domain.catalogue import Catalogue
from app.domain.contribution import Contribution, RollUp, Why, roll_up
from app.domain.kpi import DepartmentKind, Kind
from app.domain.number import shown, shown_adding_up
from app.domain.target import Overshoot
from tests.factories import AFTER_THE_PLAN, department, figure, kpi, subject, target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.figure import Figure
    from app.domain.kpi import Kpi
    from app.domain.target import Target

TREE = {
    "D": None,
    "east": "D", "east-1": "east", "east-2": "east",
    "west": "D", "west-1": "west", "north": "D",
}  # fmt: skip
LEAVES = ("east-1", "east-2", "north", "west-1")


def told(
    of: Target, members: Mapping[str, Sequence[Figure]], of_kpi: Kpi
) -> tuple[RollUp, Fraction]:
    """Return the roll-up, and the gap that the verdict came to."""
    tree = {
        code: department(code, kind=DepartmentKind.REGION, parent=parent)
        for code, parent in TREE.items()
    }
    one = subject(of, members, of_kpi=of_kpi)
    verdict = assess(one, AFTER_THE_PLAN)
    found = roll_up(one, verdict, Catalogue({}, tree, {}, {}))
    assert found is not None
    assert verdict.gap is not None
    return found, verdict.gap


def by_department(listed: Sequence[Contribution]) -> dict[str, Contribution]:
    return {one.department: one for one in listed}


def weighed(at: str, value: object, weight: object, code: str) -> Figure:
    return figure(at, str(value), denominator=str(weight), department_code=code)


def test_an_office_s_pendency_is_told_by_its_departments_months_and_cases() -> None:
    members = {
        "east-1": [weighed("2013-03", "24", 300, "east-1")],
        "north": [weighed("2013-03", "20", 100, "north")],
    }

    found, gap = told(target("<= 22.5"), members, kpi())

    assert gap == Fraction(1, 2)
    assert found.rule.template == "share of the weight x (a - T)"
    parts = by_department(found.parts)
    assert parts["east-1"].contribution == Fraction(3, 4) * Fraction(3, 2)
    assert parts["north"].contribution == Fraction(1, 4) * Fraction(-5, 2)
    assert found.missing_share == 0


def test_regions_make_provinces_and_provinces_the_country() -> None:
    def region(code: str, patents: int, people: int) -> list[Figure]:
        return [figure("2013-03", numerator=patents, denominator=people, department_code=code)]

    members = {
        "east-1": region("east-1", 100, 200_000),
        "east-2": region("east-2", 10, 100_000),
        "west-1": region("west-1", 90, 100_000),
    }

    found, gap = told(target(">= 6"), members, kpi(kind=Kind.RATIO, factor=10_000))

    groups = by_department(found.groups)
    assert groups["east"].value == Fraction(110, 300_000) * 10_000, "not the mean of 5 and 1"
    assert (groups["east"].weight, groups["east"].share) == (Fraction(300_000), Fraction(3, 4))
    assert groups["east"].contribution == Fraction(3, 4) * (6 - groups["east"].value)
    assert groups["west"].contribution == Fraction(1, 4) * (6 - 9)
    assert groups["east"].contribution + groups["west"].contribution == gap == 1
    assert {part.department: part.parent for part in found.parts} == {
        "east-1": "east", "east-2": "east", "west-1": "west",
    }  # fmt: skip


def test_who_is_missing_is_told_with_the_share_that_was_last_theirs() -> None:
    members = {
        "east-1": [weighed("2013-03", 24, 300, "east-1")],
        "east-2": [weighed("2012-11", 24, 50, "east-2"), weighed("2012-12", 23, 100, "east-2")],
        "north": [weighed("2012-12", 23, 50, "north"), figure("2013-03", 20)],
        "west-1": [],
    }

    found, _ = told(target("<= 22.5"), members, kpi())

    assert [(one.department, one.why) for one in found.missing] == [
        ("east-2", Why.NO_FIGURE), ("north", Why.NO_WEIGHT), ("west-1", Why.NO_FIGURE),
    ]  # fmt: skip
    east, north, west = found.missing
    assert (east.weight, str(east.period)) == (Fraction(100), "2012-12")
    assert (east.share, north.share, west.share) == (Fraction(100, 450), Fraction(50, 450), None)
    assert found.missing_share == Fraction(150, 450)
    assert found.parts[0].share == 1, "the others make the figure that there is"


def test_a_later_weight_is_no_estimate_for_an_earlier_verdict() -> None:
    members = {
        "east-1": [weighed("2013-03", 24, 300, "east-1")],
        "north": [weighed("2014-01", 23, 50, "north")],
    }

    found, _ = told(target("<= 22.5"), members, kpi())

    assert found.missing[0].weight is None
    assert found.missing_share is None, "nothing is known, which is not nothing"


def test_a_milestone_of_who_is_silent_counts_as_0_and_is_its_own_part_of_the_gap() -> None:
    members = {"east-1": [figure("2013-03", "0.5")], "east-2": [], "north": []}

    found, gap = told(target("done"), members, kpi(kind=Kind.MILESTONE))

    assert gap == Fraction(5, 6)
    assert found.parts[0].contribution == Fraction(1, 6)
    assert [one.contribution for one in found.missing] == [Fraction(1, 3), Fraction(1, 3)]
    (east,) = found.groups
    assert (east.value, east.share, east.contribution) == (
        Fraction(1, 4), Fraction(2, 3), Fraction(1, 2),
    )  # fmt: skip


def test_a_sum_is_told_beside_its_bound() -> None:
    members = {
        "east-1": [figure("2013-03", 30), figure("2013-04", 10)],
        "north": [figure("2013-03", 20)],
    }

    found, gap = told(target(">= 100", kind=Kind.FLOW), members, kpi(kind=Kind.FLOW))

    assert (gap, found.bound) == (Fraction(40), Fraction(100))
    assert [(one.value, one.share, one.contribution) for one in found.parts] == [
        (Fraction(40), Fraction(2, 3), Fraction(-40)),
        (Fraction(20), Fraction(1, 3), Fraction(-20)),
    ]  # fmt: skip


def test_a_department_s_own_figure_has_nothing_to_be_taken_apart() -> None:
    one = subject(target("<= 22.5"), {"D": [figure("2013-03", 20)]})
    nobody = subject(target("<= 22.5"), {"east": [], "west": []})

    for each in (one, nobody):
        assert roll_up(each, assess(each, AFTER_THE_PLAN), Catalogue({}, {}, {}, {})) is None


# --- an independent oracle --------------------------------------------------------------------

numbers = st.integers(-40, 40).map(lambda tenths: Decimal(tenths) / 10)
weights = st.integers(1, 60)
posted = st.dictionaries(st.sampled_from(LEAVES), st.tuples(numbers, weights), min_size=2)
texts = st.one_of(
    numbers.map(lambda bound: f"<= {bound}"),
    numbers.map(lambda bound: f">= {bound}"),
    st.tuples(numbers, numbers).map(lambda pair: "{}..{}".format(*sorted(pair))),
)


@given(
    kind=st.sampled_from([Kind.LEVEL, Kind.RATIO, Kind.STOCK, Kind.FLOW]),
    text=texts,
    overshoot=st.sampled_from(Overshoot),
    figures=posted,
    silent=st.sets(st.sampled_from(LEAVES)),
)
@settings(max_examples=300, deadline=None)
def test_contributions_add_up_exactly_to_the_distance_from_the_target(
    kind: Kind,
    text: str,
    overshoot: Overshoot,
    figures: dict[str, tuple[Decimal, int]],
    silent: set[str],
) -> None:
    is_mean = kind in (Kind.LEVEL, Kind.RATIO)
    members: dict[str, list[Figure]] = {code: [] for code in silent}
    members |= {
        code: [figure("2013-03", value, denominator=weight if is_mean else None)]
        for code, (value, weight) in figures.items()
    }
    found, gap = told(target(text, kind=kind, overshoot=overshoot), members, kpi(kind=kind))

    values = [Fraction(value) for value, _ in figures.values()]
    cases = [weight for _, weight in figures.values()]
    whole = (
        sum(a * w for a, w in zip(values, cases, strict=True)) / sum(cases)
        if is_mean
        else sum(values)
    )
    assert gap in (whole - found.reference, found.reference - whole)
    assert found.distance == gap
    assert found.bound + sum(part.contribution for part in found.parts) == gap
    assert not is_mean or found.bound == 0
    assert {one.department for one in found.missing} == set(members) - set(figures)
    for group in found.groups:
        below = [part for part in found.parts if part.parent == group.department]
        assert group.contribution == sum(part.contribution for part in below)
        assert not is_mean or group.share == sum(part.share or 0 for part in below)


@given(st.lists(st.fractions(-100, 100), min_size=1, max_size=12))
@settings(max_examples=200, deadline=None)
def test_what_is_shown_of_parts_adds_up_to_what_is_shown_of_the_sum(parts: list[Fraction]) -> None:
    rounded = shown_adding_up(parts)

    assert sum(rounded) == shown(sum(parts, Fraction(0)))
    unit = Fraction(1, 10**12)
    assert all(
        abs(Fraction(one) - part) < unit for one, part in zip(rounded, parts, strict=True)
    ), "no part is off by a unit or more"
