"""The description: complete, with examples that fit, and kept by the service."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from fastapi.routing import iter_route_contexts
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.transport.serialization import serialize_binary

from app.api import PREFIX
from app.api.access import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import SerializationContext

    from tests.api.contract import Client


@schemathesis.serializer("application/x-protobuf")
def send_as_it_is(_context: SerializationContext, value: Any) -> bytes:  # noqa: ANN401 - whatever was drawn
    """Tell how a body of this type is sent; only some types are known."""
    return serialize_binary(value)


def operations(api: Client) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in api.contract.document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_every_operation_of_the_api_is_described(api: Client) -> None:
    routed = {
        f"{method.lower()} {context.path}"
        for context in iter_route_contexts(api.app.application.routes)  # type: ignore[attr-defined]
        if context.path and context.path.startswith(PREFIX)
        for method in context.methods or ()
    }
    described = {name for name, _ in operations(api) if f" {PREFIX}" in name}

    assert described == routed
    names = [
        context.name
        for context in iter_route_contexts(api.app.application.routes)  # type: ignore[attr-defined]
        if context.path and context.path.startswith(PREFIX)
    ]
    # The posting of figures has two: the express lane is the same operation.
    assert len(described) == len(set(names))
    assert set(names) <= set(RULES)
    assert api.get("/openapi.json").json() == api.contract.document


def test_every_operation_says_what_it_does_with_examples_that_fit(api: Client) -> None:
    for name, operation in operations(api):
        if f" {PREFIX}" not in name:
            continue
        assert operation["summary"], name
        assert operation["security"], name
        for parameter in operation.get("parameters", ()):
            examples = parameter["schema"].get("examples") or [parameter.get("example")]
            assert parameter["description"], (name, parameter["name"])
            for example in examples:
                api.contract.validate(parameter["schema"], example)
        contents = {
            (status, kind): content
            for status, answer in operation["responses"].items()
            for kind, content in answer.get("content", {}).items()
        }
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            contents["body", kind] = content
        assert contents, name
        for place, content in contents.items():
            if content["schema"].get("format") == "binary":
                continue
            assert "example" in content, (name, place)
            api.contract.validate(content["schema"], content["example"])


def test_the_description_refers_to_nothing_that_is_not_there(api: Client) -> None:
    schemas = api.contract.document["components"]["schemas"]

    def references(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            for below in value.values():
                yield from references(below)
        elif isinstance(value, list):
            for below in value:
                yield from references(below)

    counted = Counter(references(api.contract.document))
    assert {f"#/components/schemas/{name}" for name in schemas} >= set(counted)
    assert "HTTPValidationError" not in str(api.contract.document)


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def send_what_is_described(data: st.DataObject, api: Client, operation: Any, seen: Any) -> None:  # noqa: ANN401 - schemathesis's
    case = data.draw(operation.as_strategy())
    key = data.draw(st.sampled_from(["admin", "planner", "exam"]))
    sent = case.as_transport_kwargs(base_url="http://testserver")
    body = {name: sent[name] for name in ("json", "files") if sent.get(name)}
    if sent.get("data"):
        body["content"] = sent["data"]
    headers = {**dict(sent.get("headers") or {}), **api.bearing(key)}
    answer = api.request(
        sent["method"], sent["url"], params=sent.get("params"), headers=headers, **body
    )
    seen[operation.method.upper(), answer.status_code] += 1


def test_the_service_keeps_its_description(api: Client) -> None:
    """Send what the description makes possible: no error of ours, no answer that is not in it."""
    schema = schemathesis.openapi.from_dict(api.contract.document)
    seen: Counter[tuple[str, int]] = Counter()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if operation.path.startswith(PREFIX):
            send_what_is_described(api=api, operation=operation, seen=seen)

    assert sum(seen.values()) > 15 * 15
    assert {("GET", 200), ("GET", 404), ("PUT", 201), ("POST", 422)} <= set(seen)


@pytest.mark.parametrize("address", ["/openapi.json", "/api/v1/plans"])
def test_answers_are_not_to_be_guessed_at(api: Client, address: str) -> None:
    answer = api.get(address)

    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
