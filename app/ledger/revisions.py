"""Figures: the sole writer of revisions, and their reads as of a position."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, func, or_, select, tuple_

from app.domain.figure import Amount, Figure, ObservationStatus
from app.domain.period import Frequency, Period
from app.ledger.lot_rows import LotRows
from app.ledger.lots import Many, singles
from app.ledger.narrowing import by_codes, numbers_of
from app.ledger.places import MOST_PLACES, Lookup
from app.ledger.progress import through
from app.ledger.tables import department, journal, kpi, revision, submission
from app.ledger.writing import add_lot, add_many, add_rows

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.lots import Lot
    from app.ledger.places import Place
    from app.ledger.putting import Part

FigureKey = tuple[str, str, Period]
"""KPI code, department code, period."""

LONG: Final = 2_000
"""Figures of one submission beyond which they go in as a long list."""


class Change(NamedTuple):
    """A figure to be written: created (revision 1) or revised (its next revision)."""

    kpi: str
    department: str
    period: Period
    revision: int
    row: int
    amount: Amount
    observation_status: ObservationStatus
    note: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Revision:
    """One line of a figure's history."""

    figure: Figure
    reason: str | None
    row: int
    source: str
    recorded_by: str


def append(
    connection: Connection,
    stored: StoredCatalogue,
    changes: Iterable[tuple[int, Collection[Change]]],
    before: Sequence[Part] = (),
) -> None:
    """Add revisions, each lot under its submission; only within `Database.write`.

    before: what goes in ahead of them, by the same statement where that can be.
    """
    short: list[tuple[object, ...]] = []
    long: list[tuple[int, Collection[Change]]] = []
    lots: list[tuple[int, Lot]] = []
    for number, made in changes:
        lot = singles(made)
        if isinstance(made, Many) and len(made.lot):
            lots.append((number, made.lot))
        if len(lot) > LONG:
            long.append((number, lot))
        else:
            short.extend(_rows(stored, number, lot))
    is_all = not (lots or long)
    add_rows(connection, *before, (revision, _COLUMNS, short), with_seals=is_all)
    for number, columns in lots:
        add_lot(connection, LotRows(columns, stored, number), entry=number)
    for number, lot in long:
        ordered = through("written", _in_order(stored, lot), len(lot))
        add_many(connection, revision, _COLUMNS, _rows(stored, number, ordered), entry=number)


_COLUMNS: Final = (
    "kpi_id",
    "department_id",
    "period",
    "revision",
    "submission_id",
    "row_number",
    "value",
    "numerator",
    "denominator",
    "observation_status",
    "note",
    "reason",
)


def _rows(
    stored: StoredCatalogue, number: int, changes: Iterable[Change]
) -> Iterator[tuple[object, ...]]:
    """Yield a submission's figures as rows of `_COLUMNS`."""
    kpi_ids, department_ids = stored.kpi_ids, stored.department_ids
    for change in changes:
        amount = change.amount
        yield (
            kpi_ids[change.kpi],
            department_ids[change.department],
            _spelled(change.period),
            change.revision,
            number,
            change.row,
            amount.value,
            amount.numerator,
            amount.denominator,
            change.observation_status,
            change.note,
            change.reason,
        )


# There are few periods, and each of them comes again and again.
_spelled = lru_cache(maxsize=8192)(str)


def _in_order(stored: StoredCatalogue, changes: Iterable[Change]) -> list[Change]:
    """Return figures series by series, the series as their lines are sealed.

    So the table's index is written page by page, and the lines need no merging.
    """
    places: dict[tuple[str, str], tuple[str, str]] = {}

    def place(change: Change) -> tuple[str, str]:
        series = (change.department, change.kpi)
        known = places.get(series)
        if known is None:
            numbers = (stored.department_ids[series[0]], stored.kpi_ids[series[1]])
            known = places[series] = (str(numbers[0]), str(numbers[1]))
        return known

    return sorted(changes, key=place)


def current(
    connection: Connection,
    stored: StoredCatalogue,
    keys: Collection[FigureKey],
    upto: int | None = None,
) -> dict[FigureKey, Figure]:
    """Return the newest revision of each of `keys` that has one (and perhaps of more).

    upto: a position of the journal as of which they are; None for now.
    """
    if len(keys) > MOST_PLACES:
        return _current_around(connection, stored, keys, upto)
    rows = _LOOKUP.rows(connection, stored, keys, upto)
    return {key: figure_of(row) for key, row in rows}


def _current_around(
    connection: Connection, stored: StoredCatalogue, keys: Collection[FigureKey], upto: int | None
) -> dict[FigureKey, Figure]:
    """Read all that lies between very many keys, which is then cheaper than to look up each."""
    series, periods = {key[:2] for key in keys}, {key[2] for key in keys}
    return current_among(connection, stored, series, periods, upto)


def current_among(
    connection: Connection,
    stored: StoredCatalogue,
    series: Collection[tuple[str, str]],
    periods: Collection[Period],
    upto: int | None = None,
) -> dict[FigureKey, Figure]:
    """Return the newest revision of each figure of some series and periods (and perhaps of more).

    series: each KPI code and department code.
    """
    spelled = [str(period) for period in periods]
    found = figures(
        connection,
        stored,
        kpis={kpi_code for kpi_code, _ in series},
        departments={department_code for _, department_code in series},
        upto=upto,
        where=[revision.c.period.between(min(spelled), max(spelled))],
    )
    return {
        (code, figure.department, figure.period): figure
        for code, listed in found.items()
        for figure in listed
    }


def figures(  # noqa: PLR0913 - filters, all of them optional
    connection: Connection,
    stored: StoredCatalogue,
    *,
    kpis: Collection[str] | None = None,
    departments: Collection[str] | None = None,
    upto: int | None = None,
    where: Sequence[ColumnElement[bool]] = (),
) -> dict[str, list[Figure]]:
    """Return figures as of a position (`upto`; None for now), per KPI code, in order of time."""
    query = latest(upto).where(*where)
    columns = (revision.c.kpi_id, revision.c.department_id)
    query = by_codes(query, columns, stored, kpis, departments)
    found: dict[str, list[Figure]] = {}
    for row in connection.execute(query):
        found.setdefault(row.kpi, []).append(figure_of(row))
    return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which figures are asked for; None for all.

    upto: the position of the journal as of which they are.
    ranges: each a first and a last period, of any frequency, None for no end; a figure's period
    must touch every one of them.
    """

    upto: int
    kpis: Collection[str] | None = None
    departments: Collection[str] | None = None
    ranges: Sequence[tuple[Period | None, Period | None]] = ()


def page(
    connection: Connection,
    stored: StoredCatalogue,
    wanted: Wanted,
    after: Place | None,
    limit: int,
) -> list[tuple[Place, str, Figure]]:
    """Return the figures wanted, in the table's own order, from after a place on.

    Each comes with its place and its KPI's code; at most `limit`.
    """
    columns = (revision.c.kpi_id, revision.c.department_id, revision.c.period)
    query = latest(wanted.upto).order_by(None).order_by(*columns).limit(limit)
    for column, numbers, codes in (
        (revision.c.kpi_id, stored.kpi_ids, wanted.kpis),
        (revision.c.department_id, stored.department_ids, wanted.departments),
    ):
        if codes is not None:
            query = query.where(column.in_(numbers_of(codes, numbers)))
    for first, last in wanted.ranges:
        query = query.where(_touching(first, last))
    if after is not None:
        query = query.where(tuple_(*columns) > tuple_(*after))
    return [
        ((row.kpi_id, row.department_id, row.period), row.kpi, figure_of(row))
        for row in connection.execute(query)
    ]


def _touching(first: Period | None, last: Period | None) -> ColumnElement[bool]:
    """Return the condition that a period touches a range: per frequency, by its own spelling."""
    ranges = []
    for frequency, spelled in _SPELLED.items():
        conditions = [spelled]
        if first is not None:
            conditions.append(revision.c.period >= str(first.first_of(frequency)))
        if last is not None:
            conditions.append(revision.c.period <= str(last.last_of(frequency)))
        ranges.append(and_(*conditions))
    return or_(*ranges)


_QUARTERLY = "____-Q_"
_SPELLED: Mapping[Frequency, ColumnElement[bool]] = {
    Frequency.ANNUAL: revision.c.period.like("____"),
    Frequency.QUARTERLY: revision.c.period.like(_QUARTERLY),
    Frequency.MONTHLY: and_(
        revision.c.period.like("____-__"), revision.c.period.not_like(_QUARTERLY)
    ),
}
"""Per frequency, the condition that a period is spelled as its periods are."""


def latest(upto: int | ColumnElement[int] | None) -> Select[Any]:
    """Return the query of the newest revision of every figure as of a position."""
    newer = revision.alias("newer")
    same_figure = and_(
        newer.c.kpi_id == revision.c.kpi_id,
        newer.c.department_id == revision.c.department_id,
        newer.c.period == revision.c.period,
    )
    query = _with_codes()
    newest = select(func.max(newer.c.revision)).where(same_figure)
    if upto is not None:
        newest = newest.where(newer.c.submission_id <= upto)
        query = query.where(revision.c.submission_id <= upto)
    return query.where(revision.c.revision == newest.scalar_subquery()).order_by(
        kpi.c.code, department.c.code, revision.c.period
    )


_LOOKUP: Final = Lookup(revision, latest)


def _with_codes() -> Select[Any]:
    return (
        select(
            revision,
            kpi.c.code.label("kpi"),
            department.c.code.label("department"),
            journal.c.recorded_at,
            journal.c.actor,
        )
        .join(kpi, kpi.c.id == revision.c.kpi_id)
        .join(department, department.c.id == revision.c.department_id)
        .join(journal, journal.c.id == revision.c.submission_id)
    )


def history(
    connection: Connection, kpi_code: str, department_code: str, period: Period
) -> list[Revision]:
    """Return every revision of one figure, oldest first; empty where there is none."""
    query = (
        _with_codes()
        .add_columns(submission.c.source)
        .join(submission, submission.c.id == revision.c.submission_id)
        .where(
            kpi.c.code == kpi_code,
            department.c.code == department_code,
            revision.c.period == str(period),
        )
        .order_by(revision.c.revision)
    )
    return [
        Revision(figure_of(row), row.reason, row.row_number, row.source, row.actor)
        for row in connection.execute(query)
    ]


def has_figures(connection: Connection, kpi_id: int) -> bool:
    """Tell whether a KPI has any figure."""
    query = select(revision.c.kpi_id).where(revision.c.kpi_id == kpi_id).limit(1)
    return connection.execute(query).first() is not None


def figure_of(row: Row[Any]) -> Figure:
    """Return the figure of a row of `latest`."""
    recorded_at: dt.datetime = row.recorded_at
    return Figure(
        department=row.department,
        period=Period.parse(row.period),
        amount=Amount(row.value, row.numerator, row.denominator),
        observation_status=ObservationStatus(row.observation_status),
        revision=row.revision,
        submission=row.submission_id,
        recorded_at=recorded_at,
        note=row.note,
    )


def by_member(listed: Iterable[Figure], members: Collection[str]) -> Mapping[str, Sequence[Figure]]:
    """Return the figures of each member department, an empty list where it has none."""
    sorted_out: dict[str, list[Figure]] = {member: [] for member in members}
    for figure in listed:
        if figure.department in sorted_out:
            sorted_out[figure.department].append(figure)
    return sorted_out
