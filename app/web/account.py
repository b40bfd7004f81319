"""One's own account: who one is, another password, the language."""

from __future__ import annotations

from math import ceil
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from app.cookies import keep_session
from app.domain.user import SHORTEST_PASSWORD, User
from app.errors import NotAuthenticated, Refused, TooManyAttempts
from app.ledger import signing_in
from app.web.forms import Fields, Form
from app.web.page import Here, Page
from app.web.sign_in import TOO_MANY
from app.web.words import ROLES, msg

router = APIRouter(include_in_schema=False)

_WRONG: Final = msg("The old password is not right.")
_DIFFERENT: Final = msg("The two new passwords are not the same.")
_DONE: Final = msg("Your password is changed. All your other sessions have ended.")


@router.get("/account", name="account_page")
def account_page(page: Here, done: str = "") -> Response:
    """Show who one is."""
    return _shown(page, done=page.speak(_DONE) if done else None)


@router.post("/account/password", name="change_password")
def change_password(page: Here, form: Form) -> Response:
    """Change one's own password; all other sessions end, and this one gets a new token."""
    if form.text("new") != form.text("again"):
        return _shown(page, status=422, faults=[page.speak(_DIFFERENT)])
    address = page.request.client.host if page.request.client else None
    try:
        token = _changed(page, form, address)
    except Refused as error:
        say = page.site.services.translator.message
        faults = [say(finding, page.language) for finding in error.findings]
        return _shown(page, status=422, faults=faults)
    except NotAuthenticated:
        return _shown(page, status=422, faults=[page.speak(_WRONG)])
    except TooManyAttempts as error:
        minutes = ceil(error.seconds / 60)
        return _shown(page, status=429, faults=[page.speak(TOO_MANY, minutes=minutes)])
    answer = page.go(page.link("account_page", {"done": 1}))
    keep_session(page.request, answer, token)
    return answer


def _changed(page: Page, form: Fields, address: str | None) -> str:
    old, new = form.text("old"), form.text("new")
    return signing_in.change_password(page.office, _user(page).name, old, new, address)


def _user(page: Page) -> User:
    if page.user is None:
        raise NotAuthenticated("only a user has an account")
    return page.user


def _shown(
    page: Page, *, status: int = 200, faults: list[str] | None = None, done: str | None = None
) -> Response:
    user = _user(page)
    with page.office.database.read() as connection:
        departments = page.office.catalogue(connection).catalogue.departments
    return page.render(
        "account.html",
        status=status,
        headers={"Cache-Control": "no-store"},
        user=user,
        role=page.speak(ROLES[user.profile.role]),
        reach=[page.name(departments[code]) for code in user.profile.departments],
        shortest=SHORTEST_PASSWORD,
        faults=faults or [],
        done=done,
    )
