"""The checks of a delivery's rows: every finding of every row at once.

What is checked here needs the catalogue, the sender and the day, but no figure on record; what
needs the record (is it a correction? has it a reason?) is `decision`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from app.domain.figure import Amount, ObservationStatus
from app.domain.finding import Finding, Severity
from app.domain.number import NumberError, parse_number
from app.domain.period import Period
from app.intake.amounts import problems
from app.intake.plain_columns import PlainColumns
from app.intake.plain_rows import PlainRows
from app.intake.spelling import read_number, read_period, read_status, read_text
from app.ledger.lots import Many
from app.ledger.progress import through, told

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Iterator, Mapping

    from app.domain.access import Actor
    from app.domain.catalogue import Catalogue
    from app.domain.kpi import Kpi
    from app.intake.plain_rows import Series
    from app.intake.table import Table
    from app.ledger.lots import Lot

LONG: Final = 10_000
"""Rows from which on a delivery is checked column by column."""
_ZERO: Final = Decimal(0)
LONGEST_TEXT = 2000


class Entry(NamedTuple):
    """One good row: a figure, as delivered."""

    row: int
    kpi: str
    department: str
    period: Period
    amount: Amount
    observation_status: ObservationStatus
    note: str | None
    reason: str | None

    @property
    def key(self) -> tuple[str, str, Period]:
        """What the figure is for."""
        return self[1:4]


class Checked(NamedTuple):
    """The good rows of a delivery, and everything wrong with the others."""

    received: int
    entries: Collection[Entry]
    findings: tuple[Finding, ...]


@dataclass
class Check:
    """Checks one delivery; `run` gives its outcome.

    Lookups are remembered per spelling: a million rows name a few thousand KPIs, departments and
    periods.
    """

    table: Table
    catalogue: Catalogue
    actor: Actor
    today: dt.date
    by_column: bool = True
    """Whether very many rows may be checked by the column, which leaves them in a lot."""
    _refused_cells: set[tuple[int | None, str | None]] = field(init=False)
    _findings: list[Finding] = field(default_factory=list)
    _kpis: dict[str, Kpi | Finding] = field(default_factory=dict)
    _departments: dict[str, str | Finding] = field(default_factory=dict)
    _periods: dict[str, Period | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Note which cells the reader has refused already; its warnings refuse nothing."""
        self._refused_cells = {(found.row, found.column) for found in self._errors()}

    def run(self) -> Checked:
        """Check every row; a row with any error is left out of the good ones."""
        refused = {found.row for found in self._errors()}
        if self.by_column and len(self.table) >= LONG:
            return self._run_in_columns(refused)
        entries: list[Entry] = []
        first: dict[tuple[str, str, Period], int] = {}
        plain = PlainRows(Entry, self._plain_series, self._plain_period).entries(self.table)
        rows = through("checked", zip(self.table.numbers, plain, strict=True), len(self.table))
        for index, (row, usual) in enumerate(rows):
            entry = usual or self._row(index, row)
            if entry is None or row in refused:
                continue
            key = entry[1:4]
            if key in first:
                self._report("duplicate_row", row, None, {"first": str(first[key])})
                continue
            first[key] = row
            entries.append(entry)
        findings = (*self.table.findings, *self._findings)
        return Checked(len(self.table), tuple(entries), findings)

    def _run_in_columns(self, refused: Collection[int | None]) -> Checked:
        """Check very many rows: the plain ones by the column, each of the others by itself."""
        count = len(self.table)
        told("checked", 0, count)
        lot, plain = PlainColumns(self._plain_series, self._plain_period).lot(self.table)
        numbers = through("checked", enumerate(self.table.numbers), count)
        others = [
            entry
            for index, row in numbers
            if not plain[index]
            and (entry := self._row(index, row)) is not None
            and row not in refused
        ]
        # Of the others' findings each has its row, as those of the rows that stand there twice do.
        entries = self._without_repeats(_without(lot, refused), others)
        self._findings.sort(key=lambda found: found.row or 0)
        findings = (*self.table.findings, *self._findings)
        return Checked(count, entries, findings)

    def _without_repeats(self, lot: Lot, others: list[Entry]) -> Many[Entry]:
        """Return the good rows but those that give a figure again, which are findings."""
        entries = Many(lot, [], plain_entry)
        again = lot.repeated()
        again |= lot.among(lot.numbers_of(entry.key for entry in others))
        entries.lot = lot.where(~again)
        first: dict[tuple[str, str, Period], int] = {}
        for entry in sorted([*others, *entries.made(lot.where(again))], key=lambda one: one.row):
            if entry.key in first:
                self._report("duplicate_row", entry.row, None, {"first": str(first[entry.key])})
            else:
                first[entry.key] = entry.row
                entries.others.append(entry)
        return entries

    def _plain_series(self, kpi: str, department: str) -> Series | None:
        """Return what two cells stand for; None if there is anything to be said about them."""
        code = _look_up(kpi, "kpi", self.catalogue.kpis, self.catalogue.kpis_by_name)
        place = _look_up(
            department,
            "department",
            self.catalogue.departments,
            self.catalogue.departments_by_name,
        )
        if isinstance(code, Finding) or isinstance(place, Finding):
            return None
        if not self.actor.reaches(self.catalogue, place):
            return None
        if place not in self.catalogue.reporters[code]:
            return None
        found = self.catalogue.kpis[code]
        return found, place, found.hard_minimum, found.hard_maximum

    def _plain_period(self, kpi: Kpi, text: str) -> Period | None:
        """Return a period that a KPI takes figures for; None if there is anything to be said."""
        read = read_period if self.table.typed_by_people else Period.parse
        try:
            period = read(text)
        except ValueError:
            return None
        if period.frequency is not kpi.frequency or not period.has_begun(self.today):
            return None
        return period if kpi.early_figures or period.has_ended(self.today) else None

    def _errors(self) -> Iterator[Finding]:
        """Go through what the reader has refused."""
        return (found for found in self.table.findings if found.severity is Severity.ERROR)

    def _row(self, index: int, row: int) -> Entry | None:
        before = len(self._findings)
        kpi = self._kpi(self._cell("kpi", index), row)
        department = self._department(self._cell("department", index), row)
        period = self._period(self._cell("period", index), row)
        if kpi is not None and department is not None:
            self._check_reporter(kpi, department, row)
        if kpi is not None and period is not None:
            self._check_period(kpi, period, row)
            self._check_definition(kpi, period, index, row)
        status = self._status(self._cell("observation_status", index), row)
        amount = self._amount(index, row, kpi, status)
        note = self._text("note", index, row)
        reason = self._text("reason", index, row)
        if len(self._findings) > before or kpi is None or department is None or period is None:
            return None
        if amount is None or status is None:
            return None
        return Entry(row, kpi.code, department, period, amount, status, note, reason)

    def _cell(self, name: str, index: int) -> str:
        column = self.table.columns.get(name)
        return "" if column is None else column[index]

    def _report(self, code: str, row: int, name: str | None, values: Mapping[str, str]) -> None:
        column = None if name is None else self.table.headers.get(name, name)
        # A cell that the reader has refused is empty here: that it is missing is no second fault.
        if (row, column) not in self._refused_cells or not code.startswith("missing_"):
            self._findings.append(Finding(code, row, column, values))

    def _kpi(self, text: str, row: int) -> Kpi | None:
        found = self._kpis.get(text)
        if found is None:
            code = _look_up(text, "kpi", self.catalogue.kpis, self.catalogue.kpis_by_name)
            found = self.catalogue.kpis[code] if isinstance(code, str) else code
            self._kpis[text] = found
        if isinstance(found, Finding):
            self._report(found.code, row, "kpi", found.values)
            return None
        return found

    def _department(self, text: str, row: int) -> str | None:
        found = self._departments.get(text)
        if found is None:
            found = _look_up(
                text, "department", self.catalogue.departments, self.catalogue.departments_by_name
            )
            self._departments[text] = found
        if isinstance(found, Finding):
            self._report(found.code, row, "department", found.values)
            return None
        return found

    def _period(self, text: str, row: int) -> Period | None:
        if text not in self._periods:
            read = read_period if self.table.typed_by_people else Period.parse
            try:
                self._periods[text] = read(text)
            except ValueError:
                self._periods[text] = None
        period = self._periods[text]
        if period is None and text.strip():
            self._report("unknown_period", row, "period", {"text": text[:100]})
        elif period is None:
            self._report("missing_field", row, "period", {"name": "period"})
        return period

    def _check_reporter(self, kpi: Kpi, department: str, row: int) -> None:
        if not self.actor.reaches(self.catalogue, department):
            self._report("not_permitted", row, "department", {"department": department})
        if department not in self.catalogue.reporters[kpi.code]:
            values = {"department": department, "kpi": kpi.code}
            self._report("not_reported_here", row, "department", values)

    def _check_period(self, kpi: Kpi, period: Period, row: int) -> None:
        if period.frequency is not kpi.frequency:
            values = {"kpi": kpi.code, "period": str(period), "frequency": kpi.frequency}
            self._report("wrong_frequency", row, "period", values)
        elif not period.has_begun(self.today):
            self._report("period_not_begun", row, "period", {"period": str(period)})
        elif not (kpi.early_figures or period.has_ended(self.today)):
            values = {"period": str(period), "kpi": kpi.code}
            self._report("period_not_ended", row, "period", values)

    def _check_definition(self, kpi: Kpi, period: Period, index: int, row: int) -> None:
        """Refuse a figure that says to be of another definition than its period belongs to."""
        text = self._cell("definition_version", index)
        if not text.strip():
            return
        version = kpi.definition_at(period).version
        try:
            said = read_number(text) if self.table.typed_by_people else parse_number(text)
        except NumberError:
            said = None
        if said != version:
            values = {
                "text": text[:100],
                "kpi": kpi.code,
                "period": str(period),
                "version": str(version),
            }
            self._report("wrong_definition", row, "definition_version", values)

    def _status(self, text: str, row: int) -> ObservationStatus | None:
        if not text.strip():
            return ObservationStatus.NORMAL
        read: Callable[[str], ObservationStatus] = (
            read_status if self.table.typed_by_people else ObservationStatus
        )
        try:
            return read(text)
        except ValueError:
            self._report(
                "unknown_observation_status", row, "observation_status", {"text": text[:100]}
            )
            return None

    def _number(self, name: str, index: int, row: int) -> Decimal | None:
        text = self._cell(name, index)
        if not text.strip():
            return None
        try:
            if not self.table.typed_by_people:
                return parse_number(text)
            return read_number(text, comma_is_doubtful=self.table.comma_is_doubtful)
        except NumberError as error:
            self._report(error.code, row, name, {"text": text[:100]})
            return None

    def _text(self, name: str, index: int, row: int) -> str | None:
        cell = self._cell(name, index)
        if self.table.typed_by_people:
            cell = read_text(cell)
        # One kind of line end: a file turns every kind into it, and what was posted as JSON has to
        # be the same text when it comes back from a file.
        text = cell.replace("\r\n", "\n").replace("\r", "\n").strip()
        if len(text) > LONGEST_TEXT:
            self._report("too_long", row, name, {"limit": str(LONGEST_TEXT)})
        return text or None

    def _amount(
        self, index: int, row: int, kpi: Kpi | None, status: ObservationStatus | None
    ) -> Amount | None:
        before = len(self._findings)
        amount = Amount(
            value=self._number("value", index, row),
            numerator=self._number("numerator", index, row),
            denominator=self._number("denominator", index, row),
        )
        if len(self._findings) > before:
            return None
        for code, name, values in problems(amount, kpi, status):
            self._report(code, row, name, values)
        return amount if len(self._findings) == before else None


def _look_up(
    text: str, name: str, codes: Mapping[str, object], names: Mapping[str, tuple[str, ...]]
) -> str | Finding:
    """Return the code that a cell means, by code or by exact name, or what is wrong with it."""
    wanted = text.strip()
    if not wanted:
        return Finding("missing_field", values={"name": name})
    if wanted in codes:
        return wanted
    found = names.get(wanted, ())
    if len(found) == 1:
        return found[0]
    code = f"ambiguous_{name}" if found else f"unknown_{name}"
    return Finding(code, values={"name": wanted[:100]})


def plain_entry(row: int, kpi: str, department: str, period: Period, text: str) -> Entry:
    """Return the good row that a figure of a lot stands for."""
    amount = Amount(Decimal(text) or _ZERO)
    return Entry(row, kpi, department, period, amount, ObservationStatus.NORMAL, None, None)


def _without(lot: Lot, refused: Collection[int | None]) -> Lot:
    """Leave out the rows that the reader has refused."""
    if not refused:
        return lot
    return lot.where(~lot.at(row for row in refused if row is not None))


def check(
    table: Table, catalogue: Catalogue, actor: Actor, today: dt.date, *, by_column: bool = True
) -> Checked:
    """Check every row of a delivery against the catalogue, the sender's reach and the day."""
    return Check(table, catalogue, actor, today, by_column).run()
