"""Workbooks made to harm whoever unpacks them; each is small itself, and made piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.intake.workbook.files import GOOD, HEADER, MAIN, XML, book, row, rows, sheet, styles

if TYPE_CHECKING:
    from collections.abc import Iterator

START = f'{XML}<worksheet xmlns="{MAIN}"><sheetData>{rows(HEADER, GOOD)}'.encode()
END = b"</sheetData></worksheet>"
STRINGS = f'{XML}<sst xmlns="{MAIN}">'.encode()


def repeated(start: bytes, piece: bytes, times: int, end: bytes) -> Iterator[bytes]:
    """Give a part that says the same over and over, in pieces of some size."""
    block = max(1, 2**20 // len(piece))
    yield start
    for _ in range(times // block):
        yield piece * block
    yield piece * (times % block)
    yield end


def many_rows(count: int, cells: bytes) -> bytes:
    """Make a sheet of so many rows of the same cells, without their names."""
    return book(repeated(START, b"<row>" + cells + b"</row>", count - 2, END))


def empty_cells(count: int) -> bytes:
    """Make a sheet of nothing but empty cells."""
    return book(repeated(START, b"<row>" + b"<c/>" * 1000 + b"</row>", count // 1000, END))


def long_text(size: int) -> bytes:
    """Make a sheet with a text of so many bytes in the figure's note."""
    start = START + b'<row r="3"><c r="A3" t="inlineStr"><is><t>'
    return book(repeated(start, b"A", size, b"</t></is></c></row>" + END))


def strings(count: int, one: bytes = b"<si><t>x</t></si>") -> bytes:
    """Make a workbook with so many shared strings that no cell needs."""
    shared = repeated(STRINGS, one, count, b"</sst>")
    return book(sheet(rows(HEADER, GOOD)), more={"xl/sharedStrings.xml": shared})


def different_strings(count: int, length: int) -> bytes:
    """Make a workbook with so many shared strings, no two the same."""

    def pieces() -> Iterator[bytes]:
        yield STRINGS
        for number in range(count):
            yield f"<si><t>{number:0>{length}}</t></si>".encode()
        yield b"</sst>"

    return book(sheet(rows(HEADER, GOOD)), more={"xl/sharedStrings.xml": pieces()})


def different_figures(count: int) -> bytes:
    """Make a sheet full of short texts, no two in a row of cells the same."""

    def pieces() -> Iterator[bytes]:
        yield START
        for place in range(count // 4):
            cells = "".join(f'<c t="str"><v>{place:x}{letter}</v></c>' for letter in "kdpv")
            yield f"<row>{cells}</row>".encode()
        yield END

    return book(pieces())


def style_formats(count: int) -> bytes:
    """Make a workbook with so many styles."""
    start = f'{XML}<styleSheet xmlns="{MAIN}"><cellXfs>'.encode()
    part = repeated(start, b'<xf numFmtId="1"/>', count, b"</cellXfs></styleSheet>")
    return book(sheet(rows(HEADER, GOOD)), more={"xl/styles.xml": part})


def merged(count: int) -> bytes:
    """Make a sheet of a thousand rows with so many areas, each merged over all of it."""
    good = rows(HEADER, *[GOOD] * 1000)
    start = f'{XML}<worksheet xmlns="{MAIN}"><sheetData>{good}</sheetData><mergeCells>'
    piece = b'<mergeCell ref="A2:D1001"/>'
    return book(repeated(start.encode(), piece, count, b"</mergeCells></worksheet>"))


def far_apart() -> bytes:
    """Make a sheet whose two figures stand in opposite corners."""
    corner = '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    before = '<dimension ref="A1:XFD1048576"/>'
    return book(sheet(rows(HEADER, GOOD) + corner, before))


def wide() -> bytes:
    """Make a sheet with something in each of its 16,384 columns."""
    names = "".join(f'<c t="str"><v>column {place}</v></c>' for place in range(16_380))
    header = row(1, *HEADER).replace("</row>", f"{names}</row>")
    return book(sheet(header + row(2, *GOOD)))


ENTITIES = "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
LAUGHS = f'<!DOCTYPE w [<!ENTITY a "haha">{ENTITIES}]>'
FILE = '<!DOCTYPE w [<!ENTITY i SYSTEM "file:///etc/hostname">]>'
QUADRATIC = f'<!DOCTYPE w [<!ENTITY i "{"A" * 100_000}">]>'


def with_document_type(part: str, declared: str) -> bytes:
    """Make a workbook in which a part declares a document type and makes use of its entity."""
    rest = {
        "xl/worksheets/sheet1.xml": sheet(rows(HEADER, (*GOOD[:3], "&i;"))).replace("&amp;", "&"),
        "xl/sharedStrings.xml": f'{XML}<sst xmlns="{MAIN}"><si><t>&i;</t></si></sst>',
        "xl/styles.xml": styles("&i;").replace("&amp;", "&"),
        "xl/workbook.xml": f'{XML}<workbook xmlns="{MAIN}"><sheets a="&i;"/></workbook>',
        "_rels/.rels": f'{XML}<Relationships a="&i;"/>',
    }
    return book(
        sheet(rows(HEADER, GOOD)),
        more={
            "xl/styles.xml": styles(0),
            "xl/sharedStrings.xml": f'{XML}<sst xmlns="{MAIN}"/>',
            part: rest[part].replace(XML, XML + declared),
        },
    )
