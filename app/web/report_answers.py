"""Answers to a submission's warnings, given on its receipt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from starlette.responses import Response

from app.errors import NotAuthenticated, NotFound
from app.intake.acknowledgement import AcknowledgementResource, acknowledge
from app.intake.resource_reading import read_resource
from app.web.forms import Form
from app.web.page import Here

if TYPE_CHECKING:
    from app.domain.access import Actor
    from app.web.forms import Fields
    from app.web.page import Page

router = APIRouter(include_in_schema=False)

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")
_FIELD: Final = re.compile(r"([1-9][0-9]{0,5})\.note")


@router.post("/submissions/{number}/answers", name="answer_warnings")
def answer_warnings(page: Here, form: Form, number: str) -> Response:
    """Keep what was said to warnings, by their places among the findings, and show the receipt."""
    if not _NUMBER.fullmatch(number):
        raise NotFound(f"there is no submission {number}")
    notes = _notes(form)
    if notes:
        given = read_resource(AcknowledgementResource, {"acknowledgements": notes})
        acknowledge(page.office, int(number), given.acknowledgements, _who(page))
    return page.go(page.link("submission_page", number=number))


def _notes(form: Fields) -> list[dict[str, object]]:
    return [
        {"finding": int(place[1]), "note": text.strip()}
        for name, text in form.given
        if (place := _FIELD.fullmatch(name)) and text.strip()
    ]


def _who(page: Page) -> Actor:
    if page.actor is None:
        raise NotAuthenticated("warnings are answered by somebody")
    return page.actor
