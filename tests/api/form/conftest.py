"""The office in whose name forms are filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ledger.small_office import fill, kpi, target

if TYPE_CHECKING:
    from app.ledger.office import Office
    from tests.api.contract import Client
    from tests.clock import Clock


@pytest.fixture(autouse=True)
def _made_before_the_plan(clock: Clock) -> None:
    clock.set(2013, 1, 1)


@pytest.fixture
def small_office(office: Office) -> Office:
    """The small office, whose law department also reports a share, as a numerator and its base."""
    fill(office)
    share = kpi("share", kind="ratio", factor="100", maximum="100", definition="=Of all cases")
    return fill(office, share, target(">= 50", kpi="share", department="law"))


@pytest.fixture
def april(api: Client, clock: Clock) -> Client:
    """The fifth of April: the figures of March are due, those of February are in."""
    clock.set(2013, 3, 5)
    posted = api.post_actuals(
        {"kpi": "pendency", "department": "exam", "period": "2013-02", "value": 23.5},
        {"kpi": "pendency", "department": "exam-east", "period": "2013-02", "value": 1234,
         "denominator": 80, "observation_status": "M"} | {"value": 24, "observation_status": "A"},
        {"kpi": "share", "department": "law", "period": "2013-02", "numerator": 30,
         "denominator": 40},
    )  # fmt: skip
    assert posted.status_code == 201, posted.text
    clock.set(2013, 4, 5)
    return api
