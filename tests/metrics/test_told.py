"""What is told of many targets at once is what the rule tells of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.attainment import Status
from app.domain.course import Course
from app.domain.kpi import Kind
from app.domain.many import STATUSES
from app.ledger.scoreboard import subjects
from app.ledger.standings import Standings
from metrics.told import by_rule
from metrics.told_at_once import _in_a_row, at_once
from tests import factories
from tests.ledger.test_standing import fill_with_every_kind
from tests.metrics import world

if TYPE_CHECKING:
    from app.domain.catalogue import TargetKey
    from app.ledger.office import Office
    from metrics.told import Told
    from tests.clock import Clock

Said = dict["TargetKey", tuple[Any, ...]]


def said(told: Told) -> tuple[Any, ...]:
    """Return all that is said of a target."""
    one = told.verdict
    numbers = (one.actual, one.expected, one.ratio.value, one.pace.value, one.progress)
    return (told.target, one.status, one.period, *numbers, told.off_track, told.since)


def key_of(told: Told) -> TargetKey:
    return told.target.plan, told.target.kpi, told.target.department


def both(office: Office) -> tuple[Said, Said]:
    """Return what is said of all targets at once, and of each by the rule."""
    with office.database.read() as connection:
        stored, seen = office.seen(connection)
        standings = Standings(office.zone, least=0)
        quick: Said = {}
        for plan in stored.catalogue.plans:
            standing = standings.at(connection, stored, seen, plan)
            assert standing is not None
            for code in standing.blocks:
                quick |= {key_of(one): said(one) for one in at_once(connection, standing, code)}
        keys = list(stored.catalogue.ordered)
        found = subjects(connection, stored, keys, seen.position)
        return quick, {key_of(one): said(one) for one in _by_rule(found, seen.today)}


def _by_rule(found: list[Any], today: Any) -> list[Told]:  # noqa: ANN401 - subjects, and a date
    return [by_rule(Course(subject), today) for subject in found]


@pytest.mark.parametrize("day", [(2012, 12, 31), (2013, 2, 1), (2014, 3, 1)])
def test_of_every_kind_of_target_both_tell_the_same(
    office: Office, clock: Clock, day: tuple[int, int, int]
) -> None:
    fill_with_every_kind(office, clock)
    clock.set(*day)
    quick, plain = both(office)

    assert quick == plain
    assert len(quick) > 10


@pytest.mark.parametrize(
    ("kind", "goal"), [(Kind.FLOW, ">= 1200"), (Kind.STOCK, ">= 140"), (Kind.LEVEL, ">= 100")]
)
def test_however_a_year_goes_both_tell_the_same(
    office: Office, clock: Clock, kind: Kind, goal: str
) -> None:
    """Seventy departments, each with figures that look like chance, and gaps."""
    clock.set(2013, 1, 2)
    names = [f"d{number:03d}" for number in range(70)]
    terms: dict[str, Any] = {"kind": kind, "kpi_code": "closed", "plan_code": "year-2013"}
    world.enter(
        office,
        world.PLANS[0],
        *(factories.department(name) for name in names),
        factories.kpi("closed", kind=kind, reported_by=names),
        *(factories.target(goal, department_code=name, **terms) for name in names),
    )
    clock.set(2014, 1, 5)
    rows = [
        world.row("closed", name, f"2013-{month:02d}", (number * 37 + month * month * 11) % 200)
        for number, name in enumerate(names)
        for month in range(1, 11)
        if (number * month) % 5
    ]
    world.post(office, *rows)
    quick, plain = both(office)

    assert quick == plain
    assert len({one[-2] for one in quick.values()}) > 3, "rows of several lengths"
    assert len({one[-1] for one in quick.values()}) > 3, "since several months"


@given(st.lists(st.lists(st.sampled_from([None, *Status]), min_size=5, max_size=5), min_size=1))
@settings(deadline=None)
def test_a_row_ends_with_the_newest_figure(years: list[list[Status | None]]) -> None:
    """None stands for a period without a figure."""
    wanted = (Status.OFF_TRACK, Status.MISSED)
    codes = [[STATUSES.index(one) if one else 0 for one in year] for year in years]
    valued = np.array([[one is not None for one in year] for year in years])
    count, first = _in_a_row(np.array(codes, dtype=np.int8), valued, wanted)

    for place, year in enumerate(years):
        row = []
        for column in range(4, -1, -1):
            if year[column] is None:
                continue
            if year[column] not in wanted:
                break
            row.append(column)
        assert count[place] == len(row)
        assert first[place] == (row[-1] if row else -1)
