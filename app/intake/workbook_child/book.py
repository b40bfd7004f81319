"""What a workbook says of its sheets: their names and places, and what their cells refer to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.intake.workbook_child.cells import Look, look_of, unescaped
from app.intake.workbook_child.parts import FaultError, Package, Starts, is_true, named

if TYPE_CHECKING:
    from typing import IO
    from xml.parsers import expat

    from app.intake.workbook_child.parts import Attributes

_TEXT = named("t")
_PHONETIC = named("rPh")
_STRING = named("si")
_WORKBOOK = named("workbook")
_PROPERTIES = named("workbookPr")
_COMPUTING = named("calcPr")
_SHEET = named("sheet")
_FORMAT = named("numFmt")
_STYLE = named("xf")
_STYLES = named("cellXfs")
_OTHER_STYLES = (*named("cellStyleXfs"), *named("cellStyles"), *named("dxfs"))

_MOST_STYLES = 65_536
_MOST_STRINGS = 2_000_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of cells: its name, its part, and whether it is hidden."""

    name: str
    part: str
    hidden: bool


@dataclass
class Book:
    """What the cells of all sheets refer to."""

    package: Package
    longest: int
    """Characters of a cell that are kept, and one more to tell that it was longer."""
    sheets: list[Sheet] = field(default_factory=list)
    since_1904: bool = False
    uncomputed: bool = False
    """Whether the workbook asks to be computed before anybody looks at it.

    Programs that write formulas without computing them say so, and write 0 for the value.
    """
    strings: list[str] = field(default_factory=list)
    looks: bytearray = field(default_factory=bytearray)
    """Per style of a cell, what it makes of a number."""


class Text:
    """Gathers the pieces of a cell's text, up to the longest that is kept."""

    def __init__(self, longest: int) -> None:
        """Start without text."""
        self._longest = longest
        self.begin()

    def begin(self) -> None:
        """Forget what was gathered."""
        self._pieces: list[str] = []
        self._left = self._longest + 1

    def add(self, piece: str) -> None:
        """Add a piece; what goes beyond the longest is dropped."""
        if len(piece) > self._left:
            piece = piece[: self._left]
        if piece:
            self._left -= len(piece)
            self._pieces.append(piece)

    def whole(self) -> str:
        """Return the text; one that was too long is nothing but that."""
        if self._left <= 0:
            return "#" * (self._longest + 1)
        return "".join(self._pieces)


def open_book(file: IO[bytes], unpacked: int, longest: int) -> Book:
    """Open a workbook; raises FaultError if it is none, or one that cannot be read."""
    package = Package(file, unpacked)
    if package.is_open_document():
        raise FaultError("open_document")
    root = next(
        (part for kind, part in package.relations("").values() if kind == "officeDocument"),
        "xl/workbook.xml",
    )
    if root not in package or not root.casefold().endswith(".xml"):
        raise FaultError("not_a_workbook")
    book = Book(package, longest)
    relations = package.relations(root)
    _read_workbook(book, root, relations)
    parts = dict(relations.values())
    if "styles" in parts:
        _read_styles(book, parts["styles"])
    if "sharedStrings" in parts:
        package.parse(parts["sharedStrings"], _Strings(book))
    return book


def _read_workbook(book: Book, root: str, relations: dict[str, tuple[str, str]]) -> None:
    tags: set[str] = set()

    def start(tag: str, attributes: Attributes) -> None:
        if not tags and tag not in _WORKBOOK:
            raise FaultError("not_a_workbook")
        tags.add(tag)
        if tag in _PROPERTIES:
            book.since_1904 = is_true(attributes.get("date1904"))
        elif tag in _COMPUTING:
            book.uncomputed = is_true(attributes.get("fullCalcOnLoad"))
        elif tag in _SHEET:
            identifier = next((text for name, text in attributes.items() if name[-3:] == " id"), "")
            kind, part = relations.get(identifier, ("", ""))
            if kind == "worksheet":
                hidden = attributes.get("state", "visible") != "visible"
                book.sheets.append(Sheet(attributes.get("name", ""), part, hidden))

    book.package.parse(root, Starts(start))


def _read_styles(book: Book, part: str) -> None:
    codes: dict[int, str] = {}
    looks: dict[int, Look] = {}
    of_cells = False

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal of_cells
        if tag in _STYLE:
            if of_cells:
                number = _whole(attributes.get("numFmtId", "0"))
                if number not in looks:
                    looks[number] = look_of(number, codes.get(number))
                book.looks.append(looks[number])
                if len(book.looks) > _MOST_STYLES:
                    raise FaultError("damaged_workbook")
        elif tag in _FORMAT:
            # Those of conditional formats come after all styles, and are no cell's.
            if not book.looks:
                codes[_whole(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif tag in _STYLES:
            of_cells = True
        elif tag in _OTHER_STYLES:
            of_cells = False

    book.package.parse(part, Starts(start))


def _whole(text: str | None) -> int:
    if text is None or not (text.isascii() and text.isdigit() and len(text) < len("1048576000")):
        raise FaultError("damaged_workbook")
    return int(text)


class _Strings:
    """Hears the strings that cells share; how they are to be pronounced is left out."""

    def __init__(self, book: Book) -> None:
        self._strings = book.strings
        self._text = Text(book.longest)
        self._phonetic = False

    def attach(self, parser: expat.XMLParserType) -> None:
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        self._parser = parser

    def _start(self, tag: str, _: Attributes) -> None:
        if tag in _TEXT:
            self._parser.CharacterDataHandler = None if self._phonetic else self._text.add
        elif tag in _STRING:
            self._text.begin()
        elif tag in _PHONETIC:
            self._phonetic = True

    def _end(self, tag: str) -> None:
        if tag in _TEXT:
            self._parser.CharacterDataHandler = None
        elif tag in _STRING:
            self._strings.append(unescaped(self._text.whole()))
            if len(self._strings) > _MOST_STRINGS:
                raise FaultError("too_many_filled_cells", limit=str(_MOST_STRINGS))
        elif tag in _PHONETIC:
            self._phonetic = False
