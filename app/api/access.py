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

from app.api.deps import PREFIX, services_of
from app.domain.access import Actor, Role
from app.errors import Misconfigured, NotAuthenticated, NotPermitted
from app.ledger import keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI

    from app.ledger.office import Office
    from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Rule:
    """The roles that may, and whether everybody may while `DABIAO_READ_ACCESS` is `open`."""

    roles: frozenset[Role]
    is_read: bool = False


READ: Final = Rule(frozenset(Role), is_read=True)
POST_FIGURES: Final = Rule(frozenset({Role.REPORTER, Role.ADMIN}))
REVIEW_FIGURES: Final = Rule(frozenset({Role.APPROVER, Role.ADMIN}))
CHANGE_CATALOGUE: Final = Rule(frozenset({Role.PLANNER, Role.ADMIN}))

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
    "get_series": READ,
    "post_submission": POST_FIGURES,
    "list_submissions": READ,
    "get_submission": READ,
    "list_reviews": READ,
    "approve_submission": REVIEW_FIGURES,
    "return_submission": REVIEW_FIGURES,
    "reopen_figure": REVIEW_FIGURES,
    "get_reporting": READ,
    "get_form": READ,
    "list_actuals": READ,
    "list_revisions": READ,
    "get_scoreboard": READ,
    "read_history": READ,
    # the pages
    "scoreboard_page": READ,
    "docs": READ,
    "openapi": READ,
}
"""Per operation, by the name of its route."""

_SCHEME = "bearer"


async def authorise(request: Request) -> None:
    """Let a request pass that its rule allows, and remember who asks.

    Raises NotAuthenticated for a wrong key, also where none is needed, and for a missing one where
    one is; NotPermitted for a right key without the right.
    """
    services = services_of(request)
    rule = RULES[request.scope["route"].name]
    given = request.headers.getlist("authorization")
    if not given:
        if rule.is_read and services.settings.read_access == "open":
            return
        raise NotAuthenticated("a key is needed here")
    scheme, _, secret = given[0].partition(" ")
    actor = None
    if len(given) == 1 and scheme.lower() == _SCHEME and secret.strip():
        actor = await run_in_threadpool(_bearer, services.office, secret.strip())
    if actor is None:
        raise NotAuthenticated("this is not a key that is in force")
    if actor.role not in rule.roles:
        raise NotPermitted(f"a {actor.role} may not do this")
    request.state.actor = actor


def _bearer(office: Office, secret: str) -> Actor | None:
    with office.database.read() as connection:
        return keys.find(connection, secret, office.clock())


def allows(settings: Settings, actor: Actor | None, operation: str) -> bool:
    """Tell whether somebody may do something; None is whoever has not said who they are."""
    rule = RULES.get(operation)
    if rule is None:
        return False
    if rule.is_read and settings.read_access == "open":
        return True
    return actor is not None and actor.role in rule.roles


def check_rules(app: FastAPI) -> None:
    """See to it that every operation of the API has a rule; raises Misconfigured for one without.

    A rule is enforced where `routes` includes a router; a route that came in another way would
    not be asked, so it counts as one without a rule.
    """
    for context in iter_route_contexts(app.routes):
        if not (context.path or "").startswith(PREFIX):
            continue
        guards = [dependency.dependency for dependency in getattr(context, "dependencies", ())]
        if context.name not in RULES or authorise not in guards:
            raise Misconfigured(f"{context.path} ({context.name}) has no rule of access")
