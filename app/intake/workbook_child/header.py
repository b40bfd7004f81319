"""Which sheet of a workbook holds the figures, and which of its rows names the columns."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.intake.workbook_child.parts import EnoughError, FaultError
from app.intake.workbook_child.sheet import SheetReader

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.intake.workbook_child.book import Book, Sheet
    from app.intake.workbook_child.sheet import Cell

_SOUGHT_WITHIN: Final = 100
"""Rows that are not blank, from the top, among which the header is sought."""
_ENOUGH_TO_BE_MEANT: Final = 2
"""Known columns that a row must name to be taken for a header with others missing."""


@dataclass(frozen=True)
class Wanted:
    """What is sought: per spelling the field it names, and the fields that make a header."""

    fields: Mapping[str, str]
    required: Collection[str]

    def field(self, text: str) -> str | None:
        """Return the field that a header names, also in full-width letters."""
        return self.fields.get(unicodedata.normalize("NFKC", text).casefold())


@dataclass(frozen=True)
class Header:
    """The row that names the columns.

    texts: what stands in it, the known fields first.
    places: per column of the sheet that gives a known field, its place among the texts.
    columns: all columns that have a name.
    """

    row: int
    texts: Sequence[str]
    places: Mapping[int, int]
    columns: Collection[int]

    @classmethod
    def of(cls, row: int, cells: Sequence[Cell], wanted: Wanted) -> Header:
        """Read a row as a header. Of two columns for the same field the first gives it."""
        known: dict[str, Cell] = {}
        others = []
        for cell in cells:
            name = wanted.field(cell.text)
            if name is None or name in known:
                others.append(cell.text)
            else:
                known[name] = cell
        return cls(
            row=row,
            texts=[*(cell.text for cell in known.values()), *others],
            places={cell.column: place for place, cell in enumerate(known.values())},
            columns={cell.column for cell in cells if cell.text},
        )


@dataclass
class _Seen:
    """What was seen of a sheet."""

    sheet: Sheet
    wanted: Wanted
    rows: int = 0
    header: Header | None = None
    complete: bool = False
    followed: bool = False
    """Whether anything stands below a complete header."""

    def row(self, number: int, _: bool, cells: list[Cell]) -> None:  # noqa: FBT001 - as called
        if self.complete:
            self.followed = True
            raise EnoughError
        self.rows += 1
        names = {self.wanted.field(cell.text) for cell in cells} - {None}
        if names >= set(self.wanted.required):
            self.complete = True
        if self.complete or len(names) >= max(_ENOUGH_TO_BE_MEANT, self.named + 1):
            self.header = Header.of(number, cells, self.wanted)
        if not self.complete and self.rows >= _SOUGHT_WITHIN:
            raise EnoughError

    @property
    def named(self) -> int:
        return 0 if self.header is None else len(self.header.places)


def choose(book: Book, wanted: Wanted, most_cells: int) -> tuple[Sheet, Header]:
    """Return the sheet that holds the figures and its header row.

    A sheet whose header has nothing below it is passed over where another has. Where no header is
    complete, the one that names most is returned, so that it can be said what is missing.
    Raises FaultError where there is none, or more than one could be meant.
    """
    seen = [_look(book, sheet, wanted, most_cells) for sheet in book.sheets]
    complete = [one for one in seen if one.complete]
    meant = [one for one in complete if one.followed] or complete[:1]
    if len(meant) > 1:
        names = ", ".join(f"“{one.sheet.name}”" for one in meant)
        raise FaultError("several_sheets", names=names)
    meant = meant or sorted(seen, key=lambda one: -one.named)[:1]
    if not meant or meant[0].header is None:
        raise FaultError("no_header" if any(one.rows for one in seen) else "empty")
    return meant[0].sheet, meant[0].header


def _look(book: Book, sheet: Sheet, wanted: Wanted, most_cells: int) -> _Seen:
    seen = _Seen(sheet, wanted)
    book.package.parse(sheet.part, SheetReader(book, seen.row, most_cells))
    return seen
