"""The API's description, to be read and tried."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from app.web.page import HEADERS, HERE

router = APIRouter(include_in_schema=False)

_DOCS = (HERE / "templates" / "docs.html").read_text("utf-8")


@router.get("/docs", name="docs")
async def docs() -> Response:
    """Give the page that draws `/openapi.json`."""
    return HTMLResponse(_DOCS, headers=HEADERS)
