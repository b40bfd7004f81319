"""Who may do what: every operation and page, every role, by key and signed in, open or not."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from fastapi import APIRouter, Depends
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient

from app import application
from app.api import PREFIX, access, routes
from app.domain.access import Role
from app.errors import Misconfigured
from app.ledger import keys, sessions
from app.main import create_app
from app.settings import Settings
from tests.ledger.small_office import ADMIN, add_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

    from app.domain.user import User
    from app.ledger.office import Office
    from tests.api.contract import Client

EVERYBODY = frozenset(Role)
REPORT = frozenset({Role.REPORTER, Role.ADMIN})
REVIEW = frozenset({Role.APPROVER, Role.ADMIN})
PLAN = frozenset({Role.PLANNER, Role.ADMIN})
ADMINISTER = frozenset({Role.ADMIN})
TARGET = f"{PREFIX}/targets/plan-2013/pendency/exam"
COOKIE = "dabiao-session"

OPERATIONS: dict[str, tuple[str, str, frozenset[Role]]] = {
    "list_plans": ("GET", f"{PREFIX}/plans", EVERYBODY),
    "get_plan": ("GET", f"{PREFIX}/plans/plan-2013", EVERYBODY),
    "put_plan": ("PUT", f"{PREFIX}/plans/plan-2013", PLAN),
    "list_departments": ("GET", f"{PREFIX}/departments", EVERYBODY),
    "get_department": ("GET", f"{PREFIX}/departments/exam", EVERYBODY),
    "put_department": ("PUT", f"{PREFIX}/departments/exam", PLAN),
    "list_kpis": ("GET", f"{PREFIX}/kpis", EVERYBODY),
    "get_kpi": ("GET", f"{PREFIX}/kpis/pendency", EVERYBODY),
    "put_kpi": ("PUT", f"{PREFIX}/kpis/pendency", PLAN),
    "list_targets": ("GET", f"{PREFIX}/targets", EVERYBODY),
    "get_target": ("GET", TARGET, EVERYBODY),
    "put_target": ("PUT", TARGET, PLAN),
    "explain_target": ("GET", f"{TARGET}/explain", EVERYBODY),
    "get_series": ("GET", f"{TARGET}/series", EVERYBODY),
    "list_target_versions": ("GET", f"{TARGET}/versions", EVERYBODY),
    "post_submission": ("POST", f"{PREFIX}/submissions", REPORT),
    "list_submissions": ("GET", f"{PREFIX}/submissions", EVERYBODY),
    "get_submission": ("GET", f"{PREFIX}/submissions/1", EVERYBODY),
    "list_reviews": ("GET", f"{PREFIX}/submissions/1/reviews", EVERYBODY),
    "acknowledge_warnings": ("POST", f"{PREFIX}/submissions/1/acknowledgements", REPORT),
    "approve_submission": ("POST", f"{PREFIX}/submissions/1/approve", REVIEW),
    "return_submission": ("POST", f"{PREFIX}/submissions/1/return", REVIEW),
    "reopen_figure": ("POST", f"{PREFIX}/reopen", REVIEW),
    "get_reporting": ("GET", f"{PREFIX}/reporting", EVERYBODY),
    "get_form": ("GET", f"{PREFIX}/reporting/form", EVERYBODY),
    "list_actuals": ("GET", f"{PREFIX}/actuals", EVERYBODY),
    "list_revisions": (
        "GET",
        f"{PREFIX}/actuals/pendency/exam/2013-03/revisions",
        EVERYBODY,
    ),
    "get_scoreboard": ("GET", f"{PREFIX}/scoreboard", EVERYBODY),
    "read_history": ("POST", f"{PREFIX}/read", EVERYBODY),
    "scoreboard_page": ("GET", "/", EVERYBODY),
    "target_page": ("GET", "/targets/plan-2013/pendency/exam", EVERYBODY),
    "figure_page": ("GET", "/figures/pendency/exam/2013-03", EVERYBODY),
    "submission_page": ("GET", "/submissions/1", EVERYBODY),
    "bulletin_page": ("GET", "/bulletin", EVERYBODY),
    "bulletin_month_page": ("GET", "/bulletin/plan-2013/2013-03", EVERYBODY),
    "bulletin_pdf": ("GET", "/bulletin/plan-2013/2013-03.pdf", EVERYBODY),
    "bulletin_xlsx": ("GET", "/bulletin/plan-2013/2013-03.xlsx", EVERYBODY),
    "review_page": ("GET", "/review", EVERYBODY),
    "review_figures": ("POST", "/review", REVIEW),
    "late_page": ("GET", "/review/overdue", EVERYBODY),
    "calendar_page": ("GET", "/review/calendar", EVERYBODY),
    "sign_in_page": ("GET", "/sign-in", EVERYBODY),
    "sign_in": ("POST", "/sign-in", EVERYBODY),
    "account_page": ("GET", "/account", EVERYBODY),
    "change_password": ("POST", "/account/password", EVERYBODY),
    "admin_page": ("GET", "/admin", ADMINISTER),
    "verify_ledger": ("POST", "/admin/verify", ADMINISTER),
    "download_backup": ("POST", "/admin/backup", ADMINISTER),
    "list_backups": ("GET", f"{PREFIX}/backups", ADMINISTER),
    "make_backup": ("POST", f"{PREFIX}/backups", ADMINISTER),
    "users_page": ("GET", "/admin/users", ADMINISTER),
    "add_user": ("POST", "/admin/users", ADMINISTER),
    "user_page": ("GET", "/admin/users/nobody", ADMINISTER),
    "save_user": ("POST", "/admin/users/nobody", ADMINISTER),
    "renew_password": ("POST", "/admin/users/nobody/password", ADMINISTER),
    "keys_page": ("GET", "/admin/keys", ADMINISTER),
    "add_key": ("POST", "/admin/keys", ADMINISTER),
    "renew_key": ("POST", "/admin/keys/999/rotate", ADMINISTER),
    "end_key": ("POST", "/admin/keys/999/revoke", ADMINISTER),
    "journal_page": ("GET", "/admin/journal", ADMINISTER),
    "catalogue_page": ("GET", "/catalogue", EVERYBODY),
    "catalogue_entry_page": ("GET", "/catalogue/kpi/pendency", EVERYBODY),
    "catalogue_reading": ("GET", "/catalogue/reading?target=~+20", EVERYBODY),
    "catalogue_new_page": ("GET", "/catalogue/new/target", PLAN),
    "add_catalogue_entry": ("POST", "/catalogue/new/plan", PLAN),
    "catalogue_edit_page": ("GET", "/catalogue/edit/kpi/pendency", PLAN),
    "save_catalogue_entry": ("POST", "/catalogue/edit/kpi/nothing", PLAN),
    "sign_out": ("POST", "/sign-out", EVERYBODY),
    "report_page": ("GET", "/report", REPORT),
    "report_figures": ("POST", "/report", REPORT),
    "check_figures": ("POST", "/report/check", REPORT),
    "upload_figures": ("POST", "/report/upload", REPORT),
    "report_form": ("GET", "/report/form", REPORT),
    "answer_warnings": ("POST", "/submissions/1/answers", REPORT),
    "docs": ("GET", "/docs", EVERYBODY),
    "openapi": ("GET", "/openapi.json", EVERYBODY),
    "list_users": ("GET", f"{PREFIX}/users", ADMINISTER),
    "get_user": ("GET", f"{PREFIX}/users/nobody", ADMINISTER),
    "create_user": ("POST", f"{PREFIX}/users", ADMINISTER),
    "put_user": ("PUT", f"{PREFIX}/users/nobody", ADMINISTER),
    "reset_password": ("POST", f"{PREFIX}/users/nobody/password", ADMINISTER),
    "list_keys": ("GET", f"{PREFIX}/keys", ADMINISTER),
    "get_key": ("GET", f"{PREFIX}/keys/1", ADMINISTER),
    "create_key": ("POST", f"{PREFIX}/keys", ADMINISTER),
    "rotate_key": ("POST", f"{PREFIX}/keys/999/rotate", ADMINISTER),
    "revoke_key": ("POST", f"{PREFIX}/keys/999/revoke", ADMINISTER),
    "list_journal": ("GET", f"{PREFIX}/journal", ADMINISTER),
}
"""Per operation: how to ask for it, and who may."""
PUBLIC = frozenset({"sign_in_page", "sign_in", "sign_out"})
"""Where somebody says who they are: open to all, whatever is set."""
FOR_USERS = frozenset({"account_page", "change_password"})
"""What only a user has, and a key has not."""
UNGUARDED = {"healthy", "ready", "metrics", "forecast_metrics", "process_metrics", "static"}
UNGUARDED |= {"set_language", "set_theme"}


def names(app: FastAPI) -> set[str]:
    return {context.name or "?" for context in iter_route_contexts(app.routes)}


def test_the_table_names_every_route(api: Client) -> None:
    assert names(api.app.application) == set(OPERATIONS) | UNGUARDED  # type: ignore[attr-defined]
    assert set(access.RULES) == set(OPERATIONS)


@pytest.mark.parametrize("read_access", ["open", "key"])
def test_every_operation_lets_in_just_who_may(
    start: Callable[..., Client], secrets: dict[str, str], small_office: Office, read_access: str
) -> None:
    api = start(read_access=read_access)
    api.keys = secrets
    signed_in = {role: add_user(small_office, f"user-{role}", role) for role in Role}
    seen: dict[tuple[str, str], int] = {}
    expected: dict[tuple[str, str], int] = {}
    for name, (method, address, roles) in OPERATIONS.items():
        known: dict[tuple[str, Role], dict[str, str]] = {
            **{("key", role): api.bearing(role) for role in Role},
            **{("user", role): session_of(small_office, user) for role, user in signed_in.items()},
        }
        strangers = {
            "nobody": {},
            "wrong": {"Authorization": "Bearer dbk_wrong"},
            "ended": {"Cookie": f"{COOKIE}=ended", "X-Form-Token": "ended"},
        }
        for (kind, role), headers in known.items():
            seen[name, f"{kind} {role}"] = denied(api, method, address, headers)
            may = name in PUBLIC or (role in roles and (kind == "user" or name not in FOR_USERS))
            expected[name, f"{kind} {role}"] = 0 if may else 403
        is_open = name not in FOR_USERS and roles == EVERYBODY and read_access == "open"
        for bearer, headers in strangers.items():
            seen[name, bearer] = denied(api, method, address, headers)
            may = bearer != "wrong" and (name in PUBLIC or is_open)
            expected[name, bearer] = 0 if may else 401

    assert seen == expected


def denied(api: Client, method: str, address: str, headers: dict[str, str]) -> int:
    """Return the status by which a request is turned away at the door; 0 where it is not."""
    status = api.request(method, address, headers=headers, follow_redirects=False).status_code
    assert status < 500, f"{method} {address}"
    return status if status in (401, 403) else 0


def session_of(office: Office, user: User) -> dict[str, str]:
    """Begin a session; returns the headers of a request that one of its pages makes."""
    with office.database.write() as connection:
        token = sessions.begin(connection, user.id, office.clock())
    return {"Cookie": f"{COOKIE}={token}", "X-Form-Token": sessions.form_token(token)}


@pytest.mark.parametrize(
    "authorization",
    ["Basic dTpw", "Bearer", "Bearer ", "dbk_x", "Bearer dbk_ü", "Negotiate dbk_x", ""],
)
def test_other_schemes_and_no_key_at_all_are_refused(api: Client, authorization: str) -> None:
    headers = {"Authorization": authorization.encode("latin-1")}

    answer = api.get("/api/v1/scoreboard", headers=headers)  # type: ignore[arg-type]

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_the_scheme_is_read_in_any_letters_and_twice_is_once_too_often(api: Client) -> None:
    secret = api.keys["reader"]
    assert api.get("/api/v1/plans", headers={"Authorization": f"bEARER  {secret}"}).is_success

    twice = [("Authorization", f"Bearer {secret}")] * 2
    assert api.get("/api/v1/plans", headers=twice).status_code == 401


def test_a_key_that_was_revoked_or_has_expired_is_a_wrong_one(
    api: Client, office: Office, clock: Callable[[], dt.datetime]
) -> None:
    new = keys.NewKey("short", Role.READER, (), clock() + dt.timedelta(hours=1))
    with office.database.write() as connection:
        stored = office.catalogue(connection)
        number, secret = keys.create(connection, stored, new, actor=ADMIN, now=clock())
    headers = {"Authorization": f"Bearer {secret}"}
    assert api.get("/api/v1/plans", headers=headers).status_code == 200

    clock.forward(hours=1)  # type: ignore[attr-defined]
    assert api.get("/api/v1/plans", headers=headers).status_code == 401

    clock.forward(hours=-1)  # type: ignore[attr-defined]
    with office.database.write() as connection:
        keys.revoke(connection, number, actor=ADMIN, now=clock())
    assert api.get("/api/v1/plans", headers=headers).status_code == 401


@pytest.mark.parametrize(("key", "status"), [(None, 401), ("reporter", 403)])
def test_who_may_not_learns_nothing_of_what_is_there(
    api: Client, key: str | None, status: int
) -> None:
    headers = {} if key is None else api.bearing(key)
    answers = {
        api.put(address, headers=headers, **more).text
        for address in ("/api/v1/plans/plan-2013", "/api/v1/plans/none", "/api/v1/plans/%00")
        for more in (
            {},
            {"json": {"code": "x"}},
            {"params": {"nonsense": "1"}},
            {"content": b"x" * 20_000_000},
        )
    }

    assert len(answers) == 1
    assert f'"status":{status}' in answers.pop()


def test_a_submission_without_the_right_is_not_kept(api: Client) -> None:
    for key in ("approver", "planner", "reader"):
        assert api.post_actuals({"kpi": "x"}, key=key).status_code == 403

    assert api.get("/api/v1/submissions").json()["items"] == []


def test_health_needs_no_key_and_metrics_go_by_their_own_token(
    start: Callable[..., Client], secrets: dict[str, str]
) -> None:
    api = start(read_access="key")
    assert api.get("/-/healthy").status_code == 200
    assert api.get("/-/ready").status_code == 200
    assert api.get("/metrics").status_code == 200

    api = start(metrics_token="token")
    api.keys = secrets
    assert api.get("/metrics", headers=api.bearing("admin")).status_code == 401


@pytest.mark.parametrize("guarded", [True, False])
def test_a_route_without_a_rule_keeps_the_application_from_starting(
    monkeypatch: pytest.MonkeyPatch, *, guarded: bool
) -> None:
    router = APIRouter(prefix=PREFIX)

    @router.get("/secrets", name="list_secrets" if guarded else "list_plans")
    async def list_secrets() -> None:
        """Forgotten in the table, or known there and yet included without its guard."""

    monkeypatch.setattr(application, "included", application.included.__wrapped__)
    if guarded:
        monkeypatch.setattr(routes, "ROUTERS", (*routes.ROUTERS, router))
    else:
        install = routes.install

        def careless(whole: APIRouter) -> None:
            install(whole)
            whole.include_router(router, dependencies=[Depends(lambda: None)])

        monkeypatch.setattr(routes, "install", careless)

    with pytest.raises(Misconfigured, match="/secrets"):
        _ = create_app(Settings(database_url="sqlite://")).application


def test_an_unknown_address_is_just_that(api: Client) -> None:
    assert isinstance(api, TestClient)
    for address in ("/api/v1/secrets", "/api/v1/plans/", "/api/v2/plans", "/static/none.css"):
        answer = api.get(address)
        assert answer.status_code == 404
        assert answer.json()["type"] == "/problems/not-found"
