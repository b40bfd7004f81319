"""How numbers, trends and tables are drawn."""

from __future__ import annotations

import io
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from app.cli.terminal import err, number, out, print_table, spark, status_text, table
from app.domain.attainment import Status
from tests.cli.running import table as read_table

if TYPE_CHECKING:
    from collections.abc import Sequence

FRACTIONS = st.fractions(min_value=-(10**6), max_value=10**6)


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([], ""),
        ([5], "▄"),
        ([5, 5, 5], "▄▄▄"),
        ([0, 7], "▁█"),
        ([7, 0], "█▁"),
        ([-7, 0, 7], "▁▅█"),
        (range(8), "▁▂▃▄▅▆▇█"),
        ([Fraction(1, 3), Fraction(2, 3), 1], "▁▅█"),
    ],
)
def test_a_trend_goes_from_the_lowest_to_the_highest(values: Sequence[int], drawn: str) -> None:
    assert spark([Fraction(value) for value in values]) == drawn


@given(st.lists(FRACTIONS, min_size=2, max_size=20))
def test_a_trend_has_a_bar_a_value_and_keeps_their_order(values: list[Fraction]) -> None:
    drawn = spark(values)
    assert len(drawn) == len(values)
    pairs = sorted(zip(values, drawn, strict=True))
    assert [bar for _, bar in pairs] == sorted(drawn)
    if len(set(values)) > 1:
        assert (pairs[0][1], pairs[-1][1]) == ("▁", "█")


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (None, 3, "-"),
        ("22.54", 2, "22.54"),
        ("22.549", 2, "22.54"),
        ("0.9999", 3, "0.999"),
        ("1", 3, "1"),
        ("1.0004", 3, "1"),
        ("1.500", 3, "1.5"),
        ("-0.0004", 3, "0"),
        ("-0.85185", 3, "-0.851"),
        ("1200", 2, "1200"),
        ("1000000", 0, "1000000"),
        ("0.1234567", None, "0.1234567"),
    ],
)
def test_a_number_is_shown_short_and_never_rounded_up(
    value: str | None, digits: int | None, shown: str
) -> None:
    assert number(None if value is None else Fraction(value), digits) == shown


@given(FRACTIONS, st.integers(0, 6))
def test_a_number_is_never_shown_as_further_from_0_than_it_is(value: Fraction, digits: int) -> None:
    shown = Fraction(Decimal(number(value, digits)))
    assert abs(shown) <= abs(value)
    assert abs(value - shown) < Fraction(1, 10**digits) + Fraction(1, 10**6)


def test_every_status_has_a_mark_of_its_own() -> None:
    marks = [status_text(status, "").plain for status in Status]
    assert len(set(marks)) == len(marks)


def test_what_comes_from_outside_is_no_instruction() -> None:
    made = table(("[bold]name[/bold]",))
    made.add_row("[/red] :smile: [link=x]y[/link]")
    for console in (out(), err()):
        console.file = io.StringIO()
        print_table(console, made)
        console.print("[/b] :warning:")
        assert [line.rstrip() for line in console.file.getvalue().splitlines()] == [
            "[bold]name[/bold]",
            "[/red] :smile: [link=x]y[/link]",
            "[/b] :warning:",
        ]


@pytest.mark.parametrize("width", [1, 20, 60, 200])
def test_what_keeps_to_one_line_is_never_cut(width: int) -> None:
    made = table(("code", "words"), wide=("words",))
    made.add_row("a-long-code-of-a-kpi", "审查业务管理部 and some words more")
    console = Console(file=io.StringIO(), width=width, markup=False)
    print_table(console, made)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "a-long-code-of-a-kpi" in shown
    words = "".join(row[1] for row in read_table(shown)).replace(" ", "")
    assert words == "words审查业务管理部andsomewordsmore"
