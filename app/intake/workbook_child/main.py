"""The process: confines itself, reads the workbook on standard input, answers in lines of JSON.

It is started with one argument, its orders as JSON (`Orders`). It answers with a line for the
header, lines with rows, and a last one for what was seen around them; or, at any point, with a
last line that says what is wrong with the file as a whole. Without such a last line, the answer
is to be thrown away.
"""

from __future__ import annotations

import json
import sys
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from app.intake.workbook_child.book import open_book
from app.intake.workbook_child.header import Wanted, choose
from app.intake.workbook_child.parts import FaultError
from app.intake.workbook_child.sheet import SheetReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import IO

    from app.intake.workbook_child.header import Header
    from app.intake.workbook_child.sheet import Area, Cell

_ROWS_AT_ONCE: Final = 500
_DOUBT_QUOTED: Final = 200
_MOST_RANGES: Final = 50
"""Ranges of hidden rows that are named."""


@dataclass(frozen=True)
class Orders:
    """What to look for, and how far to go.

    fields: per spelling of a header, casefolded, the field. required: the fields that make a
    header. unpacked, answer, memory: bytes; seconds: of computing; longest: characters of a cell
    that are given back; cells: that hold something; doubts: that are told at the end.
    """

    fields: Mapping[str, str]
    required: Sequence[str]
    unpacked: int
    answer: int
    memory: int
    seconds: int
    longest: int
    cells: int
    doubts: int


class Answer:
    """Writes the answer's lines, up to a limit."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        """limit: bytes."""
        self._stream = stream
        self._limit = limit
        self._left = limit
        self._encode = json.JSONEncoder(
            ensure_ascii=False, check_circular=False, separators=(",", ":")
        ).encode

    def line(self, content: Mapping[str, object]) -> None:
        """Write a line; raises FaultError when it is too much."""
        line = self._encode(content).encode("utf-8", "surrogatepass") + b"\n"
        self._left -= len(line)
        if self._left < 0:
            raise FaultError("workbook_too_large", limit=str(self._limit // 2**20))
        self._stream.write(line)

    def fault(self, code: str, values: Mapping[str, str]) -> None:
        """Write the last line of a file that is wrong as a whole."""
        self._left = self._limit
        self.line({"fault": [code, values]})


class Rows:
    """Puts the rows below the header into the answer."""

    def __init__(self, header: Header, answer: Answer) -> None:
        """header: below which they stand."""
        self._header = header
        self._answer = answer
        self._rows: list[object] = []
        self._doubts: list[object] = []
        self._numbers = array("L")
        self._hidden: list[list[int]] = []

    def row(self, number: int, hidden: bool, cells: list[Cell]) -> None:  # noqa: FBT001 - as called
        """Take a row: its known cells in the header's order, and whether more stands in it."""
        header = self._header
        if number <= header.row:
            return
        row = [""] * len(header.places)
        nameless = False
        for column, doubt, text in cells:
            place = header.places.get(column)
            if place is None:
                nameless = nameless or (column not in header.columns and bool(text))
            elif doubt is None:
                row[place] = text
            else:
                self._doubts.append([number, place, doubt, text[:_DOUBT_QUOTED]])
        self._rows.append([number, row, nameless])
        if hidden:
            self._hide(number)
        self._numbers.append(number)
        if len(self._rows) >= _ROWS_AT_ONCE:
            self.flush()

    def _hide(self, number: int) -> None:
        """Note a hidden row; rows that follow each other in the file are one range."""
        if self._hidden and self._numbers[-1] == self._hidden[-1][1]:
            self._hidden[-1][1] = number
        elif len(self._hidden) <= _MOST_RANGES:
            self._hidden.append([number, number])

    def flush(self) -> None:
        """Write the rows that are waiting."""
        self._answer.line({"rows": self._rows, "doubts": self._doubts})
        self._rows, self._doubts = [], []

    def end(self, reader: SheetReader, most: int, sheet: str | None) -> None:
        """Write the last line. sheet: its name if it is hidden."""
        self.flush()
        hidden_columns = [
            place
            for column, place in self._header.places.items()
            if any(first <= column <= last for first, last in reader.hidden_columns)
        ]
        end = {
            "hidden_sheet": sheet,
            "hidden_rows": self._hidden,
            "hidden_columns": hidden_columns,
            "doubts": list(islice(self._merged(reader.merged), most)),
        }
        self._answer.line({"end": end})

    def _merged(self, areas: Sequence[Area]) -> Iterator[object]:
        """Go through the cells of which one value stands for several."""
        for area in areas:
            places = [
                place
                for column, place in self._header.places.items()
                if area.left <= column <= area.right
            ]
            beside = len(places) > 1 or area.top < area.bottom
            if area.top <= self._header.row or not (places and beside):
                continue
            first = bisect_left(self._numbers, area.top)
            last = bisect_right(self._numbers, area.bottom)
            for number in self._numbers[first:last]:
                for place in places:
                    yield [number, place, "merged_cell", area.name]


def read(file: IO[bytes], orders: Orders, answer: Answer) -> None:
    """Read a workbook; raises FaultError for one that is wrong as a whole."""
    book = open_book(file, orders.unpacked, orders.longest)
    sheet, header = choose(book, Wanted(orders.fields, orders.required), orders.cells)
    answer.line({"header": [header.row, header.texts], "known": len(header.places)})
    rows = Rows(header, answer)
    reader = SheetReader(book, rows.row, orders.cells)
    book.package.parse(sheet.part, reader)
    rows.end(reader, orders.doubts, sheet.name if sheet.hidden else None)


def confine(orders: Orders) -> None:
    """Give up what a reader of bytes has no need of: memory, time, files, other processes."""
    # Names of parts in the old code of ZIP files: its table is a file, too.
    "".encode("cp437")
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not there on every system

    limits = (
        (resource.RLIMIT_CPU, orders.seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 3),  # those that are open already
        (resource.RLIMIT_AS, orders.memory),
    )
    for limit, most in limits:
        resource.setrlimit(limit, (most, most))


def main() -> None:
    """Read standard input as the first argument orders."""
    orders = Orders(**json.loads(sys.argv[1]))
    answer = Answer(sys.stdout.buffer, orders.answer)
    with open(0, "rb", closefd=False) as file:  # standard input, if it is a file
        confine(orders)
        try:
            read(file, orders, answer)
        except FaultError as fault:
            answer.fault(fault.code, fault.values)
        except MemoryError:
            answer.fault("workbook_too_demanding", {})
    sys.stdout.buffer.flush()
