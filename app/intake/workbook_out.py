"""Tables written as workbooks (.xlsx) that come back unchanged through `workbook.read_workbook`."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

_KEPT_DIGITS: Final = 15
"""Significant digits that a number in a spreadsheet keeps."""
_LONGEST: Final = 32_767
"""Characters that a cell can hold."""
MOST_ROWS: Final = 1_048_575
"""Rows that a sheet holds below its header."""
_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)
_WIDTH: Final = 18


def write_workbook(
    header: Sequence[str], rows: Iterable[Sequence[str]], numeric: Collection[str] = ()
) -> bytes:
    """Write a sheet of text, the names of the columns in its first row.

    rows: cells as they stand in a CSV file; "" is left blank. numeric: the columns whose numbers
    are written as numbers, unless a spreadsheet would not keep all their digits.
    Text is always written as text, whatever it begins with, so nothing of it is computed. For
    programs that make CSV of it, free text should have been through `spelling.write_text`.
    Raises ValueError for a text longer than a cell, or more rows than a sheet.
    """
    file = io.BytesIO()
    # Row by row into a file on disk: a million rows in memory would be a gigabyte.
    import xlsxwriter

    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        page = book.add_worksheet()
        page.freeze_panes(1, 0)
        page.set_column(0, len(header) - 1, _WIDTH)
        bold = book.add_format({"bold": True})
        for column, name in enumerate(header):
            _written(page.write_string(0, column, name, bold))
        numbers = [name in numeric for name in header]
        for place, row in enumerate(rows, 1):
            for column, (text, is_number) in enumerate(zip(row, numbers, strict=True)):
                if is_number and _is_kept(text):
                    _written(page.write_number(place, column, float(text)))
                elif text:
                    _written(page.write_string(place, column, text))
    return file.getvalue()


def _is_kept(text: str) -> bool:
    """Tell whether a number has no more digits than a spreadsheet keeps."""
    digits = text.lstrip("-0.").replace(".", "")
    return _NUMBER.fullmatch(text) is not None and len(digits) <= _KEPT_DIGITS


def _written(status: int) -> None:
    """Raise ValueError where the library has left a cell out, which it says by a number alone."""
    if status != 0:
        msg = f"a cell holds at most {_LONGEST} characters, and a sheet 1048576 rows"
        raise ValueError(msg)
