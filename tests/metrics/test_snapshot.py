from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from app.domain.attainment import Status
from app.ledger import revisions
from app.ledger.database import Database
from app.ledger.migrating import migrate
from app.ledger.office import Office
from app.ledger.scoreboard import consecutive_off_track, scoreboard
from metrics.cache import Cache
from metrics.families import FAMILIES
from metrics.negotiation import Format
from metrics.snapshot import as_float
from tests import factories
from tests.clock import SHANGHAI
from tests.metrics import world
from tests.metrics.reading import (
    OF_READING,
    exposed,
    noon,
    parsed,
    prepare,
    seen_at,
    series,
    value,
)

if TYPE_CHECKING:
    from pathlib import Path

    from app.ledger.scoreboard import Line
    from tests.clock import Clock
    from tests.metrics.reading import Found

ZONE = ZoneInfo("Asia/Shanghai")


# --- sample by sample, against the scoreboard ---------------------------------------------------


def of_line(line: Line, today: dt.date) -> Found:
    """Work out anew what is said of one target."""
    target, verdict = line.subject.target, line.verdict
    key = {"plan": target.plan, "kpi": target.kpi, "department": target.department}
    numbers: dict[str, Fraction | Decimal | int | None] = {
        "kpi_target_lower_value": target.goal.lower,
        "kpi_target_upper_value": target.goal.upper,
        "kpi_tolerance_ratio": target.tolerance_band,
        "kpi_target_actual_value": verdict.actual,
        "kpi_expected_value": verdict.expected,
        "kpi_attainment_ratio": verdict.ratio.value,
        "kpi_pace_ratio": verdict.pace.value,
        "kpi_progress_ratio": verdict.progress,
        "kpi_consecutive_periods_off_track": (
            consecutive_off_track(line.subject, today) if verdict.counted else None
        ),
    }
    found = {
        series(name, **key): float(number) for name, number in numbers.items() if number is not None
    }
    for status in Status:
        found[series("kpi_status", **key, status=status)] = float(verdict.status == status)
    info = {
        "comparator": str(target.goal.comparator),
        "target": str(target.goal),
        "version": str(target.version),
    }
    found[series("kpi_target_info", **key, **info)] = 1.0
    if verdict.period is not None:
        end = verdict.period.end(ZONE).timestamp()
        at = {"period": str(verdict.period)}
        found[series("kpi_target_period_end_timestamp_seconds", **key, **at)] = end
    return found


def of_figures(office: Office) -> Found:
    """Work out anew what is said of who reports what."""
    found: Found = {}
    with office.database.read() as connection:
        stored, _ = office.seen(connection)
        every = revisions.figures(connection, stored)
    for kpi in stored.catalogue.kpis.values():
        for who in kpi.reported_by:
            key = {"kpi": kpi.code, "department": who}
            mine = [figure for figure in every.get(kpi.code, []) if figure.department == who]
            valued = {
                figure.period.ordinal: figure
                for figure in mine
                if figure.amount.number(kpi.factor) is not None
            }
            for name, ordinal in zip(
                ("kpi_actual_value", "kpi_previous_value"),
                sorted(valued, reverse=True),
                strict=False,
            ):
                number = valued[ordinal].amount.number(kpi.factor)
                assert number is not None
                found[series(name, **key)] = float(number)
            if valued:
                newest = valued[max(valued)]
                midnight = dt.datetime.combine(
                    newest.period.last_day + dt.timedelta(days=1), dt.time(), ZONE
                )
                found[series("kpi_revision", **key)] = newest.revision
                before = sorted(valued)[-2:-1]
                at = {"period": str(newest.period)}
                previous = str(valued[before[0]].period) if before else ""
                at |= {"previous_period": previous, "break_by": ""}
                found[series("kpi_actual_info", **key, **at)] = 1.0
                found[series("kpi_period_end_timestamp_seconds", **key)] = midnight.timestamp()
                found[series("kpi_submitted_timestamp_seconds", **key)] = (
                    newest.recorded_at.timestamp()
                )
    return found


@pytest.mark.parametrize("form", Format)
def test_every_sample_is_what_the_scoreboard_and_the_ledger_say(
    settled: Office, form: Format
) -> None:
    with settled.database.read() as connection:
        stored, seen = settled.seen(connection)
        lines = scoreboard(connection, stored, seen)
    expected: Found = of_figures(settled)
    for line in lines:
        expected |= of_line(line, seen.today)

    found = exposed(settled, form)

    told_elsewhere = (
        *("kpi_info", "kpi_catalogue_info", "kpi_department_info", "kpi_department_names_info"),
        *(
            "kpi_plan_info",
            "kpi_next_due",
            "kpi_reports",
            "kpi_returned",
            "kpi_slipping",
            "kpi_subm",
        ),
    )
    compared = {
        key: number
        for key, number in found.items()
        if not key[0].startswith(told_elsewhere) or key[0].startswith("kpi_submitted")
    }
    assert compared.keys() == expected.keys()
    assert compared == pytest.approx(expected, rel=0, abs=1e-12)


def test_every_family_has_a_sample_with_exactly_its_labels(settled: Office) -> None:
    labels = {family.name: set(family.labels) for family in FAMILIES}

    found = exposed(settled)

    assert {name for name, _ in found} == labels.keys() - OF_READING
    for name, pairs in found:
        assert {label for label, _ in pairs} == labels[name]


# --- by hand ------------------------------------------------------------------------------------


def test_names_are_in_the_language_that_is_set(settled: Office) -> None:
    chinese = exposed(settled)
    assert chinese[
        series(
            "kpi_info",
            kpi="pendency",
            name="发明专利审查周期",
            unit="个月",
            kind="level",
            frequency="M",
        )
    ]
    assert chinese[
        series("kpi_department_info", department="elec", name=world.AWKWARD, parent="office")
    ]
    assert chinese[
        series("kpi_department_info", department="office", name="部门 office", parent="")
    ]

    found = parsed(b"".join(Cache(settled, "en").refresh().answer(Format.TEXT, gzip=False)))
    assert found[
        series(
            "kpi_info",
            kpi="pendency",
            name="KPI pendency",
            unit="months",
            kind="level",
            frequency="M",
        )
    ]
    assert found[
        series("kpi_department_info", department="mech", name="Department mech", parent="office")
    ]


def test_names_are_there_in_both_languages_whatever_is_set(settled: Office) -> None:
    found = exposed(settled)

    assert found[
        series(
            "kpi_catalogue_info",
            kpi="pendency",
            name_zh="发明专利审查周期",
            name_en="KPI pendency",
            unit_zh="个月",
            unit_en="months",
            direction="none",
        )
    ]
    assert found[
        series(
            "kpi_department_names_info",
            department="elec",
            name_zh=world.AWKWARD,
            name_en="Department elec",
        )
    ]
    assert found[
        series(
            "kpi_plan_info",
            plan="year-2013",
            name_zh="计划 year-2013",
            name_en="Plan year-2013",
            first="2013-01",
            last="2013-12",
        )
    ]


def test_the_newest_figure_that_has_a_value_speaks_and_the_one_before_it(settled: Office) -> None:
    snapshot = seen_at(settled, noon(2014, 1, 5))
    mech = ("pendency", "mech")

    assert value(snapshot, "kpi_actual_value", *mech) == 23.7
    assert value(snapshot, "kpi_previous_value", *mech) == 23.9
    assert value(snapshot, "kpi_revision", *mech) == 2
    end = dt.datetime(2013, 3, 1, tzinfo=SHANGHAI).timestamp()
    assert value(snapshot, "kpi_period_end_timestamp_seconds", *mech) == end
    recorded = noon(2013, 3, 20).timestamp()
    assert value(snapshot, "kpi_submitted_timestamp_seconds", *mech) == recorded


def test_a_break_between_the_newest_figure_and_the_one_before_it_is_told(settled: Office) -> None:
    day = noon(2014, 1, 5)
    visits = ("visits", "mech")
    assert value(seen_at(settled, day), "kpi_actual_info", *visits, "2013-03", "2013-02", "") == 1

    world.post(settled, world.row(*visits, "2013-04", "30", observation_status="B"))

    labels = (*visits, "2013-04", "2013-03", "observation_status")
    assert value(seen_at(settled, day), "kpi_actual_info", *labels) == 1


def test_figures_without_a_target_or_outside_of_plans_are_shown(settled: Office) -> None:
    snapshot = seen_at(settled, noon(2014, 1, 5))

    assert value(snapshot, "kpi_actual_value", "visits", "mech") == -0.000001
    assert value(snapshot, "kpi_previous_value", "visits", "mech") == 1e12
    assert value(snapshot, "kpi_next_due_timestamp_seconds", "visits", "mech") is None


def test_one_figure_has_none_before_it_and_no_figure_has_no_sample(settled: Office) -> None:
    snapshot = seen_at(settled, noon(2014, 1, 5))

    assert value(snapshot, "kpi_previous_value", "patents", "elec") is None
    for name in ("kpi_actual_value", "kpi_revision", "kpi_submitted_timestamp_seconds"):
        assert value(snapshot, name, "silent", "elec") is None


def test_who_no_longer_reports_a_kpi_is_no_longer_shown(settled: Office) -> None:
    world.enter(settled, factories.kpi("visits", reported_by=("elec",)))

    assert not [key for key in exposed(settled) if key[0] == "kpi_actual_value" and "visits" in key]


def test_what_has_no_value_has_no_sample(settled: Office) -> None:
    snapshot = seen_at(settled, noon(2014, 1, 5))
    zero, silent = ("year-2013", "errors", "elec"), ("year-2013", "silent", "elec")

    assert value(snapshot, "kpi_target_actual_value", *zero) == 2
    for name in ("kpi_attainment_ratio", "kpi_pace_ratio", "kpi_progress_ratio"):
        assert value(snapshot, name, *zero) is None
    assert value(snapshot, "kpi_status", *zero, "off_track") == 1
    for name in ("kpi_target_actual_value", "kpi_expected_value"):
        assert value(snapshot, name, *silent) is None
    assert value(snapshot, "kpi_consecutive_periods_off_track", *silent) is None
    assert value(snapshot, "kpi_status", *silent, "no_data") == 1


def test_a_flow_counts_its_sum_and_its_periods_off_track(settled: Office) -> None:
    snapshot = seen_at(settled, noon(2014, 1, 5))
    cases = ("year-2013", "cases", "mech")

    assert value(snapshot, "kpi_actual_value", "cases", "mech") == 70
    assert value(snapshot, "kpi_target_actual_value", *cases) == 240
    assert value(snapshot, "kpi_expected_value", *cases) == 300
    assert value(snapshot, "kpi_pace_ratio", *cases) == 0.8
    assert value(snapshot, "kpi_attainment_ratio", *cases) == 0.2
    assert value(snapshot, "kpi_consecutive_periods_off_track", *cases) == 3


def test_a_target_above_the_reporters_adds_them_up(settled: Office) -> None:
    snapshot = seen_at(settled, noon(2014, 1, 5))
    office = ("year-2013", "pendency", "office")
    mean = (23.7 * 120 + 22.1 * 300) / 420

    assert value(snapshot, "kpi_target_actual_value", *office) == pytest.approx(mean, abs=1e-12)
    assert value(snapshot, "kpi_status", *office, "at_risk") == 1
    assert value(snapshot, "kpi_tolerance_ratio", "year-2013", "pendency", "mech") == 0.02


def test_every_target_has_exactly_one_status_of_seven(settled: Office) -> None:
    found: dict[frozenset[tuple[str, str]], list[float]] = {}
    for (name, labels), number in exposed(settled).items():
        if name == "kpi_status":
            target = frozenset(pair for pair in labels if pair[0] != "status")
            found.setdefault(target, []).append(number)

    assert len(found) == len(world.TARGETS)
    assert all(sorted(numbers) == [0.0] * 6 + [1.0] for numbers in found.values())


def test_before_the_plan_has_begun_nothing_is_said_but_that(settled: Office) -> None:
    snapshot = seen_at(settled, noon(2013, 1, 20))

    target = ("year-2013", "cases", "mech")
    assert value(snapshot, "kpi_status", *target, "not_started") == 1
    assert value(snapshot, "kpi_target_actual_value", *target) is None
    assert value(snapshot, "kpi_target_lower_value", *target) == 1200


# --- numbers ------------------------------------------------------------------------------------


def test_a_ratio_below_1_never_shows_as_1() -> None:
    assert as_float(1 - Fraction(1, 10**18)) < 1
    assert as_float(Fraction(1)) == 1
    assert as_float(Fraction(1, 3)) == pytest.approx(1 / 3, abs=1e-12)
    assert as_float(Decimal("22.54")) == 22.54
    assert as_float(3) == 3.0


# --- the same everywhere ------------------------------------------------------------------------


def test_replicas_at_the_same_position_and_day_give_the_same_bytes(
    settled: Office, clock: Clock, tmp_path: Path
) -> None:
    other = Office(Database(f"sqlite:///{tmp_path / 'replica.db'}"), settled.zone, clock)
    migrate(other.database)
    world.settle(other, clock)
    early, late = noon(2014, 1, 5), dt.datetime(2014, 1, 5, 23, 59, 59, tzinfo=SHANGHAI)

    mine, theirs = seen_at(settled, early), seen_at(other, late)

    assert mine == theirs
    assert prepare(mine) == prepare(theirs)
    other.database.close()
