"""Every text of the pages: what stands in the templates, and what their modules mark."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, nodes

import app.exports
import app.web
import app.wording

if TYPE_CHECKING:
    from collections.abc import Iterator

WEB = Path(app.web.__file__).parent
SPOKEN = (WEB, *(Path(one.__path__[0]) for one in (app.exports, app.wording)))


def page_texts() -> set[str]:
    """Return every message id of the pages."""
    templates = [path for place in SPOKEN for path in place.rglob("*.html")]
    modules = [path for place in SPOKEN for path in place.rglob("*.py")]
    return {text for path in templates for text in in_template(path.read_text("utf-8"))} | {
        text for path in modules for text in in_module(path.read_text("utf-8"))
    }


def in_template(source: str) -> Iterator[str]:
    """Go through the texts written out in a template: `_("Text")`."""
    for call in Environment(autoescape=True).parse(source).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "_":
            for argument in call.args:
                yield from (constant.value for constant in _constants(argument))


def _constants(argument: nodes.Expr) -> Iterator[nodes.Const]:
    if isinstance(argument, nodes.Const):
        yield argument
    elif isinstance(argument, nodes.CondExpr):
        yield from _constants(argument.expr1)
        if argument.expr2 is not None:
            yield from _constants(argument.expr2)


def in_module(source: str) -> Iterator[str]:
    """Go through the texts that a module marks: `msg("Text")`."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id == "msg" and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value)
