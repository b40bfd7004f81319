"""Text without quotation marks, cut into cells many lines at a time.

Where nothing is quoted, a record is a line and a cell is what stands between two delimiters, so the
reader's rules come down to cutting; it is asked wherever a stretch is not of one width throughout.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Final

from app.intake.limits import MAX_CELL

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG: Final = 256 * 1024
"""Characters from which on a text is cut like this."""
_STRETCH: Final = 512 * 1024


def stretches(text: str, first: int) -> Iterator[tuple[int, list[str]]]:
    """Cut a text into stretches of lines, each with the number of its first line.

    A line ends as `io` has lines end: with CR, LF or both.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    start, number = 0, first
    while start < len(text):
        end = text.rfind("\n", start, start + _STRETCH) + 1 or text.find("\n", start) + 1
        lines = text[start : end or len(text)].removesuffix("\n").split("\n")
        yield number, lines
        number += len(lines)
        start = end or len(text)


def split_lines(lines: list[str], delimiter: str, width: int) -> list[list[str]] | None:
    """Return the cells of lines column by column, trimmed.

    None where a line does not have `width` cells, is blank at its beginning, or is too long for the
    lengths of its cells to be taken on trust.
    """
    if set(map(str.count, lines, repeat(delimiter))) != {width - 1}:
        return None
    if max(map(len, lines)) > MAX_CELL:
        return None
    text = delimiter.join(lines)
    cells = text.split(delimiter)
    if not text.isascii() or " " in text or (delimiter != "\t" and "\t" in text):
        cells = list(map(str.strip, cells))
    columns = [cells[position::width] for position in range(width)]
    return columns if all(columns[0]) else None
