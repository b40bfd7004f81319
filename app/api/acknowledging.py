"""Answers to warnings: what a reporter has to say of a figure that looks odd."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from app.api import PREFIX, examples, schemas
from app.api.bodies import JsonBody
from app.api.deps import Here, Who
from app.api.described import resource_body, reviewed_answers
from app.api.parameters import Number
from app.api.rendering import answer
from app.intake.acknowledgement import AcknowledgementResource, acknowledge
from app.intake.receipts import acknowledgement_document
from app.intake.resource_reading import read_resource
from app.intake.strict_json import decode

router = APIRouter(prefix=PREFIX, tags=["submissions"])


@router.post(
    "/submissions/{number}/acknowledgements",
    name="acknowledge_warnings",
    summary="Answer a submission's warnings",
    responses=reviewed_answers(schemas.Answered, examples.ANSWERED, examples.LOCKED),
    openapi_extra=resource_body(AcknowledgementResource, examples.ANSWERS),
)
def acknowledge_warnings(here: Here, who: Who, number: Number, body: JsonBody) -> Response:
    """Keep what a reporter has to say to warnings: that they were seen, and why all is well.

    A warning is named by its place among the receipt's findings, or by its code and row. All
    answers are kept or none. The same note again changes nothing; another one comes after it, and
    both stay on record. Errors are not answered: what they refused is not on record.
    """
    notes = read_resource(AcknowledgementResource, decode(body)).acknowledgements
    done = acknowledge(here.office, number, notes, who)
    content = {
        "recorded": done.recorded,
        "unchanged": done.unchanged,
        "acknowledgements": [acknowledgement_document(said) for said in done.standing],
    }
    return answer(here, content)
