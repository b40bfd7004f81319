"""A small office with every kind of KPI, for the tests of what Prometheus is told.

Two departments below an office: `mech` and `elec`. Their figures of 2013 come in month by month, so
that some are on time, some late, one is corrected, one is posted as missing and one comes back for
revision.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain.access import Actor, Role
from app.domain.kpi import Department, Kind, Kpi, Plan
from app.domain.period import Frequency
from app.domain.target import Target
from app.intake.review import give_back
from app.intake.submission import JSON, Post, read, receive
from app.ledger import journal
from app.ledger.catalogue import CatalogueWriter
from app.ledger.submissions import OnError
from tests import factories

if TYPE_CHECKING:
    from app.ledger.office import Office
    from app.ledger.submissions import Receipt
    from tests.clock import Clock

PLANNER = Actor("planner", Role.ADMIN)
AWKWARD = '电学"发明"\\审查部\n第二行'
"""A name with everything that a label value must escape."""

PLANS = (
    factories.plan("year-2013"),
    factories.plan("five-year", start="2011-01", end="2015-12"),
)
DEPARTMENTS = (
    factories.department("office"),
    factories.department("mech", parent="office"),
    replace(factories.department("elec", parent="office"), name_zh=AWKWARD),
)
KPIS = (
    replace(
        factories.kpi("pendency", reported_by=("mech", "elec")),
        name_zh="发明专利审查周期",
        unit_zh="个月",
        unit_en="months",
    ),
    factories.kpi("cases", kind=Kind.FLOW, reported_by=("mech",)),
    factories.kpi(
        "patents", kind=Kind.RATIO, frequency=Frequency.ANNUAL, factor=10000, reported_by=("elec",)
    ),
    factories.kpi(
        "standard", kind=Kind.MILESTONE, frequency=Frequency.QUARTERLY, reported_by=("elec",)
    ),
    factories.kpi("visits", reported_by=("mech",)),
    factories.kpi("errors", reported_by=("elec",)),
    factories.kpi("silent", reported_by=("elec",)),
)


def _target(text: str, kpi: str, department: str, **given: object) -> Target:
    settings = {"plan_code": "year-2013", **given}
    return factories.target(text, kpi_code=kpi, department_code=department, **settings)  # type: ignore[arg-type]


TARGETS = (
    _target("<= 22.5", "pendency", "office"),
    _target("<= 22.5", "pendency", "mech", tolerance_band="0.02"),
    _target(">= 1200", "cases", "mech", kind=Kind.FLOW),
    _target(
        ">= 3.3", "patents", "elec", plan_code="five-year", due="2015", baseline=("2010", "1.7")
    ),
    _target("done", "standard", "elec", due="2013-Q4", kind=Kind.MILESTONE),
    _target("<= 0", "errors", "elec"),
    _target("3..5", "silent", "elec"),
)

Row = dict[str, object]


def enter(office: Office, *things: Plan | Department | Kpi | Target) -> None:
    """Add versions to the catalogue, in the order given."""
    with office.database.write() as connection:
        stored = office.catalogue(connection)
        entry = journal.record(
            connection,
            journal.EntryKind.CATALOGUE,
            "put",
            "test",
            actor=PLANNER,
            now=office.clock(),
        )
        writer = CatalogueWriter(connection, stored, entry.id)
        for thing in things:
            match thing:
                case Plan():
                    writer.plan(thing)
                case Department():
                    writer.department(thing)
                case Kpi():
                    writer.kpi(thing)
                case Target():
                    writer.target(thing)


def row(kpi: str, department: str, period: str, value: object = None, **more: object) -> Row:
    """Return one row of a delivery."""
    given = {} if value is None else {"value": value}
    return {"kpi": kpi, "department": department, "period": period, **given, **more}


def post(office: Office, *rows: Row, on_error: OnError = OnError.REJECT) -> Receipt:
    """Deliver figures the way the API does."""
    body = json.dumps({"actuals": rows}).encode()
    return receive(office, read(Post(body, JSON, on_error=on_error), PLANNER), PLANNER)


def found(office: Office) -> None:
    """Found the office: its catalogue, without any figure."""
    enter(office, *PLANS, *DEPARTMENTS, *KPIS, *TARGETS)


def settle(office: Office, clock: Clock) -> None:
    """Found the office and let its year go by; the clock stands at 5 January 2014 afterwards."""
    clock.set(2013, 1, 2)
    found(office)
    clock.set(2013, 2, 5)
    post(
        office,
        row("pendency", "mech", "2013-01", "23.9", denominator=100),
        row("pendency", "elec", "2013-01", "22.1", denominator=300),
        row("cases", "mech", "2013-01", 90),
        row("errors", "elec", "2013-01", 0),
    )
    clock.set(2013, 3, 20)
    post(
        office,
        row("pendency", "mech", "2013-02", "23.8", denominator=120),
        row("cases", "mech", "2013-02", 80),
        row("errors", "elec", "2013-02", 2),
        row("visits", "mech", "2013-02", "999999999999.999999"),
    )
    post(office, row("pendency", "mech", "2013-02", "23.7", denominator=120, reason="重新统计"))
    clock.set(2013, 4, 8)
    post(
        office,
        row("pendency", "mech", "2013-03", observation_status="M"),
        row("standard", "elec", "2013-Q1", "0.5"),
        row("visits", "mech", "2013-03", "-0.000001"),
    )
    post(office, row("pendency", "mech", "2013-04", 20))
    post(
        office,
        row("cases", "mech", "2013-03", 70),
        row("cases", "nobody", "2013-03", 70),
        on_error=OnError.SKIP,
    )
    clock.set(2014, 1, 5)
    last = post(office, row("patents", "elec", "2012", numerator=43000, denominator="134000000"))
    assert last.id is not None
    give_back(office, last.id, PLANNER, "分母应为年末人口")
