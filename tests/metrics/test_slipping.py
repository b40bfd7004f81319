"""Since when a target slips, and which figure came back: what alerts are known by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.domain.attainment import assess
from app.domain.course import Course
from metrics.slipping import since
from tests import factories
from tests.clock import SHANGHAI
from tests.metrics import world
from tests.metrics.reading import noon, seen_at

if TYPE_CHECKING:
    import datetime as dt

    from app.ledger.office import Office
    from tests.clock import Clock
    from tests.metrics.reading import Snapshot

CASES = ("year-2013", "cases", "mech")
TODAY = factories.AFTER_THE_PLAN


def _since(*values: int | None, due: str = "2013-12") -> str | None:
    subject = factories.subject(
        factories.target("<= 100", due=due), factories.own(factories.months(*values))
    )
    found = since(Course(subject), assess(subject, TODAY), TODAY)
    return None if found is None else str(found)


@pytest.mark.parametrize(
    ("values", "first"),
    [
        pytest.param((), None, id="nothing posted"),
        pytest.param((90, 100), None, id="on track"),
        pytest.param((90, 120), "2013-02", id="the newest figure slips"),
        pytest.param((90, 120, 130, 110), "2013-02", id="the next months change nothing"),
        pytest.param((120, 130), "2013-01", id="from the first month on"),
        pytest.param((120, 90, 130), "2013-03", id="a better month ends it"),
        pytest.param((120, None, 130), "2013-01", id="a month without a figure does not"),
        pytest.param((90, 103, 120, 103), "2013-02", id="more or less of it is the same slip"),
        pytest.param((90, *[120] * 11), "2013-02", id="and so is the miss that it ends in"),
        pytest.param((*[90] * 11, 120), "2013-12", id="missed without a warning"),
    ],
)
def test_a_slip_is_known_by_the_first_period_in_a_row(
    values: tuple[int | None, ...], first: str | None
) -> None:
    assert _since(*values) == first


def test_figures_after_the_due_period_are_the_same_miss() -> None:
    assert _since(90, 90, 120, 120, due="2013-03") == "2013-03"


def _series(snapshot: Snapshot, name: str) -> dict[tuple[str, ...], float]:
    groups = snapshot.families.get(name, {}).values()
    return {sample.labels: sample.value for group in groups for sample in group}


def _ends(year: int, month: int) -> float:
    return noon(year, month, 1).replace(hour=0).timestamp()


def test_a_target_says_its_period_and_since_when_it_slips(settled: Office) -> None:
    snapshot = seen_at(settled, noon(2014, 1, 5))
    since_when = _series(snapshot, "kpi_slipping_since_timestamp_seconds")
    spoken_for = _series(snapshot, "kpi_target_period_end_timestamp_seconds")

    # Off track with 90, 170 and 240 of 100 a month.
    assert since_when[*CASES, "2013-01"] == _ends(2013, 2)
    assert spoken_for[*CASES, "2013-03"] == _ends(2013, 4)
    assert len({labels[:3] for labels in spoken_for}) == len(spoken_for)
    slipping = {
        labels[:3]
        for labels, value in _series(snapshot, "kpi_status").items()
        if value and labels[3] in {"at_risk", "off_track", "missed"}
    }
    assert {labels[:3] for labels in since_when} == slipping


def test_the_newest_figure_names_its_period_and_the_one_before(settled: Office) -> None:
    found = _series(seen_at(settled, noon(2014, 1, 5)), "kpi_actual_info")

    # The figure of March was posted as missing.
    assert found["pendency", "mech", "2013-02", "2013-01", ""] == 1
    assert found["patents", "elec", "2012", "", ""] == 1


def test_the_oldest_missing_figure_is_named(settled: Office) -> None:
    found = _series(seen_at(settled, noon(2014, 1, 5)), "kpi_next_due_info")

    assert set(found.values()) == {1.0}
    assert ("cases", "mech", "2013-04") in found
    assert ("standard", "elec", "2013-Q2") in found


def test_a_returned_figure_is_named_until_it_is_answered(settled: Office, clock: Clock) -> None:
    name = "kpi_returned_timestamp_seconds"
    came_back: dt.datetime = clock.now.astimezone(SHANGHAI)

    assert _series(seen_at(settled, clock.now), name) == {
        ("patents", "elec", "2012"): came_back.timestamp()
    }

    clock.forward(days=1)
    world.post(
        settled,
        world.row(
            "patents", "elec", "2012", numerator=43000, denominator="135000000", reason="年末人口"
        ),
    )
    assert _series(seen_at(settled, clock.now), name) == {}
    assert _series(seen_at(settled, came_back), name), "as of before the answer"
