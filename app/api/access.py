"""Who may do what, in one table.

Every route under the API's prefix, and every page, is looked up here by its name before anything
else of a request is looked at. So neither 401 nor 403 tells whether the thing asked for exists,
and a route without a rule keeps the application from starting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastapi import Request
from fastapi.routing import iter_route_contexts
from starlette.concurrency import run_in_threadpool

from app.api import PREFIX
from app.api.deps import Services, services_of
from app.api.forged import check_origin, check_token, is_safe
from app.cookies import session_token
from app.domain.access import Actor, Role
from app.errors import Misconfigured, NotAuthenticated, NotPermitted
from app.ledger import signing_in

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from fastapi import FastAPI

    from app.ledger.key_ring import Bearer
    from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Rule:
    """The roles that may, and whether everybody may while `DABIAO_READ_ACCESS` is `open`.

    for_users: only users who have signed in, no keys.
    is_public: everybody may, whatever is set: it is where somebody says who they are.
    has_token: whether its forms bear the token of a session that there is.
    """

    roles: frozenset[Role]
    is_read: bool = False
    for_users: bool = False
    is_public: bool = False
    has_token: bool = True

    def admits(self, actor: Actor) -> bool:
        """Tell whether somebody who has said who they are may."""
        return actor.role in self.roles and not (self.for_users and actor.user is None)


READ: Final = Rule(frozenset(Role), is_read=True)
POST_FIGURES: Final = Rule(frozenset({Role.REPORTER, Role.ADMIN}))
REVIEW_FIGURES: Final = Rule(frozenset({Role.APPROVER, Role.ADMIN}))
CHANGE_CATALOGUE: Final = Rule(frozenset({Role.PLANNER, Role.ADMIN}))
ADMINISTER: Final = Rule(frozenset({Role.ADMIN}))
# Whoever signs in may have done so in another window since this one's form was made.
SIGN_IN: Final = Rule(frozenset(Role), is_public=True, has_token=False)
SIGN_OUT: Final = Rule(frozenset(Role), is_public=True)
OWN_ACCOUNT: Final = Rule(frozenset(Role), for_users=True)

RULES: Final[Mapping[str, Rule]] = {
    "list_plans": READ,
    "get_plan": READ,
    "put_plan": CHANGE_CATALOGUE,
    "list_departments": READ,
    "get_department": READ,
    "put_department": CHANGE_CATALOGUE,
    "list_kpis": READ,
    "get_kpi": READ,
    "put_kpi": CHANGE_CATALOGUE,
    "list_targets": READ,
    "get_target": READ,
    "put_target": CHANGE_CATALOGUE,
    "explain_target": READ,
    "list_target_versions": READ,
    "get_series": READ,
    "post_submission": POST_FIGURES,
    "list_submissions": READ,
    "get_submission": READ,
    "list_reviews": READ,
    "acknowledge_warnings": POST_FIGURES,
    "approve_submission": REVIEW_FIGURES,
    "return_submission": REVIEW_FIGURES,
    "reopen_figure": REVIEW_FIGURES,
    "get_reporting": READ,
    "get_form": READ,
    "list_actuals": READ,
    "list_revisions": READ,
    "get_scoreboard": READ,
    "read_history": READ,
    "list_users": ADMINISTER,
    "get_user": ADMINISTER,
    "create_user": ADMINISTER,
    "put_user": ADMINISTER,
    "reset_password": ADMINISTER,
    "list_keys": ADMINISTER,
    "get_key": ADMINISTER,
    "create_key": ADMINISTER,
    "rotate_key": ADMINISTER,
    "revoke_key": ADMINISTER,
    "list_journal": ADMINISTER,
    "list_backups": ADMINISTER,
    "make_backup": ADMINISTER,
    # the pages
    "scoreboard_page": READ,
    "target_page": READ,
    "figure_page": READ,
    "submission_page": READ,
    "bulletin_page": READ,
    "bulletin_month_page": READ,
    "bulletin_pdf": READ,
    "bulletin_xlsx": READ,
    "review_page": READ,
    "review_figures": REVIEW_FIGURES,
    "late_page": READ,
    "calendar_page": READ,
    "sign_in_page": SIGN_IN,
    "sign_in": SIGN_IN,
    "sign_out": SIGN_OUT,
    "account_page": OWN_ACCOUNT,
    "change_password": OWN_ACCOUNT,
    "admin_page": ADMINISTER,
    "verify_ledger": ADMINISTER,
    "download_backup": ADMINISTER,
    "users_page": ADMINISTER,
    "add_user": ADMINISTER,
    "user_page": ADMINISTER,
    "save_user": ADMINISTER,
    "renew_password": ADMINISTER,
    "keys_page": ADMINISTER,
    "add_key": ADMINISTER,
    "renew_key": ADMINISTER,
    "end_key": ADMINISTER,
    "journal_page": ADMINISTER,
    "report_page": POST_FIGURES,
    "report_figures": POST_FIGURES,
    "check_figures": POST_FIGURES,
    "upload_figures": POST_FIGURES,
    "report_form": POST_FIGURES,
    "answer_warnings": POST_FIGURES,
    "catalogue_page": READ,
    "catalogue_entry_page": READ,
    "catalogue_reading": READ,
    "catalogue_new_page": CHANGE_CATALOGUE,
    "add_catalogue_entry": CHANGE_CATALOGUE,
    "catalogue_edit_page": CHANGE_CATALOGUE,
    "save_catalogue_entry": CHANGE_CATALOGUE,
    "docs": READ,
    "openapi": READ,
}
"""Per operation, by the name of its route."""

LOOKED_AT_AGAIN: Final = frozenset({"post_submission"})
"""The operations for which a key may be remembered: they see to it that it is still in force."""

_SCHEME = "bearer"


async def authorise(request: Request) -> None:
    """Let a request pass that its rule allows, and remember who asks: a key, or else a session.

    Raises NotAuthenticated for a wrong key, also where none is needed, and for a missing one where
    one is; a session that has ended is as none. Raises NotPermitted for who is known and may not,
    ForgedRequest for what a session's cookie came with from elsewhere.
    """
    services = services_of(request)
    rule = RULES[request.scope["route"].name]
    if request.headers.get("authorization") is not None:
        actor: Actor | None = await _key_of(request, services)
    else:
        actor = await _user_of(request, services)
    if actor is None:
        if not rule.is_public and not _is_open(rule, services.settings):
            raise NotAuthenticated("a key or a session is needed here")
        if rule.is_public and not is_safe(request):
            check_origin(request)
        return
    if not rule.is_public and not rule.admits(actor):
        raise NotPermitted(f"a {actor.role} may not do this")
    if actor.user is not None and not is_safe(request):
        check_origin(request)
        if rule.has_token:
            await check_token(request, request.state.session)
    request.state.actor = actor


def _is_open(rule: Rule, settings: Settings) -> bool:
    return rule.is_read and settings.read_access == "open"


def remembered(services: Services, operation: str, given: bytes) -> Bearer | None:
    """Return who bears the key of an `Authorization` header, if that was looked up lately.

    Only for an operation that looks again, and only whom its rule admits; None where `authorise`
    is to say what is wrong, or to look the key up.
    """
    scheme, _, secret = given.decode("latin-1").partition(" ")
    if operation not in LOOKED_AT_AGAIN or scheme.lower() != _SCHEME:
        return None
    now = services.office.clock()
    bearer = services.ring.remembered(secret.strip(), now)
    if bearer is None or not RULES[operation].admits(bearer.actor):
        return None
    if bearer.actor.key is not None:
        services.uses.note(bearer.actor.key, now)
    return bearer


async def _key_of(request: Request, services: Services) -> Actor:
    """Return who bears the request's key; raises NotAuthenticated.

    Where the intake looks again before anything is recorded, a key that was looked up lately is
    believed: the look costs more than all the rest of a small delivery.
    """
    given = request.headers.getlist("authorization")
    scheme, _, secret = given[0].partition(" ")
    bearer, now = None, services.office.clock()
    if len(given) == 1 and scheme.lower() == _SCHEME and (secret := secret.strip()):
        if request.scope["route"].name in LOOKED_AT_AGAIN:
            bearer = services.ring.remembered(secret, now)
        if bearer is None:
            bearer = await run_in_threadpool(_bearer, services, secret, now)
    if bearer is None:
        raise NotAuthenticated("this is not a key that is in force")
    if bearer.actor.key is not None:
        services.uses.note(bearer.actor.key, now)
    request.state.key_as_of = bearer.as_of
    return bearer.actor


def _bearer(services: Services, secret: str, now: dt.datetime) -> Bearer | None:
    with services.office.database.read() as connection:
        return services.ring.look_up(connection, secret, now)


async def _user_of(request: Request, services: Services) -> Actor | None:
    """Return who has signed in, and remember the session; None for nobody."""
    token = session_token(request)
    if not token:
        return None
    office = services.office
    user = await run_in_threadpool(signing_in.who, office, token, office.clock())
    if user is None:
        return None
    request.state.session, request.state.user = token, user
    return user.actor


def allows(settings: Settings, actor: Actor | None, operation: str) -> bool:
    """Tell whether somebody may do something; None is whoever has not said who they are."""
    rule = RULES.get(operation)
    if rule is None:
        return False
    if rule.is_public or _is_open(rule, settings):
        return True
    return actor is not None and rule.admits(actor)


def check_rules(app: FastAPI, ahead: Iterable[object] = ()) -> None:
    """See to it that every operation of the API has a rule; raises Misconfigured for one without.

    A rule is enforced where `routes` includes a router; a route that came in another way would
    not be asked, so it counts as one without a rule. What takes an operation ahead of the routes
    has one if it asks `remembered` itself, and says so.
    """
    for context in (*iter_route_contexts(app.routes), *ahead):
        path, name = getattr(context, "path", None) or "", getattr(context, "name", None)
        if not path.startswith(PREFIX):
            continue
        guards = [dependency.dependency for dependency in getattr(context, "dependencies", ())]
        if name not in RULES or not {authorise, remembered} & set(guards):
            raise Misconfigured(f"{path} ({name}) has no rule of access")
