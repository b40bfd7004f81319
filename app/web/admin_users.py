"""Users, for admins: made, changed, disabled, given another password, which is shown once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.user import User
from app.errors import Refused
from app.intake.people import (
    NewUserResource,
    UserResource,
    add_user,
    change_user,
    reset_password,
)
from app.intake.resource_reading import read_resource
from app.ledger import users
from app.web import formats
from app.web.forms import Fields, Form
from app.web.page import Here, Page
from app.web.words import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.access import Actor

router = APIRouter(include_in_schema=False)

_NOT_KEPT = {"Cache-Control": "no-store"}


@router.get("/admin/users", name="users_page")
def users_page(page: Here) -> Response:
    """List the users, with a form for another one."""
    return _listed(page)


@router.post("/admin/users", name="add_user")
def add(page: Here, form: Form) -> Response:
    """Make a user, and show the password this once."""
    given = {**_profile(form), "name": form.text("name")}
    try:
        new = read_resource(NewUserResource, given)
        user, password = add_user(page.office, new, actor_of(page))
    except Refused as error:
        return _listed(page, status=422, given=given, faults=faults_of(page, error))
    return _listed(page, made=(user.name, password))


@router.get("/admin/users/{name}", name="user_page")
def user_page(page: Here, name: str) -> Response:
    """Show a user, with a form to change."""
    return _one(page, _there(page, name))


@router.post("/admin/users/{name}", name="save_user")
def save(page: Here, form: Form, name: str) -> Response:
    """Change a user."""
    user = _there(page, name)
    given = {**_profile(form), "disabled": form.text("disabled") == "yes"}
    try:
        resource = read_resource(UserResource, given)
        change_user(page.office, user.name, resource, actor_of(page))
    except Refused as error:
        return _one(page, user, status=422, given=given, faults=faults_of(page, error))
    return page.go(page.link("users_page"))


@router.post("/admin/users/{name}/password", name="renew_password")
def renew_password(page: Here, name: str) -> Response:
    """Give a user another password, and show it this once."""
    password = reset_password(page.office, name, None, actor_of(page))
    return _one(page, _there(page, name), password=password)


def actor_of(page: Page) -> Actor:
    """Return who does it: a page for admins is shown to nobody else."""
    assert page.actor is not None  # noqa: S101 - the rule of the route has seen to it
    return page.actor


def faults_of(page: Page, error: Refused) -> list[str]:
    """Return what is wrong with a form, each with its field."""
    say = page.site.services.translator.message
    return [
        f"{found.column}: {say(found, page.language)}"
        if found.column
        else say(found, page.language)
        for found in error.findings
    ]


def choices(page: Page) -> dict[str, Any]:
    """Return what the forms of users and keys choose from."""
    with page.office.database.read() as connection:
        departments = page.office.catalogue(connection).catalogue.departments
    return {
        "roles": [(str(role), page.speak(text)) for role, text in ROLES.items()],
        "departments": [(code, page.name(one)) for code, one in sorted(departments.items())],
    }


def reach(names: dict[str, str], codes: Iterable[str]) -> list[str]:
    """Return departments by their names."""
    return [names.get(code, code) for code in codes]


def _there(page: Page, name: str) -> User:
    with page.office.database.read() as connection:
        return users.there(connection, name)


def _profile(form: Fields) -> dict[str, Any]:
    name_zh, name_en = form.text("name_zh").strip(), form.text("name_en").strip()
    return {
        "name_zh": name_zh or name_en,
        "name_en": name_en or name_zh,
        "role": form.text("role"),
        "departments": form.texts("departments"),
    }


def _listed(
    page: Page,
    *,
    status: int = 200,
    given: dict[str, Any] | None = None,
    faults: list[str] | None = None,
    made: tuple[str, str | None] | None = None,
) -> Response:
    with page.office.database.read() as connection:
        found = users.listed(connection)
    offered = choices(page)
    names = dict(offered["departments"])
    lines = [
        {
            "name": user.name,
            "called": page.name(user.profile),
            "role": page.speak(ROLES[user.profile.role]),
            "departments": reach(names, user.profile.departments),
            "changed": formats.instant(user.changed_at, page.office.zone),
            "state": "disabled" if user.profile.disabled else "enabled",
        }
        for user in found
    ]
    return page.render(
        "admin_users.html",
        status=status,
        headers=_NOT_KEPT,
        users=lines,
        given=given or {},
        faults=faults or [],
        made=made,
        **offered,
    )


def _one(
    page: Page,
    user: User,
    *,
    status: int = 200,
    given: dict[str, Any] | None = None,
    faults: list[str] | None = None,
    password: str | None = None,
) -> Response:
    profile = user.profile
    kept = {
        "name_zh": profile.name_zh,
        "name_en": profile.name_en,
        "role": profile.role,
        "departments": profile.departments,
        "disabled": profile.disabled,
    }
    return page.render(
        "admin_user.html",
        status=status,
        headers=_NOT_KEPT,
        user=user,
        given=given or kept,
        faults=faults or [],
        password=password,
        **choices(page),
    )
