"""Targets, their explanation, and their series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api import PREFIX, examples, examples_explain, schemas, schemas_explain
from app.api.bodies import JsonBody
from app.api.catalogue import addressed, check_address, version_of
from app.api.conditional import etag, is_known, precondition
from app.api.deps import Here, Services, Spoken, Who
from app.api.described import catalogue_body, one, page_of, resource_answers
from app.api.paging import Page
from app.api.parameters import (
    AsOf,
    AtPeriod,
    DepartmentCode,
    DepartmentFilter,
    KpiCode,
    KpiFilter,
    PlanCode,
    PlanFilter,
    asked_period,
)
from app.api.rendering import answer
from app.documents import point_document
from app.errors import NotFound
from app.explaining import explanation_document, version_document
from app.intake.catalogue import put
from app.intake.resource_reading import read_resource
from app.intake.resources import TargetResource
from app.intake.strict_json import decode
from app.ledger import scoreboard
from app.ledger.explained import explained
from app.ledger.forecasts import foresee
from app.ledger.scoreboard import Selection

if TYPE_CHECKING:
    from app.domain.catalogue import Catalogue, TargetKey
    from app.ledger.catalogue import StoredCatalogue

router = APIRouter(prefix=PREFIX, tags=["targets"])
ADDRESS = "/targets/{plan}/{kpi}/{department}"


@router.get(
    "/targets",
    name="list_targets",
    summary="List the targets",
    responses=page_of(schemas.Target, examples.TARGET),
)
def list_targets(
    here: Here,
    page: Page,
    plan: PlanFilter = None,
    kpi: KpiFilter = None,
    department: DepartmentFilter = None,
) -> Response:
    """List the targets in force, in order of plan, KPI and department."""
    with here.office.database.read() as connection:
        stored, seen = page.seen(here.office, connection)
    keys = Selection(plan=plan, kpi=kpi, department=department).keys(stored.catalogue)
    after = page.place(str, str, str)
    rows = [key for key in keys if after is None or key > after]
    content = page.answer(
        rows[: page.limit + 1],
        seen,
        key=lambda key: key,
        show=lambda key: _document(stored.catalogue, key),
    )
    return answer(here, content)


@router.get(
    ADDRESS,
    name="get_target",
    summary="Read a target",
    responses=resource_answers(schemas.Target, examples.TARGET),
)
def get_target(
    request: Request, plan: PlanCode, kpi: KpiCode, department: DepartmentCode, here: Here
) -> Response:
    """Read the version of a target that is in force."""
    with here.office.database.read() as connection:
        stored = here.office.catalogue(connection)
    version = version_of(stored, "target", f"{plan}/{kpi}/{department}")
    if is_known(request.headers, version):
        return Response(status_code=304, headers={"ETag": etag(version)})
    return _answer(here, stored, (plan, kpi, department))


@router.put(
    ADDRESS,
    name="put_target",
    summary="Make a target, or a new version of it",
    responses=resource_answers(schemas.Target, examples.TARGET, put=True),
    openapi_extra=catalogue_body(TargetResource, examples.RESOURCES["target"]),
)
def put_target(
    request: Request,
    plan: PlanCode,
    kpi: KpiCode,
    department: DepartmentCode,
    here: Here,
    who: Who,
    body: JsonBody,
) -> Response:
    """Make a target, or a new version of it: verdicts as of an earlier instant keep the old one."""
    document = addressed(decode(body), plan=plan, kpi=kpi, department=department)
    if isinstance(document, dict):
        # Read-only: it is in every answer, and an answer can be put back as it is.
        document.pop("version", None)
    resource = read_resource(TargetResource, document)
    check_address(
        plan=(resource.plan, plan),
        kpi=(resource.kpi, kpi),
        department=(resource.department, department),
    )
    done = put(here.office, resource, who, precondition(request.headers))
    with here.office.database.read() as connection:
        stored = here.office.catalogue(connection)
    return _answer(here, stored, (plan, kpi, department), status=201 if done.created else 200)


@router.get(
    f"{ADDRESS}/explain",
    name="explain_target",
    summary="Explain a verdict",
    responses=one(schemas_explain.Explanation, examples_explain.EXPLANATION),
)
def explain_target(
    plan: PlanCode,
    kpi: KpiCode,
    department: DepartmentCode,
    here: Here,
    spoken: Spoken,
    period: AtPeriod = None,
    as_of: AsOf = None,
) -> Response:
    """Give a verdict as a chain: every figure that counts, every formula with its numbers."""
    asked = asked_period(period)
    with here.office.database.read() as connection:
        stored, seen = here.office.seen(connection, as_of)
        key = _known(stored.catalogue, (plan, kpi, department))
        found = explained(connection, stored, seen, key, asked)
    foreseen = foresee(here.office.forecaster, found.line.subject, found.kept, asked)
    document = explanation_document(found, foreseen, here.translator, spoken)
    return answer(here, {"as_of": seen.now, **document}, language=spoken)


@router.get(
    f"{ADDRESS}/versions",
    name="list_target_versions",
    summary="List a target's versions",
    responses=one(schemas_explain.TargetVersions, examples_explain.TARGET_VERSIONS),
)
def list_target_versions(
    plan: PlanCode, kpi: KpiCode, department: DepartmentCode, here: Here, as_of: AsOf = None
) -> Response:
    """List every version of a target, the oldest first: who, when, from when on, and why."""
    with here.office.database.read() as connection:
        stored, seen = here.office.seen(connection, as_of)
    key = _known(stored.catalogue, (plan, kpi, department))
    items = [
        {
            **TargetResource.from_domain(version.target).model_dump(),
            **version_document(version),
        }
        for version in stored.target_versions[key]
    ]
    return answer(here, {"as_of": seen.now, "items": items})


@router.get(
    f"{ADDRESS}/series",
    name="get_series",
    summary="Read a target's series",
    responses=one(schemas_explain.Series, examples_explain.SERIES),
)
def get_series(
    plan: PlanCode, kpi: KpiCode, department: DepartmentCode, here: Here, as_of: AsOf = None
) -> Response:
    """Give the plan's periods, each with the verdict at that period; null where nobody posted."""
    with here.office.database.read() as connection:
        stored, seen = here.office.seen(connection, as_of)
        key = _known(stored.catalogue, (plan, kpi, department))
        (subject,) = scoreboard.subjects(connection, stored, [key], seen.position)
    points = scoreboard.series(subject, seen.today)
    content = {
        "plan": plan,
        "kpi": kpi,
        "department": department,
        "as_of": seen.now,
        "items": [point_document(subject, point) for point in points],
    }
    return answer(here, content)


def _known(catalogue: Catalogue, key: TargetKey) -> TargetKey:
    if key not in catalogue.targets:
        raise NotFound(f"there is no target {'/'.join(key)}")
    return key


def _document(catalogue: Catalogue, key: TargetKey) -> dict[str, Any]:
    target = catalogue.targets[key]
    return {**TargetResource.from_domain(target).model_dump(), "version": target.version}


def _answer(
    here: Services, stored: StoredCatalogue, key: TargetKey, *, status: int = 200
) -> Response:
    document = _document(stored.catalogue, key)
    return answer(here, document, status=status, headers={"ETag": etag(document["version"])})
