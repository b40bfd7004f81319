"""The rows of a sheet, one by one, with their own numbers; only cells that hold something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from app.intake.workbook_child.book import Text
from app.intake.workbook_child.cells import Look, date_text, iso_text, number_text, unescaped
from app.intake.workbook_child.parts import FaultError, is_true, named

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.parsers import expat

    from app.intake.workbook_child.book import Book
    from app.intake.workbook_child.parts import Attributes

_ROW = named("row")
_CELL = named("c")
_FORMULA = named("f")
_TEXT = (*named("v"), *named("t"))
_PHONETIC = named("rPh")
_COLUMN = named("col")
_MERGED = named("mergeCell")

MOST_ROWS: Final = 1_048_576
MOST_COLUMNS: Final = 16_384
_DIGITS: Final = "0123456789"
_MOST_AREAS: Final = 100_000
"""Merged areas in a sheet; they are kept until its end."""
_REMEMBERED: Final = 20_000
"""Spellings of columns that are looked up; no sheet has more columns."""


class Cell(NamedTuple):
    """A cell that holds something.

    doubt: the code of the finding that it is, or None. text: trimmed.
    """

    column: int
    doubt: str | None
    text: str


class Area(NamedTuple):
    """Cells that are merged into one: first and last row and column, from 1, and as written."""

    top: int
    bottom: int
    left: int
    right: int
    name: str


class SheetReader:
    """Hears a sheet, and gives each row that has cells with something in them to `on_row`.

    on_row(number, hidden, cells): may raise EnoughError.
    hidden_columns: ranges of columns, from 1; complete before the first row.
    merged: complete when the sheet has been heard to its end.
    """

    def __init__(
        self, book: Book, on_row: Callable[[int, bool, list[Cell]], None], most_cells: int
    ) -> None:
        """most_cells: how many cells that hold something are read before it is too many."""
        self.hidden_columns: list[tuple[int, int]] = []
        self.merged: list[Area] = []
        self._book = book
        self._on_row = on_row
        self._limit = most_cells
        self._left = most_cells
        self._columns: dict[str, int] = {}
        self._text = Text(book.longest)
        self._row = 0
        self._row_name = "0"
        self._row_hidden = False
        self._cells: list[Cell] = []
        self._column = 0
        self._attributes: Attributes = {}
        self._formula = self._filled = self._phonetic = False

    def attach(self, parser: expat.XMLParserType) -> None:
        """Set the parser's handlers."""
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        self._parser = parser

    def _start(self, tag: str, attributes: Attributes) -> None:
        # The most frequent first: a sheet is little else than cells and their values.
        if tag in _CELL:
            self._start_cell(attributes)
        elif tag in _TEXT:
            # Text in several formats comes in several pieces; its pronunciation is not part of it.
            if not self._phonetic:
                self._filled = True
                self._parser.CharacterDataHandler = self._text.add
        elif tag in _FORMULA:
            self._formula = True
        elif tag in _ROW:
            self._start_row(attributes)
        elif tag in _PHONETIC:
            self._phonetic = True
        elif tag in _COLUMN:
            self._start_column(attributes)
        elif tag in _MERGED:
            self._start_merged(attributes)

    def _end(self, tag: str) -> None:
        if tag in _CELL:
            if self._filled or self._formula:
                self._end_cell()
        elif tag in _TEXT:
            self._parser.CharacterDataHandler = None
        elif tag in _ROW:
            if self._cells:
                self._on_row(self._row, self._row_hidden, self._cells)
        elif tag in _PHONETIC:
            self._phonetic = False

    # --- rows and cells -------------------------------------------------------------------------

    def _start_row(self, attributes: Attributes) -> None:
        name = attributes.get("r")
        number = self._row + 1 if name is None else _row_number(name)
        if not self._row < number <= MOST_ROWS:
            raise FaultError("damaged_workbook")
        self._row = number
        self._row_name = str(number)
        self._row_hidden = is_true(attributes.get("hidden"))
        self._cells = []
        self._column = 0

    def _start_cell(self, attributes: Attributes) -> None:
        name = attributes.get("r")
        column = self._column + 1 if name is None else self._column_of(name)
        if not self._column < column <= MOST_COLUMNS:
            raise FaultError("damaged_workbook")
        self._column = column
        self._attributes = attributes
        self._formula = self._filled = self._phonetic = False
        self._text.begin()

    def _column_of(self, name: str) -> int:
        letters = name.rstrip(_DIGITS)
        if name[len(letters) :] != self._row_name:
            raise FaultError("damaged_workbook")
        column = self._columns.get(letters)
        if column is None:
            column = column_number(letters)
            if len(self._columns) < _REMEMBERED:
                self._columns[letters] = column
        return column

    def _end_cell(self) -> None:
        doubt, text = self._meaning(self._text.whole(), self._attributes.get("t", "n"))
        text = text.strip()
        if text or doubt:
            self._left -= 1
            if self._left < 0:
                raise FaultError("too_many_filled_cells", limit=str(self._limit))
            self._cells.append(Cell(self._column, doubt, text))

    # --- what a cell means ----------------------------------------------------------------------

    def _meaning(self, stored: str, kind: str) -> tuple[str | None, str]:
        """Return the finding that a cell is, if it is one, and its text; "" where it is blank."""
        if self._formula and (
            self._book.uncomputed or not self._filled or (kind == "n" and not stored.strip())
        ):
            # One that was computed and gives empty text is text, and blank.
            return "formula_without_value", ""
        if not stored:
            return None, ""
        return self._number(stored.strip()) if kind == "n" else self._other(stored, kind)

    def _other(self, stored: str, kind: str) -> tuple[str | None, str]:
        """Return the same of a cell that holds no number."""
        if kind == "s":
            return None, self._shared(stored)
        if kind in {"str", "inlineStr"}:
            return None, unescaped(stored)
        if kind == "d":
            return None, iso_text(stored.strip())
        if kind == "b":
            return "boolean_cell", "TRUE" if is_true(stored.strip()) else "FALSE"
        if kind == "e":
            return "error_cell", stored
        raise FaultError("damaged_workbook")

    def _shared(self, stored: str) -> str:
        number = int(stored)
        if not 0 <= number < len(self._book.strings):
            raise FaultError("damaged_workbook")
        return self._book.strings[number]

    def _number(self, stored: str) -> tuple[str | None, str]:
        style = self._attributes.get("s")
        look = Look.PLAIN if style is None else self._look(style)
        if look == Look.PLAIN:
            return None, number_text(stored)
        if look == Look.DATE:
            return None, date_text(stored, since_1904=self._book.since_1904)
        return "percent_cell", number_text(stored)

    def _look(self, style: str) -> int:
        looks = self._book.looks
        number = int(style)
        # A workbook without styles has cells of style 0.
        return looks[number] if 0 <= number < len(looks) else Look.PLAIN

    # --- around the rows ------------------------------------------------------------------------

    def _start_column(self, attributes: Attributes) -> None:
        if is_true(attributes.get("hidden")):
            first, last = attributes.get("min", ""), attributes.get("max", "")
            self.hidden_columns.append((_row_number(first), _row_number(last)))

    def _start_merged(self, attributes: Attributes) -> None:
        if len(self.merged) >= _MOST_AREAS:
            raise FaultError("workbook_too_demanding")
        name = attributes.get("ref", "")
        first, _, last = name.partition(":")
        left, top = place_of(first)
        right, bottom = place_of(last or first)
        self.merged.append(Area(top, bottom, left, right, name))


def column_number(letters: str) -> int:
    """Return a column's number: A is 1, AA 27; raises FaultError for what is no column."""
    if not (letters.isascii() and letters.isalpha() and len(letters) <= len("XFD")):
        raise FaultError("damaged_workbook")
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def place_of(name: str) -> tuple[int, int]:
    """Return a cell's column and row; raises FaultError for what is no cell."""
    letters = name.rstrip(_DIGITS)
    return column_number(letters), _row_number(name[len(letters) :])


def _row_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST_ROWS))):
        raise FaultError("damaged_workbook")
    return int(text)
