"""The seeds against the documents they come from: nothing left out, nothing made up.

Read as plain files, without the application, so that a fault in the loader cannot hide one here.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

SEEDS = Path(__file__).parent.parent / "seeds"
WORK_PLAN = SEEDS / "cnipa-work-plan-2013"
ILLUSTRATIVE = SEEDS / "cnipa-work-plan-2013-illustrative"
FOLDERS = sorted(path for path in SEEDS.iterdir() if path.is_dir())
CATALOGUES = [folder for folder in FOLDERS if (folder / "plans.yaml").exists()]

PARAGRAPHS_PER_SECTION = {1: 3, 2: 1, 3: 3, 4: 3, 5: 3, 6: 4, 7: 2, 8: 2, 9: 1, 10: 2, 11: 2}
"""The structure of the 2013 work plan."""

NUMBERS_OF_THE_WORK_PLAN = {
    ("invention-pendency", "examination-management"): ("level", "<= 22.5"),
    ("utility-model-pendency", "utility-model-examination"): ("level", "<= 5"),
    ("design-pendency", "design-examination"): ("level", "<= 4"),
    ("ip-finance-platforms", "patent-management"): ("stock", "~ 20"),
    ("pilot-schools", "general-office"): ("stock", "3..5"),
    ("new-training-bases", "personnel"): ("flow", "2..3"),
}
"""Every target of the work plan that is a number."""

PUBLISHED = {
    "invention-patents-per-10k": (
        "2008=0.8 2010=1.7 2011=2.37 2012=3.23 2013=4.02 2014=4.9 2015=6.3 2017=9.8"
    ),
    "domestic-invention-applications": (
        "2012-10=49979 2013-04=42881 2014-01=57251 2014-08=60750 2014-11=102010 2015-01=66415 "
        "2015-09=86147"
    ),
    "domestic-invention-applications-ytd": (
        "2012-10=386093 2013-04=154050 2014-01=57251 2014-08=417606 2014-11=669695 2015-01=66415 "
        "2015-09=610527"
    ),
    "domestic-invention-applications-total": (
        "2012-10=2230052 2013-04=2533322 2013-12=3084208 2014-01=3141459 2014-08=3501814 "
        "2014-11=3753903 2015-01=3951758 2015-09=4495870"
    ),
    "uspto-first-action-pendency": (
        "2010-08=26.2 2010-09=25.7 2010-10=25.4 2010-11=24.9 2010-12=24.6 2011-01=24.2 "
        "2011-02=25.0 2011-02=24.5 2011-03=25.3 2011-04=25.9 2011-05=26.5 2011-09=28 "
        "2011-12=23.6 2012-01=22.8 2012-09=21.9 2013-03=19.0 2013-06=18.3"
    ),
    "uspto-total-pendency": (
        "2010-09=35.3 2010-10=35.3 2010-11=34.9 2010-12=34.9 2011-01=34.5 2011-02=34.0 "
        "2011-03=33.9 2011-04=33.8 2011-05=33.9 2011-09=33.7 2011-12=33.8 2012-01=33.9 "
        "2012-09=32.4 2013-03=31.1 2013-06=29.8"
    ),
    "uspto-unexamined-backlog": (
        "2010-08=728055 2010-09=708535 2010-11=719176 2010-12=721831 2011-01=718857 "
        "2011-03=708912 2011-05=703175 2011-12=662457 2012-01=657378 2013-03=607482 "
        "2013-06=591785"
    ),
}
"""Per KPI, the published figures in the order of their publication: period=value."""

YEAR_TO_DATE_AND_CUMULATIVE = {
    "2012-10": (386_093, 2_230_052),
    "2013-04": (154_050, 2_533_322),
    "2014-01": (57_251, 3_141_459),
    "2014-08": (417_606, 3_501_814),
    "2014-11": (669_695, 3_753_903),
    "2015-01": (66_415, 3_951_758),
    "2015-09": (610_527, 4_495_870),
}
"""Published beside the monthly applications, and told in their notes."""

FIELDS = {
    "plans": {"code", "name_zh", "name_en", "start", "end", "source"},
    "departments": {"code", "name_zh", "name_en", "kind", "parent"},
    "kpis": {
        *("code", "name_zh", "name_en", "unit_zh", "unit_en", "kind", "frequency", "direction"),
        *("decimals", "due_days", "factor", "monotone", "minimum", "maximum", "definition"),
        *("reported_by", "early_figures", "sum_of"),
    },
    "targets": {
        *("plan", "kpi", "department", "target", "due", "overshoot", "tolerance_band", "baseline"),
        *("trajectory", "weight", "source"),
    },
}
COLUMNS = [
    *("kpi", "department", "period", "value", "numerator", "denominator"),
    *("observation_status", "note", "reason"),
]
NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
CODE = re.compile(r"[a-z][a-z0-9-]{0,63}")
PERIOD = {"A": r"\d{4}", "Q": r"\d{4}-Q[1-4]", "M": r"\d{4}-(0[1-9]|1[0-2])"}

Entry = dict[str, Any]
Row = dict[str, str]
Claim = tuple[str, str]


@cache
def entries(folder: Path, resource: str) -> list[Entry]:
    with (folder / f"{resource}.yaml").open(encoding="utf-8") as file:
        loaded: list[Entry] = yaml.safe_load(file)
    return loaded


@cache
def everywhere(resource: str) -> dict[str, Entry]:
    return {entry["code"]: entry for folder in CATALOGUES for entry in entries(folder, resource)}


@cache
def rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def figures(*folders: Path) -> list[Row]:
    """Return the figures of these folders, file after file in the order of loading."""
    paths = [path for folder in folders for path in sorted((folder / "figures").glob("*.csv"))]
    return [row for path in paths for row in rows(path)]


def published() -> list[Row]:
    return figures(*(folder for folder in FOLDERS if folder != ILLUSTRATIVE))


def paragraphs() -> list[Row]:
    return rows(WORK_PLAN / "paragraphs.csv")


def claims(paragraph: Row) -> list[Claim]:
    pairs = [claim.split("/") for claim in paragraph["targets"].split()]
    return [(kpi, department) for kpi, department in pairs]


def work_plan_targets() -> dict[Claim, Entry]:
    return {(entry["kpi"], entry["department"]): entry for entry in entries(WORK_PLAN, "targets")}


def upwards(code: str) -> list[str]:
    """Return a department and everything above it, up to the root."""
    departments = everywhere("departments")
    parent = departments[code].get("parent")
    return [code, *(upwards(parent) if parent else [])]


def test_the_table_names_every_paragraph_of_the_work_plan_once_and_in_order() -> None:
    named = [(int(row["section"]), int(row["paragraph"])) for row in paragraphs()]
    assert named == [
        (section, paragraph)
        for section, count in PARAGRAPHS_PER_SECTION.items()
        for paragraph in range(1, count + 1)
    ]
    assert all(1 <= len(row["opening"]) <= 8 for row in paragraphs())
    assert len({row["opening"] for row in paragraphs()}) == len(named)


def test_every_target_of_the_work_plan_is_claimed_by_one_paragraph_and_every_claim_exists() -> None:
    claimed = Counter(claim for row in paragraphs() for claim in claims(row))
    targets = Counter(
        (entry["kpi"], entry["department"]) for entry in entries(WORK_PLAN, "targets")
    )
    assert claimed == targets
    assert set(targets.values()) == {1}
    assert all(claims(row) for row in paragraphs())


def test_a_targets_source_is_the_paragraph_that_claims_it() -> None:
    targets = work_plan_targets()
    for row in paragraphs():
        place = f"2013 work plan, section {row['section']}, paragraph {row['paragraph']}"
        assert {targets[claim]["source"] for claim in claims(row)} == {place}


def test_answerable_departments_exist_and_answer_for_what_their_paragraph_claims() -> None:
    departments = {entry["code"] for entry in entries(WORK_PLAN, "departments")}
    for row in paragraphs():
        answerable = row["answerable"].split()
        assert answerable
        assert set(answerable) <= departments
        allowed = {above for code in answerable for above in upwards(code)}
        responsible = {department for _, department in claims(row)}
        assert responsible <= allowed
        # Nobody is named in the plan for nothing.
        assert set(answerable) <= {above for code in responsible for above in upwards(code)}


def test_every_department_of_the_work_plan_is_named_by_a_paragraph() -> None:
    named = {code for row in paragraphs() for code in row["answerable"].split()}
    with_units_above = {above for code in named for above in upwards(code)}
    assert {entry["code"] for entry in entries(WORK_PLAN, "departments")} == with_units_above


def test_watched_kpis_exist_and_have_no_target() -> None:
    watched = [code for row in paragraphs() for code in row["watched"].split()]
    kpis = {entry["code"]: entry for entry in entries(WORK_PLAN, "kpis")}
    with_target = {kpi for kpi, _ in work_plan_targets()}
    assert sorted(watched) == ["abnormal-applications", "budget-execution-rate", "over-long-cases"]
    assert with_target | set(watched) == set(kpis)
    assert not with_target & set(watched)


def test_the_work_plans_numbers_are_its_own_and_everything_else_is_a_milestone() -> None:
    kpis = everywhere("kpis")
    numbers = {
        claim: (kpis[claim[0]]["kind"], target["target"])
        for claim, target in work_plan_targets().items()
        if target["target"] != "done"
    }
    assert numbers == NUMBERS_OF_THE_WORK_PLAN
    for (code, department), target in work_plan_targets().items():
        assert target["due"] == "2013-12"
        if target["target"] == "done":
            kpi = kpis[code]
            shape = [kpi[name] for name in ("kind", "frequency", "direction", "decimals")]
            assert shape == ["milestone", "M", "higher", 2], code
            assert (kpi["minimum"], kpi["maximum"]) == (0, 1), code
            assert department in kpi["reported_by"]


def test_each_reporter_of_a_milestone_is_answerable_for_it() -> None:
    targets = work_plan_targets()
    for kpi in entries(WORK_PLAN, "kpis"):
        if kpi["kind"] == "milestone":
            assert {(kpi["code"], code) for code in kpi["reported_by"]} <= set(targets)


def test_the_targets_of_the_other_plans_are_the_published_ones() -> None:
    found = {
        (entry["plan"], entry["kpi"]): (entry["target"], entry["due"], entry["baseline"])
        for folder in CATALOGUES
        if folder != WORK_PLAN
        for entry in entries(folder, "targets")
    }
    assert found == {
        ("five-year-plan-12", "invention-patents-per-10k"): (
            ">= 3.3",
            "2015",
            {"period": "2010", "value": 1.7},
        ),
        ("uspto-fiscal-2011", "uspto-first-action-pendency"): (
            "<= 23",
            "2011-09",
            {"period": "2010-09", "value": 25.7},
        ),
        ("uspto-fiscal-2011", "uspto-total-pendency"): (
            "<= 34.5",
            "2011-09",
            {"period": "2010-09", "value": 35.3},
        ),
    }


def test_the_real_figures_are_the_published_ones_in_the_order_of_publication() -> None:
    found: dict[str, list[str]] = {}
    for row in published():
        found.setdefault(row["kpi"], []).append(f"{row['period']}={row['value']}")
    assert {kpi: " ".join(posted) for kpi, posted in found.items()} == PUBLISHED


def test_a_real_figure_is_normal_and_names_its_source() -> None:
    for row in published():
        assert row["observation_status"] == "A", row
        yearly = "What the office reported for fiscal 2011" in row["note"]
        assert yearly or re.search(r"来源 Source: \S", row["note"]), row


def test_the_notes_tell_the_sums_published_beside_the_monthly_applications() -> None:
    notes = {
        row["period"]: row["note"]
        for row in published()
        if row["kpi"] == "domestic-invention-applications"
    }
    assert set(notes) == set(YEAR_TO_DATE_AND_CUMULATIVE)
    for period, sums in YEAR_TO_DATE_AND_CUMULATIVE.items():
        told = re.findall(r"[0-9]{1,3}(?:,[0-9]{3})+", notes[period])
        assert {f"{number:,}" for number in sums} <= set(told), period


def test_every_illustrative_figure_is_estimated_and_says_so_in_both_languages() -> None:
    found = figures(ILLUSTRATIVE)
    assert found
    for row in found:
        assert row["observation_status"] == "E", row
        assert "示意" in row["note"], row
        assert "Illustrative" in row["note"], row


def test_the_illustrative_year_is_twelve_deliveries_and_fills_the_work_plan() -> None:
    files = sorted((ILLUSTRATIVE / "figures").glob("*.csv"))
    assert [path.name for path in files] == [f"2013-{month:02}.csv" for month in range(1, 13)]
    for path in files:
        assert all(row["period"] <= path.stem for row in rows(path))
    posted = {(row["kpi"], row["department"], row["period"]) for row in figures(ILLUSTRATIVE)}
    assert posted == {
        (kpi["code"], department, path.stem)
        for path in files
        for kpi in entries(WORK_PLAN, "kpis")
        for department in kpi["reported_by"]
    }


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_figure_posted_again_gives_a_reason_and_only_then(folder: Path) -> None:
    seen: set[tuple[str, str, str]] = set()
    for row in figures(folder):
        key = (row["kpi"], row["department"], row["period"])
        assert bool(row["reason"]) == (key in seen), row
        seen.add(key)


@pytest.mark.parametrize(("folder", "number"), [("uspto-fiscal-2011", 1), (ILLUSTRATIVE.name, 1)])
def test_there_is_a_correction_to_show(folder: str, number: int) -> None:
    assert sum(bool(row["reason"]) for row in figures(SEEDS / folder)) == number


def test_every_figure_fits_its_kpi_and_the_store() -> None:
    kpis = everywhere("kpis")
    for row in figures(*FOLDERS):
        kpi = kpis[row["kpi"]]
        assert list(row) == COLUMNS
        assert row["department"] in kpi["reported_by"], row
        assert re.fullmatch(PERIOD[kpi["frequency"]], row["period"]), row
        given = [name for name in ("value", "numerator", "denominator") if row[name]]
        assert given in (["value"], ["numerator", "denominator"]), row
        assert all(NUMBER.fullmatch(row[name]) for name in given), row
        assert kpi["kind"] in {"level", "ratio"} or given == ["value"], row
        value = float(row["value"] or row["numerator"])
        assert kpi.get("minimum", value) <= value <= kpi.get("maximum", value), row


@pytest.mark.parametrize("folder", CATALOGUES, ids=lambda folder: folder.name)
def test_a_catalogue_loads_by_itself(folder: Path) -> None:
    for resource, known in FIELDS.items():
        assert all(set(entry) <= known for entry in entries(folder, resource)), resource
    plans, departments, kpis = (
        {entry["code"] for entry in entries(folder, resource)}
        for resource in ("plans", "departments", "kpis")
    )
    parents = [entry.get("parent") for entry in entries(folder, "departments")]
    assert parents.count(None) == 1
    assert set(parents) <= {None, *departments}
    for kpi in entries(folder, "kpis"):
        assert kpi["reported_by"]
        assert set(kpi["reported_by"]) <= departments
    for target in entries(folder, "targets"):
        assert target["plan"] in plans
        assert target["kpi"] in kpis
        reporters = everywhere("kpis")[target["kpi"]]["reported_by"]
        assert target["department"] in {above for code in reporters for above in upwards(code)}
        assert target["source"]


@pytest.mark.parametrize("resource", ["plans", "departments", "kpis"])
def test_codes_and_names_are_unique_across_folders_but_for_identical_repeats(resource: str) -> None:
    distinct = everywhere(resource)
    for folder in CATALOGUES:
        codes = [entry["code"] for entry in entries(folder, resource)]
        assert len(codes) == len(set(codes))
        for entry in entries(folder, resource):
            assert CODE.fullmatch(entry["code"])
            assert entry == distinct[entry["code"]]
            assert entry["code"].startswith("uspto") == folder.name.startswith("uspto")
    for name in ("name_zh", "name_en"):
        # Files may name a department or KPI instead of giving its code.
        assert len({entry[name] for entry in distinct.values()}) == len(distinct)
