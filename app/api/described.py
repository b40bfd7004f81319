"""How routes describe their answers and bodies, each with an example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from app.api import examples
from app.api.schemas import Page
from app.intake.submission import XLSX

if TYPE_CHECKING:
    from pydantic import BaseModel

    from app.api.problems import Problem
    from app.intake.resources import Resource

Answers = dict[int | str, dict[str, Any]]

_ETAG = {"ETag": {"description": "The version, quoted.", "schema": {"type": "string"}}}
_LOCATION = {"Location": {"description": "The receipt.", "schema": {"type": "string"}}}


def one(model: type[BaseModel], example: object, description: str = "As asked for.") -> Answers:
    """Describe a single answer."""
    return {200: _answer(model, example, description)}


def page_of(model: type[BaseModel], example: object) -> Answers:
    """Describe a page of a list."""
    whole = {"items": [example], "next": None}
    return {200: _answer(Page[model], whole, "A page of the list.")}  # type: ignore[valid-type]


def resource_answers(model: type[Resource], example: object, *, put: bool = False) -> Answers:
    """Describe a resource of the catalogue, with its ETag."""
    tagged = {**_answer(model, example, "The version in force."), "headers": _ETAG}
    if put:
        return {200: tagged, 201: {**tagged, "description": "Made."}}
    return {200: tagged, 304: {"description": "The caller has this version.", "headers": _ETAG}}


def post_answers(model: type[BaseModel], example: object, refusal: object) -> Answers:
    """Describe the answers to a submission."""
    taken = _answer(model, example, "Taken in, in whole or with `on_error=skip` in part.")
    rehearsed = _answer(model, {**examples.RECEIPT, **examples.DRY}, "A dry run that went well.")
    refused = _answer(model, refusal, "Refused; the receipt stands in the problem.")
    return {
        201: {**taken, "headers": _LOCATION},
        200: rehearsed,
        422: {"description": refused["description"], "content": refused["content"]},
    }


def figures_answers(model: type[BaseModel], example: object) -> Answers:
    """Describe figures: a page of JSON, or a file."""
    answers = page_of(model, example)
    text = {"schema": {"type": "string"}}
    answers[200]["content"] |= {
        "text/csv": {**text, "example": examples.CSV_FILE},
        "application/vnd.sdmx.data+csv": {**text, "example": examples.SDMX_FILE},
        XLSX: {"schema": {**text["schema"], "format": "binary"}},
    }
    return answers


def made(model: type[BaseModel], example: object) -> Answers:
    """Describe the answer to what makes something."""
    where = {"Location": {"description": "Its address.", "schema": {"type": "string"}}}
    return {201: {**_answer(model, example, "Made."), "headers": where}}


def with_conflict(answers: Answers, problem: Problem) -> Answers:
    """Add a problem of status 409 to the answers that are described."""
    example = {"type": problem.type, "title": problem.title, "status": problem.status}
    stuck = {"application/json": {"example": written({**example, "detail": problem.detail})}}
    return {**answers, 409: {"description": problem.title, "content": stuck}}


def reviewed_answers(model: type[BaseModel], example: object, conflict: object) -> Answers:
    """Describe the answers to an approver; the conflict stands in the problem."""
    stuck = _answer(model, conflict, "What is on record stands in the way; nothing was done.")
    return {
        **one(model, example, "Where the figures stand now."),
        409: {"description": stuck["description"], "content": stuck["content"]},
    }


def _answer(model: type[BaseModel], example: object, description: str) -> dict[str, Any]:
    return {
        "model": model,
        "description": description,
        "content": {"application/json": {"example": written(example)}},
    }


def written(example: object) -> str:
    """Write an example as JSON text: FastAPI leaves out every null on the way."""
    return orjson.dumps(example).decode()


def read_examples(contents: dict[str, Any]) -> None:
    """Put the examples of JSON contents back as what they are."""
    for kind, content in contents.items():
        if kind == "application/json" and "example" in content:
            content["example"] = orjson.loads(content["example"])


def catalogue_body(model: type[Resource], example: object) -> dict[str, Any]:
    """Describe the body of a PUT; the description puts the model among the schemas."""
    schema = _schema(model)
    schema["required"] = [name for name in schema["required"] if name not in IN_ADDRESS]
    content = {"schema": schema, "example": written(example)}
    preconditions = [
        _header("If-Match", "Only if this is the version in force.", '"3"'),
        _header("If-None-Match", "`*`: only if there is none yet.", "*"),
    ]
    described = "Every field; the codes that stand in the address may be left out."
    return {
        "requestBody": {
            "required": True,
            "description": described,
            "content": {"application/json": content},
        },
        "parameters": preconditions,
    }


def _header(name: str, description: str, example: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string"},
        "example": example,
    }


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return a body's schema; what it refers to is put among the components by `openapi`."""
    return model.model_json_schema(mode="validation", ref_template=BODY_REFERENCE)


IN_ADDRESS = ("code", "plan", "kpi", "department")
"""Fields that a body need not repeat."""
BODY_REFERENCE = "#/components/schemas/{model}Body"
"""Of its own: a field with a default may be left out of a body, and never is of an answer."""


def resource_body(model: type[Resource], example: object) -> dict[str, Any]:
    """Describe a body that is a resource of its own."""
    content = {"schema": _schema(model), "example": written(example)}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def optional_body(model: type[Resource]) -> dict[str, Any]:
    """Describe a body that may be left out, or be an empty object."""
    content = {"schema": _schema(model), "example": written({})}
    return {"requestBody": {"required": False, "content": {"application/json": content}}}


def submission_body() -> dict[str, Any]:
    """Describe what can be posted as a submission."""
    csv = {"schema": {"type": "string"}, "example": examples.CSV_FILE}
    workbook = {"schema": {"type": "string", "format": "binary"}}
    form = {
        "schema": {
            "type": "object",
            "required": ["file"],
            "additionalProperties": False,
            "properties": {"file": {"type": "string", "format": "binary"}},
        },
        "example": {"file": examples.CSV_FILE},
    }
    actuals = {"schema": _SUBMISSION, "example": written(examples.SUBMISSION)}
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": actuals,
                "text/csv": csv,
                XLSX: workbook,
                "multipart/form-data": form,
            },
        }
    }


_TEXT = {"type": ["string", "null"]}
_FIGURE = {
    "description": "A JSON number, or the same as text; at most 12 digits before and 6 after the"
    " point.",
    "type": ["number", "string", "null"],
}
_SUBMISSION = {
    "type": "object",
    "required": ["actuals"],
    "additionalProperties": False,
    "properties": {
        "actuals": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["kpi", "department", "period"],
                "additionalProperties": False,
                "properties": {
                    "kpi": {"type": "string", "description": "By code, or by exact name."},
                    "department": {"type": "string", "description": "By code, or by exact name."},
                    "period": {"type": "string"},
                    "value": _FIGURE,
                    "numerator": _FIGURE,
                    "denominator": _FIGURE,
                    "observation_status": {"enum": ["A", "P", "E", "B", "M", "", None]},
                    "note": _TEXT,
                    "reason": {**_TEXT, "description": "Why a figure on record is corrected."},
                },
            },
        }
    },
}
