"""A very long delivery is checked by the column, and comes to the same as row by row."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.plausibility.robust import far_from_history
from app.domain.plausibility.series import Point, Series
from app.intake import validation
from app.intake.by_series import BySeries
from app.intake.submission import CSV, Post, read, receive, rehearse
from app.intake.validation import check
from app.ledger.lots import Lot, Many
from app.ledger.revisions import figures
from app.ledger.submissions import OnError
from tests.factories import period
from tests.intake.test_plain_rows import CATALOGUE, EXAM, TODAY, tables
from tests.ledger.small_office import (
    ADMIN,
    assert_whole,
    department,
    fill,
    kpi,
    small_catalogue,
)
from tests.ledger.small_office import CATALOGUE as RESOURCES

if TYPE_CHECKING:
    from app.domain.access import Actor
    from app.intake.submission import Delivery
    from app.intake.table import Table
    from app.ledger.office import Office
    from app.ledger.submissions import Receipt

BY_COLUMN = patch.object(validation, "LONG", 0)
PENDENCY = small_catalogue().kpis["pendency"]


@settings(deadline=None)
@given(tables(), st.sampled_from([ADMIN, EXAM]))
def test_a_delivery_comes_to_the_same_either_way(table: Table, actor: Actor) -> None:
    expected = check(table, CATALOGUE, actor, TODAY)
    with BY_COLUMN:
        checked = check(table, CATALOGUE, actor, TODAY)
    assert isinstance(checked.entries, Many)
    # Equal decimals may be written differently.
    assert list(map(repr, checked.entries)) == list(map(repr, expected.entries))
    assert (checked.received, checked.findings) == (expected.received, expected.findings)


def test_a_plain_file_goes_the_short_way() -> None:
    body = b"kpi,department,period,value\ncases,exam,2013-03,1\ncases,exam,2013-04,2.50\n"
    table = read(Post(body, CSV), ADMIN).table
    with BY_COLUMN, patch.object(validation.Check, "_row", side_effect=AssertionError):
        checked = check(table, CATALOGUE, ADMIN, TODAY)
    assert isinstance(checked.entries, Many)
    assert (len(checked.entries.lot), len(checked.entries.others)) == (2, 0)


@pytest.mark.parametrize(
    ("value", "is_plain"),
    [("999999999.999999", True), ("1000000000.000001", False), ("-0.000001", True)],
)
def test_a_figure_is_taken_by_the_column_only_where_its_float_is_exact(
    value: str, *, is_plain: bool
) -> None:
    body = f"kpi,department,period,value\ncases,exam,2013-03,{value}\n".encode()
    with BY_COLUMN:
        checked = check(read(Post(body, CSV), ADMIN).table, CATALOGUE, ADMIN, TODAY)
    assert isinstance(checked.entries, Many)
    assert len(checked.entries.lot) == is_plain
    assert [entry.amount.value for entry in checked.entries] == [Decimal(value)]


CITIES = tuple(f"city-{letter}" for letter in "abcdefgh")
HEADER = "kpi,department,period,value,note,reason\n"


@pytest.fixture
def filled(office: Office) -> Office:
    return fill(
        office,
        *RESOURCES,
        *(department(code, kind="region", parent="north") for code in CITIES),
        kpi("depth", reported_by=list(CITIES)),
        kpi("filings", kind="flow", reported_by=["north", *CITIES]),
        kpi("in-place", kind="stock", monotone=True, reported_by=list(CITIES)),
    )


def lines_of(years: range, change: float = 1.0, *, slip: int = 0) -> list[str]:
    """Return rows of every city and KPI, month by month; slip: by how many cities they slip."""
    chance = random.Random(2013)  # noqa: S311 - any figures will do
    rows = []
    for year in years:
        for month in range(1, 13):
            for code in ("depth", "filings", "in-place"):
                for number, _ in enumerate(CITIES):
                    size = 100 * (1 + (number + slip) % len(CITIES)) * change
                    value = f"{size + chance.randint(-300, 300) / 100:.2f}"
                    rows.append(f"{code},{CITIES[number]},{year}-{month:02d},{value},,")
    return rows


def csv_delivery(rows: list[str], on_error: OnError = OnError.SKIP) -> Delivery:
    body = (HEADER + "\n".join(rows) + "\n").encode()
    return read(Post(body, CSV, on_error=on_error), ADMIN)


def sent(office: Office, rows: list[str], on_error: OnError = OnError.SKIP) -> Receipt:
    """Rehearse a delivery row by row, send it by the column, and hold the answers together."""
    expected = rehearse(office, csv_delivery(rows, on_error), ADMIN)
    with BY_COLUMN:
        receipt = receive(office, csv_delivery(rows, on_error), ADMIN)
    assert receipt.result == expected.result
    return receipt


ODD = [
    "depth,city-a,2011-01,1,,",  # given already in this file
    "depth,city-b,2011-02,9999,,",
    "depth,city-b,2012-01,9999,,",
    "nope,city-b,2012-01,1,,",
    "depth,exam,2012-01,1,,",
    "depth,city-b,2012-13,1,,",
    "depth,city-b,2012-02,1e3,,",
    "depth,city-c,2012-02,12,a note,",
    "depth,city-c,2012-03,１２,,",
    "in-place,city-d,2012-01,1,,",
    "filings,north,2012-01,3600,,",
]


def test_a_first_delivery_comes_to_the_same_and_is_whole(filled: Office) -> None:
    receipt = sent(filled, [*lines_of(range(2011, 2012)), *ODD])
    assert receipt.result.counts.created == 12 * 24 + 6
    codes = {found.code for found in receipt.result.findings}
    assert {"duplicate_row", "unknown_kpi", "fell", "far_from_history"} <= codes
    assert_whole(filled.database)


def test_what_is_wrong_refuses_all_unless_it_is_told_to_be_skipped(filled: Office) -> None:
    receipt = sent(filled, [*lines_of(range(2011, 2012)), *ODD], OnError.REJECT)
    assert receipt.result.counts.rejected == receipt.result.counts.received
    with filled.database.read() as connection:
        assert figures(connection, filled.catalogue(connection)) == {}


def test_figures_on_record_are_corrected_as_ever(filled: Office) -> None:
    first = lines_of(range(2011, 2012))
    sent(filled, first)
    again = sent(filled, first)
    assert again.result.counts.unchanged == len(first)
    changed = [row.replace(",,", ",,recount").replace(".", ".1") for row in first[::2]]
    unsaid = [row.replace(".", ".1") for row in first[1::4]]
    later = lines_of(range(2012, 2013))
    receipt = sent(filled, [*changed, *unsaid, *later, *ODD])
    counts = receipt.result.counts
    assert (counts.revised, counts.created) == (len(changed), len(later) + 1)
    assert sum(found.code == "reason_missing" for found in receipt.result.findings) >= len(unsaid)
    assert_whole(filled.database)


@pytest.mark.parametrize("slip", [0, 1, 2])
def test_rows_shifted_against_each_other_are_found_in_a_lot_too(filled: Office, slip: int) -> None:
    sent(filled, lines_of(range(2011, 2012)))
    rows = [row for row in lines_of(range(2012, 2013), 1.01, slip=slip) if "-03," in row]
    receipt = sent(filled, rows)
    found = {one.code for one in receipt.result.findings}
    assert ("looks_shifted" in found) is (slip > 0)


VALUES = st.lists(
    st.sampled_from([0, 1, 10**6, 10**9]) | st.integers(-(10**15), 10**15), min_size=1, max_size=14
)


def lot_of_series(lists: list[list[int]]) -> Lot:
    months = [period("2005-01").shift(count) for count in range(14)]
    places = [(number, at) for number, one in enumerate(lists) for at in range(len(one))]
    random.Random(len(places)).shuffle(places)  # noqa: S311 - any order will do
    millionths = [lists[number][at] for number, at in places]
    return Lot(
        series=[("pendency", f"d{number}") for number in range(len(lists))],
        periods=months,
        rows=np.arange(2, len(places) + 2),
        of_series=np.array([number for number, _ in places], dtype=np.int64),
        of_period=np.array([at for _, at in places], dtype=np.int64),
        millionths=np.array(millionths, dtype=np.int64),
        texts=[f"{Decimal(one).scaleb(-6):f}" for one in millionths],
    )


@settings(deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=5))
def test_no_series_is_taken_for_quiet_of_which_there_is_anything_to_say(
    lists: list[list[int]],
) -> None:
    by_series = BySeries(lot_of_series(lists))
    for code, place in by_series.quiet():
        points = [
            Point(at, Decimal(text), row) for row, _, _, at, text in by_series.of((code, place))
        ]
        assert [point.value * 10**6 for point in points] == lists[int(place[1:])]
        assert list(far_from_history(Series(PENDENCY, place, points))) == []


def test_an_even_series_is_quiet_and_one_with_a_slip_is_not() -> None:
    even = [22_500_000 + step * 100_000 for step in (0, 1, -1, 2, -2, 1, 0, -1)]
    by_series = BySeries(lot_of_series([even, [*even[:-1], 225_000_000], even[:6], [7] * 9]))
    assert set(by_series.quiet()) == {("pendency", "d0"), ("pendency", "d2")}


def test_the_day_is_heeded_by_the_column_too() -> None:
    body = b"kpi,department,period,value\ncases,exam,2013-12,1\n"
    table = read(Post(body, CSV), ADMIN).table
    with BY_COLUMN:
        early = check(table, CATALOGUE, ADMIN, dt.date(2013, 12, 31))
    assert [found.code for found in early.findings] == ["period_not_ended"]
