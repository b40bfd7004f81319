"""The landing page, the API's pages, and what they are made of."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from app import __version__
from app.translation import negotiate

if TYPE_CHECKING:
    from app.settings import Settings

_HERE: Final = Path(__file__).parent
_CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": _CONTENT_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What every page is sent with."""

static: Final = Mount("/static", StaticFiles(directory=_HERE / "static"), name="static")


def router(settings: Settings) -> APIRouter:
    """Return the pages' routes; whoever adds them guards them."""
    pages = APIRouter(include_in_schema=False)
    landing_pages = {
        language: Template(_template(f"landing.{language}.html")).substitute(version=__version__)
        for language in ("zh", "en")
    }
    docs_page = _template("docs.html")

    @pages.get("/", name="landing")
    async def landing(request: Request) -> Response:
        asked = ",".join(request.headers.getlist("accept-language"))
        language = negotiate(asked, settings.language)
        spoken = {"Content-Language": language, "Vary": "Accept-Language"}
        return HTMLResponse(landing_pages[language], headers={**HEADERS, **spoken})

    @pages.get("/docs", name="docs")
    async def docs() -> Response:
        return HTMLResponse(docs_page, headers=HEADERS)

    return pages


def _template(name: str) -> str:
    return (_HERE / "templates" / name).read_text("utf-8")
