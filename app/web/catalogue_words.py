"""The catalogue's resources in words: what each field is called, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from app.domain.kpi import Department, Kpi, Plan
from app.domain.number import write_number
from app.domain.period import Frequency, Period
from app.domain.target import Comparator, Overshoot, Target
from app.intake.resources import RESOURCES
from app.web import formats
from app.web.words import msg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.catalogue import Catalogue
    from app.domain.kpi import Definition
    from app.domain.target import Goal
    from app.domain.trajectory import Trajectory
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.catalogue_history import Version
    from app.web.page import Page

    Thing = Plan | Department | Kpi | Target

KINDS: Final[Mapping[str, str]] = {
    "plan": msg("Plans"),
    "department": msg("Departments"),
    "kpi": msg("KPIs"),
    "target": msg("Targets"),
}
"""The four kinds of resources, as the list calls them."""

LABELS: Final[Mapping[str, str]] = {
    "code": msg("Code"),
    "name_zh": msg("Chinese name"),
    "name_en": msg("English name"),
    "start": msg("First period"),
    "end": msg("Last period"),
    "source": msg("Source"),
    "kind": msg("Kind"),
    "parent": msg("Belongs to"),
    "unit_zh": msg("Chinese unit"),
    "unit_en": msg("English unit"),
    "frequency": msg("Frequency"),
    "direction": msg("Better is"),
    "decimals": msg("Decimals shown"),
    "due_days": msg("Days until the deadline"),
    "factor": msg("Factor of the ratio"),
    "monotone": msg("Never falls"),
    "minimum": msg("Least possible figure"),
    "maximum": msg("Greatest possible figure"),
    "definition": msg("Definition"),
    "early_figures": msg("Figures before the period has ended"),
    "sum_of": msg("Running total of"),
    "reported_by": msg("Reported by"),
    "definitions": msg("Versions of the definition"),
    "plan": msg("Plan"),
    "kpi": msg("KPI"),
    "department": msg("Department"),
    "target": msg("Target"),
    "due": msg("Due"),
    "overshoot": msg("Above the upper bound"),
    "tolerance_band": msg("Tolerance band"),
    "baseline": msg("Baseline"),
    "trajectory": msg("Trajectory"),
    "weight": msg("Weight"),
    "in_force_from": msg("In force from"),
    "reason": msg("Reason"),
}

CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "department_kind": {
        "office": msg("office"),
        "department": msg("department"),
        "centre": msg("centre"),
        "region": msg("region"),
    },
    "kpi_kind": {
        "level": msg("level: the newest figure counts; departments are averaged"),
        "stock": msg("stock: the newest figure counts; departments are added up"),
        "flow": msg("flow: periods and departments are added up"),
        "ratio": msg("ratio: summed numerators over summed denominators"),
        "milestone": msg("milestone: the fraction complete"),
    },
    "frequency": {"M": msg("monthly"), "Q": msg("quarterly"), "A": msg("annually")},
    "direction": {"lower": msg("lower"), "higher": msg("higher"), "none": msg("neither")},
    "over": {
        "year": msg("since the year's beginning"),
        "ever": msg("since records began"),
    },
    "overshoot": {"met": msg("still met"), "breach": msg("a breach")},
    "shape": {
        "flat": msg("the target itself at every period"),
        "linear": msg("a straight line from the baseline, or from 0"),
        "points": msg("points, with straight lines between them"),
        "step": msg("points, each holding until the next"),
    },
}
"""Per field with few values, what each of them is called."""

_TWO_BOUNDS: Final = (Comparator.ABOUT, Comparator.BETWEEN)
_GOALS: Final = {
    (Comparator.AT_MOST, False): msg("{goal}: met up to {upper}"),
    (Comparator.AT_LEAST, False): msg("{goal}: met from {lower} on"),
    (Comparator.MILESTONE, False): msg("{goal}: met when all of it is done"),
    (Comparator.ABOUT, False): msg("{goal}: met from {lower} to {upper}, and above, too"),
    (Comparator.ABOUT, True): msg("{goal}: met from {lower} to {upper}; above is a breach"),
}
"""What a target's text becomes, by its comparator and whether an overshoot is a breach."""


@dataclass(frozen=True, slots=True)
class Told:
    """One field of a resource: its name, what it is called, and what it says."""

    name: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What a field said and what it says."""

    label: str
    before: str
    after: str


def model_of(kind: str) -> Any:  # noqa: ANN401 - one of four models
    """Return the model of a kind of resource."""
    return RESOURCES[kind]  # type: ignore[index]


def things_of(catalogue: Catalogue, kind: str) -> dict[str, Any]:
    """Return all resources of a kind by code; a target's is plan/kpi/department."""
    match kind:
        case "plan":
            return dict(catalogue.plans)
        case "department":
            return dict(catalogue.departments)
        case "kpi":
            return dict(catalogue.kpis)
        case _:
            return {"/".join(key): target for key, target in catalogue.targets.items()}


def title(page: Page, catalogue: Catalogue, thing: Thing) -> str:
    """Return what a resource is called; a target by its KPI and department."""
    if isinstance(thing, Target):
        names = (catalogue.kpis[thing.kpi], catalogue.departments[thing.department])
        return " · ".join(page.name(one) for one in names)
    return page.name(thing)


def tell(page: Page, stored: StoredCatalogue, kind: str, thing: Thing) -> list[Told]:
    """Return every field of a resource in words, in the order of its model."""
    catalogue = stored.catalogue
    names = [name for name in model_of(kind).model_fields if name != "code"]
    return [
        Told(name, page.speak(LABELS[name]), _text(page, catalogue, kind, thing, name))
        for name in names
    ]


def differences(
    page: Page, stored: StoredCatalogue, kind: str, before: Thing, after: Thing
) -> list[Difference]:
    """Return the fields that say something else in two versions of a resource."""
    model = model_of(kind)
    old, new = model.from_domain(before).model_dump(), model.from_domain(after).model_dump()
    texts = [
        {one.name: one.text for one in tell(page, stored, kind, thing)} for thing in (before, after)
    ]
    return [
        Difference(page.speak(LABELS[name]), texts[0][name], texts[1][name])
        for name in texts[0]
        if old[name] != new[name]
    ]


def changes(
    page: Page, stored: StoredCatalogue, kind: str, listed: Sequence[Version]
) -> list[tuple[Version, list[Difference] | None]]:
    """Return versions, the newest first, each with what changed; None for the first."""
    made: list[tuple[Version, list[Difference] | None]] = []
    for place, version in enumerate(listed):
        if place == 0:
            made.append((version, None))
        else:
            before = listed[place - 1].thing
            made.append((version, differences(page, stored, kind, before, version.thing)))
    return made[::-1]


def goal_reading(page: Page, goal: Goal, unit: str, overshoot: str) -> str:
    """Say what a target's text becomes: about 20: met from 18 to 22, and above, too."""
    two_bounds = goal.comparator in _TWO_BOUNDS
    key = (
        Comparator.ABOUT if two_bounds else goal.comparator,
        two_bounds and overshoot == Overshoot.BREACH,
    )
    return page.speak(
        _GOALS[key],
        goal=formats.goal(goal, unit, page.speak).strip(),
        lower=formats.bound_text(goal.lower),
        upper=formats.bound_text(goal.upper),
    )


def _text(page: Page, catalogue: Catalogue, kind: str, thing: Thing, name: str) -> str:
    found = None
    if isinstance(thing, Target):
        found = _of_target(page, catalogue, thing, name)
    elif isinstance(thing, Kpi):
        found = _of_kpi(page, catalogue, thing, name)
    return found or _plain(page, catalogue, kind, name, getattr(thing, name, None))


def _of_target(page: Page, catalogue: Catalogue, target: Target, name: str) -> str | None:
    found = None
    match name:
        case "target":
            kpi = catalogue.kpis.get(target.kpi)
            unit = "" if kpi is None else page.unit(kpi)
            found = f"{formats.goal(target.goal, unit, page.speak).strip()} ({target.goal})"
        case "overshoot" if target.goal.comparator not in _TWO_BOUNDS:
            found = formats.ABSENT
        case "baseline" if target.baseline is not None:
            found = _at(page, target.baseline.period, target.baseline.value)
        case "trajectory":
            found = _trajectory(page, target.trajectory)
        case "in_force_from" if target.in_force_from is None:
            found = page.speak(msg("the plan's beginning"))
        case "tolerance_band":
            found = formats.percent(target.tolerance_band, 2).replace(".00%", "%")
        case _:
            pass
    return found


def _of_kpi(page: Page, catalogue: Catalogue, kpi: Kpi, name: str) -> str | None:
    match name:
        case "definitions":
            return "\n".join(_definition(page, one) for one in kpi.definitions)
        case "sum_of" if kpi.sum_of is not None:
            over = page.speak(CHOICES["over"][kpi.sum_of.over])
            return f"{_named(page, catalogue.kpis, kpi.sum_of.kpi)} · {over}"
        case "reported_by":
            listed = [_named(page, catalogue.departments, code) for code in kpi.reported_by]
            return " · ".join(listed)
        case _:
            return None


def _plain(page: Page, catalogue: Catalogue, kind: str, name: str, value: Any) -> str:  # noqa: ANN401 - a field of any type
    places: Mapping[str, Mapping[str, Any]] = {
        "plan": catalogue.plans,
        "kpi": catalogue.kpis,
        "department": catalogue.departments,
        "parent": catalogue.departments,
    }
    choices = CHOICES.get(f"{kind}_{name}") or CHOICES.get(name)
    if value is None or value in ("", ()):
        return formats.ABSENT
    if name in places:
        return _named(page, places[name], value)
    if choices is not None:
        return page.speak(choices[value])
    if isinstance(value, bool):
        return page.speak(msg("yes") if value else msg("no"))
    if isinstance(value, Period):
        return formats.period(value, page.speak)
    return write_number(value) if isinstance(value, Decimal) else str(value)


def _named(page: Page, things: Mapping[str, Any], code: str) -> str:
    return page.name(things[code]) if code in things else code


def _at(page: Page, period: Period, value: Decimal) -> str:
    return f"{formats.period(period, page.speak)} {write_number(value)}"


def _trajectory(page: Page, trajectory: Trajectory) -> str:
    shape = page.speak(CHOICES["shape"][trajectory.shape])
    points = [
        _at(page, period, value)
        for period, value in sorted(trajectory.points.items(), key=lambda one: one[0].last_day)
    ]
    return " · ".join([shape, *points])


def _definition(page: Page, one: Definition) -> str:
    since = (
        page.speak(msg("from the beginning"))
        if one.since is None
        else page.speak(msg("since {period}"), period=formats.period(one.since, page.speak))
    )
    return f"{one.version} · {since} · {one.text or formats.ABSENT}"


def periods_choice(plan: Plan, frequency: Frequency) -> list[Period]:
    """Return the periods of a plan, to be chosen from."""
    first, last = plan.start.first_of(frequency), plan.end.last_of(frequency)
    return [Period(frequency, ordinal) for ordinal in range(first.ordinal, last.ordinal + 1)]
