"""The cookie by which a browser shows its session; written by the pages, read at the door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.ledger.sessions import LONGEST

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

FORM_FIELD: Final = "form_token"
"""The field of a form that holds what `sessions.form_token` returns."""
FORM_HEADER: Final = "X-Form-Token"
"""The same as a header, for requests that are no form's."""

_NAME: Final = "dabiao-session"
_SECURE_NAME: Final = f"__Host-{_NAME}"


def session_token(request: Request) -> str | None:
    """Return what a request's cookie holds; it may be anything."""
    return request.cookies.get(_name(request))


def keep_session(request: Request, answer: Response, token: str) -> None:
    """Have the browser keep a session's token, out of reach of scripts and other sites.

    Over TLS the name begins with `__Host-`: browsers then take the cookie only over TLS, from this
    very host, for the whole of it. Over plain HTTP, as on the machine itself, it cannot.
    """
    answer.set_cookie(
        _name(request),
        token,
        max_age=int(LONGEST.total_seconds()),
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )


def drop_session(request: Request, answer: Response) -> None:
    """Have the browser forget its session."""
    answer.delete_cookie(_name(request), secure=_is_secure(request), httponly=True, samesite="lax")


def _name(request: Request) -> str:
    return _SECURE_NAME if _is_secure(request) else _NAME


def _is_secure(request: Request) -> bool:
    return request.url.scheme == "https"
