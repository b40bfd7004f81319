"""A kept standing answers as the judging of one target after the other does, and moves with it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from app.documents import scoreboard_row
from app.domain.attainment import Status
from app.domain.kpi import Kind
from app.domain.period import Period
from app.ledger.dense import statement as dense_statement
from app.ledger.expected import first_recorded, first_revisions
from app.ledger.narrowing import by_codes
from app.ledger.revisions import latest
from app.ledger.scoreboard import Brief, Selection, Wanted
from app.ledger.standings import Standings
from app.ledger.stretches import statement as stretches_statement
from app.ledger.tables import revision
from tests import factories
from tests.ledger.test_changes import plan_of
from tests.metrics import world

if TYPE_CHECKING:
    from app.ledger.office import Office
    from app.ledger.standing.whole import Standing
    from tests.clock import Clock

Rows = list[dict[str, Any]]
PLAN = "year-2013"
ALL = 1000
MORE_KPIS = (
    factories.kpi("platforms", kind=Kind.STOCK, reported_by=("mech", "elec")),
    factories.kpi("grants", kind=Kind.RATIO, factor=100, reported_by=("mech",)),
)
MORE_TARGETS = (
    factories.target(
        "3..5", kind=Kind.STOCK, plan_code=PLAN, kpi_code="platforms", department_code="mech"
    ),
    factories.target(
        "~ 8", kind=Kind.STOCK, plan_code=PLAN, kpi_code="platforms", department_code="office"
    ),
    factories.target(">= 55", plan_code=PLAN, kpi_code="grants", department_code="mech"),
)
BASELINE = factories.target(
    "<= 20", plan_code=PLAN, kpi_code="visits", department_code="mech", baseline=("2012-12", 30)
)


def fill_with_every_kind(office: Office, clock: Clock) -> None:
    """Settle the small office of the metrics' tests, with its year and more of every kind."""
    world.settle(office, clock)
    world.enter(office, *MORE_KPIS, *MORE_TARGETS, BASELINE)
    revised = replace(world.TARGETS[1], version=2, in_force_from=Period.parse("2013-03"))
    world.enter(office, revised)
    for month in ("2013-01", "2013-02"):
        world.post(
            office,
            world.row("platforms", "mech", month, 4),
            world.row("platforms", "elec", month, 2),
            world.row("grants", "mech", month, numerator=5, denominator=9),
        )
    world.post(office, world.row("grants", "mech", "2013-12", numerator=1, denominator=9))
    world.post(office, world.row("platforms", "mech", "2013-02", 6, reason="counted again"))
    world.post(office, world.row("grants", "mech", "2013-01", 61, reason="counted again"))


@pytest.fixture
def settled(office: Office, clock: Clock) -> Office:
    """An office with a year of figures of every kind."""
    fill_with_every_kind(office, clock)
    return office


def rows(office: Office, standings: Standings, wanted: Wanted, limit: int = ALL) -> Rows:
    with office.database.read() as connection:
        stored, seen = office.seen(connection)
        found = standings.rows(connection, stored, seen, wanted, limit)
        return [scoreboard_row(one, "en") for one in found]


def kept(office: Office) -> Standings:
    return Standings(office.zone, least=0)


def never_kept(office: Office) -> Standings:
    return Standings(office.zone, least=ALL)


def standing(office: Office, standings: Standings, plan: str = PLAN) -> Standing:
    with office.database.read() as connection:
        found = standings.at(connection, *office.seen(connection), plan)
    assert found is not None
    return found


SELECTIONS = (
    Selection(),
    Selection(plan=PLAN),
    Selection(kpi="platforms"),
    Selection(plan=PLAN, department="office"),
    Selection(department="mech"),
    Selection(plan="no plan"),
    Selection(department="nowhere"),
)
ASKED = (None, "2012-12", "2013-02", "2013-Q1", "2013", "2014-06")


def test_whatever_is_asked_both_ways_give_the_same_lines(settled: Office) -> None:
    quick, plain = kept(settled), never_kept(settled)

    seen: set[str] = set()
    for selection, at, status in product(SELECTIONS, ASKED, (None, *Status)):
        wanted = Wanted(selection, Period.parse(at) if at else None, status)
        found = rows(settled, quick, wanted)
        assert found == rows(settled, plain, wanted)
        seen |= {one["status"] for one in found}
    assert seen == set(Status)


def test_a_list_goes_on_after_a_target(settled: Office) -> None:
    quick = kept(settled)
    whole = rows(settled, quick, Wanted())
    listed, after = [], None
    while found := rows(settled, quick, Wanted(after=after), limit=2):
        listed += found
        after = tuple(found[-1][name] for name in ("plan", "kpi", "department"))

    assert listed == whole


def test_plain_targets_are_told_without_their_figures(settled: Office) -> None:
    with settled.database.read() as connection:
        stored, seen = settled.seen(connection)
        found = kept(settled).rows(connection, stored, seen, Wanted(Selection(plan=PLAN)), ALL)

    brief = {one.subject.target.kpi for one in found if isinstance(one, Brief)}
    # A roll-up, a revised target, a baseline and a due period with points are left to the rule.
    assert {"cases", "grants", "errors", "silent", "standard"} <= brief
    assert "visits" not in brief


def test_a_figure_that_comes_in_moves_what_it_counts_for_and_nothing_else(
    settled: Office, clock: Clock
) -> None:
    quick = kept(settled)
    before = standing(settled, quick)
    rows(settled, quick, Wanted())
    clock.forward(seconds=1)
    world.post(settled, world.row("cases", "mech", "2013-05", 7))

    after = standing(settled, quick)

    assert {code for code in before.blocks if after.blocks[code] is not before.blocks[code]} == {
        "cases"
    }
    assert rows(settled, quick, Wanted()) == rows(settled, never_kept(settled), Wanted())


@pytest.mark.parametrize("more", [{}, {"observation_status": "B"}], ids=["plain", "break"])
def test_a_month_of_figures_and_corrections_is_followed(
    settled: Office, clock: Clock, more: dict[str, object]
) -> None:
    quick = kept(settled)
    rows(settled, quick, Wanted())
    clock.forward(seconds=1)
    world.post(
        settled,
        world.row("cases", "mech", "2013-05", 7, **more),
        world.row("platforms", "elec", "2013-03", 9, **more),
        world.row("grants", "mech", "2013-02", numerator=8, denominator=9, reason="again", **more),
        world.row("patents", "elec", "2013", numerator=8, denominator=9, **more),
        world.row("errors", "elec", "2013-12", observation_status="M"),
    )

    for at in (None, Period.parse("2013-05")):
        wanted = Wanted(asked=at)
        assert rows(settled, quick, wanted) == rows(settled, never_kept(settled), wanted)
        assert rows(settled, quick, wanted) == rows(settled, kept(settled), wanted)


def test_the_day_moves_on_without_a_read_of_all(settled: Office, clock: Clock) -> None:
    clock.set(2012, 12, 31)
    quick = kept(settled)
    assert {one["status"] for one in rows(settled, quick, Wanted(Selection(PLAN)))} == {
        Status.NOT_STARTED
    }
    figures = standing(settled, quick).blocks["cases"].grid
    clock.set(2014, 3, 1)

    assert rows(settled, quick, Wanted()) == rows(settled, never_kept(settled), Wanted())
    assert standing(settled, quick).blocks["cases"].grid is figures


def test_who_has_looked_at_tomorrow_keeps_nobody_from_today(settled: Office, clock: Clock) -> None:
    quick = kept(settled)
    figures = standing(settled, quick).blocks["errors"].grid
    with settled.database.read() as connection:
        stored, seen = settled.seen(connection)
        tomorrow = replace(seen, today=seen.today + dt.timedelta(days=1))
        assert quick.at(connection, stored, tomorrow, PLAN) is not None
    clock.forward(seconds=1)
    world.post(settled, world.row("cases", "mech", "2013-05", 7))

    assert standing(settled, quick).blocks["errors"].grid is figures
    assert rows(settled, quick, Wanted()) == rows(settled, never_kept(settled), Wanted())


def test_the_past_is_judged_anew_unless_it_is_kept(settled: Office, clock: Clock) -> None:
    quick = kept(settled)
    known = standing(settled, quick)
    with settled.database.read() as connection:
        stored, seen = settled.seen(connection)
    clock.forward(seconds=1)
    world.post(settled, world.row("cases", "mech", "2013-05", 7))
    standing(settled, quick)

    with settled.database.read() as connection:
        earlier = replace(seen, position=seen.position - 1)
        assert quick.at(connection, stored, seen, PLAN) is known
        assert quick.at(connection, stored, earlier, PLAN) is None


def test_another_catalogue_is_laid_out_anew(settled: Office, clock: Clock) -> None:
    quick = kept(settled)
    rows(settled, quick, Wanted())
    clock.forward(seconds=1)
    world.enter(
        settled, factories.target(">= 9", plan_code=PLAN, kpi_code="visits", department_code="mech")
    )

    assert rows(settled, quick, Wanted()) == rows(settled, never_kept(settled), Wanted())


def test_deadlines_are_told_apart_by_the_entries_before_them(settled: Office) -> None:
    found = standing(settled, kept(settled))
    block = found.blocks["cases"]
    row = block.sheet.reporters.index("mech")
    with settled.database.read() as connection:
        upto = settled.seen(connection)[1].position
        first = first_recorded(connection, set(block.sheet.span), upto)
    for column, (period, due) in enumerate(
        zip(block.sheet.span, block.sheet.deadlines, strict=True)
    ):
        recorded = first.get(("cases", "mech", period))
        in_time = recorded is not None and recorded < due
        assert bool(block.is_on_time[row, column]) is in_time


def test_a_periods_figures_are_found_by_its_index(settled: Office) -> None:
    with settled.database.read() as connection:
        dialect = connection.dialect.name
        given = {"period": "2013-01", "kpis": [1], "upto": 9}
        found = plan_of(connection, dense_statement(dialect), given)

    assert "ix_revision_period_kpi_id" in found


def test_a_targets_series_is_found_by_the_key(settled: Office) -> None:
    with settled.database.read() as connection:
        stored, _ = settled.seen(connection)
        columns = (revision.c.kpi_id, revision.c.department_id)
        query = by_codes(latest(9), columns, stored, {"cases"}, {"mech"})
        found = plan_of(connection, query, {})

    if settled.database.is_sqlite:
        assert "SEARCH revision USING PRIMARY KEY (kpi_id=? AND department_id=?)" in found
    else:
        assert re.search(r"Index Scan using pk_revision on revision\b.*\n *Index Cond", found)


def test_a_periods_first_revisions_are_found_by_its_index(settled: Office) -> None:
    with settled.database.read() as connection:
        query = first_revisions(9).where(revision.c.period.in_(["2013-01"]))
        found = plan_of(connection, query, {})

    assert "ix_revision_period_kpi_id" in found


def test_a_stretch_of_a_place_is_found_by_the_key(settled: Office) -> None:
    with settled.database.read() as connection:
        query = stretches_statement(connection.dialect.name)
        given: dict[str, Any] = {"upto": 9}
        if settled.database.is_sqlite:
            given["stretch"] = '[[1, 2, "2013-01", "2013-12"]]'
        else:
            given |= {"stretch_kpi_id": [1], "stretch_department_id": [2]}
            given |= {"stretch_first": ["2013-01"], "stretch_last": ["2013-12"]}
        found = plan_of(connection, query, given)

    if settled.database.is_sqlite:
        assert (
            "SEARCH revision USING PRIMARY KEY (kpi_id=? AND department_id=? AND period>? "
            "AND period<?)" in found
        )
    else:
        assert "pk_revision" in found
        assert "period)::text >=" in found
