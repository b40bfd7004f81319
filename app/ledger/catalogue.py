"""The catalogue in the ledger: versions added, the whole read at one position.

Reading builds the pure `Catalogue` and remembers the numbers behind the codes; it is kept per
position, since it changes far less often than figures do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from app.domain.catalogue import Catalogue, TargetKey
from app.ledger import tables
from app.ledger.catalogue_rows import (
    department_of,
    kpi_of,
    plan_of,
    target_columns,
    target_of,
    written_definitions,
)
from app.ledger.journal import EntryKind, newest
from app.ledger.writing import add

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Row, Table

    from app.domain.kpi import Department, Kpi, Plan
    from app.domain.target import Target


@dataclass(frozen=True, slots=True)
class TargetVersion:
    """A version of a target, and when it was recorded, by whom."""

    target: Target
    recorded_at: dt.datetime
    recorded_by: str


@dataclass(frozen=True)
class StoredCatalogue:
    """The catalogue at a position, and the numbers and versions behind its codes."""

    position: int
    catalogue: Catalogue
    plan_ids: Mapping[str, int]
    department_ids: Mapping[str, int]
    kpi_ids: Mapping[str, int]
    target_ids: Mapping[TargetKey, int]
    versions: Mapping[tuple[str, str], int]
    """Per (resource, code): the newest version; a target's code is plan/kpi/department."""
    target_versions: Mapping[TargetKey, tuple[TargetVersion, ...]]
    """Per target, all its versions, the oldest first."""


class CatalogueReader:
    """Reads the catalogue, keeping the few positions that were asked for last."""

    _KEPT = 4

    def __init__(self) -> None:
        """Begin with nothing kept."""
        self._kept: dict[int, StoredCatalogue] = {}

    def at(self, connection: Connection, position: int) -> StoredCatalogue:
        """Return the catalogue as of a position of the journal."""
        return self.since(connection, newest(connection, EntryKind.CATALOGUE, position))

    def since(self, connection: Connection, changed: int) -> StoredCatalogue:
        """Return the catalogue as an entry left it, the newest that changed it."""
        found = self._kept.get(changed)
        if found is None:
            found = read(connection, changed)
            # Two threads may read the same at once; both get an equal catalogue, one is kept.
            self._kept = {**dict(list(self._kept.items())[1 - self._KEPT :]), changed: found}
        return found


def read(connection: Connection, position: int) -> StoredCatalogue:
    """Read the whole catalogue as of a position."""
    plans = _newest(connection, tables.plan, tables.plan_version, position)
    departments = _newest(connection, tables.department, tables.department_version, position)
    kpis = _newest(connection, tables.kpi, tables.kpi_version, position)
    codes = {row.id: row.code for row in departments}
    reporters = _reporters(connection, kpis, codes)
    stored_targets = _targets(connection, position)
    versions = {
        (resource, row.code): row.version
        for resource, rows in (("plan", plans), ("department", departments), ("kpi", kpis))
        for row in rows
    }
    for key, (_, listed) in stored_targets.items():
        versions["target", "/".join(key)] = listed[-1].target.version
    return StoredCatalogue(
        position=position,
        catalogue=Catalogue(
            plans={row.code: plan_of(row) for row in plans},
            departments={row.code: department_of(row, codes) for row in departments},
            kpis={row.code: kpi_of(row, reporters.get(row.id, ())) for row in kpis},
            targets={key: listed[-1].target for key, (_, listed) in stored_targets.items()},
        ),
        plan_ids={row.code: row.id for row in plans},
        department_ids={row.code: row.id for row in departments},
        kpi_ids={row.code: row.id for row in kpis},
        target_ids={key: number for key, (number, _) in stored_targets.items()},
        versions=versions,
        target_versions={key: tuple(listed) for key, (_, listed) in stored_targets.items()},
    )


def _newest(
    connection: Connection, identity: Table, version: Table, position: int
) -> Sequence[Row[Any]]:
    """Return, for each code in order, its version in force at a position."""
    owner = version.c[f"{identity.name}_id"]
    latest = (
        select(owner.label("owner"), func.max(version.c.version).label("version"))
        .where(version.c.entry_id <= position)
        .group_by(owner)
        .subquery()
    )
    query = (
        select(identity.c.id, identity.c.code, version)
        .join(version, owner == identity.c.id)
        .join(latest, and_(latest.c.owner == owner, latest.c.version == version.c.version))
        .order_by(identity.c.code)
    )
    return connection.execute(query).all()


def _reporters(
    connection: Connection, kpis: Sequence[Row[Any]], codes: Mapping[int, str]
) -> dict[int, list[str]]:
    in_force = {(row.id, row.version) for row in kpis}
    found: dict[int, list[str]] = {}
    for row in connection.execute(select(tables.kpi_reporter)):
        if (row.kpi_id, row.version) in in_force:
            found.setdefault(row.kpi_id, []).append(codes[row.department_id])
    return {number: sorted(departments) for number, departments in found.items()}


def _targets(
    connection: Connection, position: int
) -> dict[TargetKey, tuple[int, list[TargetVersion]]]:
    """Return, per target, its number and all its versions up to a position, the oldest first."""
    table, version = tables.target, tables.target_version
    query = (
        select(
            table.c.id,
            tables.plan.c.code.label("plan"),
            tables.kpi.c.code.label("kpi"),
            tables.department.c.code.label("department"),
            version,
            tables.journal.c.recorded_at,
            tables.journal.c.actor,
        )
        .join(version, version.c.target_id == table.c.id)
        .join(tables.journal, tables.journal.c.id == version.c.entry_id)
        .join(tables.plan, tables.plan.c.id == table.c.plan_id)
        .join(tables.kpi, tables.kpi.c.id == table.c.kpi_id)
        .join(tables.department, tables.department.c.id == table.c.department_id)
        .where(version.c.entry_id <= position)
        .order_by(
            tables.plan.c.code, tables.kpi.c.code, tables.department.c.code, version.c.version
        )
    )
    found: dict[TargetKey, tuple[int, list[TargetVersion]]] = {}
    for row in connection.execute(query):
        _, listed = found.setdefault((row.plan, row.kpi, row.department), (row.id, []))
        listed.append(TargetVersion(target_of(row), row.recorded_at, row.actor))
    return found


class CatalogueWriter:
    """Adds versions under one journal entry; only within `Database.write`."""

    def __init__(self, connection: Connection, stored: StoredCatalogue, entry: int) -> None:
        """Write on top of the catalogue as stored, under a journal entry."""
        self._connection = connection
        self._entry = entry
        # Codes that this writer adds can be named by what it adds next.
        self._plans = dict(stored.plan_ids)
        self._departments = dict(stored.department_ids)
        self._kpis = dict(stored.kpi_ids)
        self._targets = dict(stored.target_ids)

    def plan(self, plan: Plan) -> int:
        """Add a version of a plan; returns its version."""
        return self._add(
            tables.plan,
            self._plans,
            plan.code,
            {
                "name_zh": plan.name_zh,
                "name_en": plan.name_en,
                "start_period": str(plan.start),
                "end_period": str(plan.end),
                "source": plan.source,
            },
        )[1]

    def department(self, department: Department) -> int:
        """Add a version of a department, whose parent is stored already."""
        parent = department.parent
        return self._add(
            tables.department,
            self._departments,
            department.code,
            {
                "name_zh": department.name_zh,
                "name_en": department.name_en,
                "kind": department.kind,
                "parent_id": None if parent is None else self._departments[parent],
            },
        )[1]

    def kpi(self, kpi: Kpi) -> int:
        """Add a version of a KPI, whose departments are stored already."""
        number, version = self._add(
            tables.kpi,
            self._kpis,
            kpi.code,
            {
                "name_zh": kpi.name_zh,
                "name_en": kpi.name_en,
                "unit_zh": kpi.unit_zh,
                "unit_en": kpi.unit_en,
                "kind": kpi.kind,
                "frequency": kpi.frequency,
                "direction": kpi.direction,
                "decimals": kpi.decimals,
                "due_days": kpi.due_days,
                "factor": kpi.factor,
                "monotone": kpi.monotone,
                "minimum": kpi.minimum,
                "maximum": kpi.maximum,
                "definition": kpi.definition,
                "early_figures": kpi.early_figures,
                "sum_of": None if kpi.sum_of is None else kpi.sum_of.kpi,
                "sum_over": None if kpi.sum_of is None else kpi.sum_of.over,
                "definitions": written_definitions(kpi.definitions),
            },
        )
        reporters = [
            {
                "kpi_id": number,
                "version": version,
                "department_id": self._departments[code],
            }
            for code in kpi.reported_by
        ]
        add(self._connection, tables.kpi_reporter, reporters)
        return version

    def target(self, target: Target) -> int:
        """Add a version of a target, whose plan, KPI and department are stored already."""
        key = (target.plan, target.kpi, target.department)
        number = self._targets.get(key)
        if number is None:
            number = self._targets[key] = _next(self._connection, tables.target.c.id)
            row = {
                "id": number,
                "plan_id": self._plans[target.plan],
                "kpi_id": self._kpis[target.kpi],
                "department_id": self._departments[target.department],
            }
            add(self._connection, tables.target, row)
        return self._version(tables.target_version, "target_id", number, target_columns(target))

    def _add(
        self, identity: Table, numbers: dict[str, int], code: str, columns: dict[str, object]
    ) -> tuple[int, int]:
        number = numbers.get(code)
        if number is None:
            number = numbers[code] = _next(self._connection, identity.c.id)
            add(self._connection, identity, {"id": number, "code": code})
        versions = tables.metadata.tables[f"{identity.name}_version"]
        return number, self._version(versions, f"{identity.name}_id", number, columns)

    def _version(self, versions: Table, owner: str, number: int, columns: dict[str, object]) -> int:
        query = select(func.max(versions.c.version)).where(versions.c[owner] == number)
        version: int = (self._connection.execute(query).scalar() or 0) + 1
        row = {owner: number, "version": version, "entry_id": self._entry, **columns}
        add(self._connection, versions, row)
        return version


def _next(connection: Connection, column: Any) -> int:  # noqa: ANN401 - a column of any table
    return (connection.execute(select(func.max(column))).scalar() or 0) + 1
