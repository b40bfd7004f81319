"""The bulletin as HTML: what stands in its page, and the same as a file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import app

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.exports.bulletin.content import Bulletin

MEDIA_TYPE: Final = "text/html; charset=utf-8"
# Marks, colours and type are the pages': read as files, since the page that shows this is beside.
_PAGES: Final = Path(app.__path__[0]) / "web"
_STYLES: Final = ("app.css", "bulletin.css")
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader([Path(__file__).parent / "templates", _PAGES / "templates"]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def body(bulletin: Bulletin, link: Callable[[tuple[str, str, str]], str | None]) -> Markup:
    """Return what a page shows of a bulletin. link: the address of a target, by its key."""
    made = _TEMPLATES.get_template("bulletin_body.html").render(b=bulletin, link=link)
    return Markup(made)  # noqa: S704 - rendered by a template that escapes


def document(bulletin: Bulletin) -> bytes:
    """Return a bulletin as a file that needs no other: it holds its style, and no link."""
    style = "\n".join((_PAGES / "static" / name).read_text("utf-8") for name in _STYLES)
    text = _TEMPLATES.get_template("bulletin_file.html").render(
        b=bulletin,
        body=body(bulletin, lambda _: None),
        style=Markup(style),  # noqa: S704 - our own style sheets
    )
    return text.encode()
