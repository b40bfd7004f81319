"""The explanation: every formula with its numbers, and the arithmetic shown is true."""

from __future__ import annotations

import ast
import operator
import re
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.attainment import Status, Subject, assess
from app.domain.explanation import Step, explain
from app.domain.kpi import Kind, Kpi
from app.domain.number import shown
from app.domain.target import Overshoot
from app.domain.trajectory import Shape
from tests.factories import AFTER_THE_PLAN, figure, figures, kpi, months, subject, target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.domain.figure import Figure
    from app.domain.target import Target

LEVEL, STOCK, FLOW = Kind.LEVEL, Kind.STOCK, Kind.FLOW
RATIO, MILESTONE = Kind.RATIO, Kind.MILESTONE
NAMES = ["actual", "attained", "ratio", "expected", "pace", "progress", "gap", "status"]


def steps_of(one: Subject) -> dict[str, Step]:
    steps = explain(one, assess(one, AFTER_THE_PLAN))
    return {step.name: step for step in steps}


def explained(
    of: Target, members: Mapping[str, Sequence[Figure]], of_kpi: Kpi | None = None
) -> dict[str, Step]:
    return steps_of(subject(of, members, of_kpi=of_kpi))


SIGNS: dict[type[ast.AST], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def value_of(arithmetic: str) -> Fraction:
    """Work out `1 + (20 - 18) / |18|` exactly, as a reader with a pencil would."""
    text = re.sub(r"\|(-?[0-9.]+)\|", r"abs(\1)", arithmetic).replace(" x ", " * ")

    def work_out(node: ast.AST) -> Fraction:
        match node:
            case ast.Constant():
                return Fraction(ast.get_source_segment(text, node) or "")
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -work_out(operand)
            case ast.Call(args=[inner]):
                return abs(work_out(inner))
            case ast.BinOp(left=left, op=sign, right=right):
                return SIGNS[type(sign)](work_out(left), work_out(right))
            case _:
                raise AssertionError(f"no arithmetic: {arithmetic!r}")

    return work_out(ast.parse(text, mode="eval").body)


def holds(step: Step) -> bool:
    """Tell whether `left = right` of a step is true, and its right side the step's result."""
    left, _, right = step.numbers.rpartition(" = ")
    return shown(value_of(left)) == Decimal(right) == step.result


@pytest.mark.parametrize(
    ("of_kpi", "members", "rule", "numbers"),
    [
        pytest.param(
            kpi(), {"D": figures(months(20, "22.5"))},
            "the newest period's figure", "22.5 = 22.5", id="level",
        ),
        pytest.param(
            kpi(kind=FLOW), {"D": figures(months(3, 5, None, 2))},
            "sum over the plan's periods so far", "3 + 5 + 2 = 10", id="flow",
        ),
        pytest.param(
            kpi(kind=RATIO, factor=10_000),
            {"D": [figure("2013-01", numerator=3, denominator=12_000)]},
            "the newest period's numerator / denominator x factor",
            "3 / 12000 x 10000 = 2.5", id="ratio",
        ),
        pytest.param(
            kpi(kind=RATIO, factor=10_000),
            {"A": [figure("2013-01", numerator=1, denominator=10_000)],
             "B": [figure("2013-01", numerator=9, denominator=30_000)]},
            "sum of numerators / sum of denominators x factor",
            "(1 + 9) / (10000 + 30000) x 10000 = 2.5", id="ratio-rolled-up",
        ),
        pytest.param(
            kpi(),
            {"A": [figure("2013-01", 20, denominator=300)],
             "B": [figure("2013-01", 30, denominator=100)]},
            "sum of numerators / sum of denominators x factor",
            "(6000 + 3000) / (300 + 100) x 1 = 22.5", id="level-rolled-up",
        ),
        pytest.param(
            kpi(kind=STOCK), {"A": figures({"2013-01": 3}), "B": figures({"2013-01": 4})},
            "sum over the departments", "3 + 4 = 7", id="stock-rolled-up",
        ),
        pytest.param(
            kpi(kind=FLOW), {"A": figures(months(1, 2)), "B": figures(months(4))},
            "sum over the departments", "3 + 4 = 7", id="flow-rolled-up",
        ),
        pytest.param(
            kpi(kind=FLOW), {"A": figures(months(1, 2)), "B": []},
            "sum over the plan's periods so far", "1 + 2 = 3", id="flow-one-of-two",
        ),
        pytest.param(
            kpi(kind=MILESTONE), {"D": figures({"2013-01": "0.5"})},
            "the newest period's figure", "0.5 = 0.5", id="milestone",
        ),
        pytest.param(
            kpi(kind=MILESTONE), {"A": figures({"2013-01": 1}), "B": []},
            "mean over the departments, none yet counting as 0", "(1) / 2 = 0.5",
            id="milestone-rolled-up",
        ),
    ],
)  # fmt: skip
def test_the_actual_is_shown_as_it_added_up(
    of_kpi: Kpi, members: Mapping[str, Sequence[Figure]], rule: str, numbers: str
) -> None:
    step = explained(target(">= 20"), members, of_kpi)["actual"]

    assert (str(step.rule), step.numbers) == (rule, numbers)
    assert holds(step)


@pytest.mark.parametrize(
    ("text", "overshoot", "actual", "attained", "ratio"),
    [
        pytest.param(
            "<= 22.5", Overshoot.MET, "20.25",
            ("A <= T", "20.25 <= 22.5", True),
            ("1 + (T - A) / |T|", "1 + (22.5 - 20.25) / |22.5| = 1.1"), id="at_most",
        ),
        pytest.param(
            ">= -20", Overshoot.MET, "-25",
            ("A >= T", "-25 >= -20", False),
            ("1 + (A - T) / |T|", "1 + (-25 - -20) / |-20| = 0.75"), id="at_least-negative",
        ),
        pytest.param(
            "2.5..3.5", Overshoot.BREACH, "4.2",
            ("lower <= A <= upper", "2.5 <= 4.2 <= 3.5", False),
            ("1 + (T - A) / |T|", "1 + (3.5 - 4.2) / |3.5| = 0.8"), id="between-breach",
        ),
        pytest.param(
            "~ 20", Overshoot.MET, "33",
            ("A >= T", "33 >= 18", True),
            ("1 + (A - T) / |T|", "1 + (33 - 22) / |22| = 1.5"), id="about-overshoot-met",
        ),
    ],
)  # fmt: skip
def test_the_comparison_and_the_ratio_are_shown_with_their_numbers(
    text: str,
    overshoot: Overshoot,
    actual: str,
    attained: tuple[str, str, bool],
    ratio: tuple[str, str],
) -> None:
    steps = explained(target(text, overshoot=overshoot), {"D": figures({"2013-06": actual})})
    comparison, measure = steps["attained"], steps["ratio"]

    assert (str(comparison.rule), comparison.numbers, comparison.result) == attained
    assert (str(measure.rule), measure.numbers) == ratio
    assert holds(measure)


def test_inside_the_bounds_and_a_milestone_show_their_number_alone() -> None:
    inside = explained(target("3..5"), {"D": figures({"2013-06": 4})})["ratio"]
    half = explained(
        target("done"), {"D": figures({"2013-06": "0.5"})}, kpi(kind=MILESTONE)
    )["ratio"]  # fmt: skip

    assert (str(inside.rule), inside.numbers, inside.result) == ("inside the bounds: 1", "1", 1)
    assert (str(half.rule), half.numbers, half.result) == (
        "the fraction complete",
        "0.5",
        Decimal("0.5"),
    )


def test_what_has_no_meaning_is_absent_and_says_why() -> None:
    steps = explained(target(">= 0"), {"D": figures({"2013-06": 4})})

    assert [steps[name].result for name in ("ratio", "pace", "progress")] == [None, None, None]
    assert str(steps["ratio"].rule) == "absent: nothing, or 0, stands in the bound's place"
    assert str(steps["progress"].rule) == "absent: no baseline, or baseline and bound are equal"


def test_progress_expected_and_gap_are_shown() -> None:
    one = target(">= 20", baseline=("2012-12", 10), shape=Shape.LINEAR)
    steps = explained(one, {"D": figures({"2013-06": 14})})

    assert steps["progress"].numbers == "(14 - 10) / (20 - 10) = 0.4"
    assert str(steps["expected"].rule) == "the linear trajectory at 2013-06, T of the pace"
    assert (steps["expected"].result, steps["gap"].result) == (15, 6)
    assert holds(steps["progress"])
    assert str(steps["gap"].rule).startswith("distance to the bound")


@pytest.mark.parametrize(
    ("actual", "at", "status", "rule"),
    [
        (None, "2013-06", Status.NO_DATA, "no figure that counts yet"),
        (20, "2013-12", Status.ATTAINED, "the bound is met at the due period"),
        (19, "2013-12", Status.MISSED, "does not meet the bound"),
        (20, "2013-06", Status.ON_TRACK, "pace >= 1"),
        (19, "2013-06", Status.AT_RISK, "1 - tolerance band <= pace < 1"),
        (10, "2013-06", Status.OFF_TRACK, "pace < 1 - tolerance band"),
    ],
)
def test_the_status_names_the_rule_that_decided(
    actual: int | None, at: str, status: Status, rule: str
) -> None:
    step = explained(target(">= 20"), {"D": figures({at: actual})})["status"]

    assert step.result == str(status)
    assert rule in str(step.rule)


@pytest.mark.parametrize(
    ("actual", "status", "rule"),
    [(0, Status.ON_TRACK, "no worse than"), (1, Status.OFF_TRACK, "worse than")],
)
def test_the_status_can_be_understood_where_the_bound_is_0(
    actual: int, status: Status, rule: str
) -> None:
    step = explained(target("<= 0"), {"D": figures({"2013-06": actual})})["status"]

    assert step.result == str(status)
    assert f"{rule} a 0 in the bound's place" in str(step.rule)


def test_without_a_figure_the_status_is_all_there_is_to_say() -> None:
    one = subject(target(">= 20"), {"D": []})

    assert [step.name for step in explain(one, assess(one, AFTER_THE_PLAN))] == ["status"]


tenths = st.integers(-60, 60).map(lambda n: Decimal(n) / 10)


@given(
    text=st.one_of(
        tenths.map(lambda t: f">= {t}"),
        tenths.map(lambda t: f"<= {t}"),
        st.tuples(tenths, tenths).map(lambda pair: "{}..{}".format(*sorted(pair))),
    ),
    overshoot=st.sampled_from(Overshoot),
    kind=st.sampled_from([LEVEL, STOCK, FLOW, RATIO]),
    values=st.lists(tenths, min_size=1, max_size=6),
    baseline=st.none() | tenths,
)
@settings(max_examples=150, deadline=None)
def test_the_chain_is_complete_and_its_results_are_the_verdicts(
    text: str,
    overshoot: Overshoot,
    kind: Kind,
    values: list[Decimal],
    baseline: Decimal | None,
) -> None:
    start = None if baseline is None else ("2012-12", baseline)
    of = target(text, kind=kind, overshoot=overshoot, baseline=start)
    one = subject(of, {"D": figures(months(*values))}, of_kpi=kpi(kind=kind))
    verdict, steps = assess(one, AFTER_THE_PLAN), steps_of(one)

    assert list(steps) == NAMES
    assert {name: step.result for name, step in steps.items()} == {
        "actual": shown(verdict.actual),
        "attained": verdict.attained,
        "ratio": shown(verdict.ratio.value),
        "expected": shown(verdict.expected),
        "pace": shown(verdict.pace.value),
        "progress": shown(verdict.progress),
        "gap": shown(verdict.gap),
        "status": str(verdict.status),
    }
    for name in ("actual", "ratio", "progress"):
        assert " = " not in steps[name].numbers or holds(steps[name])
