"""The API's description: what the routes declare, and what they all have in common."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import iter_route_contexts
from starlette.responses import Response

from app.api import PREFIX, examples, problems
from app.api.access import RULES
from app.api.deps import Here
from app.api.described import read_examples
from app.api.rendering import answer
from app.api.schemas import Problem
from app.domain.finding import Finding, english

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.api.problems import Problem as ProblemKind

TITLE: Final = "Dabiao"
DESCRIPTION: Final = (
    "An office's quantitative targets, the figures that its departments post, and the verdict on "
    "each target with its arithmetic. Decimals are exact JSON numbers. Unknown fields and "
    "parameters are refused. Errors are problem documents (RFC 9457), their words in the language "
    "of Accept-Language (zh, en)."
)
_REFERENCE: Final = "#/components/schemas/{model}"
_UNKNOWN_PARAMETER: Final = Finding("unknown_parameter", None, "kpis", {"name": "kpis"})


router = APIRouter(include_in_schema=False)


@router.get("/openapi.json", name="openapi")
def openapi(request: Request, here: Here) -> Response:
    """Give the description."""
    return answer(here, describe(request.app))


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of an application."""
    document = copy.deepcopy(app.openapi())
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = Problem.model_json_schema(ref_template=_REFERENCE)
    schemas.update(problem.pop("$defs"))
    schemas["Problem"] = problem
    document["components"]["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "A key: `dbk_…`."}
    }
    names = _names(app)
    for path, method, operation in _operations(document):
        if path.startswith(PREFIX):
            _tidy(operation)
            _complete(operation, names[path, method], with_body=method in ("post", "put"))
            _hoist(operation, schemas)
    return document


def _tidy(operation: dict[str, Any]) -> None:
    """Undo what the framework does to parameters and examples."""
    for parameter in operation.get("parameters", ()):
        _without_null(parameter["schema"])
    for part in (operation.get("requestBody", {}), *operation["responses"].values()):
        read_examples(part.get("content", {}))


def _names(app: FastAPI) -> dict[tuple[str, str], str]:
    return {
        (context.path, method.lower()): context.name
        for context in iter_route_contexts(app.routes)
        if context.path is not None and context.name is not None
        for method in context.methods or ()
    }


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _complete(operation: dict[str, Any], name: str, *, with_body: bool) -> None:
    """Add what every operation has: who may, and how it says no."""
    anybody: list[dict[str, list[str]]] = [{}] if RULES[name].is_read else []
    operation["security"] = [*anybody, {"key": []}]
    kinds = [problems.NOT_SIGNED_IN, problems.NOT_PERMITTED, problems.REFUSED]
    if any(p["in"] == "path" for p in operation.get("parameters", ())):
        kinds.append(problems.NOT_FOUND)
    if with_body:
        kinds += [problems.TOO_LARGE, problems.UNSUPPORTED_MEDIA]
    if "409" in operation["responses"]:
        kinds.append(problems.CONFLICT)
    if any(p["name"] == "If-Match" for p in operation.get("parameters", ())):
        kinds.append(problems.PRECONDITION_FAILED)
    if any(p["name"] == "format" for p in operation.get("parameters", ())):
        kinds.append(problems.NOT_ACCEPTABLE)
    kinds.append(problems.UNAVAILABLE)
    for kind in kinds:
        _add_problem(operation["responses"], kind)


def _add_problem(responses: dict[str, Any], kind: ProblemKind) -> None:
    known = responses.get(str(kind.status), {})
    example: Any = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.detail,
    }
    if kind is problems.REFUSED:
        finding = {**examples.FINDING, "code": "unknown_parameter", "row": None, "column": "kpis"}
        example["findings"] = [{**finding, "message": english(_UNKNOWN_PARAMETER)}]
    own = known.get("content", {}).get("application/json", {})
    responses[str(kind.status)] = {
        "description": known.get("description") if own.get("example") else kind.title,
        "content": {
            problems.PROBLEM_TYPE: {
                "schema": {"$ref": _REFERENCE.format(model="Problem")},
                "example": own.get("example", example),
            }
        },
    }


def _without_null(schema: dict[str, Any]) -> None:
    """Take null away from a parameter: one that is left out is not in the address at all."""
    match schema.get("anyOf"):
        case [dict() as given, {"type": "null"}]:
            del schema["anyOf"]
            schema.update({**given, **schema})
        case _:
            return


def _hoist(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Put what a body's schema refers to among the components, under the names it refers to."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        for name, schema in content["schema"].pop("$defs", {}).items():
            schemas[f"{name}Body"] = schema
