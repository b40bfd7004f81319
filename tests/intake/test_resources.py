"""A resource is the same as a document, as a value of the domain, and as a document again."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.finding import english
from app.domain.kpi import DepartmentKind, Direction, Kind, Over
from app.domain.period import Frequency, Period
from app.domain.target import Overshoot
from app.domain.trajectory import Shape
from app.errors import Refused
from app.intake.resource_reading import read_resource
from app.intake.resources import (
    RESOURCES,
    BaselineResource,
    DepartmentResource,
    KpiResource,
    PlanResource,
    SumOfResource,
    TargetResource,
    TrajectoryResource,
)
from app.intake.strict_json import decode
from tests.ledger.small_office import CATALOGUE, resource

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.intake.resources import ResourceName

codes = st.from_regex(r"[a-z][a-z0-9-]{0,63}", fullmatch=True)
letters = st.characters(exclude_categories=["Cc", "Cs", "Cn"])
names = st.text(letters, min_size=1, max_size=50).map(str.strip).filter(bool)
numbers = st.integers(-(10**18) + 1, 10**18 - 1).map(lambda n: Decimal(n).scaleb(-6))
positive = st.integers(1, 10**18 - 1).map(lambda n: Decimal(n).scaleb(-6))
periods = st.one_of(
    st.integers(1900, 2199).map(Period.of),
    st.builds(lambda y, q: Period.of(y, quarter=q), st.integers(1900, 2199), st.integers(1, 4)),
    st.builds(lambda y, m: Period.of(y, month=m), st.integers(1900, 2199), st.integers(1, 12)),
)
goals = st.one_of(
    numbers.map(lambda n: f"<= {n:f}"),
    numbers.map(lambda n: f">= {n:f}"),
    st.tuples(numbers, numbers).map(lambda two: f"{min(two):f}..{max(two):f}"),
    st.tuples(st.integers(-999, 999), st.integers(1, 99)).map(
        lambda two: f"~ {two[0]} +- {two[1]}"
    ),
    st.integers(1, 999).map(lambda n: f"~ {n}"),
    st.just("done"),
)

plans = st.builds(
    PlanResource,
    code=codes,
    name_zh=names,
    name_en=names,
    start=periods,
    end=periods,
    source=st.none() | names,
)
departments = st.builds(
    DepartmentResource,
    code=codes,
    name_zh=names,
    name_en=names,
    kind=st.sampled_from(DepartmentKind),
    parent=st.none() | codes,
)
kpis = st.builds(
    KpiResource,
    code=codes,
    name_zh=names,
    name_en=names,
    unit_zh=names,
    unit_en=names,
    kind=st.sampled_from(Kind),
    frequency=st.sampled_from(Frequency),
    direction=st.sampled_from(Direction),
    decimals=st.integers(0, 6),
    due_days=st.integers(0, 366),
    factor=positive,
    monotone=st.booleans(),
    minimum=st.none() | numbers,
    maximum=st.none() | numbers,
    definition=st.none() | names,
    early_figures=st.booleans(),
    sum_of=st.none() | st.builds(SumOfResource, kpi=codes, over=st.sampled_from(Over)),
    reported_by=st.sets(codes, max_size=3).map(sorted),
)
targets = st.builds(
    TargetResource,
    plan=codes,
    kpi=codes,
    department=codes,
    target=goals,
    due=periods,
    overshoot=st.sampled_from(Overshoot),
    tolerance_band=st.integers(0, 10**6).map(lambda n: Decimal(n).scaleb(-6)),
    baseline=st.none() | st.builds(BaselineResource, period=periods, value=numbers),
    trajectory=st.builds(
        TrajectoryResource,
        shape=st.sampled_from(Shape),
        points=st.dictionaries(periods, numbers, max_size=3),
    ),
    weight=st.none() | positive,
    source=st.none() | names,
)


@given(plans)
def test_a_plan_comes_back_the_same(one: PlanResource) -> None:
    assert PlanResource.from_domain(one.to_domain()) == one


@given(departments)
def test_a_department_comes_back_the_same(one: DepartmentResource) -> None:
    assert DepartmentResource.from_domain(one.to_domain()) == one


@given(kpis)
def test_a_kpi_comes_back_the_same(one: KpiResource) -> None:
    assert KpiResource.from_domain(one.to_domain()) == one


@given(targets, st.sampled_from(Kind))
def test_a_target_comes_back_the_same(one: TargetResource, kind: Kind) -> None:
    assert TargetResource.from_domain(one.to_domain(kind)) == one


@pytest.mark.parametrize("kind", Kind)
def test_a_target_without_a_trajectory_comes_back_with_its_kpi_s_own(kind: Kind) -> None:
    one = next(one for one in CATALOGUE if isinstance(one, TargetResource))
    assert one.trajectory is None
    again = TargetResource.from_domain(one.to_domain(kind))
    linear = kind in (Kind.STOCK, Kind.FLOW)
    assert again.trajectory == TrajectoryResource(shape=Shape.LINEAR if linear else Shape.FLAT)
    assert again.to_domain(kind) == one.to_domain(kind)


def test_the_departments_of_a_kpi_are_sorted_and_named_once() -> None:
    one = resource("kpi", **{**KPI, "reported_by": ["b", "a", "b"]})
    assert isinstance(one, KpiResource)
    assert one.to_domain().reported_by == ("a", "b")


# --- reading documents ------------------------------------------------------------------------

NAMES = {"name_zh": "名", "name_en": "name"}
PLAN = {"code": "p", **NAMES, "start": "2013-01", "end": "2013-12"}
DEPARTMENT = {"code": "d", **NAMES, "kind": "office"}
KPI = {
    "code": "k",
    **NAMES,
    "unit_zh": "月",
    "unit_en": "months",
    "kind": "level",
    "frequency": "M",
}
TARGET = {"plan": "p", "kpi": "k", "department": "d", "target": "<= 22.5", "due": "2013-12"}
WHOLE: dict[ResourceName, dict[str, Any]] = {
    "plan": PLAN,
    "department": DEPARTMENT,
    "kpi": KPI,
    "target": TARGET,
}


def findings(kind: ResourceName, document: object, row: int | None = None) -> list[tuple[Any, ...]]:
    """Return code and column of everything wrong with a document."""
    with pytest.raises(Refused) as caught:
        read_resource(RESOURCES[kind], document, row)
    assert all(english(found) for found in caught.value.findings)
    assert {found.row for found in caught.value.findings} == {row}
    return [(found.code, found.column) for found in caught.value.findings]


@pytest.mark.parametrize("kind", WHOLE)
def test_what_must_be_there_is_enough(kind: ResourceName) -> None:
    read_resource(RESOURCES[kind], WHOLE[kind])


@pytest.mark.parametrize("kind", WHOLE)
def test_every_missing_field_is_named(kind: ResourceName) -> None:
    assert findings(kind, {}, 7) == [("missing_field", name) for name in WHOLE[kind]]


@pytest.mark.parametrize("kind", WHOLE)
def test_an_unknown_field_is_refused(kind: ResourceName) -> None:
    assert findings(kind, {**WHOLE[kind], "colour": "red"}) == [("unknown_field", "colour")]


@pytest.mark.parametrize("document", [None, "text", 5, [], True], ids=repr)
def test_what_is_no_object_is_refused(document: object) -> None:
    assert findings("plan", document) == [("wrong_type", None)]


WRONG: dict[str, tuple[ResourceName, str, object, str, str]] = {
    "a code in capitals": ("plan", "code", "Plan", "wrong_type", "code"),
    "a code that begins with a digit": ("plan", "code", "2013-plan", "wrong_type", "code"),
    "a code of 65 characters": ("plan", "code", "x" * 65, "wrong_type", "code"),
    "a code with a line end": ("plan", "code", "p\nq", "wrong_type", "code"),
    "a code with a slash": ("plan", "code", "a/b", "wrong_type", "code"),
    "a code that is a truth value": ("plan", "code", False, "wrong_type", "code"),
    "a blank name": ("plan", "name_zh", "  ", "wrong_type", "name_zh"),
    "a name of 201 characters": ("plan", "name_en", "长" * 201, "too_long", "name_en"),
    "a name with a NUL": ("plan", "name_zh", "a\0b", "bad_character", "name_zh"),
    "a name with half a character": ("plan", "name_zh", "\ud800", "bad_character", "name_zh"),
    "a source of 4001 characters": ("plan", "source", "x" * 4001, "too_long", "source"),
    "a period that is none": ("plan", "start", "2013-13", "unknown_period", "start"),
    "a period that is a truth value": ("plan", "end", True, "unknown_period", "end"),
    "a period that is nothing": ("plan", "end", None, "unknown_period", "end"),
    "a kind that is none": ("department", "kind", "ministry", "wrong_type", "kind"),
    "a parent that is no code": ("department", "parent", "", "wrong_type", "parent"),
    "a frequency that is none": ("kpi", "frequency", "W", "wrong_type", "frequency"),
    "a direction that is none": ("kpi", "direction", "up", "wrong_type", "direction"),
    "half a decimal": ("kpi", "decimals", "1.5", "wrong_type", "decimals"),
    "seven decimals": ("kpi", "decimals", "7", "invalid", "decimals"),
    "days before the end": ("kpi", "due_days", "-1", "invalid", "due_days"),
    "a truth value for days": ("kpi", "due_days", True, "wrong_type", "due_days"),
    "days that are no number": ("kpi", "due_days", "ten", "not_a_number", "due_days"),
    "a factor of 0": ("kpi", "factor", "0", "invalid", "factor"),
    "a factor out of all bounds": ("kpi", "factor", "1e400", "too_many_digits", "factor"),
    "a factor that is no number": ("kpi", "factor", "NaN", "not_a_number", "factor"),
    "a minimum of too many digits": ("kpi", "minimum", "0.0000001", "too_many_digits", "minimum"),
    "a binary float": ("kpi", "maximum", 0.1, "wrong_type", "maximum"),
    "a word for a truth value": ("kpi", "monotone", "perhaps", "wrong_type", "monotone"),
    "text for a list": ("kpi", "reported_by", "exam", "wrong_type", "reported_by"),
    "a wrong code in a list": ("kpi", "reported_by", ["exam", "X"], "wrong_type", "reported_by.1"),
    "a target in other words": ("target", "target", "less than 5", "not_a_target", "target"),
    "bounds the wrong way round": ("target", "target", "5..3", "not_a_target", "target"),
    "a bound of too many digits": ("target", "target", "<= 0.0000001", "not_a_target", "target"),
    "about nothing": ("target", "target", "~ 0", "not_a_target", "target"),
    "a target that is no text": ("target", "target", 5, "wrong_type", "target"),
    "a band above 1": ("target", "tolerance_band", "1.01", "invalid", "tolerance_band"),
    "a band below 0": ("target", "tolerance_band", "-0.01", "invalid", "tolerance_band"),
    "a negative weight": ("target", "weight", "-1", "invalid", "weight"),
    "an overshoot that is none": ("target", "overshoot", "fine", "wrong_type", "overshoot"),
    "a baseline without a value": (
        "target", "baseline", {"period": "2012"}, "missing_field", "baseline.value"),
    "a baseline that is a number": ("target", "baseline", "5", "wrong_type", "baseline"),
    "a trajectory without a shape": (
        "target", "trajectory", {"points": {}}, "missing_field", "trajectory.shape"),
    "a shape that is none": (
        "target", "trajectory", {"shape": "curved"}, "wrong_type", "trajectory.shape"),
    "points that are a list": (
        "target", "trajectory", {"shape": "points", "points": []},
        "wrong_type", "trajectory.points"),
    "a point of a period that is none": (
        "target", "trajectory", {"shape": "points", "points": {"June": "8"}},
        "unknown_period", "trajectory.points.June.[key]"),
    "a point that is no number": (
        "target", "trajectory", {"shape": "points", "points": {"2013-06": "many"}},
        "not_a_number", "trajectory.points.2013-06"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name", "value", "code", "column"), WRONG.values(), ids=WRONG.keys()
)
def test_a_wrong_field_is_told_with_its_place(
    kind: ResourceName, name: str, value: object, code: str, column: str
) -> None:
    assert findings(kind, {**WHOLE[kind], name: value}) == [(code, column)]


def test_everything_wrong_is_told_at_once() -> None:
    document = {**TARGET, "target": "?", "due": "never", "weight": "-1", "colour": "red"}
    del document["plan"]
    assert sorted(findings("target", document)) == [
        ("invalid", "weight"),
        ("missing_field", "plan"),
        ("not_a_target", "target"),
        ("unknown_field", "colour"),
        ("unknown_period", "due"),
    ]


SPELLINGS: dict[str, tuple[ResourceName, bytes, Callable[[Any], object], object]] = {
    "a year as a number is a period": (
        "plan", b'"start": 2013', lambda plan: str(plan.start), "2013"),
    "a number keeps its text": ("kpi", b'"factor": 22.50', lambda kpi: kpi.factor, Decimal("22.5")),
    "a number may be text": ("kpi", b'"minimum": "-0.1"', lambda kpi: kpi.minimum, Decimal("-0.1")),
    "an exponent within the digits": (
        "kpi", b'"factor": 1e4', lambda kpi: kpi.factor, Decimal(10000)),
    "a whole number with a point": ("kpi", b'"due_days": 5.0', lambda kpi: kpi.due_days, 5),
    "text is trimmed": ("plan", b'"name_zh": " x "', lambda plan: plan.name_zh, "x"),
    "a target is written in one way": (
        "target", b'"target": " AT MOST  22.50 "', lambda target: target.target, "<= 22.5"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "field", "take", "value"), SPELLINGS.values(), ids=SPELLINGS.keys()
)
def test_what_is_read_means_one_thing(
    kind: ResourceName, field: bytes, take: Callable[[Any], object], value: object
) -> None:
    document = decode(b"{" + field + b"}")
    assert isinstance(document, dict)
    assert take(read_resource(RESOURCES[kind], {**WHOLE[kind], **document})) == value
