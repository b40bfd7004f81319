"""Workbooks made by hand, part by part, as programs write them and as nobody should."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
HEADER = ("kpi", "department", "period", "value")
GOOD = ("pendency", "examination-1", "2013-03", "22.5")

Part = str | bytes | Iterable[bytes]


def packed(parts: Mapping[str, Part], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Put parts into a package; one that is given in pieces is never whole in memory."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as package:
        for name, part in parts.items():
            if isinstance(part, str | bytes):
                package.writestr(name, part)
            else:
                with package.open(name, "w", force_zip64=True) as stream:
                    for piece in part:
                        stream.write(piece)
    return file.getvalue()


def relations(*targets: tuple[str, str]) -> str:
    """Write relations: kinds and targets, with ids rId1, rId2, ..."""
    lines = "".join(
        f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{XML}<Relationships xmlns="{PACKAGE}">{lines}</Relationships>'


def sheet(data: str, before: str = "", after: str = "") -> str:
    """Write a sheet around its rows."""
    return (
        f'{XML}<worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}">{before}'
        f"<sheetData>{data}</sheetData>{after}</worksheet>"
    )


def text(name: str, content: str, more: str = "") -> str:
    """Write a cell with text of its own."""
    return f'<c r="{name}" t="inlineStr"{more}><is><t xml:space="preserve">{escape(content)}</t></is></c>'  # noqa: E501


def number(name: str, stored: str, more: str = "") -> str:
    """Write a cell with a number as it is stored."""
    return f'<c r="{name}"{more}><v>{stored}</v></c>'


def row(place: int, *cells: str, more: str = "") -> str:
    """Write a row of cells that are written already, or of text."""
    written = (
        cell if cell.startswith("<") else text(f"{letter}{place}", cell)
        for letter, cell in zip("ABCDEFGHIJ", cells, strict=False)
        if cell
    )
    return f'<row r="{place}"{more}>{"".join(written)}</row>'


def rows(*lines: Sequence[str], first: int = 1) -> str:
    """Write rows, one below the other."""
    return "".join(row(place, *cells) for place, cells in enumerate(lines, first))


def styles(*formats: str | int) -> str:
    """Write styles, one a number format; a number is one that is built in."""
    own = [form for form in formats if isinstance(form, str)]
    defined = "".join(
        f"<numFmt numFmtId={quoteattr(str(164 + place))} formatCode={quoteattr(form)}/>"
        for place, form in enumerate(own)
    )
    numbers = [164 + own.index(form) if isinstance(form, str) else form for form in formats]
    cells = "".join(f'<xf numFmtId="{form}" fontId="0"/>' for form in numbers)
    return (
        f'{XML}<styleSheet xmlns="{MAIN}"><numFmts>{defined}</numFmts>'
        f'<cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs>{cells}</cellXfs>'
        f'<cellStyles><cellStyle name="Normal"/></cellStyles></styleSheet>'
    )


def parts(
    *sheets: Part,
    names: Sequence[str] = (),
    states: Sequence[str] = (),
    about: str = "",
    more: Mapping[str, Part] | None = None,
) -> dict[str, Part]:
    """Return the parts of a workbook of these sheets, as a program of the usual sort writes them.

    about: elements of the workbook besides its sheets. more: parts to add or put in place; a
    `styles.xml` or `sharedStrings.xml` among them is referred to.
    """
    more = more or {}
    titles = [*names, *(f"Sheet{place}" for place in range(len(names) + 1, len(sheets) + 1))]
    shown = [*states, *["visible"] * (len(sheets) - len(states))]
    listed = "".join(
        f"<sheet name={quoteattr(title)} sheetId='{place}' state='{state}' r:id='rId{place}'/>"
        for place, (title, state) in enumerate(zip(titles, shown, strict=True), 1)
    )
    kinds = {"xl/styles.xml": "styles", "xl/sharedStrings.xml": "sharedStrings"}
    return {
        "[Content_Types].xml": f"{XML}<Types/>",
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{about}'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": relations(
            *(("worksheet", f"worksheets/sheet{place}.xml") for place in range(1, len(sheets) + 1)),
            *((kind, name.removeprefix("xl/")) for name, kind in kinds.items() if name in more),
        ),
        **{f"xl/worksheets/sheet{place}.xml": part for place, part in enumerate(sheets, 1)},
        **more,
    }


def book(
    *sheets: Part,
    names: Sequence[str] = (),
    states: Sequence[str] = (),
    about: str = "",
    more: Mapping[str, Part] | None = None,
) -> bytes:
    """Return a workbook; see `parts`."""
    return packed(parts(*sheets, names=names, states=states, about=about, more=more))


def with_value(cell: str, **named: str) -> bytes:
    """Return a workbook of one row whose figure, in D2, is this cell; named: more parts."""
    more = {f"xl/{name}.xml": part for name, part in named.items()}
    return book(sheet(rows(HEADER, (*GOOD[:3], cell))), more=more)
