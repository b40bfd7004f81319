"""The bulletin over HTTP: what the scoreboard says, in every form, the same again for ever."""

from __future__ import annotations

import io
import re
import struct
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

import app.exports.bulletin
from app.domain.access import Actor, Role
from app.exports.bulletin.sheet import names_of_sheets
from app.intake.acknowledgement import NoteResource, acknowledge
from app.intake.folder import load_folder
from app.ledger.overview import Glances
from tests.counting import reads_of
from tests.ledger.small_office import (
    ADMIN,
    department,
    fill,
    kpi,
    plan,
    row,
    send,
    target,
)
from tests.web.reading import Read

if TYPE_CHECKING:
    from collections.abc import Callable

    from openpyxl.worksheet.worksheet import Worksheet
    from starlette.testclient import TestClient

    from app.ledger.office import Office
    from tests.clock import Clock

MARCH = "/bulletin/plan-2013/2013-03"
FONTS = Path(app.exports.bulletin.__path__[0]) / "fonts"


def told(site: TestClient, address: str = MARCH) -> str:
    """Return a page's text."""
    page = site.get(address)
    assert page.status_code == 200
    return Read(page.text).text


def on_paper(site: TestClient, query: str = "") -> str:
    """Return the text of the PDF, each run of blanks as one."""
    answer = site.get(f"{MARCH}.pdf{query}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.content)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def in_sheets(site: TestClient, query: str = "") -> dict[str, Worksheet]:
    """Return the workbook's sheets by their names."""
    answer = site.get(f"{MARCH}.xlsx{query}")
    assert answer.status_code == 200
    with warnings.catch_warnings():
        # The reader knows no sparklines; `test_trends_are_sparklines` looks at them itself.
        warnings.filterwarnings("ignore", "Sparkline Group extension")
        book = load_workbook(io.BytesIO(answer.content))
    return {sheet.title: sheet for sheet in book.worksheets}


def rows(sheet: Worksheet) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(values_only=True))


def verdicts(site: TestClient) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what the API's scoreboard says of March, by KPI and department."""
    query = {"plan": "plan-2013", "period": "2013-03"}
    answer = site.get("/api/v1/scoreboard", params=query, headers={"Accept": "application/json"})
    items = answer.json()["items"]
    return {(one["kpi"], one["department"]): one for one in items}


# --- what it says ---------------------------------------------------------------------------------


def test_every_target_has_the_scoreboards_verdict(site: TestClient) -> None:
    sheets = in_sheets(site)
    found = {}
    for name, sheet in sheets.items():
        lines = rows(sheet)
        header = next((line for line in lines if line[0] == "KPI" and "pace" in line), None)
        if header is None:
            continue
        for line in lines[lines.index(header) + 1 :]:
            if line[0] is None or line[1] is None:
                break
            found[line[0], name] = dict(zip(header, line, strict=True))
    names = {"exam": "Examination", "office": "office", "law": "law"}
    board = verdicts(site)
    assert {(one["kpi_name"], names[one["department"]]) for one in board.values()} == set(found)
    for one in board.values():
        cells = found[one["kpi_name"], names[one["department"]]]
        assert cells["status"].partition(" ←")[0] == one["status"].replace("_", " ")
        if one["ratio"] is not None:
            assert cells["figure"] == pytest.approx(float(one["actual"]), abs=0.005)
            assert cells["ratio to the target"] == pytest.approx(float(one["ratio"]), abs=0.001)
            assert cells["pace"] == pytest.approx(float(one["pace"]), abs=0.001)


@pytest.mark.parametrize("read", [told, on_paper])
def test_the_cover_says_what_slips_by_how_much_and_since_when(
    site: TestClient, read: Callable[..., str]
) -> None:
    text = read(site)
    assert "plan-2013: bulletin of Mar 2013" in text
    assert "What slips" in text
    slipping = text.partition("What slips")[2]
    for said in ("Pendency", "at risk", "0.90 units above the target", "since Feb 2013"):
        assert said in slipping
    assert "at most 22.5 units" in slipping


@pytest.mark.parametrize("read", [told, on_paper])
def test_who_owes_figures_is_named_with_how_many_and_how_late(
    site: TestClient, read: Callable[..., str]
) -> None:
    owed = read(site).partition("Who has not reported")[2]
    board = Read(site.get("/?plan=plan-2013&period=2013-03").text).text
    assert "since Jan 2013" in board
    assert "since Jan 2013" in owed
    assert "days late" in owed
    assert "exam-east" in owed


def test_a_department_has_its_targets_its_rates_and_the_change_of_a_month(
    site: TestClient,
) -> None:
    (leaf,) = [one for one in site.get(MARCH).text.split("<article") if 'id="at-exam"' in one]
    text = Read(f"<article{leaf}").text
    assert re.search(r"completeness 100\.0% 3/3", text)
    assert "corrected, revision 2" in text
    # 23.4 in March after 22.6 in February.
    assert "+0.80" in text
    for said in ("corrected, revision 2", "+0.80", "100.0% 3/3"):
        assert said in on_paper(site)


def test_warnings_stand_below_their_target_with_what_was_said_to_them(
    browse: Callable[..., TestClient], reported: Office
) -> None:
    for month, value in enumerate((22, 22.4, 22.2, 22.1, 22.3, 22.2), 4):
        send(reported, row(str(value), f"2013-0{month}"))
    odd = send(reported, row("70", "2013-10", note="an audit"))
    assert [one.code for one in odd.result.findings] == ["far_from_history"]
    assert odd.id is not None
    acknowledge(reported, odd.id, [NoteResource(finding=1, note="A flood of <cases>")], ADMIN)
    text = told(browse(), "/bulletin/plan-2013/2013-10")
    assert "Note: an audit" in text
    assert "Warning: 70 is far from the other figures of Pendency of Examination" in text
    assert "Answer: A flood of <cases>" in text


def test_a_revised_target_says_so_on_its_line(
    browse: Callable[..., TestClient], reported: Office
) -> None:
    fill(reported, target("<= 23", reason="more cases than planned"))
    text = told(browse())
    assert "Target revised: more cases than planned" in text
    assert "at most 23 units" in text


def test_both_languages_are_chinese_and_english_throughout(
    browse: Callable[..., TestClient],
    reported: Office,  # noqa: ARG001 - filled before it is browsed
) -> None:
    site = browse("zh")
    text, paper, sheets = told(site), on_paper(site), in_sheets(site)
    for said in ("审查周期", "审查部", "22.5个以内", "未报送的部门", "自2013年2月起", "有风险"):
        assert said in text
        assert said.replace(" ", "") in paper.replace(" ", "")
    assert "全局总览" in sheets
    assert "审查部" in sheets
    english = on_paper(site, "?language=en")
    assert "Who has not reported" in english
    assert "未报送的部门" not in english


def test_the_pages_name_each_month_that_has_begun(site: TestClient) -> None:
    page = site.get("/bulletin")
    addresses = Read(page.text).addresses
    assert f"{MARCH}" in addresses
    assert f"{MARCH}.pdf" in addresses
    assert f"{MARCH}.xlsx" in addresses
    assert "/bulletin" in Read(site.get("/").text).addresses


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/bulletin/nothing/2013-03", 404),
        ("/bulletin/plan-2013/2012-12", 404),
        ("/bulletin/plan-2013/2013-Q1", 404),
        ("/bulletin/plan-2013/2013", 404),
        ("/bulletin/plan-2013/march", 404),
        ("/bulletin/plan-2013/9999-99.pdf", 404),
        ("/bulletin/plan-2013/2013-03.doc", 404),
        (f"{MARCH}?as_of=2001-01-01", 404),
        (f"{MARCH}?as_of=yesterday", 422),
        (f"{MARCH}.pdf?as_of=2013-04-15T09:00:00", 422),
        (f"{MARCH}.xlsx?as_of=0001-01-01T00:00:00Z", 422),
    ],
)
def test_what_is_no_bulletin_is_refused(site: TestClient, address: str, status: int) -> None:
    assert site.get(address).status_code == status


# --- as of an instant ---------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["pdf", "xlsx"])
def test_the_same_edition_is_the_same_bytes_whatever_came_later(
    site: TestClient, reported: Office, clock: Clock, form: str
) -> None:
    page = Read(site.get(MARCH).text)
    (edition,) = [one for one in page.addresses if one.startswith(f"{MARCH}.{form}?")]
    first = site.get(edition)
    assert first.status_code == 200
    clock.forward(days=3)
    send(reported, row("22", reason="recounted"))
    fill(reported, target("<= 30", reason="given up"))
    assert site.get(edition).content == first.content
    assert site.get(f"{MARCH}.{form}").content != first.content


def test_a_bulletin_of_a_past_day_shows_what_was_on_record_then(
    site: TestClient, reported: Office, clock: Clock
) -> None:
    clock.forward(days=3)
    send(reported, row("22", reason="recounted"))
    day = (reported.today()).replace(day=reported.today().day - 1)
    assert "22.00" in told(site)
    past = told(site, f"{MARCH}?as_of={day}")
    assert "23.40" in past
    assert "22.00" not in past
    assert f"As on record on {day} 23:59:59" in past


def test_made_up_figures_are_marked_on_every_leaf_and_sheet(
    browse: Callable[..., TestClient], reported: Office, tmp_path: Path, clock: Clock
) -> None:
    before = reported.clock().isoformat()
    clock.forward(days=1)
    folder = tmp_path / "year-illustrative"
    (folder / "figures").mkdir(parents=True)
    (folder / "figures" / "2013-03.csv").write_text(
        "kpi,department,period,value\npendency,exam-east,2013-03,22\n", "utf-8"
    )
    assert load_folder(reported, folder, Actor("here", Role.ADMIN)).receipts
    site, mark = browse(), "Illustrative data."
    html = site.get(MARCH).text
    leaves = html.split("<article")[1:]
    assert leaves
    assert all(mark in leaf for leaf in leaves)
    pdf = PdfReader(io.BytesIO(site.get(f"{MARCH}.pdf").content))
    assert all(mark in page.extract_text() for page in pdf.pages)
    for sheet in in_sheets(site).values():
        assert str(sheet.cell(1, 1).value).startswith(mark)
        assert sheet.oddHeader is not None
        assert mark in str(sheet.oddHeader.center.text)
    # What was printed before they came says nothing of them, and stays as it was.
    assert mark not in on_paper(site, f"?as_of={before.replace('+', '%2B')}")


# --- hostile texts ------------------------------------------------------------------------------


@pytest.fixture
def hostile(browse: Callable[..., TestClient], office: Office) -> TestClient:
    """An office whose names are formulas, markup and characters that no type has."""
    fill(
        office,
        department("office", kind="office", parent=None, name="=1+1"),
        department("law", name="<script>alert(1)</script>"),
        department("other", name="[x]:*?/\\ 'quoted' #let x = 1; $ * _ @ref `code`"),
        plan(name="&amp; @SUM(A1) \N{GRINNING FACE}"),
        kpi("a", name='=HYPERLINK("http://x")', reported_by=["law"]),
        kpi("b", name="-2+3+cmd|' /C calc'!A0", reported_by=["other"]),
        target("<= 5", kpi="a", department="law"),
        target("<= 5", kpi="b", department="other"),
    )
    send(office, row("4", kpi="a", department="law", note="+1\t<b>\N{GRINNING FACE}"))
    return browse()


def test_a_page_escapes_every_name(hostile: TestClient) -> None:
    html = hostile.get(MARCH).text
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "&amp;amp; @SUM" in html


def test_no_cell_is_a_formula_and_every_sheet_has_a_name(hostile: TestClient) -> None:
    sheets = in_sheets(hostile)
    cells = [cell for sheet in sheets.values() for line in sheet.iter_rows() for cell in line]
    assert all(cell.data_type != "f" for cell in cells)
    texts = [str(cell.value) for cell in cells if cell.data_type == "s"]
    assert '\'=HYPERLINK("http://x")' in texts
    assert not [text for text in texts if text.startswith(("=", "+", "-", "@"))]
    assert len(sheets) == 4


def test_paper_takes_no_name_for_markup_and_tells_what_it_cannot_print(hostile: TestClient) -> None:
    text = on_paper(hostile)
    assert "#let x = 1; $ * _ @ref `code`" in text
    assert "@SUM(A1) 〓" in text
    assert "U+1F600" in text


def test_names_of_sheets_are_told_apart_and_fit() -> None:
    long = "x" * 40
    names = names_of_sheets(["A", "a", "History", long, long, "a/b:[c]", "''", "\n"])
    assert len({name.casefold() for name in names}) == len(names)
    assert all(0 < len(name) <= 31 for name in names)
    assert not [name for name in names if set(name) & set("[]:*?/\\'")]
    assert names[0] == "A"


# --- the workbook -------------------------------------------------------------------------------


def test_numbers_are_numbers_with_the_decimals_shown_and_charts_are_native(
    site: TestClient,
) -> None:
    sheets = in_sheets(site)
    exam = sheets["Examination"]
    cell = next(one for line in exam.iter_rows() for one in line if one.value == 23.4)
    assert cell.number_format == "#,##0.00"
    assert all(len(sheets[name]._charts) == 1 for name in ("The whole office", "Examination"))  # type: ignore[attr-defined]
    assert exam.page_setup.orientation == "landscape"


def test_trends_are_sparklines_of_the_figures_beside(site: TestClient) -> None:
    with zipfile.ZipFile(io.BytesIO(site.get(f"{MARCH}.xlsx").content)) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        written = "".join(book.read(name).decode() for name in sheets)
    trends = in_sheets(site)["Trends"]
    drawn = [
        tuple(cell.value for cell in trends[cells][0])
        for cells in re.findall(r"<xm:f>'?Trends'?!([^<]+)</xm:f>", written)
    ]
    assert (22.1, 22.6, 23.4) in drawn
    assert all(None not in cells for cells in drawn)


# --- the type -----------------------------------------------------------------------------------


def characters_of(font: Path) -> set[int]:
    """Return the characters that a font has shapes for: its `cmap` of format 12 (OpenType 1.9)."""
    data = font.read_bytes()
    (count,) = struct.unpack_from(">H", data, 4)
    tables = (struct.unpack_from(">4s3I", data, 12 + 16 * place) for place in range(count))
    (start,) = [offset for tag, _, offset, _ in tables if tag == b"cmap"]
    (subtables,) = struct.unpack_from(">H", data, start + 2)
    for place in range(subtables):
        _, _, offset = struct.unpack_from(">HHI", data, start + 4 + 8 * place)
        if struct.unpack_from(">H", data, start + offset)[0] == 12:
            (groups,) = struct.unpack_from(">I", data, start + offset + 12)
            runs = (
                struct.unpack_from(">3I", data, start + offset + 16 + 12 * group)
                for group in range(groups)
            )
            return {one for first, last, _ in runs for one in range(first, last + 1)}
    raise AssertionError(f"{font} has no such table")


@pytest.mark.parametrize("name", ["NotoSansSC-Regular.otf", "NotoSansSC-Bold.otf"])
def test_the_type_has_every_character_that_is_said_to_be_in_it(name: str) -> None:
    listed = (FONTS / "characters.txt").read_text("utf-8").replace("\n", "")
    assert {ord(one) for one in listed} == characters_of(FONTS / name)
    for high in range(0xB0, 0xF8):
        for low in range(0xA1, 0xFF):
            if (high, low) < (0xD7, 0xFA) or high > 0xD7:
                assert bytes([high, low]).decode("gb2312") in listed


def test_the_type_is_embedded_and_no_more_of_it_than_is_used(site: TestClient) -> None:
    pdf = PdfReader(io.BytesIO(site.get(f"{MARCH}.pdf").content))
    fonts = [
        font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        for page in pdf.pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    ]
    assert fonts
    assert all("/FontFile3" in font for font in fonts)
    assert len(site.get(f"{MARCH}.pdf").content) < 200_000


# --- how many reads -----------------------------------------------------------------------------


def queries(site: TestClient) -> int:
    """Count the reads of a bulletin that nobody has looked at since the record changed."""
    site.get(MARCH)
    site.app.application.state.site.glances = Glances()  # type: ignore[attr-defined]
    return reads_of(site, MARCH)


def test_a_bulletin_reads_a_bounded_number_of_times(
    browse: Callable[..., TestClient], office: Office
) -> None:
    fill(office, department("office", kind="office", parent=None), plan())
    fill(office, department("law"), kpi("k0"), target("<= 5", kpi="k0", department="law"))
    send(office, row("4", kpi="k0", department="law"))
    site = browse()
    few = queries(site)
    many = [(f"k{at}", f"d{at % 7}") for at in range(60)]
    fill(office, *(department(f"d{at}") for at in range(7)))
    fill(office, *(kpi(code, reported_by=[at]) for code, at in many[1:]))
    fill(office, *(target("<= 5", kpi=code, department=at) for code, at in many[1:]))
    send(office, *(row("4", kpi=code, department=at) for code, at in many[1:]), actor=ADMIN)
    assert 0 < queries(site) == few <= 10
