"""The same figures as each program writes them, in its own manner, come out the same."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING

import pytest
import xlsxwriter
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from app.intake.tabular import CHINESE
from app.intake.workbook import read_workbook
from tests.intake.workbook.files import MAIN, OFFICE, XML, packed, parts, sheet, styles

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.intake.table import Table

NAMES = ("kpi", "department", "period", "value", "note")
HEADER = tuple(CHINESE[name] for name in NAMES)
EXPECTED = {
    "kpi": ["审查周期", "审查周期", "结案量"],
    "department": ["审查一部", "审查二部", "审查一部"],
    "period": ["2013-03-01", "2013-03-01", "2013-04-01"],
    "value": ["22.54", "-0.001", "123456"],
    "note": ["", "数据“暂定”\n待核", "a & b"],
}
MARCH, APRIL = "41334", "41365"


def excel() -> bytes:
    """As Excel in Chinese does: shared strings, spans, a date format known by number alone."""
    words = [*HEADER, "审查周期", "审查一部", "审查二部", "结案量"]
    pronounced = "<si><r><t>数据“暂定”</t></r><r><rPr><b/></rPr><t>_x000D_\n待核</t></r>"
    pronounced += '<rPh sb="0" eb="2"><t>スウチ</t></rPh><phoneticPr fontId="1"/></si>'
    strings = "".join(f"<si><t>{word}</t></si>" for word in words) + pronounced
    strings += '<si><t xml:space="preserve">a &amp; b </t></si>'
    lines = [
        [*((str(place), "t='s'") for place in range(5))],
        [("5", "t='s'"), ("6", "t='s'"), (MARCH, "s='2'"), ("22.539999999999999", "")],
        [("5", "t='s'"), ("7", "t='s'"), (MARCH, "s='2'"), ("-1E-3", ""), ("9", "t='s'")],
        [("8", "t='s'"), ("6", "t='s'"), (APRIL, "s='2'"), ("123456", ""), ("10", "t='s'")],
    ]
    data = "".join(
        f'<row r="{n}" spans="1:5">{_stored(n, line)}</row>' for n, line in enumerate(lines, 1)
    )
    data = data.replace("<v>123456<", "<f>SUM(F1:F9)</f><v>123456<")
    before = '<sheetPr/><dimension ref="A1:E4"/><cols><col min="1" max="5" width="12"/></cols>'
    after = '<phoneticPr fontId="1" type="noConversion"/><pageMargins left="0.7"/>'
    more = {
        "xl/sharedStrings.xml": f'{XML}<sst xmlns="{MAIN}" uniqueCount="11">{strings}</sst>',
        "xl/styles.xml": styles(0, 49, 57),
        "docProps/app.xml": f"{XML}<Properties/>",
    }
    about = '<workbookPr defaultThemeVersion="124226"/><calcPr calcId="145621"/>'
    return packed(parts(sheet(data, before, after), about=about, more=more))


def _stored(place: int, line: list[tuple[str, str]]) -> str:
    return "".join(
        f'<c r="{letter}{place}" {attributes}><v>{stored}</v></c>'
        for letter, (stored, attributes) in zip("ABCDE", line, strict=False)
    )


def wps() -> bytes:
    """As WPS does: its own parts, rows formatted down the sheet, a format spelled in Chinese."""
    made = parts(
        sheet(
            '<row r="1" ht="20" customHeight="1">'
            + "".join(
                f'<c r="{"ABCDE"[n]}1" s="1" t="inlineStr"><is><t>{name}</t></is></c>'
                for n, name in enumerate(HEADER)
            )
            + "</row>"
            + _inline(2, ["审查周期", "审查一部", MARCH, "22.54", ""])
            + _inline(3, ["审查周期", "审查二部", MARCH, "-0.001", "数据“暂定”\n待核"])
            + _inline(4, ["结案量", "审查一部", APRIL, "123456", "a &amp; b"])
            + "".join(
                f'<row r="{n}"><c r="A{n}" s="1"/><c r="D{n}" s="1"/></row>' for n in range(5, 900)
            )
        ),
        more={
            "xl/styles.xml": styles("G/通用格式", "@", 'yyyy"年"m"月";@'),
            "xl/wpsExt.xml": "<x/>",
        },
    )
    return packed({name.replace("sheet1", "SHEET1"): part for name, part in made.items()})


def _inline(place: int, cells: list[str]) -> str:
    kpi, department, period, value, note = cells
    return (
        f'<row r="{place}"><c r="A{place}" t="inlineStr"><is><t>{kpi}</t></is></c>'
        f'<c r="B{place}" t="inlineStr"><is><t>{department}</t></is></c>'
        f'<c r="C{place}" s="2"><v>{period}</v></c><c r="D{place}" s="0"><v>{value}</v></c>'
        f'<c r="E{place}" t="str"><f>""&amp;F1</f><v>{note}</v></c></row>'
    )


def libre_office() -> bytes:
    """As LibreOffice does: types and styles always given, absolute targets, rows to the bottom."""
    made = parts(
        sheet(
            "".join(
                _typed(n, row) for n, row in enumerate(zip(*EXPECTED.values(), strict=True), 2)
            ),
            before='<sheetPr filterMode="false"/><cols><col collapsed="false" customWidth="false" '
            'hidden="false" min="1" max="16384" width="11.53"/></cols>',
            after='<printOptions headings="false"/>',
        ),
        more={"xl/styles.xml": styles("General", "yyyy\\-mm\\-dd")},
        about='<workbookPr backupFile="false" date1904="false"/><calcPr iterate="false"/>',
    )
    made["xl/worksheets/sheet1.xml"] = (
        str(made["xl/worksheets/sheet1.xml"])
        .replace("<sheetData>", f"<sheetData>{_typed(1, HEADER)}")
        .replace(
            "</sheetData>",
            '<row r="1048576" customFormat="false" ht="12.8" hidden="false"/></sheetData>',
        )
    )
    made["xl/_rels/workbook.xml.rels"] = str(made["xl/_rels/workbook.xml.rels"]).replace(
        'Target="', 'Target="/xl/'
    )
    return packed(made)


def _typed(place: int, cells: tuple[str, ...]) -> str:
    written = []
    for letter, cell in zip("ABCDE", cells, strict=True):
        if cell.startswith("2013"):
            days = (dt.date.fromisoformat(cell) - dt.date(1899, 12, 30)).days
            written.append(f'<c r="{letter}{place}" s="1" t="n"><v>{days}</v></c>')
        elif cell and cell.lstrip("-").replace(".", "").isdigit():
            written.append(f'<c r="{letter}{place}" s="0" t="n"><v>{cell}</v></c>')
        else:
            text = cell.replace("&", "&amp;")
            written.append(f'<c r="{letter}{place}" s="0" t="inlineStr"><is><t>{text}</t></is></c>')
    attributes = 'customFormat="false" ht="12.8" hidden="false" outlineLevel="0" collapsed="false"'
    return f'<row r="{place}" {attributes}>{"".join(written)}</row>'


def strict_form() -> bytes:
    """As Excel does for "Strict Open XML": other namespaces, dates as ISO 8601 text, a prefix."""
    lines = zip(*EXPECTED.values(), strict=True)
    data = "".join(
        f"<x:row>{''.join(f'<x:c {_strict(cell)}</x:c>' for cell in line)}</x:row>"
        for line in (HEADER, *lines)
    )
    made = parts("")
    made["xl/worksheets/sheet1.xml"] = (
        f'{XML}<x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main">'
        f"<x:sheetData>{data}</x:sheetData></x:worksheet>"
    )
    for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "_rels/.rels"):
        made[name] = (
            str(made[name])
            .replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")
            .replace(OFFICE, "http://purl.oclc.org/ooxml/officeDocument/relationships")
        )
    return packed(made)


def _strict(cell: str) -> str:
    if cell.startswith("2013"):
        return f't="d"><x:v>{cell}T00:00:00</x:v>'
    return f't="str"><x:v>{cell.replace("&", "&amp;")}</x:v>'


def _typed_lines() -> list[tuple[str, str, dt.date, float, str]]:
    lines = zip(*EXPECTED.values(), strict=True)
    return [
        (kpi, unit, dt.date.fromisoformat(period), float(value), note)
        for kpi, unit, period, value, note in lines
    ]


def openpyxl_book(epoch: dt.datetime | None = None) -> bytes:
    book = Workbook()
    if epoch is not None:
        book.epoch = epoch
    assert book.active is not None
    book.active.append(HEADER)
    for line in _typed_lines():
        book.active.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def xlsxwriter_book() -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm", "date_1904": True}) as book:
        page = book.add_worksheet()
        for place, line in enumerate((HEADER, *_typed_lines())):
            page.write_row(place, 0, line)
    return file.getvalue()


PROGRAMS = {
    "Excel": excel,
    "WPS": wps,
    "LibreOffice": libre_office,
    "Excel, strict": strict_form,
    "openpyxl": openpyxl_book,
    "openpyxl, since 1904": lambda: openpyxl_book(CALENDAR_MAC_1904),
    "xlsxwriter, since 1904": xlsxwriter_book,
}


def columns(table: Table) -> dict[str, list[str]]:
    return {name: list(column) for name, column in table.columns.items()}


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_programs_figures_are_the_same(program: str) -> None:
    make: Callable[[], bytes] = PROGRAMS[program]
    table = read_workbook(make())
    assert table.findings == ()
    read = columns(table)
    read["note"] = [note.replace("\r", "") for note in read["note"]]
    assert read == EXPECTED
    assert list(table.numbers) == [2, 3, 4]
    assert table.headers == dict(zip(NAMES, HEADER, strict=True))
    assert table.typed_by_people
    assert not table.comma_is_doubtful


def test_a_formula_that_its_writer_did_not_compute_has_no_value() -> None:
    """The library writes 0 in its place, and asks the spreadsheet program to compute it."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["kpi", "department", "period", "value"])
        page.write_row(1, 0, ["pendency", "examination-1", "2013-03"])
        page.write_formula(1, 3, "=20+2.5")
    (finding,) = read_workbook(file.getvalue()).findings
    assert (finding.code, finding.row, finding.column) == ("formula_without_value", 2, "value")


def test_a_formula_written_by_openpyxl_has_no_value() -> None:
    book = Workbook()
    assert book.active is not None
    book.active.append(["kpi", "department", "period", "value"])
    book.active.append(["pendency", "examination-1", "2013-03", "=20+2.5"])
    file = io.BytesIO()
    book.save(file)
    (finding,) = read_workbook(file.getvalue()).findings
    assert (finding.code, finding.row, finding.column) == ("formula_without_value", 2, "value")
