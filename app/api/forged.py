"""Whether a request that shows a session's cookie was made by one of our own pages.

A browser sends the cookie along with whatever some other site makes it send. So a request that
changes anything has to come from here, as the browser tells, and has to bear the session's form
token, which no other site can read. The cookie's `SameSite=Lax` is the third bar. Keys need none of
this: no browser adds an `Authorization` header of ours by itself.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from app.api.bodies import whole_body
from app.api.multipart import MULTIPART, options_of, parts_of
from app.cookies import FORM_FIELD, FORM_HEADER
from app.errors import ForgedRequest, Refused
from app.ledger.sessions import form_token

if TYPE_CHECKING:
    from starlette.requests import Request

_URLENCODED: Final = "application/x-www-form-urlencoded"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_MOST_FIELDS: Final = 20_000
"""Fields of a form; the grid of a thousand rows has that many."""


def is_safe(request: Request) -> bool:
    """Tell whether a request changes nothing, by its method."""
    return request.method in _SAFE


def check_origin(request: Request) -> None:
    """Raise ForgedRequest where the browser says that another site made the request.

    `Sec-Fetch-Site` says it best, and browsers send it over TLS and on the machine itself; `Origin`
    comes with every POST. One that has neither is no browser of these ten years.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        raise ForgedRequest("the request was made by another site")
    origin = request.headers.get("origin")
    # A browser that was told to send no referrer writes `null`; then the other header has spoken.
    if origin is None or (origin == "null" and site == "same-origin"):
        return
    split = urlsplit(origin)
    same = split.netloc.lower() == request.headers.get("host", "").lower()
    if not same or (request.url.scheme == "https" and split.scheme != "https"):
        raise ForgedRequest("the request was made by another site")


async def check_token(request: Request, session: str) -> None:
    """Raise ForgedRequest where a request does not bear the form token of its session."""
    given = request.headers.get(FORM_HEADER)
    if given is None:
        given = await _field(request)
    if given is None or not hmac.compare_digest(given.encode(), form_token(session).encode()):
        raise ForgedRequest("the request does not bear the token of its session's forms")


async def _field(request: Request) -> str | None:
    """Return the token that a form brings; None for what is no form, or has none."""
    header = request.headers.get("content-type", "")
    kind = options_of(header)[0].lower()
    if kind == _URLENCODED:
        text = (await whole_body(request)).decode("utf-8", "replace")
        try:
            fields = parse_qsl(text, max_num_fields=_MOST_FIELDS)
        except ValueError:
            return None
        return dict(fields).get(FORM_FIELD)
    if kind == MULTIPART:
        try:
            parts = parts_of(header, await whole_body(request))
        except Refused:
            return None
        found = (part.content for part in parts if part.name == FORM_FIELD)
        return next(found, b"").decode("utf-8", "replace")
    return None
