"""Answers: JSON with exact decimals, and the headers that every answer bears."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from app.exact_json import dumps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.api.deps import Services
    from app.translation import Language

JSON_TYPE = "application/json"
NO_SNIFFING = {"X-Content-Type-Options": "nosniff"}


def answer(
    here: Services,
    content: Any,  # noqa: ANN401 - whatever JSON can hold
    *,
    status: int = 200,
    language: Language | None = None,
    headers: Mapping[str, str] | None = None,
    media_type: str = JSON_TYPE,
) -> Response:
    """Return a JSON answer, its instants in the office's zone.

    language: the language of its words; None where it has none that depend on who asks.
    """
    return Response(
        dumps(content, zone=here.office.zone),
        status_code=status,
        media_type=media_type,
        headers={**NO_SNIFFING, **speaking(language), **(headers or {})},
    )


def speaking(language: Language | None) -> dict[str, str]:
    """Return the headers of an answer in a language that was negotiated."""
    if language is None:
        return {}
    return {"Content-Language": language, "Vary": "Accept-Language"}
