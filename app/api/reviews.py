"""What approvers do: approve or return a submission's figures, reopen a single one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.responses import Response

from app.api import PREFIX, examples, schemas
from app.api.bodies import JsonBody, PerhapsEmpty
from app.api.deps import Here, Services, Who
from app.api.described import one, optional_body, resource_body, reviewed_answers
from app.api.parameters import AsOf, Number
from app.api.rendering import answer
from app.documents import passed_review_document, review_document
from app.errors import NotFound
from app.intake.receipts import acknowledgement_document
from app.intake.resource_reading import read_resource
from app.intake.review import (
    ApprovalResource,
    ReopeningResource,
    ReturnResource,
    Reviewed,
    approve,
    give_back,
    reopen,
)
from app.intake.strict_json import decode
from app.ledger import acknowledgements, submissions
from app.ledger.reviews import of_submission

if TYPE_CHECKING:
    from app.intake.review import Spoken

router = APIRouter(prefix=PREFIX, tags=["reviews"])


@router.get(
    "/submissions/{number}/reviews",
    name="list_reviews",
    summary="Read what approvers did with a submission",
    responses=one(schemas.Reviews, examples.REVIEWS),
)
def list_reviews(here: Here, number: Number, as_of: AsOf = None) -> Response:
    """Give every approval, return and reopening of a submission's figures, the oldest first.

    Beside them stands all that reporters said to its warnings, the oldest first, too.
    """
    with here.office.database.read() as connection:
        _, seen = here.office.seen(connection, as_of)
        if submissions.get(connection, number, seen.position) is None:
            raise NotFound(f"there is no submission {number}")
        passed = of_submission(connection, number, seen.position)
        said = acknowledgements.of_submission(connection, number, seen.position)
    content = {
        "items": [passed_review_document(one) for one in passed],
        "acknowledgements": [acknowledgement_document(one) for one in said],
    }
    return answer(here, content)


@router.post(
    "/submissions/{number}/approve",
    name="approve_submission",
    summary="Approve a submission's figures",
    responses=reviewed_answers(schemas.Spoken, examples.APPROVED, examples.RETURNED_BEFORE),
    openapi_extra=optional_body(ApprovalResource),
)
def approve_submission(here: Here, who: Who, number: Number, body: PerhapsEmpty) -> Response:
    """Approve the figures that stand and came from a submission; from then on they are locked.

    All of them or none. Figures in whose place newer ones stand are left as they are, and named.
    Approving again changes nothing and gives the same answer.
    """
    read_resource(ApprovalResource, decode(body))
    return _answered(here, approve(here.office, number, who))


@router.post(
    "/submissions/{number}/return",
    name="return_submission",
    summary="Return a submission's figures for revision",
    responses=reviewed_answers(schemas.Spoken, examples.RETURNED, examples.LOCKED),
    openapi_extra=resource_body(ReturnResource, examples.RETURN),
)
def return_submission(here: Here, who: Who, number: Number, body: JsonBody) -> Response:
    """Return the figures that stand and came from a submission, with the reason.

    The department answers with the figure corrected, or with the same again, and a reason. An
    approved figure has to be reopened instead.
    """
    asked = read_resource(ReturnResource, decode(body))
    return _answered(here, give_back(here.office, number, who, asked.reason))


@router.post(
    "/reopen",
    name="reopen_figure",
    summary="Reopen an approved figure",
    responses=reviewed_answers(schemas.Spoken, examples.REOPENED, examples.NOT_APPROVED),
    openapi_extra=resource_body(ReopeningResource, examples.REOPENING),
)
def reopen_figure(here: Here, who: Who, body: JsonBody) -> Response:
    """Open an approved figure for correction, with the reason; it stands until it is corrected."""
    order = read_resource(ReopeningResource, decode(body))
    return _answered(here, reopen(here.office, order, who))


def _answered(here: Services, spoken: Spoken) -> Response:
    content = {
        "figures": [_figure(figure) for figure in spoken.figures],
        "superseded": [_figure(figure) for figure in spoken.superseded],
    }
    return answer(here, content)


def _figure(figure: Reviewed) -> dict[str, Any]:
    kpi, department, period = figure.key
    return {
        "kpi": kpi,
        "department": department,
        "period": period,
        "revision": figure.revision,
        "submission": figure.submission,
        "state": figure.state,
        **review_document(figure.review),
    }
