"""The page of a plan that has a standing is the page of one that has none, byte for byte."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

import pytest

from app.ledger import standings
from app.web.scoreboard import pages_named
from tests.ledger.test_standing import fill_with_every_kind
from tests.metrics import world

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from app.ledger.office import Office
    from tests.clock import Clock

PLAN = "?plan=year-2013"
SORTS = ("worst", "kpi", "department", "ratio", "pace", "due")
PERIODS = ("", "2012-11", "2013-01", "2013-02", "2013-05", "2013-12")
ADDRESSES = (
    *(f"/{PLAN}&sort={sort}&period={period}" for sort, period in product(SORTS, PERIODS)),
    *(f"/{PLAN}&status={status}" for status in ("slipping", "changed", "missed", "no_data")),
    f"/{PLAN}&status=changed&period=2013-02",
    f"/{PLAN}&department=mech",
    f"/{PLAN}&department=nowhere",
    f"/{PLAN}&q=cases",
    f"/{PLAN}&q=ELEC&sort=ratio",
    f"/{PLAN}&page=2",
    f"/{PLAN}&as_of=2013-03-30",
    "/?plan=five-year",
    "/",
)

Pair = tuple["TestClient", "TestClient"]


@pytest.fixture
def pair(
    browse: Callable[..., TestClient],
    office: Office,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> Pair:
    """The same office twice: with standings of whatever plan, and without any."""
    fill_with_every_kind(office, clock)
    # One after the other: an application is put together while it answers already.
    kept = browse()
    monkeypatch.setattr(standings, "LEAST", 0)
    page_of(kept, "/")
    monkeypatch.undo()
    plain = browse()
    page_of(plain, "/")
    return kept, plain


def page_of(client: TestClient, address: str) -> str:
    page = client.get(address)
    assert page.status_code == 200
    # What is made up anew for each answer.
    return re.sub(r'nonce="[^"]+"', "", page.text)


def test_whatever_is_looked_at_the_page_is_the_same(pair: Pair, clock: Clock) -> None:
    kept, plain = pair
    for address in ADDRESSES:
        assert page_of(kept, address) == page_of(plain, address), address
    clock.set(2013, 4, 9)
    for address in ADDRESSES:
        assert page_of(kept, address) == page_of(plain, address), address


@pytest.mark.parametrize("sort", SORTS)
def test_page_after_page_the_order_is_the_same(
    pair: Pair, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.scoreboard.ROWS", 2)
    monkeypatch.setattr("app.web.scoreboard.DEPARTMENTS", 1)
    for number in range(1, 8):
        address = f"/{PLAN}&sort={sort}&page={number}"
        assert page_of(pair[0], address) == page_of(pair[1], address)


def test_a_figure_that_comes_in_is_seen_at_once(pair: Pair, office: Office, clock: Clock) -> None:
    kept, plain = pair
    clock.forward(seconds=1)
    world.post(office, world.row("cases", "mech", "2013-05", 7))

    assert "May 2013" in page_of(kept, f"/{PLAN}&q=cases")
    assert page_of(kept, f"/{PLAN}") == page_of(plain, f"/{PLAN}")


def test_of_many_departments_those_that_slip_most_are_listed(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.scoreboard.DEPARTMENTS", 1)

    assert "2 more departments can be chosen below" in page_of(pair[0], f"/{PLAN}")


@pytest.mark.parametrize(
    ("count", "place", "named"),
    [
        pytest.param(0, 1, [], id="nothing"),
        pytest.param(3, 1, [1, 2, 3], id="few"),
        pytest.param(100, 1, [1, 2, 3, 4, 5, None, 100], id="the first of many"),
        pytest.param(
            100, 50, [1, None, 46, 47, 48, 49, 50, 51, 52, 53, 54, None, 100], id="in between"
        ),
        pytest.param(100, 100, [1, None, 96, 97, 98, 99, 100], id="the last"),
        pytest.param(100, 7000, [1, None, 100], id="beyond the last"),
    ],
)
def test_of_many_pages_the_ends_and_those_around_are_named(
    count: int, place: int, named: list[int | None]
) -> None:
    assert pages_named(count, place) == named
