"""Deliveries of figures, and their receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from app.api import PREFIX, examples, schemas
from app.api.bodies import AnyBody, Body
from app.api.deps import Here, Services, Spoken, Who
from app.api.described import one, page_of, post_answers, submission_body
from app.api.paging import Page
from app.api.parameters import AsOf, Flag, Number
from app.api.problems import NOT_PERMITTED, REFUSED, problem_answer
from app.api.rendering import answer
from app.domain.finding import Finding, Severity
from app.errors import NotAuthenticated, NotFound, Refused
from app.intake.receipts import receipt_document
from app.intake.submission import JSON, Post, Sent, is_refusal, read, rehearse
from app.ledger import keys, submissions
from app.ledger.submissions import OnError, Receipt

if TYPE_CHECKING:
    from app.domain.access import Actor
    from app.intake.submission import Delivery
    from app.translation import Language

router = APIRouter(prefix=PREFIX, tags=["submissions"])

IDEMPOTENCY_KEY = "Idempotency-Key"
LONGEST_KEY = 200
SHORT = 64 * 1024
"""Bytes of JSON that are read on the spot."""

DryRun = Annotated[Flag, Query(description="Say what would come of it, and keep nothing.")]
WhatOfBadRows = Annotated[
    OnError,
    Query(
        description="`reject`: all or nothing. `skip`: good rows stand, bad ones are findings.",
        examples=["reject"],
    ),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias=IDEMPOTENCY_KEY,
        description="The same key with the same body gives the first answer again.",
        min_length=1,
        max_length=LONGEST_KEY,
        examples=["3f0a7f2e-2013-03"],
    ),
]


@router.post(
    "/submissions",
    name="post_submission",
    summary="Post figures",
    responses=post_answers(schemas.Receipt, examples.RECEIPT, examples.REFUSAL),
    openapi_extra=submission_body(),
)
async def post_submission(
    request: Request,
    here: Here,
    who: Who,
    spoken: Spoken,
    body: AnyBody,
    dry_run: DryRun = False,
    on_error: WhatOfBadRows = OnError.REJECT,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Take figures in, or refuse them with everything that is wrong; either way it is on record.

    With `dry_run=true` nothing is kept, the receipt has no `id`, and 200 says that the figures
    would be taken.
    """
    if len(request.headers.getlist(IDEMPOTENCY_KEY)) > 1:
        found = Finding("repeated_parameter", None, IDEMPOTENCY_KEY, {"name": IDEMPOTENCY_KEY})
        raise Refused("more than one Idempotency-Key", [found])
    post = _post(body, on_error, idempotency_key)
    delivery = await _read(post, who)
    if dry_run:
        receipt = await run_in_threadpool(_rehearse, here, request, delivery, who)
    else:
        receipt = await here.desk.receive(Sent(delivery, who, _as_of(request)))
    return answered(request, here, receipt, spoken)


def _post(body: Body, on_error: OnError, idempotency_key: str | None) -> Post:
    return Post(
        body=body.content,
        media_type=body.media_type,
        charset=body.charset,
        filename=body.filename,
        on_error=on_error,
        idempotency_key=idempotency_key,
    )


async def _read(post: Post, who: Actor) -> Delivery:
    """Read a delivery; a short one at once, since to hand it to a thread takes longer."""
    if post.media_type == JSON and len(post.body) <= SHORT:
        return read(post, who)
    return await run_in_threadpool(read, post, who)


def _rehearse(here: Services, request: Request, delivery: Delivery, who: Actor) -> Receipt:
    """Say what would come of a delivery; raises NotAuthenticated for a key that has ended."""
    as_of = _as_of(request)
    if as_of is not None and who.key is not None:
        with here.office.database.read() as connection:
            if not keys.in_force(connection, [who.key], here.office.clock()):
                raise NotAuthenticated("this is not a key that is in force")
    return rehearse(here.office, delivery, who)


def _as_of(request: Request) -> int | None:
    """Return the newest entry about keys when the sender's was looked up; None for a user."""
    as_of: int | None = getattr(request.state, "key_as_of", None)
    return as_of


def answered(request: Request, here: Services, receipt: Receipt, spoken: Language) -> Response:
    """Return 201, 200 for a rehearsal that went well, or the problem of a refusal.

    A problem's `status` is the HTTP status, so that of the receipt becomes `outcome` there.
    """
    document = _document(here, receipt, spoken)
    if is_refusal(receipt):
        problem = NOT_PERMITTED if _only_out_of_reach(receipt) else REFUSED
        more = {**document, "outcome": document["status"]}
        return problem_answer(request, problem, receipt.result.findings, more)
    if receipt.id is None:
        return answer(here, document, language=spoken)
    headers = {"Location": f"{PREFIX}/submissions/{receipt.id}"}
    return answer(here, document, status=201, language=spoken, headers=headers)


def _only_out_of_reach(receipt: Receipt) -> bool:
    errors = [found.code for found in receipt.result.findings if found.severity is Severity.ERROR]
    return bool(errors) and set(errors) == {"not_permitted"}


def _document(here: Services, receipt: Receipt, spoken: Language) -> dict[str, Any]:
    return receipt_document(receipt, here.translator, spoken)


@router.get(
    "/submissions",
    name="list_submissions",
    summary="List the submissions",
    responses=page_of(schemas.ReceiptLine, examples.RECEIPT_LINE),
)
def list_submissions(here: Here, page: Page) -> Response:
    """List the submissions, the newest first, without their findings."""
    after = page.place(int)
    with here.office.database.read() as connection:
        _, seen = page.seen(here.office, connection)
        before = seen.position + 1 if after is None else after[0]
        receipts = submissions.listed(connection, before=before, limit=page.limit + 1)
    content = page.answer(
        receipts,
        seen,
        key=lambda receipt: (receipt.id or 0,),
        show=lambda receipt: _line(here, receipt),
    )
    return answer(here, content)


def _line(here: Services, receipt: Receipt) -> dict[str, Any]:
    document = _document(here, receipt, here.settings.language)
    del document["findings"], document["acknowledgements"]
    return document


@router.get(
    "/submissions/{number}",
    name="get_submission",
    summary="Read a receipt",
    responses=one(schemas.Receipt, examples.RECEIPT),
)
def get_submission(here: Here, spoken: Spoken, number: Number, as_of: AsOf = None) -> Response:
    """Give the receipt of a submission, with its findings and what was said to its warnings.

    It stays for ever, also that of a refused one.
    """
    with here.office.database.read() as connection:
        _, seen = here.office.seen(connection, as_of)
        receipt = submissions.get(connection, number, seen.position)
    if receipt is None:
        raise NotFound(f"there is no submission {number}")
    return answer(here, _document(here, receipt, spoken), language=spoken)
