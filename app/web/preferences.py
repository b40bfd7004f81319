"""Language and colours: chosen by a link, kept in a cookie that says nothing of who chose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from fastapi import APIRouter
from starlette.responses import Response

from app.translation import Language
from app.web.page import LANGUAGE_COOKIE, THEME_COOKIE, Here

if TYPE_CHECKING:
    from app.web.page import Page

router = APIRouter(include_in_schema=False)

_YEAR: Final = 365 * 24 * 3600


@router.get("/language/{language}", name="set_language")
async def set_language(page: Here, language: Language, next: str = "/") -> Response:  # noqa: A002
    """Keep a language, and go back."""
    return _kept(page, LANGUAGE_COOKIE, language, next)


@router.get("/colours/{theme}", name="set_theme")
async def set_theme(
    page: Here,
    theme: Literal["auto", "light", "dark"],
    next: str = "/",  # noqa: A002 - the name in the address
) -> Response:
    """Keep a choice of colours, and go back."""
    return _kept(page, THEME_COOKIE, theme, next)


def _kept(page: Page, cookie: str, value: str, then: str) -> Response:
    answer = page.go(local(then))
    answer.set_cookie(
        cookie,
        value,
        max_age=_YEAR,
        secure=page.request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return answer


def local(address: str) -> str:
    """Return an address if it leads to this service, else the root: nobody is sent elsewhere.

    Browsers take a backslash for a slash, and pass over control characters.
    """
    plain = address.isprintable() and address.startswith("/") and "\\" not in address
    return address if plain and not address.startswith("//") else "/"
