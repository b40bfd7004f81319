"""How the catalogue comes in: one resource by PUT, or a whole folder at once.

Both go the same way: read, check against everything that will be there, write what differs. What
is the same already makes no new version.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.domain.finding import Finding
from app.domain.kpi import Department, Kpi, Plan
from app.domain.target import Target
from app.errors import PreconditionFailed, Refused
from app.intake.catalogue_rules import (
    department_findings,
    kpi_findings,
    plan_findings,
    target_findings,
)
from app.intake.resources import (
    DepartmentResource,
    KpiResource,
    PlanResource,
    TargetResource,
)
from app.ledger import journal
from app.ledger.catalogue import CatalogueWriter
from app.ledger.revisions import has_figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from app.domain.access import Actor
    from app.domain.catalogue import Catalogue
    from app.intake.resources import AnyResource
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.office import Office

Thing = Plan | Department | Kpi | Target


@dataclass(frozen=True, slots=True)
class Placed:
    """A resource and where it stands, for the findings: a file, and its place in the file."""

    resource: AnyResource
    place: str | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What a PUT did: the version now in force, and whether it is new."""

    version: int
    created: bool
    changed: bool


def name_of(resource: AnyResource) -> tuple[str, str]:
    """Return a resource's kind and code; a target's code is plan/kpi/department."""
    if isinstance(resource, TargetResource):
        return "target", f"{resource.plan}/{resource.kpi}/{resource.department}"
    kind = type(resource).__name__.removesuffix("Resource").lower()
    return kind, resource.code


def put(
    office: Office,
    resource: AnyResource,
    actor: Actor,
    precondition: Callable[[int | None], bool] = lambda _version: True,
) -> Stored:
    """Store one resource as a new version, unless it is the same as the one in force.

    precondition: told the version in force (None for none), whether to go on.
    Raises Refused with every finding, or PreconditionFailed.
    """
    name = name_of(resource)
    with office.database.write() as connection:
        stored = office.catalogue(connection)
        before = stored.versions.get(name)
        if not precondition(before):
            msg = "the version that you have seen is not the current one"
            raise PreconditionFailed(msg)
        changed = bool(_store(office, connection, [Placed(resource)], actor, name[1]))
    # Not looked up before the commit: `office` would remember a catalogue that may yet not be.
    version = (before or 0) + 1 if changed or before is None else before
    return Stored(version, created=before is None, changed=changed)


def load(office: Office, resources: Sequence[Placed], actor: Actor, subject: str) -> int:
    """Store a folder's resources together, or none of them; returns how many were new.

    Raises Refused with every finding of every file.
    """
    with office.database.write() as connection:
        return _store(office, connection, resources, actor, subject)


def _store(
    office: Office,
    connection: Connection,
    resources: Sequence[Placed],
    actor: Actor,
    subject: str,
) -> int:
    stored = office.catalogue(connection)
    new = checked(connection, stored, resources)
    if new:
        entry = journal.record(
            connection,
            journal.EntryKind.CATALOGUE,
            "put",
            subject[:200],
            actor=actor,
            now=office.clock(),
        )
        _write(CatalogueWriter(connection, stored, entry.id), new)
    return len(new)


def checked(
    connection: Connection, stored: StoredCatalogue, resources: Sequence[Placed]
) -> list[Thing]:
    """Return what would be written of resources, parents first; raises Refused with every finding.

    What is the same already is not among it.
    """
    after, findings = _merge(stored.catalogue, resources)
    things, wrong = _things(resources, after)
    findings += [*wrong, *_findings_beneath(resources, after)]
    findings += _frequency_findings(connection, stored, resources)
    findings += _silent_changes(stored.catalogue, resources)
    if findings:
        msg = "the catalogue is not as it must be"
        raise Refused(msg, findings)
    return [thing for thing in _parents_first(things, after) if _differs(stored.catalogue, thing)]


def _merge(catalogue: Catalogue, resources: Sequence[Placed]) -> tuple[Catalogue, list[Finding]]:
    """Return the catalogue as it will be, but for its targets, and the codes that come twice."""
    findings: list[Finding] = []
    plans, departments = dict(catalogue.plans), dict(catalogue.departments)
    kpis = dict(catalogue.kpis)
    seen: set[tuple[str, str]] = set()
    for placed in resources:
        name = name_of(placed.resource)
        if name in seen:
            findings.append(_placed(Finding("duplicate_code", values={"name": name[1]}), placed))
        seen.add(name)
        match placed.resource:
            case PlanResource() as resource:
                plans[resource.code] = resource.to_domain()
            case DepartmentResource() as resource:
                departments[resource.code] = resource.to_domain()
            case KpiResource() as resource:
                kpis[resource.code] = resource.to_domain()
            case _:
                pass
    return replace(catalogue, plans=plans, departments=departments, kpis=kpis), findings


def _things(resources: Sequence[Placed], after: Catalogue) -> tuple[list[Thing], list[Finding]]:
    """Return the things to store, and what is wrong with them among all others."""
    things: list[Thing] = []
    findings: list[Finding] = []
    for placed in resources:
        thing, wrong = _thing(placed.resource, after)
        findings += [_placed(found, placed) for found in wrong]
        if thing is not None:
            things.append(thing)
    return things, findings


def _placed(found: Finding, placed: Placed) -> Finding:
    column = ": ".join(part for part in (placed.place, found.column) if part) or None
    return replace(found, row=placed.row, column=column)


def _thing(resource: AnyResource, after: Catalogue) -> tuple[Thing | None, list[Finding]]:
    """Return what a resource is and what is wrong with it; None where it names unknown things."""
    if isinstance(resource, TargetResource):
        unknown = list(_unknown(resource, after))
        if unknown:
            return None, unknown
        thing: Thing = resource.to_domain(after.kpis[resource.kpi].kind)
    else:
        thing = resource.to_domain()
    return thing, list(_findings(thing, after))


def _unknown(resource: TargetResource, after: Catalogue) -> Iterator[Finding]:
    for kind, code, known in (
        ("plan", resource.plan, after.plans),
        ("kpi", resource.kpi, after.kpis),
        ("department", resource.department, after.departments),
    ):
        if code not in known:
            yield Finding(f"unknown_{kind}", column=kind, values={"name": code})


def _findings(thing: Thing, after: Catalogue) -> Iterator[Finding]:
    match thing:
        case Plan():
            return plan_findings(thing)
        case Department():
            return department_findings(thing, after.departments)
        case Kpi():
            return kpi_findings(thing, after.departments, after.kpis)
        case Target():
            return target_findings(thing, after.kpis[thing.kpi], after.plans[thing.plan])


def _findings_beneath(resources: Sequence[Placed], after: Catalogue) -> Iterator[Finding]:
    """Check the targets on record whose plan or KPI changes: they stay, and must still fit it."""
    given = {name_of(placed.resource): placed for placed in resources}
    for key, target in after.targets.items():
        name = "/".join(key)
        changed = given.get(("plan", target.plan)) or given.get(("kpi", target.kpi))
        if changed is not None and ("target", name) not in given:
            kpi, plan = after.kpis[target.kpi], after.plans[target.plan]
            for found in target_findings(target, kpi, plan):
                yield _placed(replace(found, column=f"{name}: {found.column}"), changed)


def _parents_first(things: list[Thing], after: Catalogue) -> list[Thing]:
    """Put what is named before what names it: departments from the root down, targets last.

    Only for things in which nothing is wrong: going up from a circle of departments never ends.
    """

    def place(thing: Thing) -> tuple[int, int]:
        match thing:
            case Department():
                return 0, sum(1 for _ in after.upwards(thing.code))
            case Plan():
                return 1, 0
            case Kpi():
                return 2, 0
            case Target():
                return 3, 0

    return sorted(things, key=place)


def _frequency_findings(
    connection: Connection, stored: StoredCatalogue, resources: Sequence[Placed]
) -> Iterator[Finding]:
    """Refuse to change the frequency of a KPI with figures: they would belong to no period."""
    for placed in resources:
        resource = placed.resource
        if isinstance(resource, KpiResource) and resource.code in stored.kpi_ids:
            known = stored.catalogue.kpis[resource.code]
            if known.frequency is not resource.frequency and has_figures(
                connection, stored.kpi_ids[resource.code]
            ):
                yield _placed(Finding("frequency_fixed", column="frequency"), placed)


def _silent_changes(catalogue: Catalogue, resources: Sequence[Placed]) -> Iterator[Finding]:
    """Refuse what would change by not being said, or be explained by what was said before.

    A KPI whose definition has versions is not written without them: its breaks would be gone. A
    revised target does not carry the reason of the version that it revises.
    """
    for placed in resources:
        match placed.resource:
            case KpiResource() as resource:
                kpi = catalogue.kpis.get(resource.code)
                listed = () if kpi is None else kpi.definitions
                if listed and "definitions" not in resource.model_fields_set:
                    values = {"count": str(len(listed))}
                    found = Finding("definitions_missing", column="definitions", values=values)
                    yield _placed(found, placed)
            case TargetResource() as resource if resource.kpi in catalogue.kpis:
                known = catalogue.targets.get((resource.plan, resource.kpi, resource.department))
                thing = resource.to_domain(catalogue.kpis[resource.kpi].kind)
                if known is None or known.reason is None or thing.reason != known.reason:
                    continue
                if replace(known, version=thing.version) != thing:
                    values = {"version": str(known.version)}
                    found = Finding("reason_repeated", column="reason", values=values)
                    yield _placed(found, placed)
            case _:
                pass


def _differs(catalogue: Catalogue, thing: Thing) -> bool:
    match thing:
        case Plan():
            return catalogue.plans.get(thing.code) != thing
        case Department():
            return catalogue.departments.get(thing.code) != thing
        case Kpi():
            return catalogue.kpis.get(thing.code) != thing
        case Target():
            known = catalogue.targets.get((thing.plan, thing.kpi, thing.department))
            if known is None:
                return True
            # Said once, a reason need not be said again with the same target.
            reason = known.reason if thing.reason is None else thing.reason
            return replace(known, version=thing.version) != replace(thing, reason=reason)


def _write(writer: CatalogueWriter, things: Sequence[Thing]) -> None:
    for thing in things:
        match thing:
            case Plan():
                writer.plan(thing)
            case Department():
                writer.department(thing)
            case Kpi():
                writer.kpi(thing)
            case Target():
                writer.target(thing)
