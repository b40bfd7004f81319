"""Sign in and out. Whatever is wrong with a name or a password, the page says the same."""

from __future__ import annotations

import logging
from math import ceil
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from app.cookies import drop_session, keep_session, session_token
from app.errors import NotAuthenticated, TooManyAttempts
from app.ledger import sessions, signing_in
from app.web.forms import Fields, Form
from app.web.page import Here, Page
from app.web.preferences import local
from app.web.words import msg

router = APIRouter(include_in_schema=False)

log = logging.getLogger(__name__)

_WRONG: Final = msg("Name or password are not right.")
_MISSING: Final = msg("Give your name and your password.")
TOO_MANY: Final = msg("Too many attempts. Try again in {minutes} minutes.")


@router.get("/sign-in", name="sign_in_page")
def sign_in_page(page: Here, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    """Ask who it is."""
    return _asked(page, next)


@router.post("/sign-in", name="sign_in")
def sign_in(page: Here, form: Form) -> Response:
    """Begin a session, and go where somebody wanted to go."""
    then = form.text("next")
    if not form.text("name") or not form.text("password"):
        return _asked(page, then, form, status=422, fault=page.speak(_MISSING))
    address = page.request.client.host if page.request.client else None
    try:
        token = signing_in.sign_in(page.office, form.text("name"), form.text("password"), address)
    except NotAuthenticated:
        # Not the name: now and then somebody types a password there.
        log.warning("an attempt to sign in from %s was refused", address)
        return _asked(page, then, form, status=401, fault=page.speak(_WRONG))
    except TooManyAttempts as error:
        log.warning("an attempt to sign in from %s was not looked at", address)
        return _too_many(page, form, error)
    _end_session(page)
    answer = page.go(local(then))
    keep_session(page.request, answer, token)
    return answer


@router.post("/sign-out", name="sign_out")
def sign_out(page: Here) -> Response:
    """End the session."""
    _end_session(page)
    answer = page.go(page.link("sign_in_page"))
    drop_session(page.request, answer)
    # Of what the pages showed nothing is to be had by going back.
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def _end_session(page: Page) -> None:
    token = session_token(page.request)
    if token:
        with page.office.database.write() as connection:
            sessions.end(connection, token)


def _too_many(page: Page, form: Fields, error: TooManyAttempts) -> Response:
    fault = page.speak(TOO_MANY, minutes=ceil(error.seconds / 60))
    wait = {"Retry-After": str(error.seconds)}
    return _asked(page, form.text("next"), form, status=429, fault=fault, headers=wait)


def _asked(
    page: Page,
    then: str,
    form: Fields | None = None,
    *,
    status: int = 200,
    fault: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    return page.render(
        "sign_in.html",
        status=status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        next=local(then),
        name=form.text("name") if form else "",
        fault=fault,
    )
