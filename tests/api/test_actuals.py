"""Figures out: filters, pages, files, and a figure's history."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from starlette.exceptions import HTTPException

from app.api.exports import choose_format
from app.intake.spelling import read_text, write_text
from app.intake.submission import XLSX
from tests.api.contract import findings
from tests.ledger.small_office import row

if TYPE_CHECKING:
    from tests.api.contract import Client
    from tests.clock import Clock

ADDRESS = "/api/v1/actuals"
NOTES = (
    "=1+1", "'=1+1", "''quoted", "+86 10", "-3 since May", "@home", "＝1", "'plain", 'a, "b"; c',
    "two\nlines", "one\r\nkind", "tab\there", "备注，全角", "=cmd|' /C calc'!A0", "'", "=",
)  # fmt: skip


@pytest.fixture
def filled(api: Client) -> Client:
    """Figures of three frequencies, one of them revised."""
    api.post_actuals(
        row("22.540", note="Before the audit"),
        row("22", "2013-04"),
        row("19", "2012-12"),
        row("21", department="exam-east"),
        row("3", "2013-Q1", kpi="fees"),
        row("4", "2013-Q2", kpi="fees"),
        row(None, "2012", kpi="per-capita", department="north", numerator="66", denominator="3200"),
        row(None, "2013", kpi="per-capita", department="south", observation_status="M"),
        row("-7.5", kpi="twin-a", department="law"),
    )
    return api


def places(api: Client, **query: str) -> list[tuple[str, str, str]]:
    items = api.get(ADDRESS, params=query).json()["items"]
    return sorted((item["kpi"], item["department"], item["period"]) for item in items)


def test_a_figure_is_given_as_it_was_posted(filled: Client) -> None:
    answer = filled.get(ADDRESS, params={"kpi": "per-capita"})

    north, south = answer.json()["items"]
    assert b'"numerator":66,"denominator":3200,"actual":206.25,' in answer.content
    assert (north["value"], north["observation_status"]) == (None, "A")
    assert (south["actual"], south["observation_status"]) == (None, "M")
    assert b'"value":22.54,' in filled.get(ADDRESS, params={"kpi": "pendency"}).content


def test_figures_are_found_by_kpi_branch_plan_and_periods(filled: Client) -> None:
    march, april = ("pendency", "exam", "2013-03"), ("pendency", "exam", "2013-04")
    december, east = ("pendency", "exam", "2012-12"), ("pendency", "exam-east", "2013-03")
    q1, q2 = ("fees", "exam", "2013-Q1"), ("fees", "exam", "2013-Q2")
    y2012, y2013 = ("per-capita", "north", "2012"), ("per-capita", "south", "2013")
    twin = ("twin-a", "law", "2013-03")

    assert len(places(filled)) == 9
    assert places(filled, kpi="fees") == [q1, q2]
    assert places(filled, department="exam") == sorted([q1, q2, december, march, april, east])
    assert places(filled, department="exam-east") == [east]
    assert places(filled, department="office") == places(filled)
    assert places(filled, plan="plan-2013") == sorted([march, april, east])
    assert places(filled, plan="plan-2013", kpi="fees") == []
    assert places(filled, **{"from": "2013-04"}) == sorted([q2, april, y2013])
    assert places(filled, **{"from": "2013-Q2"}) == sorted([q2, april, y2013])
    assert places(filled, to="2013-02") == sorted([q1, december, y2012, y2013])
    assert places(filled, **{"from": "2013", "to": "2013-03"}) == sorted(
        [q1, march, east, y2013, twin]
    )
    assert places(filled, **{"from": "2014"}) == places(filled, kpi="none") == []
    assert places(filled, plan="none") == places(filled, department="none") == []


def test_a_list_goes_on_page_by_page_at_its_first_moment(filled: Client) -> None:
    whole = filled.get(ADDRESS).json()["items"]
    for size in (1, 4, 8, 9):
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = filled.get(ADDRESS, params={"limit": size, **cursor}).json()
            found += page["items"]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
            if len(found) == 1:
                filled.post_actuals(row(str(size), reason="while paging"))
        if size == 1:
            assert found == whole, "what was posted between two pages is not seen"


def test_figures_as_of_an_instant(filled: Client, clock: Clock) -> None:
    clock.forward(days=1)
    filled.post_actuals(row("20", reason="recount"), row("5", "2013-05"))
    then = "2014-01-05T12:00:00+08:00"

    found = filled.get(ADDRESS, params={"from": "2013-03"}).json()["items"]
    now_figures = {item["period"]: item for item in found if item["department"] == "exam"}
    assert (now_figures["2013-03"]["value"], now_figures["2013-03"]["revision"]) == (20, 2)
    assert "2013-05" in now_figures
    for spelling in (then, then.replace("+", "%2B"), "2014-01-05T04:00:00Z"):
        old = filled.get(f"{ADDRESS}?kpi=pendency&as_of={spelling}").json()
        exams = [item for item in old["items"] if item["department"] == "exam"]
        assert [(item["period"], item["value"]) for item in exams] == [
            ("2012-12", 19), ("2013-03", 22.54), ("2013-04", 22),
        ]  # fmt: skip
    for format_ in ("csv", "sdmx-csv"):
        text = filled.get(ADDRESS, params={"format": format_, "as_of": then}).text
        assert "22.54" in text
        assert "2013-05" not in text


# --- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "media_type"), [("csv", "text/csv; charset=utf-8"), ("xlsx", XLSX)]
)
def test_an_export_is_posted_again_unchanged(filled: Client, form: str, media_type: str) -> None:
    months = [f"20{year:02d}-{month:02d}" for year in (10, 11) for month in range(1, 13)]
    rows = [row("1", at, note=note) for at, note in zip(months, NOTES, strict=False)]
    assert filled.post_actuals(*rows).status_code == 201

    export = filled.get(ADDRESS, params={"format": form})
    assert export.headers["content-type"] == media_type
    assert "attachment" in export.headers["content-disposition"]
    headers = {**filled.bearing("admin"), "Content-Type": export.headers["content-type"]}
    again = filled.post("/api/v1/submissions", content=export.content, headers=headers)

    assert again.status_code == 201, again.text
    assert again.json()["unchanged"] == again.json()["received"] == len(rows) + 9
    assert again.json()["findings"] == []


def test_a_workbook_that_another_program_saved_is_posted_again_unchanged(filled: Client) -> None:
    rows = [row("1", f"2010-{month:02d}", note=note) for month, note in enumerate(NOTES[:12], 1)]
    assert filled.post_actuals(*rows).status_code == 201
    export = filled.get(ADDRESS, headers={"Accept": XLSX})

    saved = io.BytesIO()
    load_workbook(io.BytesIO(export.content)).save(saved)
    headers = {**filled.bearing("admin"), "Content-Type": XLSX}
    again = filled.post("/api/v1/submissions", content=saved.getvalue(), headers=headers)

    assert again.status_code == 201, again.text
    assert again.json()["unchanged"] == again.json()["received"] == len(rows) + 9


def test_a_workbook_computes_nothing_and_has_figures_as_numbers(filled: Client) -> None:
    filled.post_actuals(
        row("123456789012.123456", "2010-01", kpi="twin-a", department="law", note="=1+1")
    )
    export = filled.get(ADDRESS, params={"format": "xlsx", "kpi": "twin-a"})
    assert export.headers["content-disposition"] == 'attachment; filename="actuals.xlsx"'

    sheet: Any = load_workbook(io.BytesIO(export.content)).active
    lines = {line[2].value: line for line in sheet.iter_rows(min_row=2)}
    assert {cell.data_type for line in lines.values() for cell in line} <= {"s", "n"}
    assert lines["2010-01"][7].value == "'=1+1"
    assert lines["2013-03"][3].value == -7.5
    # More digits than a spreadsheet keeps.
    assert lines["2010-01"][3].value == "123456789012.123456"


def test_more_figures_than_a_sheet_holds_are_refused(
    filled: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.exports.formats.MOST_ROWS", 8)
    answer = filled.get(ADDRESS, params={"format": "xlsx"})

    assert answer.status_code == 422
    assert findings(answer) == [("too_many_figures", None)]
    assert "8" in answer.json()["findings"][0]["message"]
    few = filled.get(ADDRESS, params={"format": "xlsx", "kpi": "pendency"})
    assert few.status_code == 200


def test_a_file_has_the_intakes_columns_and_no_formula(filled: Client) -> None:
    filled.post_actuals(row("1", "2010-01", note="=1+1"))
    export = list(csv.DictReader(io.StringIO(filled.get(f"{ADDRESS}?format=csv").text)))

    assert list(export[0]) == [
        "kpi", "department", "period", "value", "numerator", "denominator",
        "observation_status", "note", "reason", "definition_version",
    ]  # fmt: skip
    by_place = {(line["kpi"], line["department"], line["period"]): line for line in export}
    assert by_place["pendency", "exam", "2010-01"]["note"] == "'=1+1"
    assert by_place["per-capita", "south", "2013"]["observation_status"] == "M"
    assert by_place["twin-a", "law", "2013-03"]["value"] == "-7.5"
    assert by_place["per-capita", "north", "2012"]["numerator"] == "66"
    assert {line["reason"] for line in export} == {""}


@pytest.mark.parametrize("accept", ["text/csv", "application/vnd.sdmx.data+csv"])
def test_an_empty_file_has_its_header(api: Client, accept: str) -> None:
    answer = api.get(ADDRESS, headers={"Accept": accept})

    assert answer.headers["content-type"].startswith(accept)
    assert len(answer.text.splitlines()) == 1


def test_sdmx_has_a_key_a_time_and_a_value(filled: Client) -> None:
    answer = filled.get(ADDRESS, params={"format": "sdmx-csv"})

    assert answer.headers["content-type"].startswith("application/vnd.sdmx.data+csv; version=1.0.0")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert next(iter(lines[0])) == "DATAFLOW"
    per_capita = next(line for line in lines if line["DEPARTMENT"] == "north")
    assert per_capita == {
        "DATAFLOW": "DABIAO:ACTUALS(1.0)", "FREQ": "A", "KPI": "per-capita", "DEPARTMENT": "north",
        "TIME_PERIOD": "2012", "OBS_VALUE": "206.25", "OBS_STATUS": "A", "NUMERATOR": "66",
        "DENOMINATOR": "3200", "COMMENT_OBS": "", "DEFINITION_VERSION": "1",
    }  # fmt: skip
    missing = next(line for line in lines if line["DEPARTMENT"] == "south")
    assert (missing["OBS_VALUE"], missing["OBS_STATUS"]) == ("", "M")


def test_a_file_is_whole_however_many_reads_it_takes(
    filled: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = filled.get(ADDRESS, params={"format": "csv"}).text
    monkeypatch.setattr("app.exports.figures._AT_ONCE", 2)

    assert filled.get(ADDRESS, params={"format": "csv"}).text == whole
    answer = filled.get(ADDRESS, params={"format": "csv", "limit": 2, "cursor": "x"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("asked", "accept", "expected"),
    [
        (None, [], "json"),
        (None, [""], "json"),
        (None, ["*/*"], "json"),
        (None, ["application/*"], "json"),
        (None, ["text/*"], "csv"),
        (None, ["TEXT/CSV"], "csv"),
        (None, ["text/html", "text/csv;q=0.1"], "csv"),
        (None, ["text/csv;q=0.5, application/json;q=0.4"], "csv"),
        (None, ["text/csv;q=0.5, application/json"], "json"),
        (None, ["text/csv, application/json"], "csv"),
        (None, ["application/json, text/csv"], "json"),
        (None, ["*/*, text/csv;q=0.9"], "json"),
        (None, ["application/json;q=0, */*"], "csv"),
        (None, ["application/vnd.sdmx.data+csv; version=1.0.0"], "sdmx-csv"),
        (None, ["text/html, application/xhtml+xml, */*;q=0.8"], "json"),
        (None, [XLSX], "xlsx"),
        (None, [f"{XLSX}, text/csv;q=0.9"], "xlsx"),
        ("csv", ["application/json"], "csv"),
        ("sdmx-csv", [], "sdmx-csv"),
        ("json", ["text/csv"], "json"),
        ("xlsx", ["*/*"], "xlsx"),
        ("", [], None),
        ("CSV", [], None),
        (None, ["text/html"], None),
        (None, ["text/csv;q=0"], None),
        ("ods", ["*/*"], None),
        (None, ["application/vnd.oasis.opendocument.spreadsheet"], None),
        (None, ["text/csv;q=nan"], None),
        (None, ["text/csv;q=2"], None),
        (None, [";;;"], None),
    ],
)
def test_the_format_that_is_wanted(
    asked: str | None, accept: list[str], expected: str | None
) -> None:
    if expected is not None:
        assert choose_format(asked, accept) == expected
        return
    with pytest.raises(HTTPException) as refused:
        choose_format(asked, accept)
    assert refused.value.status_code == 406


def test_a_format_that_is_not_given_is_not_acceptable(api: Client) -> None:
    for answer in (
        api.get(ADDRESS, params={"format": "ods"}),
        api.get(ADDRESS, headers={"Accept": "text/html"}),
    ):
        assert answer.status_code == 406
        assert answer.json()["type"] == "/problems/not-acceptable"


@given(st.text())
def test_text_comes_back_from_its_cell_and_is_no_formula(text: str) -> None:
    cell = write_text(text)

    assert read_text(cell) == text
    assert cell[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def test_only_what_would_be_a_formula_is_changed() -> None:
    for text in ("", "plain", "'plain", "'", "1", "a=b", "指标"):
        assert write_text(text) == read_text(text) == text


# --- history ----------------------------------------------------------------------------------


def test_a_history_says_who_when_what_and_why(api: Client, clock: Clock) -> None:
    api.post_actuals(row("22.5"), key="reporter")
    clock.forward(days=2)
    api.post_actuals(row("22", reason="recount", note="final"), key="exam")

    history = api.get(f"{ADDRESS}/pendency/exam/2013-03/revisions").json()

    assert (history["kpi"], history["department"], history["period"]) == (
        "pendency", "exam", "2013-03",
    )  # fmt: skip
    first, second = history["items"]
    assert (first["revision"], first["value"], first["reason"]) == (1, 22.5, None)
    assert (first["recorded_by"], first["recorded_at"]) == ("reporter", "2014-01-05T12:00:00+08:00")
    assert (second["revision"], second["value"], second["reason"]) == (2, 22, "recount")
    assert (second["recorded_by"], second["note"], second["source"]) == ("exam", "final", "api")
    assert api.get(f"/api/v1/submissions/{second['submission']}").json()["revised"] == 1


def test_there_is_no_history_of_what_was_never_posted(api: Client) -> None:
    for place in ("pendency/exam/2013-03", "none/exam/2013-03", "pendency/none/2013-03",
                  "%00/exam/2013", "pendency/%00/2013"):  # fmt: skip
        assert api.get(f"{ADDRESS}/{place}/revisions").status_code == 404
    for period in ("2013-13", "2013-3", "x", "201303", "2013年3月", "0000", "%00"):
        answer = api.get(f"{ADDRESS}/pendency/exam/{period}/revisions")
        assert findings(answer) == [("unknown_period", "period")]
