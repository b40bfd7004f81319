"""Plans, departments and KPIs: the same three operations on each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api import PREFIX, examples
from app.api.bodies import JsonBody
from app.api.conditional import etag, is_known, precondition
from app.api.deps import Here, Services, Who
from app.api.described import catalogue_body, page_of, resource_answers
from app.api.paging import Page
from app.api.parameters import Code
from app.api.rendering import answer
from app.domain.finding import Finding
from app.errors import NotFound, Refused
from app.intake.catalogue import put
from app.intake.limits import quotable
from app.intake.resource_reading import read_resource
from app.intake.resources import DepartmentResource, KpiResource, PlanResource
from app.intake.strict_json import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.domain.catalogue import Catalogue
    from app.ledger.catalogue import StoredCatalogue

router = APIRouter(prefix=PREFIX, tags=["catalogue"])


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of resource: its name, how it is written, where the catalogue has it."""

    name: str
    model: type[PlanResource | DepartmentResource | KpiResource]
    things: Callable[[Catalogue], Mapping[str, Any]]

    def document(self, catalogue: Catalogue, code: str) -> dict[str, Any]:
        """Return a resource in plain values."""
        return self.model.from_domain(self.things(catalogue)[code]).model_dump()


KINDS = (
    Kind("plan", PlanResource, lambda catalogue: catalogue.plans),
    Kind("department", DepartmentResource, lambda catalogue: catalogue.departments),
    Kind("kpi", KpiResource, lambda catalogue: catalogue.kpis),
)


def _add_list(kind: Kind) -> None:
    example = examples.RESOURCES[kind.name]

    @router.get(
        f"/{kind.name}s",
        name=f"list_{kind.name}s",
        summary=f"List the {kind.name}s",
        responses=page_of(kind.model, example),
    )
    def list_all(here: Here, page: Page) -> Response:
        with here.office.database.read() as connection:
            stored, seen = page.seen(here.office, connection)
        after = page.place(str)
        codes = sorted(
            code for code in kind.things(stored.catalogue) if after is None or code > after[0]
        )
        content = page.answer(
            codes[: page.limit + 1],
            seen,
            key=lambda code: (code,),
            show=lambda code: kind.document(stored.catalogue, code),
        )
        return answer(here, content)


def _add_get(kind: Kind) -> None:
    example = examples.RESOURCES[kind.name]

    @router.get(
        f"/{kind.name}s/{{code}}",
        name=f"get_{kind.name}",
        summary=f"Read a {kind.name}",
        responses=resource_answers(kind.model, example),
    )
    def get(request: Request, code: Code, here: Here) -> Response:
        with here.office.database.read() as connection:
            stored = here.office.catalogue(connection)
        version = version_of(stored, kind.name, code)
        if is_known(request.headers, version):
            return Response(status_code=304, headers={"ETag": etag(version)})
        return _answer(here, kind, stored, code)


def _add_put(kind: Kind) -> None:
    example = examples.RESOURCES[kind.name]

    @router.put(
        f"/{kind.name}s/{{code}}",
        name=f"put_{kind.name}",
        summary=f"Make a {kind.name}, or a new version of it",
        responses=resource_answers(kind.model, example, put=True),
        openapi_extra=catalogue_body(kind.model, example),
    )
    def put_one(request: Request, code: Code, here: Here, who: Who, body: JsonBody) -> Response:
        resource = read_resource(kind.model, addressed(decode(body), code=code))
        check_address(code=(resource.code, code))
        done = put(here.office, resource, who, precondition(request.headers))
        with here.office.database.read() as connection:
            stored = here.office.catalogue(connection)
        return _answer(here, kind, stored, code, status=201 if done.created else 200)


for _kind in KINDS:
    _add_list(_kind)
    _add_get(_kind)
    _add_put(_kind)


def version_of(stored: StoredCatalogue, resource: str, code: str) -> int:
    """Return the version in force; raises NotFound."""
    version = stored.versions.get((resource, code))
    if version is None:
        raise NotFound(f"there is no {resource} {code}")
    return version


def addressed(document: object, **codes: str) -> object:
    """Return a body with the codes of its address, which need not stand in it again."""
    return {**codes, **document} if isinstance(document, dict) else document


def check_address(**pairs: tuple[str, str]) -> None:
    """See to it that codes in a body are those in its address; raises Refused.

    pairs: per field, the code in the body and the one in the address.
    """
    findings = [
        Finding("code_mismatch", None, name, {"body": body, "address": quotable(address)})
        for name, (body, address) in pairs.items()
        if body != address
    ]
    if findings:
        raise Refused("the body is not what its address says", findings)


def _answer(
    here: Services, kind: Kind, stored: StoredCatalogue, code: str, *, status: int = 200
) -> Response:
    tag = etag(stored.versions[kind.name, code])
    return answer(here, kind.document(stored.catalogue, code), status=status, headers={"ETag": tag})
