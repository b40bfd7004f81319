"""No more is read than what something is said of, and of that nothing is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.ledger.posted import posted
from metrics.lately import lately
from metrics.layout import Layout
from tests.metrics import world
from tests.metrics.reading import exposed, series

if TYPE_CHECKING:
    from app.ledger.office import Office
    from app.ledger.posted import Posted

PLACE = ("cases", "mech")
"""Of a plan of 2013, with three figures of that year."""


def read(office: Office, *kpis: str, departments: set[str] | None = None) -> tuple[Posted, Posted]:
    """Return what is read, and all there is."""
    with office.database.read() as connection:
        stored, seen = office.seen(connection)
        layout = Layout(stored, office.zone, seen)
        return (
            lately(connection, layout, kpis, departments, seen.position),
            posted(connection, stored, kpis, departments, seen.position),
        )


def periods(found: Posted, place: tuple[str, str]) -> list[str]:
    return [str(figure.period) for figure in found.at(place)]


@pytest.mark.parametrize("departments", [None, {"mech"}])
def test_figures_from_long_before_a_plan_are_not_read(
    settled: Office, departments: set[str] | None
) -> None:
    for month in ("2005-01", "2012-10", "2012-11", "2012-12"):
        world.post(settled, world.row(*PLACE, month, 5))
    found, everything = read(settled, "cases", departments=departments)

    assert periods(found, PLACE)[:3] == ["2012-11", "2012-12", "2013-01"]
    assert periods(everything, PLACE)[:2] == ["2005-01", "2012-10"]


def test_of_who_has_posted_little_since_all_is_read(settled: Office) -> None:
    """The plan's figures of `patents` begin with 2010, its baseline, and 2012 is the only one."""
    world.post(settled, world.row("patents", "elec", "2004", 7))
    world.post(settled, world.row("patents", "elec", "2005", observation_status="M"))
    found, everything = read(settled, "cases", "patents")

    assert found.at(("patents", "elec")) == everything.at(("patents", "elec"))
    assert exposed(settled)[series("kpi_previous_value", kpi="patents", department="elec")] == 7


def test_of_what_has_no_target_all_is_read(settled: Office) -> None:
    world.post(settled, world.row("visits", "mech", "2004-03", 7))
    found, everything = read(settled, "cases", "visits")

    assert found == everything


def test_a_corrected_figure_is_known_with_its_first_instant(settled: Office) -> None:
    world.post(settled, world.row("patents", "elec", "2004", 7))
    world.post(settled, world.row("patents", "elec", "2004", 8, reason="counted again"))
    found, everything = read(settled, "patents")

    assert found == everything
    assert [str(period) for _, _, period in found.first] == ["2004"]
