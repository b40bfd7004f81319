"""How plans, departments, KPIs and targets come in: what differs is a new version."""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING

import pytest

from app.domain.finding import TEMPLATES, english
from app.errors import PreconditionFailed, Refused
from app.intake import catalogue_rules
from app.intake.catalogue import Placed, Stored, load, put
from app.intake.catalogue_rules import (
    department_findings,
    kpi_findings,
    plan_findings,
    target_findings,
)
from app.intake.resources import DepartmentResource, KpiResource, PlanResource, TargetResource
from app.ledger import journal
from tests.ledger.small_office import (
    CATALOGUE,
    PLANNER,
    count_rows,
    department,
    fill,
    history,
    kpi,
    plan,
    row,
    send,
    small_catalogue,
    target,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.finding import Finding
    from app.intake.resources import AnyResource
    from app.ledger.office import Office

SMALL = small_catalogue()
STANDARD = {"kpi": "standard", "department": "law"}
LINEAR, POINTS = {"shape": "linear"}, {"shape": "points"}


@pytest.fixture
def filled(office: Office) -> Office:
    return fill(office)


def rows_in_tables(office: Office) -> dict[str, int]:
    with office.database.read() as connection:
        return count_rows(connection)


def refused(office: Office, *resources: AnyResource, row: int | None = None) -> list[Finding]:
    """Load resources that are refused; returns the findings, having checked that nothing is new."""
    before = rows_in_tables(office)
    placed = [Placed(one, "file.yaml", row or number) for number, one in enumerate(resources, 1)]
    with pytest.raises(Refused) as caught:
        load(office, placed, PLANNER, "test")
    assert rows_in_tables(office) == before
    assert all(english(found) for found in caught.value.findings)
    return list(caught.value.findings)


def said(findings: list[Finding]) -> list[tuple[str, int | None, str | None]]:
    return [(found.code, found.row, found.column) for found in findings]


# --- versions ---------------------------------------------------------------------------------


def test_a_new_thing_is_created_then_unchanged_then_changed(filled: Office) -> None:
    things: list[tuple[AnyResource, AnyResource]] = [
        (plan("p"), plan("p", source="s")),
        (department("d"), department("d", kind="centre")),
        (kpi("k"), kpi("k", decimals=1)),
        (
            target("<= 5", plan="p", kpi="k", department="d"),
            target("<= 5.000001", plan="p", kpi="k", department="d"),
        ),
    ]
    for one, other in things:
        assert put(filled, one, PLANNER) == Stored(1, created=True, changed=True)
        before = rows_in_tables(filled)
        assert put(filled, one, PLANNER) == Stored(1, created=False, changed=False)
        assert rows_in_tables(filled) == before
        assert put(filled, other, PLANNER) == Stored(2, created=False, changed=True)
        assert put(filled, one, PLANNER) == Stored(3, created=False, changed=True)
        assert put(filled, one, PLANNER) == Stored(3, created=False, changed=False)


@pytest.mark.parametrize(
    "again",
    [
        target("<= 22.50"),
        target("at most 22.5"),
        target("<= 22.5", tolerance_band="0.050"),
        target("<= 22.5", trajectory={"shape": "flat"}),
        target("<= 22.5", overshoot="met"),
    ],
    ids=["more zeros", "other words", "the default band", "the default shape", "the default"],
)
def test_the_same_in_other_words_is_no_new_version(filled: Office, again: TargetResource) -> None:
    assert not put(filled, again, PLANNER).changed


OTHERWISE: dict[str, dict[str, object]] = {
    "due": {"due": "2013-11"},
    "overshoot": {"overshoot": "breach"},
    "band": {"tolerance_band": "0.04"},
    "baseline": {"baseline": {"period": "2012-12", "value": "25"}},
    "weight": {"weight": "2"},
    "source": {"source": "section 2"},
    "shape": {"trajectory": POINTS | {"points": {"2013-06": "24"}}},
}


def test_every_field_of_a_target_makes_a_new_version_and_is_read_back(filled: Office) -> None:
    for version, (name, fields) in enumerate(OTHERWISE.items(), 2):
        given = target("<= 22.5", **fields)
        assert put(filled, given, PLANNER) == Stored(version, created=False, changed=True), name
        with filled.database.read() as connection:
            kept = filled.catalogue(connection).catalogue.targets["plan-2013", "pendency", "exam"]
        assert kept.version == version
        again = TargetResource.from_domain(kept)
        assert again.to_domain(SMALL.kpis["pendency"].kind) == given.to_domain(
            SMALL.kpis["pendency"].kind
        )


def test_a_running_total_is_kept_and_its_flow_must_stay_one(filled: Office) -> None:
    total = kpi("cases-of-the-year", kind="stock", sum_of={"kpi": "cases", "over": "year"})
    assert put(filled, total, PLANNER).created
    assert not put(filled, total, PLANNER).changed
    with filled.database.read() as connection:
        kept = filled.catalogue(connection).catalogue
    assert kept.kpis["cases-of-the-year"] == total.to_domain()
    assert kept.totals == {"cases": ("cases-of-the-year",)}
    assert said(refused(filled, kpi("cases", kind="stock"))) == [
        ("not_a_flow_to_sum", 1, "file.yaml: cases-of-the-year: sum_of")
    ]
    ever = kpi("cases-of-the-year", kind="stock", sum_of={"kpi": "cases", "over": "ever"})
    assert put(filled, ever, PLANNER) == Stored(2, created=False, changed=True)
    assert put(filled, kpi("cases-of-the-year", kind="stock"), PLANNER).version == 3
    with filled.database.read() as connection:
        assert filled.catalogue(connection).catalogue.totals == {}


def test_a_put_goes_on_only_if_its_precondition_holds(filled: Office) -> None:
    seen: list[int | None] = []

    def only(wanted: int | None, one: TargetResource) -> Stored:
        def holds(version: int | None) -> bool:
            seen.append(version)
            return version == wanted

        return put(filled, one, PLANNER, holds)

    assert only(1, target("<= 20")).version == 2
    before = rows_in_tables(filled)
    for stale in (1, None, 3):
        with pytest.raises(PreconditionFailed):
            only(stale, target("<= 19"))
    with pytest.raises(PreconditionFailed):
        only(7, target("<= 19", department="law"))
    assert rows_in_tables(filled) == before
    assert only(None, target("<= 19", department="law")).created
    assert seen == [1, 2, 2, 2, None, None]


def test_a_load_writes_what_differs_under_one_entry(filled: Office) -> None:
    assert load(filled, [Placed(one) for one in CATALOGUE], PLANNER, "again") == 0
    with filled.database.read() as connection:
        assert journal.position(connection) == 1
    some = [Placed(one) for one in (*CATALOGUE, target("<= 20"), plan("p"))]
    with pytest.raises(Refused):
        load(filled, some, PLANNER, "again")  # the target stands there twice
    some = [Placed(one) for one in (plan("p"), target("<= 20"), *CATALOGUE[:3])]
    assert load(filled, some, PLANNER, "again") == 2
    with filled.database.read() as connection:
        assert journal.position(connection) == 2


def test_what_is_named_may_stand_behind_what_names_it(office: Office) -> None:
    assert load(office, [Placed(one) for one in reversed(CATALOGUE)], PLANNER, "x") == len(
        CATALOGUE
    )
    with office.database.read() as connection:
        assert office.catalogue(connection).catalogue == SMALL


# --- rules ------------------------------------------------------------------------------------


def rules(resource: AnyResource) -> Iterator[Finding]:
    """Hold one resource against the rules, among the small office's others."""
    match resource:
        case PlanResource():
            return plan_findings(resource.to_domain())
        case DepartmentResource():
            tree = {**SMALL.departments, resource.code: resource.to_domain()}
            return department_findings(resource.to_domain(), tree)
        case KpiResource():
            return kpi_findings(resource.to_domain(), SMALL.departments, SMALL.kpis)
        case TargetResource():
            of = SMALL.kpis[resource.kpi]
            return target_findings(resource.to_domain(of.kind), of, SMALL.plans[resource.plan])


BROKEN: dict[str, tuple[AnyResource, str, str]] = {
    "a plan that ends before it starts": (plan(end="2012-12"), "end_before_start", "end"),
    "a plan of a year before its month": (
        plan(start="2013-02", end="2012"), "end_before_start", "end"),
    "a parent nobody knows": (department("law", parent="moon"), "unknown_parent", "parent"),
    "a department that is its own parent": (
        department("law", parent="law"), "circular_parent", "parent"),
    "a department below its own child": (
        department("exam", parent="exam-east"), "circular_parent", "parent"),
    "a kpi reported by nobody known": (
        kpi("k", reported_by=["law", "moon"]), "unknown_department", "reported_by"),
    "a minimum above the maximum": (kpi("k", minimum="2", maximum="1"), "invalid", "minimum"),
    "a running total of nothing known": (
        kpi("k", kind="stock", sum_of={"kpi": "moon", "over": "ever"}), "unknown_kpi", "sum_of"),
    "a running total of itself": (
        kpi("k", kind="stock", sum_of={"kpi": "k", "over": "ever"}), "unknown_kpi", "sum_of"),
    "a running total of a stock": (
        kpi("k", kind="stock", sum_of={"kpi": "platforms", "over": "ever"}),
        "not_a_flow_to_sum", "sum_of"),
    "a running total by quarters of a month's flow": (
        kpi("k", kind="stock", frequency="Q", sum_of={"kpi": "cases", "over": "year"}),
        "not_a_flow_to_sum", "sum_of"),
    "a flow that is a running total": (
        kpi("k", kind="flow", sum_of={"kpi": "cases", "over": "year"}),
        "total_not_a_stock", "sum_of"),
    "a definition that follows none": (
        kpi("k", definitions=[{"version": 2, "since": "2013-07"}]),
        "definitions_out_of_order", "definitions"),
    "a first definition with a beginning": (
        kpi("k", definitions=[{"version": 1, "since": "2013-07"}]),
        "definitions_out_of_order", "definitions"),
    "a second definition without one": (
        kpi("k", definitions=[{"version": 1}, {"version": 2}]),
        "definitions_out_of_order", "definitions"),
    "definitions that begin together": (
        kpi("k", definitions=[{"version": 1}, *({"version": number, "since": "2013-07"}
                                                for number in (2, 3))]),
        "definitions_out_of_order", "definitions"),
    "definitions numbered with a gap": (
        kpi("k", definitions=[{"version": 1}, {"version": 3, "since": "2013-07"}]),
        "definitions_out_of_order", "definitions"),
    "a definition of a monthly KPI from a quarter on": (
        kpi("k", definitions=[{"version": 1}, {"version": 2, "since": "2013-Q3"}]),
        "wrong_frequency", "definitions"),
    "in force before the plan": (
        target("<= 5", in_force_from="2012-12"), "in_force_outside", "in_force_from"),
    "in force after the due period": (
        target("<= 5", due="2013-06", in_force_from="2013-07"),
        "in_force_outside", "in_force_from"),
    "due after the plan": (target("<= 5", due="2014-01"), "due_outside_plan", "due"),
    "due before the plan": (target("<= 5", due="2012-12"), "due_outside_plan", "due"),
    "due in a year after the plan": (target("<= 5", due="2014"), "due_outside_plan", "due"),
    "a number that is to be done": (target("done"), "milestone_mismatch", "target"),
    "a milestone with a bound": (target(">= 1", **STANDARD), "milestone_mismatch", "target"),
    "a baseline in the due period": (
        target("<= 5", baseline={"period": "2013-12", "value": "1"}),
        "baseline_not_before_due", "baseline"),
    "a baseline in the due year": (
        target("<= 5", baseline={"period": "2013", "value": "1"}),
        "baseline_not_before_due", "baseline"),
    "a baseline after the due period": (
        target("<= 5", due="2013-06", baseline={"period": "2013-07", "value": "1"}),
        "baseline_not_before_due", "baseline"),
    "a straight line from nowhere": (
        target("<= 5", trajectory=LINEAR), "baseline_needed", "baseline"),
    "points without any": (target("<= 5", trajectory=POINTS), "points_needed", "trajectory"),
    "steps without any": (
        target("<= 5", trajectory={"shape": "step"}), "points_needed", "trajectory"),
    "points on a flat line": (
        target("<= 5", trajectory={"shape": "flat", "points": {"2013-06": "8"}}),
        "points_not_allowed", "trajectory"),
    "a point after the due period": (
        target("<= 5", due="2013-06", trajectory=POINTS | {"points": {"2013-07": "8"}}),
        "point_not_before_due", "trajectory"),
}  # fmt: skip


@pytest.mark.parametrize(("broken", "code", "column"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_rule_is_told_with_its_field(broken: AnyResource, code: str, column: str) -> None:
    (found,) = rules(broken)
    assert (found.code, found.column) == (code, column)
    assert english(found)


def test_every_rule_has_its_case() -> None:
    literals = {
        node.value
        for node in ast.walk(ast.parse(inspect.getsource(catalogue_rules)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert literals & TEMPLATES.keys() == {code for _, code, _ in BROKEN.values()}


KEPT: dict[str, AnyResource] = {
    "a plan of one month": plan(end="2013-01"),
    "a plan from a month to its year": plan(start="2013-12", end="2013"),
    "due in the plan's last month": target("<= 5", due="2013-12"),
    "due in the plan's year": target("<= 5", due="2013"),
    "due in a quarter": target("<= 5", due="2013-Q2"),
    "a milestone to be done": target("done", **STANDARD),
    "a stock's straight line from 0": target("~ 20", kpi="platforms", department="law"),
    "a straight line from a baseline": target(
        "<= 5", trajectory=LINEAR, baseline={"period": "2012", "value": "9"}
    ),
    "a point on the due period": target("<= 5", trajectory=POINTS | {"points": {"2013-12": "5"}}),
    "in force from the due period on": target("<= 5", due="2013-06", in_force_from="2013-Q2"),
    "a definition that changed twice": kpi(
        "k",
        definitions=[
            {"version": 1},
            {"version": 2, "since": "2013-07"},
            {"version": 3, "since": "2014-01"},
        ],
    ),
    "equal limits": kpi("k", minimum="1", maximum="1"),
    "a new root": department("law", parent=None),
}


@pytest.mark.parametrize("resource", KEPT.values(), ids=KEPT.keys())
def test_what_keeps_the_rules_is_taken(resource: AnyResource) -> None:
    assert list(rules(resource)) == []


def test_everything_broken_in_a_folder_is_told_at_once_and_nothing_is_stored(
    filled: Office,
) -> None:
    resources: list[AnyResource] = [
        plan("p", end="2012-01"),
        department("a", parent="b"),
        department("b", parent="a"),
        kpi("k", reported_by=["moon"]),
        target("<= 5", plan="q", kpi="z", department="moon"),
        target("done"),
        target("<= 5", due="2014-01"),
        department("fine"),
    ]
    assert said(refused(filled, *resources)) == [
        ("duplicate_code", 7, "file.yaml"),
        ("end_before_start", 1, "file.yaml: end"),
        ("circular_parent", 2, "file.yaml: parent"),
        ("circular_parent", 3, "file.yaml: parent"),
        ("unknown_department", 4, "file.yaml: reported_by"),
        ("unknown_plan", 5, "file.yaml: plan"),
        ("unknown_kpi", 5, "file.yaml: kpi"),
        ("unknown_department", 5, "file.yaml: department"),
        ("milestone_mismatch", 6, "file.yaml: target"),
        ("due_outside_plan", 7, "file.yaml: due"),
    ]


def test_a_circle_of_parents_is_refused_wherever_it_closes(filled: Office) -> None:
    """Over three departments, one of which is new and one of which is on record."""
    circle = [department("exam", parent="new"), department("new", parent="exam-east")]
    found = said(refused(filled, *circle))
    assert found == [("circular_parent", n, "file.yaml: parent") for n in (1, 2)]
    one = said(refused(filled, department("office", parent="exam-east")))
    assert one == [("circular_parent", 1, "file.yaml: parent")]


# --- what stands on record already ------------------------------------------------------------


def test_the_frequency_of_a_kpi_with_figures_cannot_change(filled: Office) -> None:
    assert put(filled, kpi("twin-a", frequency="Q"), PLANNER).changed
    send(filled, row("1", kpi="twin-b", department="law"))
    found = refused(filled, plan("p"), kpi("twin-b", frequency="Q"))
    assert said(found) == [("frequency_fixed", 2, "file.yaml: frequency")]
    assert put(filled, kpi("twin-b", decimals=1), PLANNER).changed


def test_a_plan_or_kpi_cannot_change_away_from_under_its_targets(filled: Office) -> None:
    found = refused(filled, plan(end="2013-06"))
    assert {(one.code, one.row) for one in found} == {("due_outside_plan", 1)}
    assert {one.column for one in found} == {
        f"file.yaml: plan-2013/{name}: due"
        for name in ("pendency/exam", "pendency/office", "platforms/law", "standard/law")
    }
    found = refused(filled, kpi("standard"))
    assert said(found) == [("milestone_mismatch", 1, "file.yaml: plan-2013/standard/law: target")]


def test_they_can_change_together_with_their_targets(filled: Office) -> None:
    together: list[AnyResource] = [kpi("standard"), target(">= 3", **STANDARD)]
    assert load(filled, [Placed(one) for one in together], PLANNER, "x") == 2


def test_a_department_moves_with_its_figures(filled: Office) -> None:
    send(filled, row("20", department="exam-east"))
    put(filled, department("exam-east", kind="centre", parent="law"), PLANNER)
    assert len(history(filled, department="exam-east")) == 1
    with filled.database.read() as connection:
        tree = filled.catalogue(connection).catalogue
    assert list(tree.upwards("exam-east")) == ["exam-east", "law", "office"]
