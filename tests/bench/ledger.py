"""A made-up office of any size, loaded through Dabiao's own intake.

Every department reports every KPI every month; departments are flat, so that the number of series
and of figures follows from three numbers. The figures are arithmetic, not chance: two runs load
the same.
"""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app.domain.access import Actor, Role
from app.domain.kpi import DepartmentKind, Kind
from app.domain.period import Frequency
from app.intake.catalogue import Placed, load
from app.intake.folder import load_folder
from app.intake.resources import DepartmentResource, KpiResource, PlanResource, TargetResource
from app.intake.submission import CSV, Post, read, receive
from app.ledger import keys
from app.ledger.database import Database
from app.ledger.migrating import migrate
from app.ledger.office import Office
from app.ledger.submissions import Outcome
from tests.programs import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.ledger.submissions import Receipt

LOADER = Actor("benchmark", Role.ADMIN)
FIRST_YEAR = 2005
HEADER = "kpi,department,period,value\n"

Row = tuple[str, str, str, str]
"""KPI, department, period and value, as a file spells them."""


@dataclass(frozen=True)
class Shape:
    """How large an office is: departments, KPIs, months of figures, and whether it has targets."""

    departments: int
    kpis: int
    months: int = 0
    has_targets: bool = False

    def rows(self) -> Iterator[Row]:
        """Give its figures in order of time, as a department's deliveries would come."""
        for month in range(self.months):
            period = f"{FIRST_YEAR + month // 12}-{month % 12 + 1:02d}"
            for department, kpi in itertools.product(range(self.departments), range(self.kpis)):
                place = (month * self.departments + department) * self.kpis + kpi
                yield _kpi(kpi), _department(department), period, _value(place)


def csv_of(rows: Iterator[Row]) -> bytes:
    """Return figures as a file that intake reads."""
    return (HEADER + "".join(",".join(row) + "\n" for row in rows)).encode()


@contextmanager
def opened(url: str) -> Iterator[Office]:
    """Give the office that a database holds, after bringing it to the newest migration."""
    database = Database(url)
    try:
        migrate(database)
        yield Office(database, ZoneInfo("Asia/Shanghai"))
    finally:
        database.close()


def fill(office: Office, shape: Shape, *, is_empty: bool = False) -> None:
    """Load a made-up office: its catalogue, and unless it is empty its figures."""
    resources = [
        *(_department_resource(number) for number in range(shape.departments)),
        *(_kpi_resource(number, shape.departments) for number in range(shape.kpis)),
        *(_targets(shape) if shape.has_targets else ()),
    ]
    load(office, [Placed(resource) for resource in resources], LOADER, "benchmark")
    if shape.months and not is_empty:
        deliver(office, csv_of(shape.rows()))


def deliver(office: Office, body: bytes) -> Receipt:
    """Take a CSV delivery in as `dabiao submit` does; raises RuntimeError if it is refused."""
    receipt = receive(office, read(Post(body, CSV), LOADER), LOADER)
    if receipt.result.outcome is not Outcome.ACCEPTED:
        raise RuntimeError(f"the delivery was {receipt.result.outcome}: {receipt.result.findings}")
    return receipt


def rows_in(url: str, table: str) -> int:
    """Count a table's rows, whoever else has the database open."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        query = sa.select(sa.func.count()).select_from(sa.table(table))
        counted: int = connection.execute(query).scalar_one()
    return counted


def fill_from_seeds(office: Office) -> None:
    """Load every folder of `seeds/`, the illustrative year too."""
    for folder in sorted(path for path in (ROOT / "seeds").iterdir() if path.is_dir()):
        load_folder(office, folder, LOADER)


def new_key(office: Office) -> str:
    """Make a key that may do everything; returns the secret."""
    with office.database.write() as connection:
        stored = office.catalogue(connection)
        new = keys.NewKey("benchmark", Role.ADMIN)
        _, secret = keys.create(connection, stored, new, actor=LOADER, now=office.clock())
    return secret


def _value(place: int) -> str:
    """Return a number that looks like chance, so that it compresses like real figures."""
    mixed = (place + 1) * 2_654_435_761 % 2**32
    return f"{mixed % 10_000}.{mixed // 10_000 % 100:02d}"


def _department(number: int) -> str:
    return f"region-{number:05d}"


def _kpi(number: int) -> str:
    return f"measure-{number:04d}"


def _department_resource(number: int) -> DepartmentResource:
    code = _department(number)
    return DepartmentResource(
        code=code, name_zh=f"地区 {number}", name_en=code, kind=DepartmentKind.REGION
    )


def _kpi_resource(number: int, departments: int) -> KpiResource:
    code = _kpi(number)
    return KpiResource(
        code=code,
        name_zh=f"指标 {number}",
        name_en=code,
        unit_zh="件",
        unit_en="cases",
        kind=Kind.LEVEL,
        frequency=Frequency.MONTHLY,
        reported_by=[_department(reporter) for reporter in range(departments)],
    )


def _targets(shape: Shape) -> Iterator[PlanResource | TargetResource]:
    """Give a plan over the months that have figures, and a target for each KPI and department."""
    end = f"{FIRST_YEAR + (shape.months - 1) // 12}-12"
    plan = PlanResource(
        code="plan", name_zh="计划", name_en="Plan", start=f"{FIRST_YEAR}-01", end=end
    )
    yield plan
    for kpi, department in itertools.product(range(shape.kpis), range(shape.departments)):
        yield TargetResource(
            plan=plan.code,
            kpi=_kpi(kpi),
            department=_department(department),
            target=">= 5000",
            due=end,
        )
