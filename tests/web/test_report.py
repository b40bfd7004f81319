"""The reporting page over HTTP: what is due, plain forms, files, corrections, answers."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import openpyxl
import pytest

from app.domain.access import Role
from app.intake.review import approve, give_back
from app.intake.submission import XLSX
from app.ledger import sessions, submissions
from app.ledger.submissions import Outcome, Source
from tests.counting import reads_of
from tests.ledger.small_office import (
    APPROVER,
    add_user,
    assert_whole,
    fill,
    history,
    kpi,
    row,
    send,
    target,
)
from tests.web.reading import Read
from tests.web.test_pages import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from app.ledger.office import Office
    from app.ledger.submissions import Receipt

DECEMBER = "2013-12"
CSV = "指标,部门,期间,数值\n"


@pytest.fixture
def desk(office: Office, browse: Callable[..., TestClient]) -> TestClient:
    """The pages of the small office, as exam's reporter who has signed in, without a script."""
    fill(office)
    fill(office, target(">= 100", kpi="cases"))
    return signed_in(office, browse(), "wang.min", "exam")


def signed_in(office: Office, site: TestClient, name: str, *departments: str) -> TestClient:
    """Begin a session for a new reporter."""
    user = add_user(office, name, Role.REPORTER, *departments)
    with office.database.write() as connection:
        token = sessions.begin(connection, user.id, office.clock())
    site.cookies.set("dabiao-session", token)
    site.follow_redirects = False
    return site


def fields(page: str) -> dict[str, str]:
    """Return what a browser sends of a page's grid as it stands."""
    (form,) = re.findall(r'<form id="figures".*?</form>', page, re.DOTALL)
    found = dict(re.findall(r'<input(?=[^>]* name="([^"]*)")(?=[^>]* value="([^"]*)")', form))
    return {**found, **dict.fromkeys(re.findall(r'<select[^>]* name="([^"]*)"', form), "")}


def post(desk: TestClient, given: dict[str, str], address: str = "/report", **changes: str) -> str:
    """Send a form as a browser does; returns where it leads, or the page that came back."""
    answer = desk.post(address, data={**given, **changes})
    if answer.status_code == 303:
        return str(answer.headers["location"])
    assert answer.status_code in (200, 422)
    return answer.text


def receipt(office: Office, location: str) -> Receipt:
    """Return the submission that a page led to."""
    number = int(re.findall(r"/submissions/(\d+)", location)[0])
    with office.database.read() as connection:
        found = submissions.get(connection, number)
    assert found is not None
    return found


def said(page: str, row_number: int, field: str) -> list[str]:
    """Return what a page says beside a cell."""
    (place,) = re.findall(rf'id="said-{row_number}-{field}">(.*?)</ul>', page, re.DOTALL)
    return re.findall(r"</span>(.*?)</li>", place)


def test_what_is_due_stands_with_the_last_figure_and_the_target(
    desk: TestClient, office: Office
) -> None:
    send(office, row("22.1", "2013-11"), row("3", "2013-11", kpi="cases"))
    page = desk.get("/report").text
    told = Read(page).text

    assert re.findall(r'data-figure="([^"]*)"', page) == [
        "cases|exam|2013-12",
        "pendency|exam|2013-12",
        "cases|exam-east|2013-12",
        "pendency|exam-east|2013-12",
    ]
    assert "22.1" in told
    assert "at most 22.5 units" in told
    assert "by 2014-01-11 00:00" in told
    assert "Dec 2013" in told
    assert re.search(r"Oct 2013: \d", told)


def test_figures_of_others_are_not_seen(desk: TestClient) -> None:
    page = desk.get("/report", params={"show": "all"}).text
    assert "|law|" not in page
    assert desk.get("/report", params={"department": "law"}).status_code == 404


def test_a_form_is_posted_without_a_script_and_is_a_delivery_from_the_web(
    desk: TestClient, office: Office
) -> None:
    given = fields(desk.get("/report").text)
    location = post(desk, given, **{"2.value": "２２．３", "2.note": "counted"})

    made = receipt(office, location)
    assert made.result.outcome is Outcome.ACCEPTED
    assert (made.source, made.submitted_by) == (Source.WEB, "wang.min")
    assert made.result.counts.received == made.result.counts.created == 1
    (line,) = history(office, DECEMBER)
    assert (str(line.figure.amount.value), line.figure.note) == ("22.300000", "counted")
    told = Read(desk.get(location).text).text
    assert "Figures on record" in told
    assert "22.3" in told
    assert_whole(office.database)


def test_pressing_the_button_twice_posts_once(desk: TestClient, office: Office) -> None:
    given = {**fields(desk.get("/report").text), "2.value": "22.3"}
    first, second = post(desk, given), post(desk, given)

    assert receipt(office, first).id == receipt(office, second).id
    other = post(desk, given, **{"1.value": "4", "2.value": ""})
    assert receipt(office, other).id != receipt(office, first).id


def test_a_refusal_keeps_every_row_and_says_beside_the_cells_what_is_wrong(
    desk: TestClient, office: Office
) -> None:
    given = fields(desk.get("/report").text)
    page = post(desk, given, **{"1.value": "7", "2.value": "22,3", "3.note": "no figure"})

    assert "Nothing was taken in. Errors: 2; figures: 3." in Read(page).text
    assert said(page, 2, "value") == ["“22,3” is not a number that can be read without doubt."]
    assert said(page, 3, "value") == [
        "There is no figure: give a value, or numerator and denominator."
    ]
    assert said(page, 1, "value") == []
    again = fields(page)
    assert (again["1.value"], again["2.value"], again["3.note"]) == ("7", "22,3", "no figure")
    assert again["sheet"] != given["sheet"]
    assert history(office, DECEMBER) == []

    mended = post(desk, again, **{"2.value": "22.3", "3.note": ""})
    assert receipt(office, mended).result.counts.created == 2


def test_nothing_entered_is_no_delivery(desk: TestClient, office: Office) -> None:
    page = post(desk, fields(desk.get("/report").text))
    assert "Nothing was entered yet." in page
    with office.database.read() as connection:
        assert submissions.listed(connection, before=None, limit=9) == []


def test_a_form_from_elsewhere_is_not_taken(desk: TestClient, office: Office) -> None:
    given = {**fields(desk.get("/report").text), "2.value": "22.3"}
    for token, headers in (
        ("", {}),
        ("wrong", {}),
        (given["form_token"], {"Origin": "https://elsewhere.example"}),
        (given["form_token"], {"Sec-Fetch-Site": "cross-site"}),
    ):
        for address in ("/report", "/report/check"):
            answer = desk.post(address, data={**given, "form_token": token}, headers=headers)
            assert answer.status_code == 403
        file = {"file": ("a.csv", CSV.encode())}
        answer = desk.post(
            "/report/upload", data={"form_token": token}, files=file, headers=headers
        )
        assert answer.status_code == 403
    assert history(office, DECEMBER) == []


def test_codes_in_the_form_open_no_other_department(desk: TestClient, office: Office) -> None:
    given = fields(desk.get("/report").text)
    page = post(desk, given, **{"1.kpi": "platforms", "1.department": "law", "1.value": "5"})
    assert "may not post for the department law" in Read(page).text
    assert history(office, DECEMBER, kpi="platforms", department="law") == []


def test_a_check_keeps_nothing(desk: TestClient, office: Office) -> None:
    given = {**fields(desk.get("/report").text), "2.value": "22.3", "1.value": "x"}
    page = post(desk, given, "/report/check")
    assert said(page, 1, "value")
    assert fields(page)["2.value"] == "22.3"

    answer = desk.post("/report/check", data=given, headers={"Accept": "application/json"})
    assert answer.json()["told"] == "Errors: 1. Questions: 0. Figures: 2."
    assert [(one["row"], one["field"]) for one in answer.json()["findings"]] == [(1, "value")]
    assert answer.headers["cache-control"] == "no-store"
    with office.database.read() as connection:
        assert submissions.listed(connection, before=None, limit=9) == []


def test_a_correction_shows_what_was_there_and_needs_a_reason(
    desk: TestClient, office: Office
) -> None:
    send(office, row("22.1", DECEMBER))
    address = f"/report?kpi=pendency&department=exam&period={DECEMBER}&show=all"
    page = desk.get(address).text
    assert Read(page).text.count("22.1") == 1
    given = fields(page)
    assert given["1.value"] == ""

    refused = post(desk, given, address, **{"1.value": "22.2"})
    assert said(refused, 1, "reason") == [
        "22.1 is on record for this period; a correction needs a reason."
    ]
    location = post(
        desk, fields(refused), address, **{"1.value": "22.2", "1.reason": "Counted again."}
    )
    assert receipt(office, location).result.counts.revised == 1
    told = Read(desk.get(location).text).text
    assert "22.1 22.2 Counted again." in told
    assert [str(line.figure.amount.value) for line in history(office, DECEMBER)] == [
        "22.100000",
        "22.200000",
    ]


def test_a_figure_that_came_back_stands_there_with_the_reason(
    desk: TestClient, office: Office
) -> None:
    number = send(office, row("22.1", DECEMBER)).id
    assert number is not None
    give_back(office, number, APPROVER, HOSTILE)
    page = desk.get("/report").text
    assert f"Returned because: {HOSTILE}" in Read(page).text
    assert "<script>alert" not in page


def test_an_approved_figure_is_locked(desk: TestClient, office: Office) -> None:
    number = send(office, row("22.1", DECEMBER)).id
    assert number is not None
    approve(office, number, APPROVER)
    page = desk.get(f"/report?show=all&period={DECEMBER}").text
    assert "Locked: an approver has to reopen it first." in page
    assert "2.value" not in fields(page)


def test_a_table_pasted_with_headers_goes_to_its_rows(desk: TestClient, office: Office) -> None:
    given = fields(desk.get("/report").text)
    table = "数值\t指标\t部门\n22.3\t审查周期\t审查部\n1,204\tcases\texam-east\n5\tplatforms\tlaw\n"
    page = post(desk, given, "/report/check", pasted=table)

    again = fields(page)
    assert (again["2.value"], again["3.value"]) == ("22.3", "1,204")
    assert (again["5.kpi"], again["5.department"], again["5.period"]) == (
        "platforms",
        "law",
        DECEMBER,
    )
    assert said(page, 5, "department")
    assert "Rows put into the grid: 3." in page
    location = post(
        desk, again, **dict.fromkeys(("5.kpi", "5.department", "5.period", "5.value"), "")
    )
    assert receipt(office, location).result.counts.created == 2


def test_a_table_that_cannot_be_read_is_kept(desk: TestClient) -> None:
    given = fields(desk.get("/report").text)
    page = post(desk, given, "/report/check", pasted=f"nonsense\t{HOSTILE}", **{"1.value": "4"})
    assert "No header row was found" in page
    assert HOSTILE in Read(page).text
    assert "<script>alert" not in page
    assert fields(page)["1.value"] == "4"


def test_another_figure_is_added_by_its_codes(desk: TestClient, office: Office) -> None:
    given = fields(desk.get("/report").text)
    page = post(desk, given, "/report/check", add="1", **{"1.value": "4"})
    again = fields(page)
    assert again["1.value"] == "4"
    more = {"5.kpi": "审查周期", "5.department": "exam", "5.period": "2013年3月", "5.value": "22"}
    location = post(desk, again, **more)
    assert receipt(office, location).result.counts.created == 2
    assert history(office, "2013-03")


def test_the_form_comes_back_filled_in(desk: TestClient, office: Office) -> None:
    form = desk.get("/report/form", headers={"Accept-Language": "zh"})
    assert form.headers["content-type"] == XLSX
    book = openpyxl.load_workbook(io.BytesIO(form.content))
    page = book.worksheets[0]
    headers = [cell.value for cell in page[1]]
    assert "数值" in headers
    departments = {page.cell(line, headers.index("部门") + 1).value for line in range(2, 6)}
    assert departments == {"exam", "exam-east"}
    page.cell(2, headers.index("数值") + 1, 12)
    file = io.BytesIO()
    book.save(file)

    location = upload(desk, "form.xlsx", file.getvalue())
    made = receipt(office, location)
    assert (made.source, made.filename) == (Source.XLSX, "form.xlsx")
    assert made.result.counts.created == 1


def upload(desk: TestClient, name: str, content: bytes, **more: str) -> str:
    """Send a file as a browser does; returns where it leads, or the page that came back."""
    token = fields(desk.get("/report?show=all").text)["form_token"]
    file = {"file": (name, content, "application/octet-stream")}
    answer = desk.post("/report/upload", data={"form_token": token, **more}, files=file)
    if answer.status_code == 303:
        return str(answer.headers["location"])
    assert answer.status_code in (200, 422)
    return answer.text


def test_a_refused_file_is_on_record_and_is_mended_in_the_grid(
    desk: TestClient, office: Office
) -> None:
    rows = (("pendency", "廿二"), (HOSTILE, "3"), ("cases", "4"))
    text = CSV + "".join(f"{code},exam,{DECEMBER},{value}\n" for code, value in rows)
    page = upload(desk, "a.csv", text.encode())

    assert said(page, 2, "value")
    assert said(page, 3, "kpi")
    assert "<script>alert" not in page
    again = fields(page)
    assert again["4.value"] == "4"
    with office.database.read() as connection:
        (refused,) = submissions.listed(connection, before=None, limit=9)
    assert (refused.source, refused.result.outcome) == (Source.CSV, Outcome.REFUSED)

    mended = {"2.value": "22.2", "3.kpi": "pendency", "3.department": "exam-east"}
    location = post(desk, again, **mended)
    assert receipt(office, location).result.counts.created == 3


def test_a_file_is_only_checked(desk: TestClient, office: Office) -> None:
    text = f"{CSV}pendency,exam,{DECEMBER},22.2\n"
    page = upload(desk, "a.csv", text.encode(), only_checks="1")
    assert "Can be posted: 1 (new 1, corrected 0, as on record 0)." in page
    assert history(office, DECEMBER) == []
    assert receipt(office, post(desk, fields(page))).result.counts.created == 1


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.pdf", b"%PDF", "A file of this kind is not read here"),
        ("a.xlsx", b"nonsense", "This is text, whatever it is named"),
        ("a.csv", b"", "There is nothing in it"),
        ("a.csv", b"\x00\xff\xfe", "no figure was found|No header row|neither UTF-8"),
    ],
)
def test_a_file_that_is_none_is_told_so(
    desk: TestClient, name: str, content: bytes, told: str
) -> None:
    assert re.search(told, Read(upload(desk, name, content)).text)


def test_no_file_is_asked_for_again(desk: TestClient) -> None:
    assert "Choose a file first." in upload(desk, "", b"")


def test_questions_are_answered_beside_the_figure_or_on_the_receipt(
    desk: TestClient, office: Office
) -> None:
    for month in range(1, 12):
        send(office, row("22.5", f"2013-{month:02}"))
    given = fields(desk.get("/report").text)
    page = post(desk, given, "/report/check", **{"2.value": "99"})
    assert said(page, 2, "value")
    assert 'id="answer-2" hidden' not in page
    location = post(desk, given, **{"2.value": "99", "2.answer": "A strike"})
    (answered,) = receipt(office, location).acknowledgements
    assert (answered.note, answered.by) == ("A strike", "wang.min")

    page = desk.get(location).text
    assert "A strike" in page
    token = re.findall(r'name="form_token" value="([^"]+)"', page)[0]
    address = location.partition("?")[0]
    answer = desk.post(
        f"{address}/answers", data={"form_token": token, "1.note": HOSTILE, "9.note": " "}
    )
    assert answer.status_code == 303
    (answered,) = receipt(office, location).acknowledgements
    assert answered.note == HOSTILE
    assert "<script>alert" not in desk.get(location).text


def test_hostile_text_in_any_cell_stays_text(desk: TestClient) -> None:
    given = fields(desk.get("/report").text)
    cells = dict.fromkeys(("value", "note", "answer", "observation_status"), HOSTILE)
    page = post(desk, given, **{f"1.{name}": text for name, text in cells.items()})
    assert "<script>alert" not in page
    assert "<img" not in page
    assert Read(page).inline == []


def test_a_form_of_a_thousand_rows_is_taken_and_a_longer_one_is_told_so(
    desk: TestClient, office: Office
) -> None:
    token = fields(desk.get("/report").text)["form_token"]
    cells = {"kpi": "pendency", "department": "exam", "period": DECEMBER, "value": "x", "note": "n"}

    def of(rows: int) -> str:
        lines = ((f"{n}.{name}", text) for n in range(1, rows + 1) for name, text in cells.items())
        return urlencode([("form_token", token), *lines])

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    taken = desk.post("/report", content=of(1000), headers=headers)
    assert taken.status_code == 422
    assert "Errors: 1000" in Read(taken.text).text
    assert desk.post("/report", content=of(1001), headers=headers).status_code == 413
    with office.database.read() as connection:
        assert len(submissions.listed(connection, before=None, limit=9)) == 1


def test_the_page_is_whole_in_either_language_and_loads_nothing_inline(
    desk: TestClient,
) -> None:
    for language in ("zh-CN", "en"):
        page = desk.get("/report?show=all", headers={"Accept-Language": language})
        found = Read(page.text)
        assert found.inline == []
        assert len(found.ids) == len(set(found.ids))
        assert ("数据填报" in found.text) is (language == "zh-CN")
        if language == "en":
            assert set(re.findall("[\u4e00-\u9fff]+", found.text)) <= {"中文"}


def test_the_record_is_read_a_few_times_however_much_is_due(
    desk: TestClient, office: Office
) -> None:
    desk.get("/report")
    few = reads_of(desk, "/report")
    fill(
        office,
        *(kpi(f"more-{number}", reported_by=["exam"]) for number in range(60)),
        *(target(">= 1", kpi=f"more-{number}") for number in range(60)),
    )
    desk.get("/report")  # the new catalogue is read once
    assert desk.get("/report").text.count("data-figure=") > 60
    assert reads_of(desk, "/report") == few <= 20
