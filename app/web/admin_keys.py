"""Keys, for admins: made and shown once, rotated, revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from app.errors import NotFound, Refused
from app.intake.people import (
    NewKeyResource,
    RotationResource,
    add_key,
    revoke_key,
    rotate_key,
)
from app.intake.resource_reading import read_resource
from app.ledger import keys
from app.web import formats
from app.web.admin_users import actor_of, choices, faults_of, reach
from app.web.forms import Form
from app.web.page import Here, Page
from app.web.words import ROLES, msg

if TYPE_CHECKING:
    import datetime as dt

    from app.ledger.keys import Key

router = APIRouter(include_in_schema=False)

STATES: Final = {
    "valid": msg("in force"),
    "ending": msg("ending"),
    "replaced": msg("replaced"),
    "expired": msg("expired"),
    "revoked": msg("revoked"),
}
_LARGEST: Final = 2**31 - 1


@router.get("/admin/keys", name="keys_page")
def keys_page(page: Here) -> Response:
    """List the keys, with a form for another one."""
    return _listed(page)


@router.post("/admin/keys", name="add_key")
def add(page: Here, form: Form) -> Response:
    """Make a key, and show it this once."""
    given: dict[str, Any] = {
        "name": form.text("name"),
        "role": form.text("role"),
        "departments": form.texts("departments"),
        "expires_days": form.text("expires_days").strip() or None,
    }
    try:
        made = add_key(page.office, read_resource(NewKeyResource, given), actor_of(page))
    except Refused as error:
        return _listed(page, status=422, given=given, faults=faults_of(page, error))
    return _listed(page, made=made)


@router.post("/admin/keys/{number}/rotate", name="renew_key")
def rotate(page: Here, number: str) -> Response:
    """Make a key's successor, and show it this once."""
    made = rotate_key(page.office, _number(number), RotationResource(), actor_of(page))
    return _listed(page, made=made)


@router.post("/admin/keys/{number}/revoke", name="end_key")
def revoke(page: Here, number: str) -> Response:
    """End a key for ever."""
    revoke_key(page.office, _number(number), actor_of(page))
    return page.go(page.link("keys_page"))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:12]) <= _LARGEST):
        raise NotFound(f"there is no key {text}")
    return int(text)


def _listed(
    page: Page,
    *,
    status: int = 200,
    given: dict[str, Any] | None = None,
    faults: list[str] | None = None,
    made: tuple[Key, str] | None = None,
) -> Response:
    with page.office.database.read() as connection:
        found = keys.listed(connection)
    offered = choices(page)
    names = dict(offered["departments"])
    return page.render(
        "admin_keys.html",
        status=status,
        headers={"Cache-Control": "no-store"},
        keys=[_line(page, key, names) for key in reversed(found)],
        given=given or {},
        faults=faults or [],
        made=made,
        overlap=keys.USUAL_OVERLAP.days,
        **offered,
    )


def _line(page: Page, key: Key, names: dict[str, str]) -> dict[str, Any]:
    state = key.state(page.office.clock())
    return {
        "id": key.id,
        "prefix": key.prefix,
        "name": key.name,
        "role": page.speak(ROLES[key.role]),
        "departments": reach(names, key.departments),
        "made": _at(page, key.created_at),
        "used": _at(page, key.used_at),
        "ends": _at(page, key.ends_at),
        "state": state,
        "state_text": page.speak(STATES[state]),
        "replaced_by": key.replaced_by,
        "in_force": state in ("valid", "ending"),
    }


def _at(page: Page, at: dt.datetime | None) -> str:
    return formats.ABSENT if at is None else formats.instant(at, page.office.zone)
