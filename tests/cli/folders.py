"""The folders that the command line is tried on: a catalogue with a target of every status.

::

    office ─┬─ exam ── east, west, south     (审查业务管理部)
            └─ law                           (条法司)
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

PLAN = "plan-2013"
MARKED = "Fees [/red] :smile:"
"""A name that would be an instruction to what draws the tables, if it were taken for one."""
REASON = "重复计入,现予更正。 Counted [twice]."
NOTE = "来源 Source: [/link] 月报"
_HEADER = "kpi,department,period,value\n"
USUAL = _HEADER + "".join(f"pendency,exam,2011-{month:02d},2{month % 3}\n" for month in range(1, 9))
ODD = f"{_HEADER}pendency,exam,2011-09,90\n"
"""A figure that is far from the usual ones."""

DEPARTMENTS = [
    {"code": "office", "name_zh": "示例局", "name_en": "Office", "kind": "office"},
    {"code": "exam", "name_zh": "审查业务管理部", "name_en": "Examination", "parent": "office"},
    {"code": "east", "name_zh": "东部中心", "name_en": "East centre", "parent": "exam"},
    {"code": "west", "name_zh": "西部中心", "name_en": "West centre", "parent": "exam"},
    {"code": "south", "name_zh": "南部中心", "name_en": "South centre", "parent": "exam"},
    {"code": "law", "name_zh": "条法司", "name_en": "Legal affairs", "parent": "office"},
]
PLANS = [
    {"code": PLAN, "name_zh": "2013年计划", "name_en": "Plan 2013", "start": "2013-01"},
    {"code": "plan-2199", "name_zh": "远期计划", "name_en": "Far away", "start": "2199-01"},
]


def _kpi(code: str, name_zh: str, name_en: str, kind: str, *by: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    return {
        "code": code, "name_zh": name_zh, "name_en": name_en, "unit_zh": "个", "unit_en": "units",
        "kind": kind, "frequency": "M", "reported_by": by, **more,
    }  # fmt: skip


KPIS = [
    _kpi("pendency", "发明专利平均审查周期", "Pendency", "level", "exam", decimals=1),
    _kpi("cases", "结案量", "Cases closed", "flow", "east", "west", "south"),
    _kpi("platforms", "服务平台", "Platforms", "stock", "law"),
    _kpi("per-capita", "万人拥有量", "Per 10,000", "ratio", "law", frequency="A", factor=10000),
    _kpi("fees", "收费", MARKED, "level", "law", frequency="Q"),
    _kpi("standard", "标准发布", "Standard issued", "milestone", "law"),
]


def _target(kpi: str, department: str, target: str, plan: str = PLAN) -> dict[str, str]:
    source = "计划 第二节 [1]"
    due = plan.removeprefix("plan-") + ("" if kpi == "per-capita" else "-12")
    due = f"{due[:4]}-Q4" if kpi == "fees" else due
    made = {"plan": plan, "kpi": kpi, "department": department, "target": target}
    return {**made, "due": due, "source": source}


TARGETS = [
    _target("pendency", "exam", "<= 22.5"),
    _target("cases", "exam", ">= 1200"),
    _target("platforms", "law", "~ 20"),
    _target("per-capita", "law", ">= 3.3"),
    _target("fees", "law", ">= 100"),
    _target("standard", "law", "done"),
    _target("pendency", "exam", "<= 20", "plan-2199"),
]
STATUSES = {
    (PLAN, "cases"): "at_risk",  # 288 of the 300 expected by March
    (PLAN, "fees"): "off_track",
    (PLAN, "pendency"): "missed",
    (PLAN, "per-capita"): "attained",
    (PLAN, "platforms"): "on_track",
    (PLAN, "standard"): "no_data",
    ("plan-2199", "pendency"): "not_started",
}

HEADER = "kpi,department,period,value,numerator,denominator,note,reason\n"
FIRST = HEADER + "".join(
    f"{kpi},{department},{period},{numbers},{note},\n"
    for kpi, department, period, numbers, note in (
        ("pendency", "exam", "2013-06", "23.8,,", NOTE),
        ("pendency", "exam", "2013-12", "22.54,,", ""),
        *(("cases", "east", f"2013-0{month}", "50,,", "") for month in (1, 2, 3)),
        *(("cases", "west", f"2013-0{month}", "46,,", "") for month in (1, 2, 3)),
        ("platforms", "law", "2013-06", "10,,", ""),
        ("per-capita", "law", "2013", ",33,100000", ""),
        ("fees", "law", "2013-Q1", "80,,", ""),
    )
)
SECOND = HEADER + f'pendency,exam,2013-06,23.20,,,,"{REASON}"\n'


def write(folder: Path, *, figures: dict[str, str] | None = None, **files: object) -> Path:
    """Write a catalogue's folder; `kpis=[…]` stands in for a file's entries; returns it.

    figures: the files under `figures/` and what they hold; the two above unless given.
    """
    listed = {
        "departments": [{"kind": "department", **entry} for entry in DEPARTMENTS],
        "plans": [{**entry, "end": entry["start"].replace("-01", "-12")} for entry in PLANS],
        "kpis": KPIS,
        "targets": TARGETS,
        **files,
    }
    (folder / "figures").mkdir(parents=True)
    for name, entries in listed.items():
        # YAML is written as JSON, which it holds.
        (folder / f"{name}.yaml").write_text(json.dumps(entries), "utf-8")
    for name, text in ({"1.csv": FIRST, "2.csv": SECOND} if figures is None else figures).items():
        (folder / "figures" / name).write_text(text, "utf-8")
    return folder
