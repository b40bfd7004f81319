"""The bulletin as a workbook: a sheet of the whole office, one a department, and the trends.

Numbers are numbers, with as many decimals as the bulletin shows; all else is written as text, so
that nothing of it is computed. Charts are the spreadsheet's own, drawn from the cells.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from app.exports.bulletin.sheet import Sheet, names_of_sheets
from app.wording.targets import WORST_FIRST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xlsxwriter
    from xlsxwriter.chart import Chart

    from app.exports.bulletin.content import Bulletin, DepartmentPage, Reporting, TargetLine

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLOURS: Final = {
    "attained": "#17643A",
    "on_track": "#1C5A9E",
    "at_risk": "#B26B00",
    "off_track": "#C33A30",
    "missed": "#7C0F28",
    "no_data": "#AEB6C0",
    "not_started": "#D5DAE0",
}
"""Per status, the colour of its bars; what it is called stands beside them."""

_LINE_COLUMNS: Final = (
    *("kpi", "status", "figure", "unit", "period", "goal", "due", "expected"),
    *("ratio", "pace", "change", "behind", "since", "trend", "notes"),
)
_WIDTHS: Final = (28, 12, 9, 7, 11, 14, 11, 9, 9, 9, 9, 18, 14, 14, 36)
_BEHIND: Final = ("behind", "since")
_RATES: Final = ("completeness", "timeliness", "overdue", "since", "days")
_BAR_HEIGHT: Final = 24
"""Pixels of a chart for each of its bars, besides 120 for its axis and legend."""


def write_workbook(bulletin: Bulletin) -> bytes:
    """Return a bulletin as a workbook; the same bytes for the same bulletin."""
    file = io.BytesIO()
    import xlsxwriter

    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        # The file is as old as what it tells. The library writes no other time into it.
        made = bulletin.as_of.replace(tzinfo=None)
        book.set_properties({"title": bulletin.title, "created": made})
        _Book(book, bulletin).write()
    return file.getvalue()


class _Book:
    """One workbook in the making."""

    def __init__(self, book: xlsxwriter.Workbook, bulletin: Bulletin) -> None:
        self._book, self._bulletin, self._words = book, bulletin, bulletin.words
        words, pages = bulletin.words, bulletin.departments
        wanted = [words["cover"], *(page.name for page in pages), words["trends"]]
        self._names = names_of_sheets(wanted)
        # Made in order, written as the rows that they refer to become known.
        self._sheets = [Sheet(book, name, bulletin) for name in self._names]
        self._trend_rows: dict[tuple[str, str, str], int] = {}

    def write(self) -> None:
        """Write every sheet."""
        self._trends(self._sheets[-1])
        self._cover(self._sheets[0])
        for sheet, page in zip(self._sheets[1:-1], self._bulletin.departments, strict=True):
            self._department(sheet, page)

    # --- the whole office -----------------------------------------------------------------------

    def _cover(self, sheet: Sheet) -> None:
        cover, words = self._bulletin.cover, self._words
        sheet.widths((34, 24, 18, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14))
        sheet.heading(self._bulletin.title)
        sheet.lines([*self._bulletin.subtitle, self._bulletin.edition, *self._bulletin.summary])
        self._by_department(sheet)
        for title, lines, more, nothing in (
            ("slipping", cover.slipping, cover.more_slipping, "nothing_slips"),
            ("changed", cover.changed, cover.more_changed, "nothing_changed"),
            ("met", cover.met, cover.more_met, "nothing_met"),
        ):
            sheet.subheading(words[title])
            self._brief(sheet, lines, nothing)
            if more:
                sheet.lines([words["more"].format(count=more)])
        self._silent(sheet, cover.silent)
        sheet.lines([words["reckoning"]])

    def _by_department(self, sheet: Sheet) -> None:
        words, pages = self._words, self._bulletin.departments
        told = {count.status: count.word for count in self._bulletin.cover.counts}
        statuses = [status for status in WORST_FIRST if status in told]
        sheet.subheading(words["by_department"])
        header = [words["department"], *(told[one] for one in statuses)]
        first = sheet.header([*header, *(words[one] for one in _RATES)]) + 1
        for page in pages:
            numbers = {count.status: str(count.number) for count in page.counts}
            sheet.row([page.name, *(numbers.get(one, "0") for one in statuses), *_rates(page)])
        if not statuses:
            return
        chart = self._bars("percent_stacked")
        for column, status in enumerate(statuses, 1):
            chart.add_series(sheet.series(first, len(pages), column, COLOURS[status]))
        sheet.chart(chart, words["by_status"], len(pages) * _BAR_HEIGHT + 120)

    def _brief(self, sheet: Sheet, lines: Sequence[TargetLine], nothing: str) -> None:
        words = self._words
        if not lines:
            sheet.lines([words[nothing]])
            return
        columns = ("kpi", "department", "status", "figure", "unit", "goal", "due", *_BEHIND)
        sheet.header([words[one] for one in columns])
        for line in lines:
            texts = {**_texts(line), "department": line.department}
            sheet.row([texts[one] for one in columns])

    def _silent(self, sheet: Sheet, pages: Sequence[DepartmentPage]) -> None:
        words = self._words
        sheet.subheading(words["silent"])
        if not pages:
            sheet.lines([words["nobody_silent"]])
            return
        columns = ("overdue", "since", "days")
        sheet.header([words["department"], *(words[one] for one in columns)])
        for page in pages:
            sheet.row([page.name, *_rates(page)[2:]])

    # --- a department ---------------------------------------------------------------------------

    def _department(self, sheet: Sheet, page: DepartmentPage) -> None:
        words = self._words
        sheet.widths(_WIDTHS)
        sheet.heading(page.name)
        sheet.lines([" · ".join([*page.above, self._bulletin.title]), self._bulletin.edition])
        sheet.header([words[one] for one in _RATES])
        sheet.row(_rates(page))
        if not page.lines:
            sheet.lines([words["no_targets"]])
            return
        sheet.subheading(words["targets"])
        first = sheet.header([words[one] for one in _LINE_COLUMNS], is_repeated=True) + 1
        for line in page.lines:
            texts = _texts(line)
            at = sheet.row([texts[one] for one in _LINE_COLUMNS])
            if line.points:
                self._spark(sheet, at, line)
        self._ratios(sheet, first, len(page.lines))

    def _spark(self, sheet: Sheet, row: int, line: TargetLine) -> None:
        source, at = self._names[-1].replace("'", "''"), self._trend_rows[line.key] + 1
        from xlsxwriter.utility import xl_col_to_name

        last = xl_col_to_name(1 + len(line.points))
        sheet.sparkline(row, _LINE_COLUMNS.index("trend"), f"'{source}'!$C${at}:${last}${at}")

    def _ratios(self, sheet: Sheet, first: int, count: int) -> None:
        """Draw how far each target is: its ratio, 100 % being the target itself."""
        chart = self._bars()
        column = _LINE_COLUMNS.index("ratio")
        chart.add_series(sheet.series(first, count, column, COLOURS["on_track"]))
        chart.set_x_axis({"num_format": "0%", "min": 0})
        chart.set_legend({"none": True})
        sheet.chart(chart, self._words["ratio"], count * _BAR_HEIGHT + 120)

    def _bars(self, subtype: str | None = None) -> Chart:
        """Make a chart of bars, the first row's on top."""
        chart = self._book.add_chart({"type": "bar", "subtype": subtype})
        assert chart is not None  # noqa: S101 - the library knows bars
        chart.set_y_axis({"reverse": True})
        return chart

    # --- trends ---------------------------------------------------------------------------------

    def _trends(self, sheet: Sheet) -> None:
        """Write the figures of the trends, a row a target; the newest of each row stand last."""
        words = self._words
        sheet.widths((34, 24, *(11 for _ in range(12))))
        sheet.heading(words["trends"])
        sheet.lines([self._bulletin.title, self._bulletin.edition])
        sheet.header([words["kpi"], words["department"], words["figure"]])
        for page in self._bulletin.departments:
            for line in page.lines:
                texts = [text for _, text in line.points]
                self._trend_rows[line.key] = sheet.row([line.kpi, line.department, *texts])
                spans = [at for at, _ in line.points]
                if spans:
                    sheet.row(["", "", *spans], is_muted=True)


def _texts(line: TargetLine) -> Mapping[str, str]:
    """Return a target's cells, by the names of their columns."""
    status = line.word if line.before is None else f"{line.word} ← {line.before}"
    return {
        "kpi": line.kpi,
        "status": status,
        "figure": line.figure,
        "unit": line.unit,
        "period": line.period,
        "goal": line.goal,
        "due": line.due,
        "expected": line.expected,
        "ratio": line.ratio,
        "pace": line.pace,
        "change": line.change,
        "behind": line.behind or "",
        "since": line.since or "",
        "trend": "",
        "notes": "\n".join(line.notes),
    }


def _rates(page: DepartmentPage) -> list[str]:
    told: Reporting | None = page.reporting
    if told is None:
        return ["", "", "", "", ""]
    days = str(told.days) if told.overdue else ""
    return [told.completeness, told.timeliness, str(told.overdue), told.since or "", days]
