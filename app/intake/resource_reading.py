"""From a decoded document to a resource: everything wrong with it, as findings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import ValidationError

from app.domain.finding import TEMPLATES, Finding
from app.errors import Refused

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from app.intake.resources import Resource

R = TypeVar("R", bound="Resource")

_QUOTED: Final = re.compile(r"'([^']*)'")
_EXPECTED = {
    "string_pattern_mismatch": "lower-case letters, digits and hyphens, beginning with a letter",
    "string_too_short": "text that is not empty",
    "too_short": "text that is not empty",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}


def read_resource(model: type[R], document: object, row: int | None = None) -> R:
    """Make a resource of a decoded document; raises Refused with every finding."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        findings = [finding_of(detail, row) for detail in error.errors(include_url=False)]
        msg = f"this is not a {model.__name__.removesuffix('Resource').lower()}"
        raise Refused(msg, findings) from error


def finding_of(detail: ErrorDetails, row: int | None = None) -> Finding:
    """Return what pydantic found wrong, as a finding of the field's place."""
    place = ".".join(str(part) for part in detail["loc"]) or None
    code, values = _code(detail)
    return Finding(code, row, place, values)


def _code(detail: ErrorDetails) -> tuple[str, dict[str, str]]:
    """Translate pydantic's kind of error into a finding's code and values."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in {"string_too_long", "too_long"}:
        return "too_long", {"limit": str(context["max_length"])}
    if kind in TEMPLATES:  # raised by our own readers
        return kind, {name: str(value) for name, value in context.items()}
    if kind in {"missing", "extra_forbidden"}:
        name = str(detail["loc"][-1])
        return ("missing_field" if kind == "missing" else "unknown_field"), {"name": name}
    if kind == "enum":
        # 'reject' or 'skip', says pydantic; the words between the values are in one language.
        return "wrong_type", {"expected": " / ".join(_QUOTED.findall(context["expected"]))}
    if kind in _EXPECTED:
        return "wrong_type", {"expected": _EXPECTED[kind]}
    return "invalid", {"problem": detail["msg"]}
