"""The read model of reviewing: figures by where they stand, and what a reviewer holds them against.

Each is one read, whatever the number of figures: what stands where, what came before, what was
asked about it and answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, func, or_, select

from app.domain.figure import Amount
from app.domain.lifecycle import NEXT, Action, Review, State
from app.domain.period import Frequency, Period
from app.ledger import revisions
from app.ledger.acknowledgements import Acknowledgement
from app.ledger.narrowing import numbers_of
from app.ledger.places import Lookup
from app.ledger.submissions import Source, finding_of
from app.ledger.tables import acknowledgement, department, finding, journal, kpi, review, revision
from app.ledger.tables import submission as submission_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select

    from app.domain.figure import Figure
    from app.domain.finding import Finding
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.revisions import FigureKey

REVIEWED: Final = (State.SUBMITTED, State.RETURNED, State.APPROVED)
"""Where a figure that is on record can stand."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which figures are asked for, as of a position of the journal; None for all.

    within: only of periods that lie in this one, of any frequency.
    """

    upto: int
    departments: Collection[str] | None = None
    kpi: str | None = None
    within: Period | None = None
    submission: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A figure as it stands: its newest revision, how it came in, what was said of it last."""

    kpi: str
    figure: Figure
    row: int
    reason: str | None
    by: str
    source: Source
    filename: str | None
    review: Review | None

    @property
    def key(self) -> FigureKey:
        """KPI code, department code, period."""
        return self.kpi, self.figure.department, self.figure.period


@dataclass(frozen=True, slots=True)
class Heap:
    """How many figures of a submission and a period stand where."""

    submission: int
    period: Period
    state: State
    count: int


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning of a submission, by its place among the findings, and the answer that stands."""

    ordinal: int
    finding: Finding
    answer: Acknowledgement | None = None


@dataclass(frozen=True, slots=True)
class Warnings:
    """The warnings of a submission: about its rows, and about the whole of it."""

    of_rows: dict[int, list[Warned]] = field(default_factory=dict)
    of_all: list[Warned] = field(default_factory=list)


def heaps(connection: Connection, stored: StoredCatalogue, wanted: Wanted) -> list[Heap]:
    """Count the figures wanted by submission (the newest first), period and state."""
    standing = _standing(stored, wanted).subquery()
    columns = (standing.c.submission_id, standing.c.period, standing.c.action)
    query = (
        select(*columns, func.count())
        .group_by(*columns)
        .order_by(standing.c.submission_id.desc(), standing.c.period)
    )
    return [
        Heap(number, Period.parse(period), _state(action), count)
        for number, period, action, count in connection.execute(query)
    ]


def listed(
    connection: Connection,
    stored: StoredCatalogue,
    wanted: Wanted,
    state: State,
    part: tuple[int, int] | None = None,
) -> list[Standing]:
    """Return the figures wanted that stand somewhere, those that came in last first.

    part: how many are passed over, and how many come at most; None for all.
    """
    query = (
        _standing(stored, wanted)
        .where(_stands(state))
        .order_by(revision.c.submission_id.desc(), kpi.c.code, department.c.code, revision.c.period)
    )
    if part is not None:
        query = query.offset(part[0]).limit(part[1])
    return [_figure(row) for row in connection.execute(query)]


def _standing(stored: StoredCatalogue, wanted: Wanted) -> Select[Any]:
    """Return the query of the newest revisions wanted, each with the last review of it."""
    spoken = review.alias("spoken")
    said = journal.alias("said")
    last = (
        select(func.max(spoken.c.entry_id))
        .where(*_same(spoken, revision), spoken.c.entry_id <= wanted.upto)
        .scalar_subquery()
    )
    query = (
        revisions.latest(wanted.upto)
        .order_by(None)
        .join(submission_table, submission_table.c.id == revision.c.submission_id)
        .outerjoin(
            review,
            and_(
                *_same(review, revision),
                review.c.revision == revision.c.revision,
                review.c.entry_id == last,
            ),
        )
        .outerjoin(said, said.c.id == review.c.entry_id)
        .add_columns(
            submission_table.c.source,
            submission_table.c.filename,
            review.c.action,
            review.c.reason.label("said_why"),
            said.c.actor.label("said_by"),
            said.c.recorded_at.label("said_at"),
        )
    )
    kpis = None if wanted.kpi is None else [wanted.kpi]
    for column, codes, numbers in (
        (revision.c.kpi_id, kpis, stored.kpi_ids),
        (revision.c.department_id, wanted.departments, stored.department_ids),
    ):
        if codes is not None:
            query = query.where(column.in_(numbers_of(codes, numbers)))
    if wanted.within is not None:
        query = query.where(revision.c.period.in_([str(at) for at in within(wanted.within)]))
    if wanted.submission is not None:
        query = query.where(revision.c.submission_id == wanted.submission)
    return query


def _same(one: FromClause, other: FromClause) -> list[ColumnElement[bool]]:
    return [one.c[name] == other.c[name] for name in ("kpi_id", "department_id", "period")]


def within(period: Period) -> list[Period]:
    """Return the periods of every frequency that lie in one."""
    found = []
    for frequency in Frequency:
        if frequency.per_year >= period.frequency.per_year:
            first, last = period.first_of(frequency), period.last_of(frequency)
            found += [first.shift(count) for count in range(last.ordinal - first.ordinal + 1)]
    return found


def _stands(state: State) -> ColumnElement[bool]:
    leading = {action for (_, action), end in NEXT.items() if end is state}
    spoken = review.c.action.in_(sorted(leading))
    return or_(spoken, review.c.action.is_(None)) if state is State.SUBMITTED else spoken


def _state(action: str | None) -> State:
    if action is None:
        return State.SUBMITTED
    return next(end for (_, known), end in NEXT.items() if known == action)


def _figure(row: Row[Any]) -> Standing:
    said = None
    if row.action is not None:
        said = Review(Action(row.action), row.revision, row.said_by, row.said_at, row.said_why)
    return Standing(
        kpi=row.kpi,
        figure=revisions.figure_of(row),
        row=row.row_number,
        reason=row.reason,
        by=row.actor,
        source=Source(row.source),
        filename=row.filename,
        review=said,
    )


_COLUMNS: Final = [
    revision.c[name]
    for name in (
        *("kpi_id", "department_id", "period", "revision"),
        *("value", "numerator", "denominator"),
    )
]
_REVISIONS: Final = Lookup(revision, lambda _upto: select(*_COLUMNS))


def before(
    connection: Connection, stored: StoredCatalogue, revised: Mapping[FigureKey, int]
) -> dict[FigureKey, Amount]:
    """Return what figures were before a revision of theirs; none for their first."""
    found = {}
    corrected = [key for key, number in revised.items() if number > 1]
    for key, row in _REVISIONS.rows(connection, stored, corrected):
        if row.revision == revised[key] - 1:
            found[key] = Amount(row.value, row.numerator, row.denominator)
    return found


def warnings(
    connection: Connection, rows: Mapping[int, Collection[int]], upto: int
) -> dict[int, Warnings]:
    """Return the warnings about rows of submissions, and about each of these as a whole.

    Each comes with what was said to it last, as of a position of the journal.
    """
    wanted = and_(
        finding.c.submission_id.in_(sorted(rows)),
        finding.c.severity == "warning",
        or_(
            finding.c.row_number.is_(None),
            finding.c.row_number.in_(sorted({row for mine in rows.values() for row in mine})),
        ),
    )
    query = select(finding).where(wanted).order_by(finding.c.submission_id, finding.c.ordinal)
    found = connection.execute(query).all()
    answers = _answers(connection, wanted, upto) if found else {}
    sorted_out = {number: Warnings() for number in rows}
    for line in found:
        number = line.submission_id
        one = Warned(line.ordinal, finding_of(line), answers.get((number, line.ordinal)))
        if line.row_number is None:
            sorted_out[number].of_all.append(one)
        elif line.row_number in rows[number]:
            sorted_out[number].of_rows.setdefault(line.row_number, []).append(one)
    return sorted_out


def _answers(
    connection: Connection, wanted: ColumnElement[bool], upto: int
) -> dict[tuple[int, int], Acknowledgement]:
    query = (
        select(acknowledgement, finding.c.code, finding.c.row_number)
        .add_columns(journal.c.actor, journal.c.recorded_at)
        .join(
            finding,
            and_(
                finding.c.submission_id == acknowledgement.c.submission_id,
                finding.c.ordinal == acknowledgement.c.ordinal,
            ),
        )
        .join(journal, journal.c.id == acknowledgement.c.entry_id)
        .where(wanted, acknowledgement.c.entry_id <= upto)
        .order_by(acknowledgement.c.entry_id)
    )
    # What comes later takes the place of what was said before.
    return {
        (row.submission_id, row.ordinal): Acknowledgement(
            row.ordinal, row.code, row.row_number, row.note, row.actor, row.recorded_at
        )
        for row in connection.execute(query)
    }


def year_before(
    connection: Connection, stored: StoredCatalogue, keys: Iterable[FigureKey], upto: int
) -> dict[FigureKey, Sequence[Figure]]:
    """Return each figure with those of the year before it, in order of time."""
    wanted = {
        key: [(key[0], key[1], key[2].shift(-back)) for back in range(_year(key) + 1)][::-1]
        for key in keys
    }
    places = {place for listed in wanted.values() for place in listed}
    found = revisions.current(connection, stored, places, upto)
    return {
        key: [found[place] for place in places if place in found] for key, places in wanted.items()
    }


def _year(key: FigureKey) -> int:
    return key[2].frequency.per_year


def years(connection: Connection, upto: int) -> set[int]:
    """Return the years that have a figure, as of a position of the journal."""
    year = func.substr(revision.c.period, 1, 4)
    query = select(year).where(revision.c.submission_id <= upto).distinct()
    return {int(text) for text in connection.execute(query).scalars()}
