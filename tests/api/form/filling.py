"""A form fetched, opened, filled in and posted, as people do it with a spreadsheet program."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from openpyxl import load_workbook

from app.intake.submission import XLSX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.api.contract import Client

ADDRESS = "/api/v1/reporting/form"
MARCH = {"period": "2013-03"}
EXAM = ("pendency", "exam", "2013-03")
EAST = ("pendency", "exam-east", "2013-03")


def get(api: Client, language: str = "en", **query: str) -> bytes:
    answer = api.get(ADDRESS, params=query, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == XLSX
    assert answer.headers["content-language"] == language
    return answer.content


def opened(content: bytes) -> Any:  # noqa: ANN401 - as the library has it
    return load_workbook(io.BytesIO(content))


def saved(book: Any) -> bytes:  # noqa: ANN401 - as the library has it
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def columns(page: Any, row: int = 1) -> dict[str, int]:  # noqa: ANN401
    return {cell.value: cell.column for cell in page[row]}


def lines(content: bytes) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Return what stands in a form's rows, by figure."""
    header, *rows = opened(content).worksheets[0].iter_rows(values_only=True)
    made = [dict(zip(header, row, strict=True)) for row in rows]
    return {(row["kpi"], row["department"], row["period"]): row for row in made}


def filled(content: bytes, entered: Mapping[tuple[str, str, str], Mapping[str, object]]) -> bytes:
    """Fill a form in as openpyxl does it, and save it."""
    book = opened(content)
    page = book.worksheets[0]
    fill_in(page, entered)
    return saved(book)


def fill_in(
    page: Any,  # noqa: ANN401 - as the library has it
    entered: Mapping[tuple[str, str, str], Mapping[str, object]],
    header: int = 1,
) -> None:
    at = columns(page, header)
    names = [name for name in ("kpi", "指标") if name in at]
    codes = [names[0], *(("department", "period") if names[0] == "kpi" else ("部门", "期间"))]
    for row in range(header + 1, page.max_row + 1):
        key = tuple(page.cell(row, at[name]).value for name in codes)
        for name, value in entered.get(key, {}).items():
            page.cell(row, at[name]).value = value


def post(api: Client, content: bytes, kind: str = XLSX, **query: str) -> Any:  # noqa: ANN401
    headers = {**api.bearing("admin"), "Content-Type": kind}
    return api.post("/api/v1/submissions", content=content, headers=headers, params=query)


def counts(answer: Any) -> tuple[int, int, int]:  # noqa: ANN401
    """Return how many rows were received, created, unchanged, of an answer without findings."""
    assert answer.status_code == 201, answer.text
    content = answer.json()
    assert content["findings"] == []
    return content["received"], content["created"], content["unchanged"]
