"""Reporting in a browser: pasted, typed by keyboard alone, mended, dropped, kept as a draft."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import pytest

from app.domain.access import Role
from app.domain.number import write_number
from app.domain.period import Period
from app.ledger import brought
from app.ledger.database import Database
from app.ledger.migrating import migrate
from app.ledger.office import Office
from tests.browser.conftest import DESKTOP, PHONE, Site, answers
from tests.ledger.small_office import add_user, department, fill, kpi, plan, row, send, target
from tests.parts import Process, free_port
from tests.programs import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from app.intake.resources import DepartmentResource, KpiResource, TargetResource
    from tests.browser.conftest import Look

pytestmark = [pytest.mark.part("chromium"), pytest.mark.xdist_group("browser")]

FIGURES: Final = 400
PASSWORD: Final = "correct horse battery"
REFUSED: Final = (
    "Failed to load resource: the server responded with a status of 422 (Unprocessable Entity)"
)
PASTE: Final = """([place, text]) => {
    const brought = new DataTransfer();
    brought.setData("text/plain", text);
    const given = {clipboardData: brought, bubbles: true, cancelable: true};
    const event = new ClipboardEvent("paste", given);
    document.getElementById(place).dispatchEvent(event);
}"""


def last_month() -> Period:
    """Return the newest month that has ended in the office."""
    today = dt.datetime.now(ZoneInfo("Asia/Shanghai"))
    return Period.of(today.year, month=today.month).shift(-1)


MANY: Final = {"many-1": FIGURES, "many-2": FIGURES, "many-3": FIGURES, "some-1": 40, "some-2": 40}
"""How many figures a month departments report that have many: each test has one to itself."""
HAVE_FEW: Final = [f"few-{number}" for number in range(1, 10)]
FEW: Final[dict[str, dict[str, object]]] = {
    "pendency": {"name_zh": "发明专利审查周期", "name_en": "Invention pendency"},
    "grants": {"kind": "ratio", "name_zh": "授权率", "name_en": "Grant rate", "factor": "100"},
    "laws": {"kind": "stock", "name_zh": "出台规章数", "name_en": "Rules issued"},
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office with departments of many and of 3 figures a month, of those with a history."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('reporting') / 'reporting.db'}")
    migrate(database)
    office = Office(database, ZoneInfo("Asia/Shanghai"))
    month = last_month()
    reported = {
        f"k-{number:03}": [code for code, count in MANY.items() if number <= count]
        for number in range(1, FIGURES + 1)
    }
    fill(
        office,
        department("office", kind="office", parent=None),
        *(_department(code, "审查业务部", "Examination") for code in MANY),
        *(_department(code, "条法司", "Law") for code in HAVE_FEW),
        plan("this", start=str(month.shift(-12)), end=str(month.shift(12))),
        *(_kpi(code, of) for code, of in reported.items()),
        *(_kpi(code, HAVE_FEW, **more) for code, more in FEW.items()),
        *(_target("<= 22.5", code, of) for code, listed in reported.items() for of in listed),
        *(_target(">= 1", code, of) for code in FEW for of in HAVE_FEW),
    )
    send(
        office,
        *(
            row("20.5", str(month.shift(-back)), kpi="pendency", department=of)
            for back in range(1, 9)
            for of in HAVE_FEW
        ),
    )
    for code in (*MANY, *HAVE_FEW):
        add_user(office, code, Role.REPORTER, code, password=PASSWORD)
    yield office
    database.close()


def _department(code: str, name_zh: str, name_en: str) -> DepartmentResource:
    number = code.rpartition("-")[2]
    names = {"name_zh": f"{name_zh}{number}", "name_en": f"{name_en} {number}"}
    return department(code, name=None, **names)


def _target(text: str, code: str, of: str) -> TargetResource:
    return target(text, plan="this", kpi=code, department=of, due=str(last_month()))


def _kpi(code: str, reported_by: list[str], **more: object) -> KpiResource:
    names = {"name": None, "name_zh": f"指标{code}", "name_en": f"Measure {code}"}
    return kpi(code, **{**names, "reported_by": reported_by, **more})


@pytest.fixture(scope="module")
def site(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The service on that office's record."""
    port = free_port()
    settings = {
        "DABIAO_DATABASE_URL": office.database.url.render_as_string(hide_password=False),
        "DABIAO_PORT": str(port),
        "PYTHONPATH": str(ROOT),
    }
    given = [f"{name}={value}" for name, value in settings.items()]
    command = ["env", *given, sys.executable, "-c", "from app.cli import main; main()", "serve"]
    server = Process(command, log=tmp_path_factory.mktemp("reporting") / "serve.log")
    url = f"http://127.0.0.1:{port}"
    try:
        server.wait_ready(lambda: answers(url), seconds=120)
        yield Site(url, "")
    finally:
        server.stop()


@pytest.fixture
def report(look: Callable[..., Look]) -> Callable[..., Look]:
    """Open the reporting page as a user who has signed in."""

    def start(user: str, width: int = DESKTOP, language: str = "en", **options: object) -> Look:
        window = look(width, language, **options)
        window.open("/sign-in?next=/report")
        window.page.locator("#name").fill(user)
        window.page.locator("#password").fill(PASSWORD)
        window.page.locator("main button.primary").click()
        window.page.wait_for_url("**/report")
        return window

    return start


def paste(page: Page, place: str, text: str) -> None:
    """Paste a text into a cell, as from a spreadsheet."""
    page.locator(f"#{place}").focus()
    page.evaluate(PASTE, [place, text])


def refused(window: Look) -> None:
    """Take note of a refusal: the browser itself tells every answer that is not 200."""
    window.page.locator("#fault").wait_for()
    assert window.troubles == [REFUSED]
    window.troubles.clear()


def on_record(office: Office, number: int) -> dict[str, str]:
    """Return what a submission brought, by KPI."""
    with office.database.read() as connection:
        found = brought.of_submission(connection, number)
    return {
        one.kpi: write_number(one.amount.value or one.amount.numerator or Decimal(0))
        for one in found
    }


def receipt_number(page: Page) -> int:
    """Return the number of the receipt that is shown."""
    page.wait_for_url("**/submissions/*")
    return int(re.findall(r"/submissions/(\d+)", page.url)[0])


@pytest.mark.parametrize(("language", "of"), [("zh", "many-1"), ("en", "many-2")])
def test_four_hundred_figures_are_pasted_checked_and_posted(
    report: Callable[..., Look], office: Office, language: str, of: str
) -> None:
    window = report(of, language=language)
    page = window.page
    assert page.locator("tr[data-row]").count() == FIGURES

    values = [f"{number / 100:.2f}" for number in range(1501, 1501 + FIGURES)]
    paste(page, "c-1-value", "\r\n".join(values) + "\r\n")
    page.locator("#checked", has_text=str(FIGURES)).wait_for()
    assert page.locator("#c-400-value").input_value() == values[-1]
    page.locator("#figures .primary").click()

    posted = on_record(office, receipt_number(page))
    assert [posted[f"k-{number:03}"] for number in (1, 2, 400)] == ["15.01", "15.02", "19"]
    assert len(posted) == FIGURES
    window.open("/report")
    assert page.locator("tr[data-row]").count() == 0


def test_a_paste_with_chinese_headers_goes_where_its_figures_stand(
    report: Callable[..., Look], office: Office
) -> None:
    page = report("many-3").page
    table = "指标\t备注\t数值\nk-399\t重新核对\t１７．５\nMeasure k-002\t\t1,234.5\n"
    paste(page, "c-1-value", table)
    page.locator("[role=status]", has_text="Rows put into the grid: 2").wait_for()
    assert page.locator("#c-399-value").input_value() == "１７．５"
    assert page.locator("#c-399-note").input_value() == "重新核对"
    page.locator("#figures .primary").click()
    assert on_record(office, receipt_number(page)) == {"k-002": "1234.5", "k-399": "17.5"}


def test_a_paste_is_undone(report: Callable[..., Look]) -> None:
    page = report("few-1").page
    page.locator("#c-2-value").fill("7")
    paste(page, "c-2-value", "1\t\t\tA note\n2\t\t\t\n3\t\t\tToo far\n")
    assert (
        page.locator("#pasted")
        .inner_text()
        .startswith("Cells pasted: 4. Left out, as they found no place: 2.")
    )
    page.get_by_role("button", name="Undo").click()
    assert page.locator("#c-2-value").input_value() == "7"
    assert page.locator("#c-3-value").input_value() == ""


def test_a_month_is_reported_by_keyboard_alone(report: Callable[..., Look], office: Office) -> None:
    window = report("few-2")
    page = window.page
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id").endswith("-numerator"):
            break
    page.keyboard.type("45")
    page.keyboard.press("Tab")
    page.keyboard.type("60")
    page.keyboard.press("Tab")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "c-2-value":
            break
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "c-3-value"
    page.keyboard.type("21")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.id") == "c-2-value"
    page.keyboard.press("Control+Enter")
    assert set(on_record(office, receipt_number(page))) == {"grants", "laws", "pendency"}


def test_findings_stand_beside_their_cells_while_somebody_types(
    report: Callable[..., Look], office: Office
) -> None:
    window = report("few-3")
    page = window.page
    page.locator("#c-3-value").fill("2O.5")
    page.locator("#said-3-value li.error").wait_for()
    assert page.locator("#c-3-value").get_attribute("aria-invalid") == "true"
    assert window.violations() == []

    page.locator("#c-3-value").fill("205")
    question = page.locator("#said-3-value li.warning, #said-3-kpi li.warning")
    question.first.wait_for()
    page.locator("#a-3").fill("Two long cases were closed")
    page.locator("#figures .primary").click()
    number = receipt_number(page)
    assert on_record(office, number) == {"pendency": "205"}
    assert page.get_by_text("Two long cases were closed").is_visible()


def test_an_upload_with_thirty_errors_is_mended_in_the_page(
    report: Callable[..., Look], office: Office, tmp_path: Path
) -> None:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["指标", "部门", "期间", "数值"])
    for number in range(1, 41):
        value = "十五" if number <= 28 else str(number)
        code = {29: "k-none", 30: ""}.get(number, f"k-{number:03}")
        writer.writerow([code, "some-1", str(last_month()), value])
    path = tmp_path / "figures.csv"
    path.write_text(file.getvalue(), "utf-8-sig")

    window = report("some-1", language="zh")
    page = window.page
    page.locator("#file").set_input_files(path)
    page.get_by_role("button", name="提交文件").click()
    refused(window)
    assert page.locator("li.error").count() == 30
    assert page.locator("tr[data-row]").count() == 40
    assert window.violations() == []

    for number in range(2, 30):
        page.locator(f"#c-{number}-value").fill("15.5")
    page.locator("#c-30-kpi").fill("k-029")
    page.locator("#c-31-kpi").fill("k-030")
    page.locator("#checked", has_text="可提交 40 项").wait_for()
    assert page.locator("li.error").count() == 0
    page.locator("#figures .primary").click()
    assert len(on_record(office, receipt_number(page))) == 40


def test_a_draft_survives_a_closed_page_until_it_is_posted_or_discarded(
    report: Callable[..., Look],
) -> None:
    window = report("few-4")
    context = window.page.context
    window.page.locator("#c-2-value").fill("3")
    window.page.locator("#c-3-note").fill("counted again")
    window.page.locator("#checked", has_text="Errors").wait_for()
    window.page.close()

    page = context.new_page()
    page.goto(window.url + "/report")
    assert page.locator("#draft").inner_text().startswith("A draft of")
    assert page.locator("#c-2-value").input_value() == "3"
    assert page.locator("#c-3-note").input_value() == "counted again"
    page.locator("#c-3-note").fill("")
    page.locator("#checked", has_text="Can be posted: 1").wait_for()
    page.locator("#figures .primary").click()
    receipt_number(page)
    page.goto(window.url + "/report")
    assert not page.locator("#draft").is_visible()

    page.locator("#c-1-note").fill("not yet")
    page.reload()
    page.get_by_role("button", name="Discard the draft").click()
    page.wait_for_function("document.getElementById('c-1-note')?.value === ''")
    assert not page.locator("#draft").is_visible()


def test_a_draft_holds_figures_that_are_not_listed_too(report: Callable[..., Look]) -> None:
    window = report("few-5")
    page = window.page
    page.get_by_role("button", name="Add another figure").click()
    page.locator("#c-4-kpi").fill("pendency")
    page.locator("#c-4-department").fill("few-5")
    page.locator("#c-4-period").fill(str(last_month().shift(-9)))
    page.locator("#c-4-value").fill("20.4")
    page.locator("#checked", has_text="Can be posted: 1").wait_for()
    window.open("/report")
    page.get_by_role("button", name="Put them back, too").click()
    page.locator("#c-4-value").wait_for()
    assert page.locator("#c-4-value").input_value() == "20.4"


def test_a_figure_is_corrected_with_a_reason_beside_what_was_there(
    report: Callable[..., Look], office: Office
) -> None:
    window = report("few-6")
    page = window.page
    earlier = last_month().shift(-1)
    window.open(f"/figures/pendency/few-6/{earlier}")
    page.get_by_role("link", name="Correct this figure").click()
    assert page.locator("tr[data-row]").inner_text().count("20.5") >= 1
    page.locator("#c-1-value").fill("20.7")
    page.locator("#said-1-reason li.error").wait_for()
    page.locator("#c-1-reason").fill("A mistake in typing is corrected.")
    page.locator("#checked", has_text="corrected 1").wait_for()
    page.locator("#figures .primary").click()
    number = receipt_number(page)
    assert on_record(office, number) == {"pendency": "20.7"}
    told = page.locator(".receipt").inner_text()
    assert "20.5" in told
    assert "20.7" in told
    assert "A mistake in typing is corrected." in told


def test_a_file_is_dropped(report: Callable[..., Look], office: Office) -> None:
    page = report("some-2").page
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the form").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    text = f"kpi,department,period,value\nk-001,some-2,{last_month()},15\n"
    page.evaluate(
        """(text) => {
            const brought = new DataTransfer();
            brought.items.add(new File([text], "figures.csv", {type: "text/csv"}));
            const given = {dataTransfer: brought, bubbles: true, cancelable: true};
            const event = new DragEvent("drop", given);
            document.getElementById("drop").dispatchEvent(event);
        }""",
        text,
    )
    assert on_record(office, receipt_number(page)) == {"k-001": "15"}


@pytest.mark.parametrize(("language", "of"), [("zh", "few-8"), ("en", "few-9")])
def test_the_page_fits_every_window_and_keeps_nobody_out(
    report: Callable[..., Look], language: str, of: str
) -> None:
    window = report(of, PHONE, language, color_scheme="dark")
    for address in ("/report", "/report?show=all"):
        window.open(address)
        for width in (320, PHONE, 768, DESKTOP):
            window.page.set_viewport_size({"width": width, "height": 800})
            assert window.sideways <= 0, width
        assert window.violations() == []


def test_a_month_is_reported_without_javascript(
    report: Callable[..., Look], office: Office
) -> None:
    window = report("few-7", java_script_enabled=False)
    page = window.page
    page.locator("#c-2-value").fill("3")
    page.locator("#c-3-value").fill("nonsense")
    page.locator("#figures .primary").click()
    refused(window)
    assert page.locator("#said-3-value li.error").is_visible()
    assert page.locator("#c-2-value").input_value() == "3"
    page.locator("#c-3-value").fill("20.5")
    page.locator("#figures .primary").click()
    assert on_record(office, receipt_number(page)) == {"laws": "3", "pendency": "20.5"}
