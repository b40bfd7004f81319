"""Asks about the odd figures of a delivery: fetches their histories, runs the checks of the domain.

Only rows that change something are asked about, and nothing is ever refused here. `scope` says what
the checks of a delivery look at, `Histories` has it read, and `questions` asks. Everything is read
once, by one query a frequency, and every figure is looked at a fixed number of times, so that a
long delivery takes as long as its rows and their histories, no longer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING, Final

from app.domain.figure import ObservationStatus
from app.domain.finding import Finding, Severity
from app.domain.kpi import Kind, Over
from app.domain.period import Period, Span
from app.domain.plausibility.monotone import fell
from app.domain.plausibility.parts import Family
from app.domain.plausibility.robust import far_from_history, is_usual
from app.domain.plausibility.series import Point, Series
from app.domain.plausibility.shifted import LEAST_ROWS, Line, Usual, shifted
from app.domain.plausibility.sums import against_each_other, against_flow
from app.intake.by_series import BySeries, doubtful
from app.ledger.histories import exact
from app.ledger.lots import Many, lot_of, singles

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from app.domain.catalogue import Catalogue
    from app.domain.period import Frequency
    from app.intake.table import Table
    from app.intake.validation import Entry
    from app.ledger.histories import Histories, SeriesKey

MOST_WARNINGS = 1000
PERIODS_BEFORE = 36
"""Periods before a delivery's first that are its history, and after its last."""
PERIODS_AFTER = 12
FEWEST_BEFORE = 12
MOST_FIGURES = 200_000
"""Figures of the history beyond which fewer periods are read, down to the fewest: the one writer
waits for them."""

_ZERO: Final = Decimal(0)

FamilyKey = tuple[str, str]
"""KPI code and the whole's department code."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What the checks of one delivery look at.

    entries: its good rows where they may be shifted against each other; changing: those that
    create or revise a figure. touched: the series of these. needed: all series that are read.
    """

    entries: Collection[Entry]
    changing: Collection[Entry]
    touched: Sequence[SeriesKey]
    families: Mapping[FamilyKey, tuple[str, ...]]
    flows: Sequence[SeriesKey]
    needed: Collection[SeriesKey]
    spans: Mapping[Frequency, Span]


def scope(catalogue: Catalogue, entries: Collection[Entry], changing: Collection[Entry]) -> Scope:
    """Return what the checks of a delivery look at; entries: all its good rows."""
    # Rows can be shifted against each other only where some stand together.
    together: Collection[Entry] = entries if len(changing) >= LEAST_ROWS else ()
    touched = _series_of(changing)
    families, flows = _families(catalogue, touched), _flows(catalogue, touched)
    wanted = {
        *touched,
        *_series_of(together),
        *((kpi, code) for (kpi, whole), parts in families.items() for code in (whole, *parts)),
        *(
            (code, department)
            for flow, department in flows
            for code in (flow, *catalogue.totals[flow])
        ),
    }
    needed = [key for key in wanted if _has_checks(catalogue, key)]
    spans = _spans(entries, len(needed)) if changing else {}
    return Scope(together, changing, touched, families, flows, needed, spans)


def _series_of(entries: Collection[Entry]) -> list[SeriesKey]:
    """Return the series of rows, in the order in which they come."""
    if isinstance(entries, Many):
        return list(entries.first_rows())
    return list(dict.fromkeys((entry.kpi, entry.department) for entry in entries))


def questions(
    catalogue: Catalogue, asked: Scope, table: Table, recorded: Histories
) -> list[Finding]:
    """Return the warnings about a delivery's rows, each with its row and column.

    recorded: what is on record of the series needed.
    """
    if not asked.changing or _is_usual(catalogue, asked, recorded):
        return []
    columns = {entry.row: _column(entry, table) for entry in singles(asked.changing)}
    usual = table.headers.get("value", "value")
    found = [
        replace(one, column=None if one.row is None else columns.get(one.row, usual))
        for one in _Asking(catalogue, asked, recorded).findings()
    ]
    found.sort(key=lambda one: one.row or 0)
    if len(found) > MOST_WARNINGS:
        values = {"limit": str(MOST_WARNINGS)}
        more = Finding("too_many_warnings", values=values, severity=Severity.WARNING)
        return [*found[:MOST_WARNINGS], more]
    return found


def _is_usual(catalogue: Catalogue, asked: Scope, recorded: Histories) -> bool:
    """Tell at first sight that a lone figure raises no question; False where that is not told."""
    if len(asked.changing) > 1 or asked.entries or asked.families or asked.flows:
        return False
    (entry,) = asked.changing
    kpi, amount = catalogue.kpis[entry.kpi], entry.amount
    if kpi.monotone or kpi.definitions or amount.value is None or amount.numerator is not None:
        return False
    if entry.observation_status is ObservationStatus.BREAK:
        return False
    span = asked.spans.get(kpi.frequency)
    values = recorded.values((kpi.code, entry.department), span, entry.period)
    return values is not None and is_usual(values, float(amount.value))


def _column(entry: Entry, table: Table) -> str:
    name = "value" if entry.amount.numerator is None else "numerator"
    return table.headers.get(name, name)


class _Asking:
    """The checks of one delivery, over the series that it touches."""

    def __init__(self, catalogue: Catalogue, asked: Scope, recorded: Histories) -> None:
        """Sort the delivery's figures by their series."""
        self._catalogue = catalogue
        self._scope = asked
        self._recorded = recorded
        self._posted: dict[SeriesKey, dict[Period, Entry]] = {}
        for entry in singles(asked.changing):
            of_series = self._posted.setdefault((entry.kpi, entry.department), {})
            of_series[entry.period] = entry
        lot = lot_of(asked.changing)
        self._lot = None if lot is None else BySeries(lot)
        self._made: dict[SeriesKey, Series] = {}

    def findings(self) -> Iterator[Finding]:
        """Yield what every check finds; a shifted row is not told to be far out as well."""
        moved: set[int | None] = set()
        for lines in self._lines().values():
            for found in shifted(lines):
                moved.add(found.row)
                yield found
        settled = self._settled()
        for key in self._scope.touched:
            if key not in settled and _has_checks(self._catalogue, key):
                for piece in self._series(key).unbroken():
                    yield from fell(piece)
                    yield from (one for one in far_from_history(piece) if one.row not in moved)
        for (kpi, whole), parts in self._scope.families.items():
            complete = _is_complete(self._catalogue, kpi, whole)
            members = [self._series((kpi, code)) for code in parts]
            yield from Family(self._series((kpi, whole)), members, complete=complete).findings()

        for flow, department in self._scope.flows:
            yield from self._sums(flow, department)

    def _settled(self) -> set[SeriesKey]:
        """Return series that raise no question by themselves, told for all of a lot at once."""
        if self._lot is None:
            return set()
        kpis = self._catalogue.kpis
        return {
            key
            for key in self._lot.quiet()
            if not (kpis[key[0]].monotone or kpis[key[0]].definitions)
            and key not in self._posted
            and not self._on_record(key)
        }

    def _sums(self, flow: str, department: str) -> Iterator[Finding]:
        """Yield what does not fit between a flow and its running totals."""
        by_start: dict[Over, list[Series]] = {Over.YEAR: [], Over.EVER: []}
        for code in self._catalogue.totals[flow]:
            if (sum_of := self._catalogue.kpis[code].sum_of) is not None:
                total = self._series((code, department))
                by_start[sum_of.over].append(total)
                yield from against_flow(total, sum_of.over, self._series((flow, department)))
        for ever, year in product(by_start[Over.EVER], by_start[Over.YEAR]):
            yield from against_each_other(ever, year)

    def _series(self, key: SeriesKey) -> Series:
        """Return a series as it would stand with the delivery, in order of time."""
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = Series(self._catalogue.kpis[key[0]], key[1], self._points(key))
        return made

    def _on_record(self, key: SeriesKey) -> list[Point]:
        frequency = self._catalogue.kpis[key[0]].frequency
        return self._recorded.within(key, self._scope.spans.get(frequency))

    def _points(self, key: SeriesKey) -> list[Point]:
        recorded, posted = self._on_record(key), self._posted.get(key, {})
        plain = [] if self._lot is None else list(self._lot.of(key))
        if not (posted or plain):
            return recorded
        factor = self._catalogue.kpis[key[0]].factor
        points = [point for point in recorded if point.period not in posted]
        points.extend(
            Point(period, Decimal(text) or _ZERO, row) for row, _, _, period, text in plain
        )
        for entry in posted.values():
            if (value := exact(entry.amount, factor)) is not None:
                breaks = entry.observation_status is ObservationStatus.BREAK
                points.append(Point(entry.period, value, entry.row, breaks))
        return sorted(points, key=lambda point: point.period.ordinal)

    def _lines(self) -> Mapping[Period, list[Line]]:
        """Return the rows of every period in the order of the file, with what is usual there.

        Periods in which nothing can be shifted may be left out.
        """
        lines: dict[Period, list[Line]] = {}
        usual = {key: self._usual(key) for key in _series_of(self._scope.entries)}
        if not any(usual.values()):  # then nothing can look as if it stood elsewhere
            return lines
        rows = {entry.row for entry in singles(self._scope.changing)}
        for entry, is_new in self._in_doubt(usual):
            kpi, key = self._catalogue.kpis[entry.kpi], (entry.kpi, entry.department)
            value = exact(entry.amount, kpi.factor)
            if value is None:
                continue
            lines.setdefault(entry.period, []).append(
                Line(
                    row=entry.row,
                    kpi=entry.kpi,
                    department=entry.department,
                    value=value,
                    changes=is_new or entry.row in rows,
                    usual=usual[key],
                )
            )
        return lines

    def _in_doubt(self, usual: Mapping[SeriesKey, Usual | None]) -> Iterable[tuple[Entry, bool]]:
        entries = self._scope.entries
        if isinstance(entries, Many):
            return doubtful(entries, usual)
        return ((entry, False) for entry in entries)

    def _usual(self, key: SeriesKey) -> Usual | None:
        if self._catalogue.kpis[key[0]].kind is Kind.MILESTONE or not self._on_record(key):
            return None
        *_, piece = self._series(key).unbroken()
        return Usual.of(piece.recorded)


def _has_checks(catalogue: Catalogue, key: SeriesKey) -> bool:
    """Tell whether any check looks at a series; a milestone's fractions jump as they like."""
    kpi = catalogue.kpis[key[0]]
    return kpi.kind is not Kind.MILESTONE or kpi.monotone


def _families(
    catalogue: Catalogue, touched: Iterable[SeriesKey]
) -> dict[FamilyKey, tuple[str, ...]]:
    """Return, per KPI and whole with a touched series in it, the parts of the whole.

    The parts are the topmost departments below the whole that report the KPI themselves.
    """
    families: dict[FamilyKey, tuple[str, ...]] = {}
    for kpi, department in touched:
        if catalogue.kpis[kpi].kind not in (Kind.STOCK, Kind.FLOW):
            continue
        reporters = catalogue.reporters[kpi]
        if len(reporters) == 1:
            continue
        above = (code for code in catalogue.upwards(department) if code != department)
        for whole in (department, next((code for code in above if code in reporters), None)):
            if whole is not None and (kpi, whole) not in families:
                parts = _parts(catalogue, kpi, whole)
                if parts:
                    families[kpi, whole] = parts
    return families


def _flows(catalogue: Catalogue, touched: Iterable[SeriesKey]) -> list[SeriesKey]:
    """Return the flows, each of one department, that are touched themselves or by a total."""
    found: dict[SeriesKey, None] = {}
    for code, department in touched:
        sum_of = catalogue.kpis[code].sum_of
        flow = code if sum_of is None else sum_of.kpi
        if flow in catalogue.totals:
            found[flow, department] = None
    return list(found)


def _parts(catalogue: Catalogue, kpi: str, whole: str) -> tuple[str, ...]:
    return tuple(
        code
        for child in catalogue.children.get(whole, ())
        for code in catalogue.members(kpi, child)
    )


def _is_complete(catalogue: Catalogue, kpi: str, whole: str) -> bool:
    """Tell whether every branch below the whole reports; a single one is no division into parts."""
    branches = catalogue.children.get(whole, ())
    return len(branches) > 1 and all(catalogue.members(kpi, child) for child in branches)


def _spans(entries: Collection[Entry], series: int) -> dict[Frequency, Span]:
    """Return, per frequency, the periods delivered and those around them that are their history.

    series: how many of them are read; the more there are, the less of each.
    """
    before = max(FEWEST_BEFORE, min(PERIODS_BEFORE, MOST_FIGURES // max(series, 1)))
    ordinals: dict[Frequency, set[int]] = {}
    periods = entries.periods() if isinstance(entries, Many) else (one.period for one in entries)
    for period in periods:
        ordinals.setdefault(period.frequency, set()).add(period.ordinal)
    return {
        frequency: Span(
            Period(frequency, min(found) - before), Period(frequency, max(found) + PERIODS_AFTER)
        )
        for frequency, found in ordinals.items()
    }
