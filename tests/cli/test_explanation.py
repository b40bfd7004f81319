"""`dabiao explain` for a country of provinces and cities: contributions, breaks, a revision."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.running import dabiao

if TYPE_CHECKING:
    from pathlib import Path

PLACES = {"land": None, "south": "land", "port": "south", "hill": "south", "north": "land"}
PATENTS = {"plan": "plan", "kpi": "patents", "department": "land", "due": "2015"}
FIGURES = """kpi,department,period,numerator,denominator,definition_version
patents,port,2013,6000,10000000,2
patents,hill,2013,2000,12000000,2
patents,north,2010,5000,8000000,1
"""


def write(folder: Path, **resources: list[dict[str, Any]]) -> Path:
    """Write a catalogue; JSON is YAML, too."""
    folder.mkdir(exist_ok=True)
    for name, listed in resources.items():
        (folder / f"{name}.yaml").write_text(json.dumps(listed), encoding="utf-8")
    return folder


def named(code: str, **fields: object) -> dict[str, Any]:
    return {"code": code, "name_zh": code, "name_en": code, **fields}


@pytest.fixture
def country(tmp_path: Path) -> Path:
    """Two provinces, one of them with two cities; the other has posted for 2010 only."""
    places = [
        named(code, kind="region", **({"parent": above} if above else {}))
        for code, above in PLACES.items()
    ]
    definitions = [
        {"version": 1, "text": "registered people"},
        {"version": 2, "since": "2012", "text": "people who live there"},
    ]
    patents = named(
        "patents",
        unit_zh="件", unit_en="patents", kind="ratio", frequency="A", factor=10000,
        reported_by=["port", "hill", "north"], definitions=definitions,
    )  # fmt: skip
    baseline = {"period": "2010", "value": 3}
    folder = write(
        tmp_path / "country",
        plans=[named("plan", start="2011", end="2015")],
        departments=places,
        kpis=[patents],
        targets=[{**PATENTS, "target": ">= 6", "baseline": baseline}],
    )
    (folder / "figures").mkdir()
    (folder / "figures" / "posted.csv").write_text(FIGURES, encoding="utf-8")
    return folder


def explained(*options: str) -> list[str]:
    ran = dabiao("explain", "plan", "patents", "land", *options)
    assert (ran.status, ran.err) == (0, "")
    return ran.out.splitlines()


@pytest.mark.usefixtures("empty")
def test_cities_stand_below_their_province_and_whose_weight_is_missing_is_told(
    country: Path,
) -> None:
    assert dabiao("load", str(country)).status == 0

    lines = explained("--language", "en")

    at = lines.index("contribution: share of the weight x (T - a) · T = 6")
    shown = [line.split() for line in lines[at + 1 : at + 7]]
    assert shown[0] == ["department", "period", "figure", "weight", "share", "contribution"]
    assert lines[at + 2].startswith("south  ")
    assert [lines[at + place][:6] for place in (3, 4)] == ["  hill", "  port"]
    assert shown[1][2:] == ["3.636363636363", "22000000", "1", "2.363636363636"]
    assert [row[0] for row in shown[2:]] == ["hill", "port", "north", "gap"]
    assert shown[4] == ["north", "(2010)", "-", "8000000", "0.2667", "-"]
    assert "share of the weight that is missing: 0.2667" in lines


@pytest.mark.usefixtures("empty")
def test_a_break_that_the_baseline_lies_before_is_told(country: Path) -> None:
    assert dabiao("load", str(country)).status == 0

    (english,) = [line for line in explained("--language", "en") if line.startswith("break")]
    (chinese,) = [line for line in explained("--language", "zh") if line.startswith("口径")]

    assert english.startswith("break in series: the baseline of 2010 lies before the break at 2012")
    assert chinese.startswith("口径变化: 基线期间2010早于2012的口径变化")


@pytest.mark.usefixtures("empty")
def test_a_revised_target_says_since_when_and_why(country: Path) -> None:
    assert dabiao("load", str(country)).status == 0
    revised = {
        **PATENTS,
        "target": ">= 4",
        "in_force_from": "2013",
        "reason": "the mid-term review",
    }
    write(country, targets=[revised])
    assert dabiao("load", str(country)).status == 0

    heading, version, reason = explained("--language", "en")[:3]

    assert ">= 4 patents" in heading
    assert version.startswith("version 2 · recorded ")
    assert version.endswith(" · in force from 2013 · before: >= 6")
    assert reason == "reason: the mid-term review"
    assert explained("--period", "2012", "--language", "en")[0].endswith(">= 6 patents · 2015")


@pytest.mark.usefixtures("empty")
def test_how_the_figure_goes_on_is_the_last_line(country: Path) -> None:
    years = "".join(
        f"patents,{city},{year},{100 * (year - 2000)},1000000,\n"
        for year in range(2005, 2014)
        for city in ("port", "hill", "north")
    )
    head = "kpi,department,period,numerator,denominator,definition_version\n"
    (country / "figures" / "posted.csv").write_text(head + years, encoding="utf-8")
    kpis = json.loads((country / "kpis.yaml").read_text("utf-8"))
    del kpis[0]["definitions"]
    (country / "kpis.yaml").write_text(json.dumps(kpis), encoding="utf-8")
    assert dabiao("load", str(country)).status == 0

    assert explained("--language", "en")[-1] == (
        "At this course it will be 15.00 patents at year 2015 (15.00 to 15.00):"
        " the target will likely be reached."
    )
    assert explained("--language", "zh")[-1].startswith("照此走势，到2015年将为15.00 件")
