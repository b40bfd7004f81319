"""Users: who signs in, with which rights. For admins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from app.api import PREFIX
from app.api import people_schemas as schemas
from app.api.bodies import JsonBody
from app.api.deps import Here, Who
from app.api.described import Answers, made, one, page_of, resource_body, with_conflict
from app.api.paging import Page
from app.api.problems import LOCKED_OUT, NAME_TAKEN
from app.api.rendering import answer
from app.intake.people import (
    NewUserResource,
    PasswordResource,
    UserResource,
    add_user,
    change_user,
    reset_password,
    user_document,
)
from app.intake.resource_reading import read_resource
from app.intake.strict_json import decode
from app.ledger import users

router = APIRouter(prefix=PREFIX, tags=["users"])

Name = Annotated[str, Path(description="The user's name.", examples=["wang.min"])]
_ONE: Answers = one(schemas.User, schemas.USER)


@router.get(
    "/users",
    name="list_users",
    summary="List the users",
    responses=page_of(schemas.User, schemas.USER),
)
def list_users(here: Here, page: Page) -> Response:
    """List the users by name, those who are disabled included."""
    after = page.place(str)
    with here.office.database.read() as connection:
        _, seen = page.seen(here.office, connection)
        listed = users.listed(
            connection,
            after=None if after is None else after[0],
            limit=page.limit + 1,
            upto=seen.position,
        )
    return answer(
        here, page.answer(listed, seen, key=lambda user: (user.name,), show=user_document)
    )


@router.get("/users/{name}", name="get_user", summary="Read a user", responses=_ONE)
def get_user(here: Here, name: Name) -> Response:
    """Give a user as of now."""
    with here.office.database.read() as connection:
        user = users.there(connection, name)
    return answer(here, user_document(user))


@router.post(
    "/users",
    name="create_user",
    summary="Make a user",
    status_code=201,
    responses=with_conflict(made(schemas.NewUser, schemas.USER_MADE), NAME_TAKEN),
    openapi_extra=resource_body(NewUserResource, schemas.NEW_USER),
)
def create_user(here: Here, who: Who, body: JsonBody) -> Response:
    """Make a user. Without a password one is made, which stands in this answer and nowhere else."""
    new = read_resource(NewUserResource, decode(body))
    user, password = add_user(here.office, new, who)
    content = {**user_document(user), "password": password}
    headers = {"Location": f"{PREFIX}/users/{user.name}", "Cache-Control": "no-store"}
    return answer(here, content, status=201, headers=headers)


@router.put(
    "/users/{name}",
    name="put_user",
    summary="Change a user, or disable one",
    responses=with_conflict(_ONE, LOCKED_OUT),
    openapi_extra=resource_body(UserResource, schemas.PROFILE),
)
def put_user(here: Here, who: Who, name: Name, body: JsonBody) -> Response:
    """Change names, role, departments, or whether the user may sign in.

    With changed rights all sessions of the user end. Nobody takes away their own as admin.
    """
    resource = read_resource(UserResource, decode(body))
    return answer(here, user_document(change_user(here.office, name, resource, who)))


@router.post(
    "/users/{name}/password",
    name="reset_password",
    summary="Give a user another password",
    responses=one(schemas.NewPassword, schemas.PASSWORD_MADE),
    openapi_extra=resource_body(PasswordResource, {"password": "correct horse battery staple"}),
)
def post_password(here: Here, who: Who, name: Name, body: JsonBody) -> Response:
    """Give a user another password and end all sessions; without one it is made and shown once."""
    order = read_resource(PasswordResource, decode(body))
    password = reset_password(here.office, name, order.password, who)
    content = {"name": name, "password": password}
    return answer(here, content, headers={"Cache-Control": "no-store"})
