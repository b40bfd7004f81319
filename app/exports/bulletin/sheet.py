"""One sheet of the bulletin's workbook, written from top to bottom."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from app.intake.spelling import write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import xlsxwriter
    from xlsxwriter.chart import Chart
    from xlsxwriter.format import Format

    from app.exports.bulletin.content import Bulletin

_A4: Final = 9
_LONGEST_NAME: Final = 31
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\']")
_NUMBER: Final = re.compile(r"[+\N{MINUS SIGN}]?[0-9,]+(?:\.([0-9]+))?(%?)", re.ASCII)
_KEPT_DIGITS: Final = 15
"""Significant digits that a number in a spreadsheet keeps."""
_LONGEST: Final = 32_767
"""Characters that a cell can hold."""
_CHART_WIDTH: Final = 900
_HEADING_HEIGHT: Final = 24
"""Points."""
_RESERVED: Final = "history"
"""A name that spreadsheets keep for themselves."""


def names_of_sheets(wanted: Iterable[str]) -> list[str]:
    """Return names that spreadsheets take, no two alike, in the order of those wanted."""
    names: list[str] = []
    taken = {_RESERVED}
    for one in wanted:
        plain = _FORBIDDEN.sub(" ", "".join(c for c in one if c.isprintable())).strip() or "–"
        name, number = plain[:_LONGEST_NAME].strip(), 1
        while name.casefold() in taken:
            number += 1
            tail = f" ({number})"
            name = plain[: _LONGEST_NAME - len(tail)] + tail
        taken.add(name.casefold())
        names.append(name)
    return names


class Sheet:
    """A sheet, and the row that is written next."""

    def __init__(self, book: xlsxwriter.Workbook, name: str, bulletin: Bulletin) -> None:
        """Add a sheet to a workbook; it says on every printed page if figures are made up."""
        self._book, self._name, self._row = book, name, 0
        self._page = book.add_worksheet(name)
        self._looks: dict[str, Format] = {}
        self._page.set_landscape()
        self._page.set_paper(_A4)
        self._page.fit_to_pages(1, 0)
        self._page.hide_gridlines(2)
        edition = bulletin.edition.replace("&", "&&")
        self._page.set_footer(f"&L&8{edition}&R&8&P / &N")
        if bulletin.illustrative is not None:
            self._page.set_header(f"&C&B{bulletin.illustrative}")
            self._write(0, bulletin.illustrative, bold=True, font_color="#7A4A00")
            self._row += 1

    def widths(self, widths: Sequence[float]) -> None:
        """Set the columns' widths, in characters."""
        for column, width in enumerate(widths):
            self._page.set_column(column, column, width)

    def heading(self, text: str) -> None:
        """Write the sheet's heading."""
        self._write(0, text, bold=True, font_size=16)
        self._page.set_row(self._row, _HEADING_HEIGHT)
        self._row += 1

    def subheading(self, text: str) -> None:
        """Write a heading below a blank row."""
        self._row += 1
        self._write(0, text, bold=True, font_size=12)
        self._row += 1

    def lines(self, texts: Iterable[str]) -> None:
        """Write a row for each text."""
        for text in texts:
            self._write(0, text)
            self._row += 1

    def header(self, texts: Sequence[str], *, is_repeated: bool = False) -> int:
        """Write the names of columns; returns the row. is_repeated: on every printed page."""
        for column, text in enumerate(texts):
            self._write(column, text, bold=True, bottom=1, text_wrap=True, valign="bottom")
        if is_repeated:
            self._page.repeat_rows(self._row)
        self._row += 1
        return self._row - 1

    def row(self, texts: Sequence[str], *, is_muted: bool = False) -> int:
        """Write cells, numbers as numbers; returns the row."""
        look: dict[str, Any] = {"valign": "top", "text_wrap": True}
        if is_muted:
            look |= {"font_color": "#515C6B", "font_size": 8}
        for column, text in enumerate(texts):
            self._cell(column, text, look)
        self._row += 1
        return self._row - 1

    def sparkline(self, row: int, column: int, source: str) -> None:
        """Draw a small line of the cells of `source`."""
        look = {"series_color": "#18202B", "last_point": True, "last_color": "#1C5A9E"}
        self._page.add_sparkline(row, column, {"range": source, **look})

    def series(self, first: int, count: int, column: int, colour: str) -> dict[str, Any]:
        """Return a chart's series: the numbers of a column, named by the first column."""
        last = first + count - 1
        return {
            "name": [self._name, first - 1, column],
            "categories": [self._name, first, 0, last, 0],
            "values": [self._name, first, column, last, column],
            "fill": {"color": colour},
            "gap": 40,
        }

    def chart(self, chart: Chart, title: str, height: int) -> None:
        """Place a chart below what is written, in a room of its own."""
        chart.set_title({"name": title, "name_font": {"size": 11}})
        chart.set_size({"width": _CHART_WIDTH, "height": height})
        self._page.insert_chart(self._row + 1, 0, chart)
        self._row += height // 20 + 3

    # --- cells ----------------------------------------------------------------------------------

    def _cell(self, column: int, text: str, look: Mapping[str, Any]) -> None:
        found = _NUMBER.fullmatch(text)
        if found is None or sum(one.isdigit() for one in text) > _KEPT_DIGITS:
            self._write(column, text, **look)
            return
        plain = text.replace(",", "").replace("\N{MINUS SIGN}", "-").removesuffix("%")
        value = Decimal(plain) / (100 if found[2] else 1)
        pattern = "#,##0" + (f".{'0' * len(found[1])}" if found[1] else "") + found[2]
        if text.startswith("+"):
            pattern = f"+{pattern};-{pattern};{pattern}"
        style = self._look({**look, "num_format": pattern})
        self._page.write_number(self._row, column, float(value), style)

    def _write(self, column: int, text: str, **look: object) -> None:
        if text:
            kept = write_text(text)[:_LONGEST]
            self._page.write_string(self._row, column, kept, self._look(look))

    def _look(self, wanted: Mapping[str, object]) -> Format:
        key = repr(sorted(wanted.items()))
        if key not in self._looks:
            self._looks[key] = self._book.add_format(dict(wanted))
        return self._looks[key]
