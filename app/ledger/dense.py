"""Figures read by the hundred thousand: a period's at a time, as arrays.

What comes over is numbers alone, KPI by KPI: PostgreSQL strings them together itself, so a row
costs neither a message nor an object here. Measured, 300,000 figures of a period among 36 million
(PostgreSQL 15, two loaded cores): row by row by COPY 2.3 s, strung together 0.6 s.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sqlalchemy import BigInteger, Integer, String, bindparam, select, text

from app.domain.figure import ObservationStatus
from app.domain.grid import NOTHING, UNIT
from app.ledger.places import Lookup
from app.ledger.tables import revision

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from decimal import Decimal

    from sqlalchemy import ColumnElement, Connection, Row, Select, TextClause

    from app.domain.grid import Whole
    from app.domain.period import Period
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.revisions import FigureKey


@dataclass(frozen=True, slots=True)
class Lot:
    """Revisions of one KPI's figures of one period, by numbers; amounts in millionths.

    marked: 1 where a figure is marked as a break in series. An amount that is not there is
    `NOTHING`.
    """

    department: Whole
    revision: Whole
    marked: Whole
    submission: Whole
    value: Whole
    numerator: Whole
    denominator: Whole

    def take(self, rows: Whole) -> Lot:
        """Return some of the revisions, in that order."""
        return Lot(*(getattr(self, field.name)[rows] for field in fields(self)))

    def and_those(self, other: Lot) -> Lot:
        """Return the revisions of both."""
        names = [field.name for field in fields(self)]
        return Lot(
            *(np.concatenate([getattr(one, name) for one in (self, other)]) for name in names)
        )


def lots(
    connection: Connection, period: Period, kpi_ids: Collection[int], upto: int
) -> dict[int, Lot]:
    """Return the revisions of a period up to a position of the journal, per number of a KPI."""
    given = {"period": str(period), "upto": upto, "kpis": list(kpi_ids)}
    dialect = connection.dialect.name
    result = connection.execute(statement(dialect), given)
    if dialect == "sqlite":
        listed = groupby(result, key=lambda row: row[0])
        return {number: _of_rows(row[1:] for row in some) for number, some in listed}
    found: dict[int, Lot] = {}
    for number, is_ratio, *strings in result:
        lot = _of_strings(strings, is_ratio=is_ratio)
        found[number] = found[number].and_those(lot) if number in found else lot
    return found


def statement(dialect: str) -> TextClause:
    """Return the query of a period's revisions of some KPIs, for an engine."""
    return _SQLITE if dialect == "sqlite" else _POSTGRESQL


_GIVEN: Final = (
    bindparam("period", type_=String),
    bindparam("kpis", type_=Integer, expanding=True),
    bindparam("upto", type_=BigInteger),
)
_SQLITE: Final = text("""
    SELECT kpi_id, department_id, revision, observation_status = 'B', submission_id,
        value, numerator, denominator
    FROM revision INDEXED BY ix_revision_period_kpi_id
    WHERE period = :period AND kpi_id IN :kpis AND submission_id <= :upto
    ORDER BY kpi_id
""").bindparams(*_GIVEN)
"""Of an embedded database: its amounts are millionths already.

The index is named since SQLite, not knowing how many periods there are, would go through each KPI's
figures of all of them.
"""

# The two kinds of figures apart, so that what is empty takes no place. A revision's lowest bit
# says whether it is marked, which saves a string.
_POSTGRESQL: Final = text(f"""
    SELECT kpi_id, numerator IS NOT NULL AND denominator IS NOT NULL,
        string_agg(int4send(department_id), ''),
        string_agg(int4send(revision * 2 + (observation_status = 'B')::int), ''),
        string_agg(int8send(submission_id), ''),
        string_agg(int8send(coalesce((value * {UNIT})::bigint, {NOTHING})), ''),
        string_agg(int8send((numerator * {UNIT})::bigint), ''),
        string_agg(int8send((denominator * {UNIT})::bigint), '')
    FROM revision
    WHERE period = :period AND kpi_id IN :kpis AND submission_id <= :upto
    GROUP BY 1, 2
""").bindparams(*_GIVEN)  # noqa: S608 - fixed text, two numbers of ours


def _of_rows(rows: Iterable[tuple[Any, ...]]) -> Lot:
    listed = [[NOTHING if one is None else int(one) for one in row] for row in rows]
    return Lot(*np.array(listed, dtype=np.int64).reshape(-1, len(fields(Lot))).T)


def _of_strings(strings: list[bytes | None], *, is_ratio: bool) -> Lot:
    departments, revisions, *rest = strings
    department, numbered = (_numbers(one, ">i4") for one in (departments, revisions))
    submission, value = (_numbers(one, ">i8") for one in rest[:2])
    nothing = np.full(len(department), NOTHING, dtype=np.int64)
    above, below = (_numbers(one, ">i8") for one in rest[2:]) if is_ratio else (nothing, nothing)
    return Lot(department, numbered >> 1, numbered & 1, submission, value, above, below)


def _numbers(string: bytes | None, kind: str) -> Whole:
    return np.frombuffer(string or b"", dtype=kind).astype(np.int64)


def lots_of(
    connection: Connection, stored: StoredCatalogue, keys: Collection[FigureKey], upto: int
) -> dict[tuple[str, Period], Lot]:
    """Return all revisions of a few figures up to a position, per KPI and period."""
    found: dict[tuple[str, Period], list[tuple[Any, ...]]] = {}
    for (kpi, _, period), row in _LOOKUP.rows(connection, stored, keys, upto):
        found.setdefault((kpi, period), []).append(_numbered(row))
    return {place: _of_rows(rows) for place, rows in found.items()}


def _numbered(row: Row[Any]) -> tuple[Any, ...]:
    return (
        row.department_id,
        row.revision,
        row.observation_status == ObservationStatus.BREAK,
        row.submission_id,
        *map(_millionths, (row.value, row.numerator, row.denominator)),
    )


def _millionths(value: Decimal | None) -> int | None:
    return None if value is None else int(value * UNIT)


def _all(upto: int | ColumnElement[int] | None) -> Select[Any]:
    limit = bindparam("upto", type_=BigInteger) if upto is None else upto
    return select(revision).where(revision.c.submission_id <= limit)


_LOOKUP: Final = Lookup(revision, _all)
