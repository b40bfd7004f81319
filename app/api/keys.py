"""Keys: what programs show instead of a password. For admins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.responses import Response

from app.api import PREFIX
from app.api import people_schemas as schemas
from app.api.bodies import JsonBody, PerhapsEmpty
from app.api.deps import Here, Services, Who
from app.api.described import made, one, optional_body, page_of, resource_body, with_conflict
from app.api.paging import Page
from app.api.parameters import KeyNumber
from app.api.problems import KEY_ENDED, LOCKED_OUT
from app.api.rendering import answer
from app.intake.people import (
    NewKeyResource,
    RotationResource,
    add_key,
    key_document,
    revoke_key,
    rotate_key,
)
from app.intake.resource_reading import read_resource
from app.intake.strict_json import decode
from app.ledger import keys

if TYPE_CHECKING:
    from app.ledger.keys import Key

router = APIRouter(prefix=PREFIX, tags=["keys"])


@router.get(
    "/keys",
    name="list_keys",
    summary="List the keys",
    responses=page_of(schemas.Key, schemas.KEY),
)
def list_keys(here: Here, page: Page) -> Response:
    """List the keys that were ever made, without the keys themselves."""
    after = page.place(int)
    with here.office.database.read() as connection:
        _, seen = page.seen(here.office, connection)
        listed = keys.listed(
            connection,
            after=0 if after is None else after[0],
            limit=page.limit + 1,
            upto=seen.position,
        )
    content = page.answer(
        listed, seen, key=lambda key: (key.id,), show=lambda key: _document(here, key)
    )
    return answer(here, content)


@router.get(
    "/keys/{number}",
    name="get_key",
    summary="Read what is known of a key",
    responses=one(schemas.Key, schemas.KEY),
)
def get_key(here: Here, number: KeyNumber) -> Response:
    """Give everything but the key itself."""
    with here.office.database.read() as connection:
        key = keys.get(connection, number)
    return answer(here, _document(here, key))


@router.post(
    "/keys",
    name="create_key",
    summary="Make a key",
    status_code=201,
    responses=made(schemas.NewKey, schemas.KEY_MADE),
    openapi_extra=resource_body(NewKeyResource, schemas.NEW_KEY),
)
def create_key(here: Here, who: Who, body: JsonBody) -> Response:
    """Make a key, which stands in this answer and nowhere else."""
    return _made(here, *add_key(here.office, read_resource(NewKeyResource, decode(body)), who))


@router.post(
    "/keys/{number}/rotate",
    name="rotate_key",
    summary="Make a key's successor",
    status_code=201,
    responses=with_conflict(made(schemas.NewKey, schemas.KEY_MADE), KEY_ENDED),
    openapi_extra=optional_body(RotationResource),
)
def post_rotation(here: Here, who: Who, number: KeyNumber, body: PerhapsEmpty) -> Response:
    """Make a key with the same rights and lifetime; the old one ends some days later."""
    order = read_resource(RotationResource, decode(body))
    return _made(here, *rotate_key(here.office, number, order, who))


@router.post(
    "/keys/{number}/revoke",
    name="revoke_key",
    summary="Revoke a key",
    responses=with_conflict(one(schemas.Key, {**schemas.KEY, "state": "revoked"}), LOCKED_OUT),
)
def post_revocation(here: Here, who: Who, number: KeyNumber) -> Response:
    """End a key for ever, from the next request on; an admin's not by itself."""
    return answer(here, _document(here, revoke_key(here.office, number, who)))


def _made(here: Services, key: Key, secret: str) -> Response:
    content = {**_document(here, key), "key": secret}
    headers = {"Location": f"{PREFIX}/keys/{key.id}", "Cache-Control": "no-store"}
    return answer(here, content, status=201, headers=headers)


def _document(here: Services, key: Key) -> dict[str, Any]:
    return key_document(key, here.office.clock())
