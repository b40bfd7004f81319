"""`dabiao export`: figures and forms as files."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from tests.cli.running import dabiao

if TYPE_CHECKING:
    from pathlib import Path


def rows(path: Path) -> list[tuple[Any, ...]]:
    return list(load_workbook(path).worksheets[0].iter_rows(values_only=True))


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("name", ["figures.csv", "figures.xlsx", "FIGURES.XLSX"])
def test_what_was_exported_is_submitted_unchanged(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert dabiao("export", "actuals", path).status == 0
    again = dabiao("submit", path, "--json").json
    assert again["received"] == again["unchanged"] > 1
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


@pytest.mark.usefixtures("filled")
def test_every_format_holds_the_same_figures(tmp_path: Path) -> None:
    lines = list(csv.DictReader(io.StringIO(dabiao("export", "actuals", "-").out)))
    sdmx = dabiao("export", "actuals", "-", "--format", "sdmx-csv").out
    items = json.loads(dabiao("export", "actuals", "-", "--format", "json").out)["items"]
    dabiao("export", "actuals", tmp_path / "a.csv", "--format", "xlsx")
    (tmp_path / "a.csv").rename(tmp_path / "a.xlsx")
    header, *sheet = rows(tmp_path / "a.xlsx")
    places = [(line["kpi"], line["department"], line["period"]) for line in lines]
    assert [(one["kpi"], one["department"], one["period"]) for one in items] == places
    assert [line[:3] for line in sheet] == places
    assert list(header) == list(lines[0])
    named = [
        (one["KPI"], one["DEPARTMENT"], one["TIME_PERIOD"])
        for one in csv.DictReader(io.StringIO(sdmx))
    ]
    assert named == places


@pytest.mark.usefixtures("filled")
def test_figures_are_narrowed_down_as_by_the_api() -> None:
    def periods(*options: str) -> list[str]:
        ran = dabiao("export", "actuals", "-", *options)
        assert ran.status == 0, ran.err
        return [line["period"] for line in csv.DictReader(io.StringIO(ran.out))]

    months = periods("--kpi", "pendency")
    since, until = ("--from", "2013-06"), ("--to", "2013-06")
    assert periods("--kpi", "pendency", *since) == [at for at in months if at >= "2013-06"] != []
    assert periods("--kpi", "pendency", *until) == [at for at in months if at <= "2013-06"] != []
    assert periods("--kpi", "pendency", "--department", "exam", "--plan", "plan-2013") != []
    assert periods("--as-of", "2001-01-01T00:00:00+08:00") == []
    assert dabiao("export", "actuals", "-", "--kpi", "none").line == "there is no KPI none"


@pytest.mark.usefixtures("filled")
def test_a_file_that_cannot_be_written_leaves_the_older_one(tmp_path: Path) -> None:
    (tmp_path / "figures.csv").mkdir()
    ran = dabiao("export", "actuals", tmp_path / "figures.csv")
    assert (ran.status, ran.out) == (1, "")
    assert ran.line
    assert list(tmp_path.glob(".figures*")) == []
    assert dabiao("export", "actuals", tmp_path / "none" / "figures.csv").status == 1


@pytest.mark.usefixtures("catalogue")
def test_an_export_of_nothing_is_a_header_and_an_empty_list() -> None:
    assert len(dabiao("export", "actuals", "-").out.splitlines()) == 1
    ran = dabiao("export", "actuals", "-", "--format", "json")
    assert json.loads(ran.out) == {"items": []}


@pytest.mark.usefixtures("filled")
def test_a_form_is_written_in_the_language_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    ran = dabiao("export", "form", path, "--period", "2013", "--language", "zh")
    assert (ran.status, ran.out) == (0, "")
    header, *asked = rows(path)
    assert header[0] == "指标"
    assert ran.err == f"{len(asked)} figures to fill in\n"
    assert asked
    again = dabiao("submit", path)
    assert again.status == 1, "nothing was entered"
