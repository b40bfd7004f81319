"""A client that holds every answer against the API's description."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jsonschema_rs
from starlette.testclient import TestClient

from app.api import PREFIX
from app.api.openapi import describe

if TYPE_CHECKING:
    from fastapi import FastAPI
    from httpx2 import Response

    from app.front import Front

PROBLEM = "application/problem+json"


_contracts: list[Contract] = []


def contract_of(front: Front) -> Contract:
    """Return the description, made once: it is the same for every application with our routes."""
    if not _contracts:
        _contracts.append(Contract(front.application))
    return _contracts[0]


class Contract:
    """The description, ready to hold answers against it."""

    def __init__(self, app: FastAPI) -> None:
        self.document = describe(app)
        self._paths = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), methods)
            for path, methods in self.document["paths"].items()
        ]
        self._validators: dict[str, Any] = {}

    def validate(self, schema: dict[str, Any], value: object) -> None:
        """Raise where a value is not as a schema of the description says."""
        key = repr(schema)
        if key not in self._validators:
            whole = {**schema, "components": self.document["components"]}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole)
        self._validators[key].validate(value)

    def check(self, answer: Response) -> None:
        """Raise where an answer is not described, or not as it is described."""
        path = answer.request.url.path
        method = answer.request.method.lower()
        if method == "head":
            assert answer.content == b""
            return
        if answer.status_code >= 400:
            check_problem(answer)
        operation = self._operation(path, method)
        if operation is None:
            assert answer.status_code in (404, 405), f"{method} {path} is not described"
            return
        described = operation["responses"].get(str(answer.status_code))
        assert described is not None, f"{method} {path} never answers {answer.status_code}"
        if answer.status_code == 304:
            assert answer.content == b""
            return
        kind = answer.headers["content-type"].split(";")[0]
        assert kind in described["content"], f"{method} {path} never answers {kind}"
        if kind.endswith("json"):
            self.validate(described["content"][kind]["schema"], answer.json())

    def _operation(self, path: str, method: str) -> dict[str, Any] | None:
        for pattern, methods in self._paths:
            if pattern.fullmatch(path) and method in methods:
                operation: dict[str, Any] = methods[method]
                return operation
        return None


def check_problem(answer: Response) -> None:
    """Raise where an error is not a problem document."""
    assert answer.headers["content-type"] == PROBLEM, answer.text
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["type"].startswith("/problems/")
    assert document["title"]
    assert document["detail"]
    assert answer.headers["content-language"] in ("zh", "en")
    assert "Accept-Language" in answer.headers["vary"]
    assert document["type"] != "/problems/internal-error", answer.text


class Client(TestClient):
    """Speaks to an application, checks every answer of the API, and can bear a key."""

    def __init__(self, app: Front, language: str = "en") -> None:
        super().__init__(app, headers={"Accept-Language": language}, raise_server_exceptions=False)
        self.contract = contract_of(app)
        self.keys: dict[str, str] = {}

    def request(self, method: str, url: Any, **options: Any) -> Response:  # noqa: ANN401 - as the client's
        answer: Response = super().request(method, url, **options)
        if answer.request.url.path.startswith(PREFIX):
            self.contract.check(answer)
        return answer

    def bearing(self, name: str) -> dict[str, str]:
        """Return the headers of a request that bears the key of that name."""
        return {"Authorization": f"Bearer {self.keys[name]}"}

    def post_actuals(self, *rows: dict[str, object], key: str = "admin", **query: str) -> Response:
        """Post rows as JSON."""
        return self.post(
            "/api/v1/submissions",
            json={"actuals": rows},
            headers=self.bearing(key),
            params=query,
        )


def findings(answer: Response) -> list[tuple[str, str | None]]:
    """Return the codes and columns of an answer's findings."""
    return [(found["code"], found["column"]) for found in answer.json()["findings"]]
