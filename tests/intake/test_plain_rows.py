"""The usual row takes a shorter way through the checks, and is the same entry at its end."""

from __future__ import annotations

import datetime as dt
import gc
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.access import Actor, Role
from app.domain.finding import Finding, Severity
from app.intake.collecting import LONG, uncollected
from app.intake.plain_rows import PlainRows
from app.intake.table import Table
from app.intake.validation import check
from tests.ledger.small_office import ADMIN, small_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.intake.validation import Checked, Entry

CATALOGUE = small_catalogue()
TODAY = dt.date(2014, 1, 5)
EXAM = Actor("exam", Role.REPORTER, departments=frozenset({"exam"}))
CELLS = {
    "kpi": ["pendency", " pendency ", "审查周期", "cases", "standard", "fees", "platforms",
            "per-capita", "双生", "nope", ""],
    "department": ["exam", "exam-east", "审查部", "law", "north", "地方局", "office", "x", ""],
    "period": ["2013-03", "2013-04", "2013年3月", "201304", "2013", "2013-Q1", "2014-01", "2014-02",
               "2013-13", "x", ""],
    "value": ["22.5", "0", "-0", "-0.0", "-1", "1", "100", "100.1", "007", "1e2", "1,234", "２２",
              "1234567890123", "0.1234567", "9999999999999", "NaN", "_1", "1\n", "٣", ""],
    "numerator": ["", "", "", "5"],
    "denominator": ["", "", "", "4", "0"],
    "observation_status": ["", "", "A", "p", "M", "x"],
    "note": ["", "", "seen", "n" * 2001],
    "reason": ["", "", "recount", " "],
    "definition_version": ["", "", "", "1", "2"],
}  # fmt: skip
LIKELY = {"kpi": 2, "department": 2, "period": 2, "value": 4}
"""Of these, the first so many come half of the time: else hardly any row would be good."""


def cell(name: str) -> st.SearchStrategy[str]:
    cells = CELLS[name]
    return st.sampled_from(cells[: LIKELY.get(name, 1)]) | st.sampled_from(cells)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    names = ["kpi", *(name for name in CELLS if name != "kpi" and draw(st.integers(0, 5)))]
    size = draw(st.integers(0, 8))
    numbers = sorted(draw(st.sets(st.integers(2, 30), min_size=size, max_size=size)))
    refused = draw(st.lists(st.sampled_from(numbers), max_size=2)) if numbers else []
    return Table(
        columns={name: draw(st.lists(cell(name), min_size=size, max_size=size)) for name in names},
        numbers=numbers,
        headers={name: name.upper() for name in names},
        typed_by_people=draw(st.booleans()),
        findings=tuple(
            Finding("hidden_column", row, "VALUE", severity=draw(st.sampled_from(Severity)))
            for row in refused
        ),
        comma_is_doubtful=draw(st.booleans()),
    )


def row_by_row(table: Table, actor: Actor) -> Checked:
    def none(_self: PlainRows, table: Table) -> Iterator[Entry | None]:
        yield from (None for _ in table.numbers)

    with patch.object(PlainRows, "entries", none):
        return check(table, CATALOGUE, actor, TODAY)


@given(tables(), st.sampled_from([ADMIN, EXAM]))
def test_a_delivery_comes_to_the_same_either_way(table: Table, actor: Actor) -> None:
    checked, expected = check(table, CATALOGUE, actor, TODAY), row_by_row(table, actor)
    assert checked == expected
    # Equal decimals may be written differently.
    assert list(map(repr, checked.entries)) == list(map(repr, expected.entries))


def test_a_plain_file_goes_the_short_way() -> None:
    table = Table(
        columns={"kpi": ["cases"] * 2, "department": ["exam"] * 2, "period": ["2013-03", "2013-04"],
                 "value": ["1", "2"], "note": ["", ""]},
        numbers=[2, 3], headers={}, typed_by_people=True,
    )  # fmt: skip
    with patch("app.intake.validation.Check._row", side_effect=AssertionError):
        assert len(check(table, CATALOGUE, ADMIN, TODAY).entries) == 2


@pytest.mark.parametrize(("rows", "is_on"), [(LONG - 1, True), (LONG, False)])
def test_the_search_for_cycles_waits_for_a_long_delivery(rows: int, *, is_on: bool) -> None:
    assert gc.isenabled()
    with uncollected(rows):
        assert gc.isenabled() is is_on
        with uncollected(LONG):
            assert not gc.isenabled()
    assert gc.isenabled()
