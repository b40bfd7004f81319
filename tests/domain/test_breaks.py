"""Breaks in series: where they are, and what compares across one says so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.domain.attainment import assess
from app.domain.breaks import Source, breaks, crossings
from app.domain.figure import ObservationStatus
from app.domain.kpi import Definition, Kind
from app.domain.trajectory import Shape
from tests.factories import AFTER_THE_PLAN, figure, figures, kpi, months, period, subject, target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.figure import Figure
    from app.domain.kpi import Kpi
    from app.domain.target import Target

BROKEN = ObservationStatus.BREAK
BEFORE = "the baseline of 2012-12 lies before the break at 2013-04"


def redefined(since: str = "2013-04", kind: Kind = Kind.LEVEL) -> Kpi:
    """Return a KPI whose definition changed."""
    definitions = (Definition(1, None, "old"), Definition(2, period(since), "new"))
    return replace(kpi(kind=kind), definitions=definitions)


def crossed(
    of: Target, members: Mapping[str, Sequence[Figure]], of_kpi: Kpi
) -> list[tuple[str, str]]:
    """Return where breaks are crossed, and the first words of what is said of each."""
    one = subject(of, members, of_kpi=of_kpi)
    found = crossings(one, assess(one, AFTER_THE_PLAN))
    return [(str(each.crossed.at), str(each.note)) for each in found]


def test_a_definition_and_a_marked_figure_both_break_the_series() -> None:
    members = {
        "A": [figure("2013-02", 5, observation_status=BROKEN)],
        "B": [figure("2013-04", 5, observation_status=BROKEN), figure("2013-05", 5)],
    }
    found = breaks(redefined(), members, period("2013-01"), period("2013-12"))

    assert [(str(one.at), one.source, one.departments) for one in found] == [
        ("2013-02", Source.OBSERVATION_STATUS, ("A",)),
        ("2013-04", Source.DEFINITION, ("B",)),
    ]
    assert breaks(redefined(), members, period("2013-04"), period("2013-12")) == []
    assert breaks(kpi(), {}, period("2013-01"), period("2013-12")) == []


@pytest.mark.parametrize(("newest", "told"), [(3, []), (4, ["2013-04"])])
def test_a_sum_over_a_break_says_so(newest: int, told: list[str]) -> None:
    posted = {"D": figures(months(*range(1, newest + 1)))}
    found = crossed(target(">= 90", kind=Kind.FLOW), posted, redefined(kind=Kind.FLOW))

    assert [at for at, _ in found] == told
    assert all(note.startswith("the sum adds figures from before and after") for _, note in found)


def test_a_baseline_under_another_definition_is_told() -> None:
    posted = {"D": figures({"2013-05": 21})}
    with_baseline = target("<= 20", baseline=("2012-12", 23), shape=Shape.LINEAR)

    assert crossed(with_baseline, posted, redefined()) == [
        ("2013-04", f"{BEFORE}: progress and the way from there compare across it")
    ]
    later = target("<= 20", baseline=("2013-04", 23), shape=Shape.LINEAR)
    assert crossed(later, posted, redefined()) == [], "counted anew by the new definition"
    assert crossed(target("<= 20"), posted, redefined()) == [], "nothing is compared"


def test_departments_on_both_sides_of_a_new_definition_are_told() -> None:
    members = {
        "A": [figure("2013-05", 20, denominator=5)],
        "B": [figure("2013-03", 20, denominator=5)],
    }

    (found,) = crossed(target("<= 20"), members, redefined())

    assert found[1].startswith("departments count with figures from before and after the break")


def test_without_a_figure_nothing_is_compared() -> None:
    assert crossed(target("<= 20"), {"D": []}, redefined()) == []
