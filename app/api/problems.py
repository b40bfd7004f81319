"""Errors as RFC 9457 problem documents: error type -> problem, in one table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException

from app.api.deps import language_of, services_of
from app.api.rendering import answer
from app.errors import (
    Busy,
    Conflict,
    DabiaoError,
    FigureLocked,
    FigureReturned,
    ForgedRequest,
    IdempotencyMismatch,
    Interrupted,
    KeyEnded,
    LockedOut,
    NameTaken,
    NotApproved,
    NotAuthenticated,
    NotFound,
    NothingToReview,
    NotPermitted,
    NotReadYet,
    OutcomeUnknown,
    PreconditionFailed,
    Refused,
    TooLarge,
    TooManyAttempts,
    Unavailable,
    UnsupportedMedia,
)
from app.intake.receipts import finding_document
from app.intake.resource_reading import finding_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fastapi import FastAPI, Request
    from starlette.responses import Response

    from app.domain.finding import Finding
    from app.errors import FigureState

PROBLEM_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of error, as it is told: `title` and `detail` are message ids."""

    slug: str
    status: int
    title: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """The URI that identifies this kind of error; a reference below the service's root."""
        return f"/problems/{self.slug}"


REFUSED: Final = Problem("refused", 422, "Refused", "The findings say what is wrong, and where.")
NOT_SIGNED_IN: Final = Problem(
    "not-signed-in",
    401,
    "Not signed in",
    "Sign in, or show a key that is in force as the Authorization header's Bearer token.",
    {"WWW-Authenticate": "Bearer"},
)
PASSWORD_NEEDED: Final = Problem(
    "not-signed-in",
    401,
    "Not signed in",
    "A user's name and password are needed here, or for the API a key that is in force.",
    {"WWW-Authenticate": 'Basic realm="Dabiao", charset="UTF-8"'},
)
NOT_PERMITTED: Final = Problem(
    "not-permitted", 403, "Not permitted", "You, or this key, do not have the right to do this."
)
FORGED: Final = Problem(
    "forged-request",
    403,
    "Not from here",
    "The request did not come from one of our own pages, or its page is too old; load it again.",
)
NOT_FOUND: Final = Problem("not-found", 404, "Not found", "There is nothing at this address.")
METHOD_NOT_ALLOWED: Final = Problem(
    "method-not-allowed", 405, "Method not allowed", "This address does not take this method."
)
NOT_ACCEPTABLE: Final = Problem(
    "not-acceptable",
    406,
    "Not acceptable",
    "Figures are not given in this format.",
)
CONFLICT: Final = Problem(
    "conflict", 409, "Conflict", "What is on record stands in the way of this."
)
FIGURE_LOCKED: Final = Problem(
    "figure-locked",
    409,
    "Figure locked",
    "A figure is approved and so locked; it has to be reopened, with a reason.",
)
FIGURE_RETURNED: Final = Problem(
    "figure-returned",
    409,
    "Figure returned",
    "A figure was returned; it can be approved once the department has answered with a figure.",
)
NOT_APPROVED: Final = Problem(
    "not-approved",
    409,
    "Not approved",
    "The figure is not approved, so there is nothing to reopen.",
)
NOTHING_TO_REVIEW: Final = Problem(
    "nothing-to-review",
    409,
    "Nothing to review",
    "No figure that stands on record came from this submission.",
)
NAME_TAKEN: Final = Problem(
    "name-taken", 409, "Name taken", "There is a user of this name already; no name is given twice."
)
KEY_ENDED: Final = Problem(
    "key-ended",
    409,
    "Key ended",
    "The key was revoked, has ended, or has a successor already; make a new one.",
)
LOCKED_OUT: Final = Problem(
    "locked-out",
    409,
    "Locked out",
    "You would lock yourself out; another admin has to do this.",
)
PRECONDITION_FAILED: Final = Problem(
    "precondition-failed",
    412,
    "Precondition failed",
    "The version that you have seen is not the current one; read it again.",
)
TOO_LARGE: Final = Problem(
    "too-large", 413, "Too large", "The body has more bytes than are taken here."
)
UNSUPPORTED_MEDIA: Final = Problem(
    "unsupported-media-type",
    415,
    "Unsupported media type",
    "A body of this Content-Type or Content-Encoding is not read here.",
)
TOO_MANY_ATTEMPTS: Final = Problem(
    "too-many-attempts",
    429,
    "Too many attempts",
    "Somebody has tried to sign in too often; wait a quarter of an hour.",
)
IDEMPOTENCY_MISMATCH: Final = Problem(
    "idempotency-mismatch",
    422,
    "Idempotency-Key used before",
    "This Idempotency-Key came before with another body.",
)
INTERNAL: Final = Problem(
    "internal-error", 500, "Internal error", "Something went wrong on our side; it is in the log."
)
BUSY: Final = Problem(
    "busy",
    503,
    "Too many at once",
    "Too many wait for their turn already; nothing was done. Try again a little later.",
    {"Retry-After": "10"},
)
NOT_READ_YET: Final = Problem(
    "not-read-yet",
    503,
    "Not read yet",
    "The service has just started and is still reading the record; try again a little later.",
    {"Retry-After": "5"},
)
UNAVAILABLE: Final = Problem(
    "unavailable",
    503,
    "Database unavailable",
    "The database does not answer; try again a little later.",
    {"Retry-After": "5"},
)
OUTCOME_UNKNOWN: Final = Problem(
    "outcome-unknown",
    503,
    "Outcome unknown",
    "It is not known whether this was kept; look, or send it with the same Idempotency-Key.",
    {"Retry-After": "5"},
)

BY_ERROR: Final[Mapping[type[Exception], Problem]] = {
    Refused: REFUSED,
    IdempotencyMismatch: IDEMPOTENCY_MISMATCH,
    NotAuthenticated: NOT_SIGNED_IN,
    NotPermitted: NOT_PERMITTED,
    ForgedRequest: FORGED,
    NotFound: NOT_FOUND,
    PreconditionFailed: PRECONDITION_FAILED,
    Conflict: CONFLICT,
    FigureLocked: FIGURE_LOCKED,
    FigureReturned: FIGURE_RETURNED,
    NotApproved: NOT_APPROVED,
    NothingToReview: NOTHING_TO_REVIEW,
    NameTaken: NAME_TAKEN,
    KeyEnded: KEY_ENDED,
    LockedOut: LOCKED_OUT,
    TooManyAttempts: TOO_MANY_ATTEMPTS,
    TooLarge: TOO_LARGE,
    UnsupportedMedia: UNSUPPORTED_MEDIA,
    Busy: BUSY,
    NotReadYet: NOT_READ_YET,
    Unavailable: UNAVAILABLE,
    Interrupted: UNAVAILABLE,
    OutcomeUnknown: OUTCOME_UNKNOWN,
}
BY_STATUS: Final[Mapping[int, Problem]] = {
    problem.status: problem
    for problem in (NOT_FOUND, METHOD_NOT_ALLOWED, NOT_ACCEPTABLE, TOO_LARGE, INTERNAL)
}
"""What the framework answers by itself, and what has no error type of ours."""


def problem_answer(
    request: Request,
    problem: Problem,
    findings: Sequence[Finding] | None = None,
    more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem document; `more` are members on top, which never hide the standard ones."""
    here, language = services_of(request), language_of(request)
    translate = here.translator.translate
    document: dict[str, Any] = {
        **(more or {}),
        "type": problem.type,
        "title": translate(problem.title, language),
        "status": problem.status,
        "detail": translate(problem.detail, language),
    }
    if findings is not None:
        document["findings"] = [
            finding_document(found, here.translator, language) for found in findings
        ]
    return answer(
        here,
        document,
        status=problem.status,
        language=language,
        headers={**problem.headers, **(headers or {})},
        media_type=PROBLEM_TYPE,
    )


def install(app: FastAPI) -> None:
    """Have every error of the application answered with a problem document."""
    app.add_exception_handler(DabiaoError, error_answer)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _frameworks)
    app.add_exception_handler(Exception, _unexpected)


# `async`, so that an error costs no hop to a thread.


async def error_answer(request: Request, error: Exception) -> Response:
    """Return the problem of an error that is raised on purpose; of any other an internal one."""
    kind = next((known for known in type(error).__mro__ if known in BY_ERROR), None)
    if kind is None:
        return problem_answer(request, INTERNAL)
    findings = error.findings if isinstance(error, Refused) else None
    more = {"figures": _places(error.figures)} if isinstance(error, Conflict) else None
    return problem_answer(request, BY_ERROR[kind], findings, more)


def _places(figures: Iterable[FigureState]) -> list[dict[str, Any]]:
    return [
        {"kpi": kpi, "department": department, "period": period, "state": state}
        for kpi, department, period, state in figures
    ]


async def _invalid(request: Request, error: Exception) -> Response:
    details = error.errors() if isinstance(error, RequestValidationError) else ()
    # The place begins with where it stands: query, path, header. A finding names the parameter.
    findings = [
        replace(finding_of(detail), column=".".join(map(str, detail["loc"][1:])))
        for detail in details
    ]
    return problem_answer(request, REFUSED, findings)


async def _frameworks(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else INTERNAL.status
    headers = error.headers if isinstance(error, HTTPException) else None
    if status == METHOD_NOT_ALLOWED.status:
        headers = {**(headers or {}), "Allow": ", ".join(_methods(request))}
    known = BY_STATUS.get(status)
    phrase = HTTPStatus(status).phrase
    problem = known or Problem(phrase.lower().replace(" ", "-"), status, phrase, phrase)
    return problem_answer(request, problem, headers=headers)


def _methods(request: Request) -> list[str]:
    """Return the methods that an address takes; the router names those of one route only.

    What takes none by name (a mount, an endpoint of the metrics) is only read.
    """
    methods = {
        method
        for context in iter_route_contexts(request.app.routes)
        if context.path_regex.match(request.url.path)
        for method in context.methods or ("GET",)
    }
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


async def _unexpected(request: Request, _error: Exception) -> Response:
    return problem_answer(request, INTERNAL)
