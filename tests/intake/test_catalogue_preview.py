"""A preview tells what saving then does: no more, no less, and it writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.domain.period import Period
from app.errors import Refused
from app.intake.catalogue import put
from app.intake.catalogue_preview import preview, said
from app.ledger import scoreboard
from tests.ledger.small_office import (
    PLANNER,
    count_rows,
    department,
    fill,
    kpi,
    plan,
    row,
    send,
    target,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.domain.catalogue import TargetKey
    from app.intake.catalogue_preview import Preview
    from app.intake.resources import AnyResource
    from app.ledger.office import Office

MONTHS = [Period.of(2013, month=month) for month in range(1, 13)]


@pytest.fixture
def posted(office: Office) -> Office:
    """The small office with half a year of figures of every kind, some reported below."""
    fill(office)
    fill(
        office,
        target(">= 60", kpi="cases"),
        target("<= 23", kpi="fees"),
        target("20..30", kpi="cases", department="exam-east", overshoot="breach"),
    )
    for month, value in enumerate(("22.1", "22.6", "23.9", "22.5", "21", "24.7"), start=1):
        at = f"2013-{month:02d}"
        send(
            office,
            row(value, at),
            row("21", at, department="exam-east"),
            row(5, at, kpi="cases"),
            row(month, at, kpi="cases", department="exam-east"),
            row(month * 4, at, kpi="platforms", department="law"),
        )
    send(office, row("0.5", "2013-05", kpi="standard", department="law"))
    send(office, row("23.5", "2013-Q1", kpi="fees"), row("22", "2013-Q2", kpi="fees"))
    return office


PENDENCY = {
    "name_zh": "审查周期",
    "name_en": "Pendency",
    "name": None,
    "minimum": "0",
    "maximum": "100",
}
CHANGES: dict[str, AnyResource] = {
    "a bound": target("<= 21"),
    "a bound from July on": target("<= 21", in_force_from="2013-07", reason="fewer came in"),
    "a bound from April on": target("<= 23.9", in_force_from="2013-04"),
    "about": target("~ 4 +- 1", kpi="platforms", department="law"),
    "an overshoot": target("~ 20", kpi="platforms", department="law", overshoot="breach"),
    "points": target(
        ">= 60", kpi="cases", trajectory={"shape": "points", "points": {"2013-03": "40"}}
    ),
    "steps": target(">= 60", kpi="cases", trajectory={"shape": "step", "points": {"2013-02": "1"}}),
    "a baseline": target(
        "<= 22.5", baseline={"period": "2012", "value": "24"}, trajectory={"shape": "linear"}
    ),
    "a band": target("<= 22.5", tolerance_band="0.2"),
    "an earlier due period": target("<= 22.5", due="2013-03"),
    "a quarterly target": target("<= 20", kpi="fees"),
    "a milestone's source": target("done", kpi="standard", department="law", source="§ 4"),
    "a new target": target(">= 3", kpi="platforms", department="office"),
    "a kind": kpi("cases", kind="stock", reported_by=["exam", "exam-east"]),
    "who reports": kpi("cases", kind="flow", reported_by=["exam-east"]),
    "a definition": kpi(
        "pendency",
        **PENDENCY,
        reported_by=["exam", "exam-east"],
        definitions=[{"version": 1}, {"version": 2, "since": "2013-04", "text": "from receipt"}],
    ),
    "names alone": kpi("cases", name="closed", kind="flow", reported_by=["exam", "exam-east"]),
    "a longer plan": plan(end="2014-03"),
    "a plan that begins later": plan(start="2013-03"),
    "a department that moves": department("exam-east", kind="centre", parent="law"),
    "the same": target("<= 22.5"),
}


def verdicts(office: Office) -> Mapping[tuple[TargetKey, Period | None], tuple[object, ...]]:
    """Return what is said of every target, now and at every month."""
    with office.database.read() as connection:
        stored, seen = office.seen(connection)
        asked: list[Period | None] = [None, *MONTHS, Period.parse("2014-01")]
        return {
            ((one.subject.target.plan, one.subject.target.kpi, one.department.code), at): said(
                one.verdict
            )
            or ()
            for at in asked
            for one in scoreboard.scoreboard(connection, stored, seen, asked=at)
        }


def looked(office: Office, resource: AnyResource) -> Preview:
    with office.database.read() as connection:
        stored, seen = office.seen(connection)
        return preview(connection, stored, seen, resource)


def told(
    found: Preview, *, after: bool
) -> Mapping[tuple[TargetKey, Period | None], tuple[object, ...]]:
    """Return what a preview says of the verdicts that change, before or after."""
    listed = [(None, found.newest), *found.months.items()]
    return {
        (
            (one.subject.target.plan, one.subject.target.kpi, one.subject.target.department),
            at,
        ): said(one.after if after else one.before) or ()
        for at, changes in listed
        for one in changes
    }


@pytest.mark.parametrize("resource", CHANGES.values(), ids=CHANGES.keys())
def test_a_preview_is_what_the_scoreboard_says_after_saving(
    posted: Office, resource: AnyResource
) -> None:
    found, before = looked(posted, resource), verdicts(posted)
    done = put(posted, resource, PLANNER)
    after = verdicts(posted)

    changed = {
        key
        for key in after
        if after[key] != before.get(key, ()) and key[1] in (None, *found.months)
    }
    assert {key: after[key] for key in changed} == told(found, after=True)
    assert {key: before.get(key, ()) for key in changed} == told(found, after=False)
    assert found.is_new is done.changed
    assert found.changed == len({key[0] for key in changed})


def test_the_changes_tried_are_of_every_sort(posted: Office) -> None:
    found = {name: looked(posted, resource) for name, resource in CHANGES.items()}

    silent = {name for name, one in found.items() if not one.changed}
    assert silent == {
        "a bound from July on",  # the newest figures are of June
        "a milestone's source",
        "a definition",
        "names alone",
        "a longer plan",
        "the same",
    }
    assert found["names alone"].looked_at == found["the same"].looked_at == 0
    assert found["a longer plan"].looked_at == 7
    assert list(found["a longer plan"].months) == [*MONTHS, Period.parse("2014-01")]
    assert list(found["a bound"].months) == MONTHS


def test_a_revision_in_mid_year_leaves_earlier_months_alone(posted: Office) -> None:
    found = looked(posted, target("<= 20", in_force_from="2013-05"))

    assert [str(month) for month, changes in found.months.items() if changes] == [
        f"2013-{month:02d}" for month in range(5, 13)
    ]


def test_a_preview_writes_nothing(posted: Office) -> None:
    with posted.database.read() as connection:
        before = count_rows(connection)
    for resource in CHANGES.values():
        looked(posted, resource)
    with posted.database.read() as connection:
        assert count_rows(connection) == before


def test_a_preview_refuses_what_saving_would_refuse(posted: Office) -> None:
    for wrong in (
        target("done"),
        target("<= 22.5", due="2014-12"),
        kpi("cases", kind="flow", frequency="Q"),
        department("exam", parent="exam-east"),
    ):
        with pytest.raises(Refused) as by_preview:
            looked(posted, wrong)
        with pytest.raises(Refused) as by_put:
            put(posted, wrong, PLANNER)
        assert by_preview.value.findings == by_put.value.findings
