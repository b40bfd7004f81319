"""`dabiao scoreboard`, `explain` and `history`: what is shown, in both languages and widths."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from app.translation import Translator
from tests.cli.folders import MARKED, NOTE, PLAN, REASON, STATUSES, write
from tests.cli.running import columns, dabiao, table

if TYPE_CHECKING:
    from pathlib import Path

    from app.translation import Language
    from tests.cli.running import Ran

LONG_AGO = "2001-01-01T00:00:00+08:00"
HEADINGS = {
    "en": ["status", "KPI", "department", "target", "actual", "ratio", "pace", "period", "trend"],
    "zh": ["状态", "指标", "部门", "目标", "实际值", "比率", "进度比", "期间", "趋势"],
}
ONLY_ON_WIDE = {"pace", "进度比", "trend", "趋势"}


def scoreboard(*options: str) -> Ran:
    ran = dabiao("scoreboard", *options)
    assert (ran.status, ran.err) == (0, "")
    return ran


def of_plan(*options: str) -> list[list[str]]:
    return table(scoreboard("--plan", PLAN, *options).out)


# --- the scoreboard ---------------------------------------------------------------------------


@pytest.mark.usefixtures("empty")
def test_every_target_has_its_line(tmp_path: Path) -> None:
    assert dabiao("load", write(tmp_path / "office")).status == 0
    rows = scoreboard("--json").json
    assert {(row["plan"], row["kpi"]): row["status"] for row in rows} == STATUSES
    assert of_plan()[1:] == [
        [*told.split(" | "), *numbers.split(), trend]
        for told, numbers, trend in (
            ("▲ at_risk | Cases closed | Examination | >= 1200", "288 0.24 0.96 2013-03", "▁▅█"),
            (f"▼ off_track | {MARKED} | Legal affairs | >= 100", "80 0.8 0.8 2013-Q1", "▄"),
            ("✘ missed | Pendency | Examination | <= 22.5", "22.54 0.998 0.998 2013-12", "█▁"),
            ("✔ attained | Per 10,000 | Legal affairs | >= 3.3", "3.3 1 1 2013", "▄"),
            ("● on_track | Platforms | Legal affairs | ~ 20", "10 0.555 1 2013-06", "▄"),
            ("· no_data | Standard issued | Legal affairs | done", "- - - -", ""),
        )
    ]


@pytest.mark.usefixtures("filled")
def test_json_keeps_decimals_exactly() -> None:
    rows = {(row["plan"], row["kpi"]): row for row in scoreboard("--json").json}
    pendency = rows[PLAN, "pendency"]
    # Read as text: what stands in the JSON, digit for digit.
    assert (pendency["actual"], pendency["upper"], pendency["gap"]) == ("22.54", "22.5", "0.04")
    assert pendency["ratio"] == "0.998222222222"
    nothing = rows[PLAN, "standard"]
    assert [nothing[name] for name in ("actual", "ratio", "pace", "progress")] == [None] * 4
    when = dt.datetime.fromisoformat(pendency["submitted_at"])
    assert when.utcoffset() == dt.timedelta(hours=8)


@pytest.mark.parametrize("width", ["80", "140"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.usefixtures("filled")
def test_columns_stand_below_each_other(
    language: str, width: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    shown = scoreboard("--plan", PLAN, "--language", language).out
    assert max(map(cell_len, shown.splitlines())) <= int(width)
    expected = [name for name in HEADINGS[language] if width == "140" or name not in ONLY_ON_WIDE]
    # Columns are told by the cells that are blank in every row: they would run together if a
    # Chinese name counted for fewer cells than it fills.
    assert table(shown)[0] == expected


@pytest.mark.usefixtures("filled")
def test_a_terminal_too_narrow_cuts_no_figure_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    shown = scoreboard("--plan", PLAN).out
    for word in ("off_track", "<= 22.5", "22.54", "0.998", "2013-12"):
        assert word in shown


@pytest.mark.usefixtures("filled")
def test_what_is_no_terminal_gets_each_target_on_one_line_with_every_column() -> None:
    assert len(of_plan()) == 1 + len(STATUSES) - 1
    assert of_plan()[0] == HEADINGS["en"]


@pytest.mark.parametrize(("setting", "option", "spoken"), [
    ("zh", [], "zh"), ("en", [], "en"), ("zh", ["--language", "en"], "en"),
    ("en", ["--language", "zh"], "zh"),
])  # fmt: skip
@pytest.mark.usefixtures("filled")
def test_the_language_is_the_setting_or_the_option(
    setting: str, option: list[str], spoken: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DABIAO_LANGUAGE", setting)
    rows = of_plan(*option)
    assert rows[0] == HEADINGS[spoken]
    assert rows[1][1] == {"zh": "结案量", "en": "Cases closed"}[spoken]
    assert rows[1][0] == f"▲ {Translator().translate('at_risk', spoken)}"
    names = {row["kpi_name"] for row in scoreboard("--json", *option).json}
    assert ({"zh": "结案量", "en": "Cases closed"}[spoken]) in names


@pytest.mark.parametrize(
    ("options", "kpis"),
    [
        ("--kpi pendency", ["pendency", "pendency"]),
        ("--kpi 发明专利平均审查周期", ["pendency", "pendency"]),
        ("--plan plan-2199", ["pendency"]),
        ("--department law", ["fees", "per-capita", "platforms", "standard"]),
        ("--department 条法司 --plan plan-2013", ["fees", "per-capita", "platforms", "standard"]),
        ("--department office --plan plan-2013", [kpi for plan, kpi in STATUSES if plan == PLAN]),
        ("--department east", []),
        ("--status missed", ["pendency"]),
        ("--status no_data --department law", ["standard"]),
        ("--status missed --department law", []),
    ],
)
@pytest.mark.usefixtures("filled")
def test_filters_choose_lines(options: str, kpis: list[str]) -> None:
    assert [row["kpi"] for row in scoreboard("--json", *options.split()).json] == kpis
    shown = scoreboard(*options.split()).out
    assert len(table(shown)) - 1 == len(kpis) or "\n\n" in shown


@pytest.mark.usefixtures("filled")
def test_a_period_asked_for_is_judged_and_ends_the_trend() -> None:
    rows = {row[1]: row for row in of_plan("--period", "2013-02")}
    # 192 of the 200 expected by February
    assert rows["Cases closed"][4:] == ["192", "0.16", "0.96", "2013-02", "▁█"]
    assert {row["kpi"]: row["status"] for row in scoreboard("--json", "--period", "2013-02").json}[
        "platforms"
    ] == "no_data"


@pytest.mark.usefixtures("filled")
def test_plans_have_a_heading_where_several_are_shown() -> None:
    parts = scoreboard().out.split("\n\n")
    assert [part.splitlines()[0] for part in parts] == [
        "Plan 2013 (plan-2013)",
        "Far away (plan-2199)",
    ]
    assert "(plan-2199)" not in scoreboard("--plan", "plan-2199").out


@pytest.mark.parametrize("options", [[], ["--plan", PLAN], ["--kpi", "pendency"]])
@pytest.mark.usefixtures("filled")
def test_before_anything_was_recorded_the_page_is_empty(options: list[str]) -> None:
    assert scoreboard("--as-of", LONG_AGO, "--json", *options).json == []
    assert table(scoreboard("--as-of", LONG_AGO, *options).out) == [HEADINGS["en"]]


@pytest.mark.usefixtures("filled")
def test_as_of_an_instant_shows_the_figures_of_then(tmp_path: Path) -> None:
    before = {row["kpi"]: row for row in scoreboard("--json", "--plan", PLAN).json}["pendency"]
    (tmp_path / "new.csv").write_text(
        "kpi,department,period,value,reason\npendency,exam,2013-12,21,recounted\n", "utf-8"
    )
    assert dabiao("submit", "new.csv").status == 0
    after = {row["kpi"]: row for row in scoreboard("--json", "--plan", PLAN).json}["pendency"]
    assert (before["status"], after["status"], after["revision"]) == ("missed", "attained", 2)
    then = scoreboard("--json", "--plan", PLAN, "--as-of", before["submitted_at"]).json
    # The second file of the folder was recorded an instant later, and changes another month.
    assert {row["kpi"]: row for row in then}["pendency"] == before


# --- the chain --------------------------------------------------------------------------------


def explain(*arguments: str) -> Ran:
    ran = dabiao("explain", *arguments)
    assert (ran.status, ran.err) == (0, "")
    return ran


@pytest.mark.usefixtures("filled")
def test_a_chain_shows_every_figure_and_every_step() -> None:
    document = explain(PLAN, "cases", "exam", "--json").json
    shown = explain(PLAN, "cases", "exam").out
    target, figures, steps, contributions, onward = shown.rstrip("\n").split("\n\n")
    assert target.splitlines() == [
        "Cases closed · Examination · >= 1200 units · 2013-12",
        "计划 第二节 [1]",
        "▲ at_risk 2013-03",
    ]
    figures, missing = figures.rsplit("\n", 1)
    listed = [row[:5] for row in table(figures)[1:]]
    assert listed == [
        [
            figure["department"],
            figure["period"],
            str(figure["actual"]),
            str(figure["revision"]),
            str(figure["submission"]),
        ]
        for figure in document["figures"]
    ]
    assert len(listed) == 6
    assert missing == "without a figure: south"
    told = table(steps)
    assert told[0] == ["value", "numbers", "rule"]
    assert [row[0] for row in told[1:]] == [step["name"] for step in document["steps"]]
    assert [row[2] for row in told[1:]] == [step["rule"] for step in document["steps"]]
    for row, step in zip(told[1:], document["steps"], strict=True):
        assert step["numbers"] in row[1]
    assert ["actual", "150 + 138 = 288", "sum over the departments"] in told
    assert told[2][1] == "288 >= 1200: no"
    rule, *parts = contributions.splitlines()
    assert rule == "contribution: T, less what each department brings · T = 1200"
    assert [[row[0], row[-1]] for row in table("\n".join(parts[:3]))[1:]] == [
        ["east", "-150"],
        ["west", "-138"],
    ]
    assert [part.split() for part in parts[4:6]] == [["T", "1200"], ["gap", "912"]]
    needed, forecast = onward.splitlines()
    assert forecast.startswith("No forecast: a forecast needs 8 figures")
    assert needed == (
        "still needed: at least 912 · at least 101.333333333333 a period · "
        "T - A, over the 9 periods from 2013-04 to 2013-12"
    )


@pytest.mark.usefixtures("filled")
def test_a_chain_shows_each_note_as_it_was_written() -> None:
    shown = explain(PLAN, "pendency", "exam", "--period", "2013-12").out
    assert "note" not in shown
    submitted = (
        f"kpi,department,period,value,note,reason\npendency,exam,2013-12,22.6,{NOTE},again\n"
    )
    assert dabiao("submit", "-", stdin=submitted).status == 0
    assert f"\nnote: {NOTE}\n" in explain(PLAN, "pendency", "exam").out


@pytest.mark.usefixtures("filled")
def test_a_chain_without_figures_says_whose_are_missing() -> None:
    shown = explain(PLAN, "standard", "law").out
    assert "· no_data" in shown
    assert "without a figure: law" in shown
    assert explain(PLAN, "standard", "law", "--json").json["figures"] == []


@pytest.mark.usefixtures("filled")
def test_a_chain_takes_names_and_speaks_chinese() -> None:
    shown = explain(PLAN, "发明专利平均审查周期", "审查业务管理部", "--language", "zh").out
    assert shown.startswith("发明专利平均审查周期 · 审查业务管理部 · <= 22.5 个 · 2013-12\n")
    assert "✘ 未达标 2013-12" in shown
    assert "22.54 <= 22.5: 否" in shown
    named = explain(PLAN, "Pendency", "Examination", "--json").json
    assert named == explain(PLAN, "pendency", "exam", "--json").json


@pytest.mark.parametrize("width", ["80", "140"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.usefixtures("filled")
def test_a_chain_fits_the_terminal(
    language: str, width: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    shown = explain(PLAN, "cases", "exam", "--language", language).out
    assert max(map(cell_len, shown.splitlines())) <= int(width)
    _, figures, steps, *_ = shown.rstrip("\n").split("\n\n")
    assert len(columns("\n".join(figures.splitlines()[:-1]))) == 7
    assert len(columns(steps)) == 3


# --- the history ------------------------------------------------------------------------------


@pytest.mark.usefixtures("filled")
def test_a_history_shows_old_and_new_with_the_reason() -> None:
    ran = dabiao("history", "Pendency", "审查业务管理部", "2013-06")
    lines = ran.out.splitlines()
    assert lines[0] == "Pendency · Examination · 2013-06 · units"
    assert lines[1] == "revision 1: 23.8"
    assert "command line (" in lines[2]
    assert lines[2].endswith(" · submission 2, row 2")
    assert lines[3] == f"  note: {NOTE}"
    assert lines[4] == "revision 2: 23.8 -> 23.2"
    assert lines[5].endswith(" · submission 3, row 2")
    assert lines[6:] == [f"  reason: {REASON}"]


@pytest.mark.usefixtures("filled")
def test_a_history_in_json_has_everything() -> None:
    first, second = dabiao("history", "pendency", "exam", "2013-06", "--json").json
    assert (first["revision"], first["value"], first["note"]) == (1, "23.8", NOTE)
    assert (second["value"], second["reason"], second["source"]) == ("23.2", REASON, "csv")


@pytest.mark.parametrize(
    ("posted", "shown"),
    [
        ('"value": 3.5', "3.5"),
        ('"numerator": 350, "denominator": 100', "350 / 100"),
        ('"value": 35000, "numerator": 350, "denominator": 100', "35000 (350 / 100)"),
        ('"value": 3.5, "observation_status": "P"', "3.5 (P)"),
        ('"observation_status": "M"', "- (M)"),
    ],
)
@pytest.mark.usefixtures("filled")
def test_a_history_shows_a_figure_as_it_was_posted(posted: str, shown: str, tmp_path: Path) -> None:
    place = '"kpi": "per-capita", "department": "law", "period": "2012"'
    (tmp_path / "one.json").write_text(f'{{"actuals": [{{{place}, {posted}}}]}}', "utf-8")
    ran = dabiao("submit", "one.json")
    assert ran.status == 0, ran.err
    assert dabiao("history", "per-capita", "law", "2012").out.splitlines()[1] == (
        f"revision 1: {shown}"
    )


@pytest.mark.usefixtures("filled")
def test_a_history_speaks_chinese_and_hangs_what_runs_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = dabiao("history", "pendency", "exam", "2013-06", "--language", "zh").out.splitlines()
    assert "修订号 2: 23.8 -> 23.2" in lines
    at = next(place for place, line in enumerate(lines) if "更正原因" in line)
    assert lines[at + 1].startswith("  ")
    assert max(map(cell_len, lines)) <= 40
