"""The grid of the reporting page: rows as they were given, beside what the record knows of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.domain.figure import ObservationStatus
from app.domain.finding import Severity
from app.domain.lifecycle import State
from app.domain.number import shown
from app.exports.form.asked import told
from app.exports.form.words import TO_FILL_IN
from app.intake.form import ENTRY
from app.intake.spelling import read_period
from app.ledger import awaited
from app.wording import formats
from app.wording.remarks import named
from app.wording.targets import goal_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from app.domain.catalogue import Catalogue
    from app.domain.figure import Figure
    from app.domain.kpi import Kpi
    from app.exports.form.asked import Asked
    from app.intake.table import Table
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.revisions import FigureKey
    from app.ledger.scoreboard import Moment
    from app.ledger.submissions import Receipt
    from app.web.page import Page
    from app.web.report_form import Given

CODES: Final = ("kpi", "department", "period")


@dataclass(frozen=True, slots=True)
class Said:
    """A finding as it is shown: in which row and field, and what it says."""

    row: int | None
    field: str | None
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a figure, in the page's words; "" where there is nothing to tell."""

    code: str
    kpi: str
    unit: str
    department: str
    period: str
    key: tuple[str, str, str]
    state: State
    deadline: str
    previous: str
    previous_parts: str
    goal: str
    expected: str
    record: str
    record_parts: str
    record_status: str
    record_href: str
    returned: str
    hint: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the grid. open: its fields that take something. known: None for a figure unknown."""

    given: Given
    known: Known | None
    open: frozenset[str]
    said: tuple[Said, ...]

    @property
    def is_locked(self) -> bool:
        """Whether the figure is approved, so that nothing is entered."""
        return self.known is not None and self.known.state is State.APPROVED

    @property
    def warnings(self) -> int:
        """How many questions there are about the row."""
        return sum(one.severity is Severity.WARNING for one in self.said)

    def at(self, field: str) -> list[Said]:
        """Return what is said of a field; of the whole row, at its first column."""
        if field == "kpi":
            elsewhere = (*ENTRY, *(() if self.known else ("department", "period")))
            return [one for one in self.said if one.field not in elsewhere]
        return [one for one in self.said if one.field == field]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The grid: its rows, which columns they need, and what is said of none of them."""

    rows: tuple[Row, ...]
    said: tuple[Said, ...]

    @property
    def has_free(self) -> bool:
        """Whether there is a row whose codes are typed."""
        return any(row.known is None for row in self.rows)

    @property
    def columns(self) -> frozenset[str]:
        """The columns that not every sheet needs."""
        known = [row.known for row in self.rows if row.known is not None]
        opened = {name for row in self.rows for name in row.open}
        found = opened & {"numerator", "denominator", "reason"}
        if self.has_free or len({one.key[1] for one in known}) > 1:
            found.add("department")
        if self.has_free or len({one.key[2] for one in known}) > 1:
            found.add("period")
        if any(one.record for one in known):
            found.add("record")
        return frozenset(found)


def read_findings(page: Page, table: Table, receipt: Receipt) -> list[Said]:
    """Put a receipt's findings into the page's words, each at its row and field."""
    fields = {header: name for name, header in table.headers.items()}
    rows = set(table.numbers)
    say = page.site.services.translator.message
    findings = receipt.result.findings
    if not findings:
        return []
    with page.office.database.read() as connection:
        catalogue = page.office.catalogue(connection).catalogue
    return [
        Said(
            found.row if found.row in rows else None,
            fields.get(found.column or "", found.column),
            found.severity,
            say(named(page, catalogue, found), page.language),
        )
        for found in findings
    ]


def key_of(catalogue: Catalogue, cells: Mapping[str, str]) -> FigureKey | None:
    """Return the figure that codes or exact names mean; None where there is none such."""
    kpi = _code(cells.get("kpi", ""), catalogue.kpis, catalogue.kpis_by_name)
    department = _code(
        cells.get("department", ""), catalogue.departments, catalogue.departments_by_name
    )
    try:
        period = read_period(cells.get("period", ""))
    except ValueError:
        return None
    if kpi is None or department is None or department not in catalogue.reporters[kpi]:
        return None
    return (kpi, department, period) if catalogue.kpis[kpi].frequency is period.frequency else None


def _code(
    text: str, codes: Mapping[str, object], names: Mapping[str, tuple[str, ...]]
) -> str | None:
    wanted = text.strip()
    found = names.get(wanted, ())
    if wanted in codes:
        return wanted
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True)
class Sheets:
    """Makes grids of a moment's record, for one page."""

    page: Page
    connection: Connection
    stored: StoredCatalogue
    seen: Moment

    def make(self, given: Sequence[Given], said: Iterable[Said] = ()) -> Sheet:
        """Put rows beside what is known of them; of two about one figure the first is named."""
        by_row: dict[int | None, list[Said]] = defaultdict(list)
        numbers = {row.number for row in given}
        for one in said:
            by_row[one.row if one.row in numbers else None].append(one)
        keys = self._keys(given)
        about = self._about(keys.values())
        rows = tuple(
            self._row(row, about.get(keys.get(row.number)), tuple(by_row[row.number]))
            for row in given
        )
        return Sheet(rows, tuple(by_row[None]))

    def _keys(self, given: Iterable[Given]) -> dict[int, FigureKey]:
        taken: set[FigureKey] = set()
        found = {}
        actor = self.page.actor
        for row in given:
            key = key_of(self.stored.catalogue, row.cells)
            if key is None or key in taken or actor is None:
                continue
            if actor.reaches(self.stored.catalogue, key[1]):
                taken.add(key)
                found[row.number] = key
        return found

    def _about(self, keys: Iterable[FigureKey]) -> dict[FigureKey | None, Asked]:
        zone = self.page.office.zone
        lines = awaited.lines_of(self.connection, self.stored, self.seen, zone, keys)
        found = told(self.connection, self.stored, self.seen, lines)
        return {one.line.expected.key: one for one in found}

    def _row(self, given: Given, asked: Asked | None, said: tuple[Said, ...]) -> Row:
        if asked is None:
            return Row(given, None, frozenset(ENTRY), said)
        filled = {name for name in ENTRY if given.cells.get(name, "").strip()}
        if asked.line.state is State.APPROVED:
            return Row(given, self._known(asked), frozenset(filled), said)
        usual = {*asked.fields, "observation_status", "note", *filled}
        if asked.line.figure is not None:
            usual.add("reason")
        return Row(given, self._known(asked), frozenset(usual), said)

    def _known(self, asked: Asked) -> Known:
        page, kpi, line = self.page, asked.kpi, asked.line
        code, department, period = line.expected.key
        aim = next(iter(asked.aims), None)
        expected = None if aim is None else aim.expected
        href = page.link("figure_page", kpi=code, department=department, period=period)
        status = line.figure.observation_status if line.figure else ObservationStatus.NORMAL
        back = line.state is State.RETURNED and line.review is not None and line.review.reason
        return Known(
            code=code,
            kpi=page.name(kpi),
            unit=page.unit(kpi),
            department=page.name(asked.department),
            period=formats.period(period, page.speak),
            key=(code, department, str(period)),
            state=line.state,
            deadline=formats.instant(line.expected.deadline, page.office.zone),
            previous=_number(asked.previous, kpi),
            previous_parts=_parts(asked.previous),
            goal="" if aim is None else goal_of(page, kpi, aim.target),
            expected="" if expected is None else formats.figure(expected, kpi.decimals),
            record=_number(line.figure, kpi),
            record_parts=_parts(line.figure),
            record_status="" if status is ObservationStatus.NORMAL else status,
            record_href=href if line.figure is not None else "",
            returned=str(back or ""),
            hint=page.speak(TO_FILL_IN[asked.fields]),
        )


def _number(figure: Figure | None, kpi: Kpi) -> str:
    if figure is None:
        return ""
    value = shown(figure.amount.number(kpi.factor))
    return str(figure.observation_status) if value is None else formats.plain(value)


def _parts(figure: Figure | None) -> str:
    if figure is None or figure.amount.numerator is None:
        return ""
    amount = figure.amount
    return f"{formats.plain(amount.numerator)} / {formats.plain(amount.denominator)}"
