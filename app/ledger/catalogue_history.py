"""Every version of one plan, department, KPI or target: what it said, who wrote it, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.ledger import tables
from app.ledger.catalogue_rows import department_of, kpi_of, plan_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Row, Table

    from app.domain.kpi import Department, Kpi, Plan
    from app.domain.target import Target
    from app.ledger.catalogue import StoredCatalogue


@dataclass(frozen=True, slots=True)
class Version:
    """A version: its number, what it said, and when and by whom it was recorded."""

    number: int
    thing: Plan | Department | Kpi | Target
    recorded_at: dt.datetime
    recorded_by: str


def versions(
    connection: Connection, stored: StoredCatalogue, kind: str, code: str
) -> list[Version]:
    """Return the versions of a resource up to the catalogue's position, the oldest first.

    kind: plan, department, kpi or target; a target's code is plan/kpi/department. Empty for what
    is not there.
    """
    if kind == "target":
        return _of_target(stored, code)
    identity, table = _TABLES[kind]
    query = (
        select(identity.c.code, table, tables.journal.c.recorded_at, tables.journal.c.actor)
        .join(table, table.c[f"{kind}_id"] == identity.c.id)
        .join(tables.journal, tables.journal.c.id == table.c.entry_id)
        .where(identity.c.code == code, table.c.entry_id <= stored.position)
        .order_by(table.c.version)
    )
    rows = connection.execute(query).all()
    return [
        Version(row.version, thing, row.recorded_at, row.actor)
        for row, thing in zip(rows, _things(connection, stored, kind, rows), strict=True)
    ]


_TABLES: Mapping[str, tuple[Table, Table]] = {
    "plan": (tables.plan, tables.plan_version),
    "department": (tables.department, tables.department_version),
    "kpi": (tables.kpi, tables.kpi_version),
}


def _things(
    connection: Connection, stored: StoredCatalogue, kind: str, rows: Sequence[Row[Any]]
) -> Iterator[Plan | Department | Kpi]:
    codes = {number: code for code, number in stored.department_ids.items()}
    if kind == "plan":
        yield from map(plan_of, rows)
    elif kind == "department":
        yield from (department_of(row, codes) for row in rows)
    elif rows:
        reporters = _reporters(connection, rows[0].kpi_id, codes)
        yield from (kpi_of(row, sorted(reporters.get(row.version, ()))) for row in rows)


def _reporters(connection: Connection, kpi: int, codes: Mapping[int, str]) -> dict[int, list[str]]:
    """Return, per version of a KPI, the departments that report it."""
    table = tables.kpi_reporter
    query = select(table.c.version, table.c.department_id).where(table.c.kpi_id == kpi)
    found: dict[int, list[str]] = {}
    for version, number in connection.execute(query):
        # One of a version after the position may name a department that was not there yet.
        if number in codes:
            found.setdefault(version, []).append(codes[number])
    return found


def _of_target(stored: StoredCatalogue, code: str) -> list[Version]:
    plan, _, rest = code.partition("/")
    kpi, _, department = rest.partition("/")
    return [
        Version(one.target.version, one.target, one.recorded_at, one.recorded_by)
        for one in stored.target_versions.get((plan, kpi, department), ())
    ]
