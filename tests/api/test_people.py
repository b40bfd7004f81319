"""Users and keys by the API, and what their secrets never get into."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from app.domain.access import Role
from app.intake.people import NewUserResource, PasswordResource
from app.ledger.sessions import form_token
from app.ledger.signing_in import sign_in
from tests.api.contract import findings
from tests.ledger.small_office import row

if TYPE_CHECKING:
    from httpx2 import Response

    from app.ledger.office import Office
    from tests.api.contract import Client
    from tests.clock import Clock

PHRASE = "correct horse battery"


def send(api: Client, method: str, address: str, body: Any = None, key: str = "admin") -> Response:  # noqa: ANN401 - any JSON
    return api.request(method, f"/api/v1{address}", json=body, headers=api.bearing(key))


def new(name: str = "wang.min", **fields: object) -> dict[str, object]:
    return {"name": name, "name_zh": "王敏", "name_en": "Wang Min", "role": "reporter", **fields}


def test_a_user_is_made_read_and_changed(api: Client, office: Office) -> None:
    made = send(api, "POST", "/users", new(departments=["law", "exam"]))
    assert made.status_code == 201
    assert made.headers["location"] == "/api/v1/users/wang.min"
    assert made.headers["cache-control"] == "no-store"
    document = made.json()
    sign_in(office, "wang.min", document.pop("password"), None)
    assert send(api, "GET", "/users/wang.min").json() == document
    assert document["departments"] == ["exam", "law"]
    changed = send(api, "PUT", "/users/wang.min", {**profile(document), "disabled": True})
    assert (changed.json()["disabled"], changed.json()["version"]) == (True, 2)
    assert send(api, "GET", "/users").json()["items"] == [changed.json()]


def profile(document: dict[str, Any]) -> dict[str, Any]:
    return {
        name: document[name] for name in ("name_zh", "name_en", "role", "departments", "disabled")
    }


def test_a_password_that_is_given_is_not_repeated(api: Client, office: Office) -> None:
    assert send(api, "POST", "/users", new(password=PHRASE)).json()["password"] is None
    sign_in(office, "wang.min", PHRASE, None)
    renewed = send(api, "POST", "/users/wang.min/password", {}).json()
    sign_in(office, "wang.min", renewed["password"], None)
    given = send(api, "POST", "/users/wang.min/password", {"password": "another long phrase"})
    assert given.json() == {"name": "wang.min", "password": None}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (new("Wang Min"), [("not_a_user_name", "name")]),
        (new(password="pass12345"), [("password_too_short", "password")]),
        (new(departments=["law", "nowhere"]), [("unknown_department", "departments")]),
        (new(role="king"), [("wrong_type", "role")]),
        (new(secret="x"), [("unknown_field", "secret")]),
        ({}, [("missing_field", name) for name in ("name", "name_zh", "name_en", "role")]),
    ],
    ids=["name", "password", "department", "role", "field", "nothing"],
)
def test_what_is_wrong_with_a_user_is_told(
    api: Client, body: dict[str, object], found: list[tuple[str, str]]
) -> None:
    answer = send(api, "POST", "/users", body)
    assert answer.status_code == 422
    assert findings(answer) == found
    assert "pass12345" not in answer.text


def test_a_name_is_given_once(api: Client) -> None:
    send(api, "POST", "/users", new())
    answer = send(api, "POST", "/users", new(role="admin"))
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/name-taken")
    assert send(api, "GET", "/users/wang.min").json()["role"] == "reporter"


@pytest.mark.parametrize(
    ("address", "field", "expected"),
    [("/users", "name", ["a", "b", "c"]), ("/keys", "id", [1, 2, 3, 4, 5, 6, 7])],
)
def test_lists_are_paged_as_of_their_first_page(
    api: Client, address: str, field: str, expected: list[object]
) -> None:
    for name in ("c", "a", "b"):
        send(api, "POST", "/users", new(name))
    page = send(api, "GET", f"{address}?limit=2").json()
    seen = page["items"]
    while page["next"] is not None:
        send(api, "POST", "/users", new(f"z{len(seen)}"))
        send(api, "POST", "/keys", {"name": "later", "role": "reader"})
        page = send(api, "GET", f"{address}?limit=2&cursor={page['next']}").json()
        seen += page["items"]
    assert [item[field] for item in seen] == expected


def test_a_key_is_made_rotated_and_revoked(api: Client, clock: Clock) -> None:
    made = send(
        api, "POST", "/keys",
        {"name": "system", "role": "reporter", "departments": ["law"], "expires_days": 30},
    )  # fmt: skip
    document = made.json()
    api.keys["old"] = document.pop("key")
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    assert document["prefix"] == api.keys["old"][:10]
    assert send(api, "GET", f"/keys/{document['id']}").json() == document
    rotated = send(api, "POST", f"/keys/{document['id']}/rotate", {"overlap_days": 3})
    api.keys["new"] = rotated.json()["key"]
    again = send(api, "POST", f"/keys/{document['id']}/rotate")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/key-ended")
    assert send(api, "GET", "/plans", key="old").is_success
    assert send(api, "GET", "/plans", key="new").is_success
    clock.forward(days=3)
    assert send(api, "GET", "/plans", key="old").status_code == 401
    revoked = send(api, "POST", f"/keys/{rotated.json()['id']}/revoke")
    assert revoked.json()["state"] == "revoked"
    assert send(api, "GET", "/plans", key="new").status_code == 401


def test_a_used_key_says_so(api: Client, clock: Clock) -> None:
    send(api, "GET", "/plans", key="law")
    api.app.application.state.services.uses.close()  # type: ignore[attr-defined]
    by_name = {item["name"]: item for item in send(api, "GET", "/keys").json()["items"]}
    assert by_name["law"]["used_at"] == clock().isoformat()
    assert by_name["exam"]["used_at"] is None


def test_an_admin_does_not_lock_itself_out(api: Client) -> None:
    numbers = {item["name"]: item["id"] for item in send(api, "GET", "/keys").json()["items"]}
    answer = send(api, "POST", f"/keys/{numbers['admin']}/revoke")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/locked-out")
    assert send(api, "GET", "/keys").status_code == 200
    send(api, "POST", "/keys", {"name": "second", "role": "admin"})
    api.keys["second"] = send(api, "POST", "/keys", {"name": "x", "role": "admin"}).json()["key"]
    assert send(api, "POST", f"/keys/{numbers['admin']}/revoke", key="second").is_success
    assert send(api, "GET", "/keys").status_code == 401


def test_what_is_not_there_is_404(api: Client) -> None:
    for method, address in (
        ("GET", "/users/nobody"), ("POST", "/users/nobody/password"), ("GET", "/keys/999"),
        ("POST", "/keys/999/rotate"), ("POST", "/keys/999/revoke"),
    ):  # fmt: skip
        assert send(api, method, address, {}).status_code == 404
    whole = profile({**new(), "departments": [], "disabled": False})
    assert send(api, "PUT", "/users/nobody", whole).status_code == 404


def test_no_secret_gets_into_a_log_a_repr_or_an_error(
    api: Client, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = [PHRASE, "wrong password typed", api.keys["admin"]]
    answers = [send(api, "POST", "/users", new(password=PHRASE)).text]
    form = {"name": "wang.min", "password": PHRASE}
    signed_in = api.post("/sign-in", data=form, follow_redirects=False)
    secrets.append(signed_in.cookies["dabiao-session"])
    wrong = (form | {"password": secrets[1]}, {"name": secrets[1], "password": PHRASE})
    answers += [api.post("/sign-in", data=typed).text for typed in wrong]
    answers.append(send(api, "POST", "/users", new("b", password=[PHRASE])).text)
    answers.append(send(api, "PUT", "/users/wang.min", {"password": PHRASE}).text)
    shown = [
        repr(NewUserResource.model_validate(new(password=PHRASE))),
        repr(PasswordResource(password=PHRASE)),
        repr(api.app.application.state.services),  # type: ignore[attr-defined]
    ]
    api.post("/sign-in", data=form)
    made = send(api, "POST", "/keys", {"name": "x", "role": "reader"}).json()["key"]
    office.database.close()
    told = "\n".join([caplog.text, *shown, *answers])
    assert "was refused" in caplog.text
    # A name that was typed stands in its field again, for whoever typed it.
    told = told.replace(f'value="{secrets[1]}"', "")
    assert [secret for secret in (*secrets, made) if secret in told] == []


def test_what_a_user_posts_is_on_record_as_this_users(api: Client, office: Office) -> None:
    for name in ("wang.min", "li.na"):
        send(api, "POST", "/users", new(name, password=PHRASE, departments=["exam"]))
    numbers = [post(api, office, name, "once").json()["id"] for name in ("wang.min", "li.na")]
    again = post(api, office, "wang.min", "once")
    assert numbers[0] != numbers[1]
    assert (again.json()["id"], again.json()["submitted_by"]) == (numbers[0], "wang.min")
    assert send(api, "GET", f"/submissions/{numbers[1]}").json()["submitted_by"] == "li.na"


def post(api: Client, office: Office, name: str, idempotency_key: str) -> Response:
    """Post a figure as one of our pages does for a user who has signed in."""
    token = sign_in(office, name, PHRASE, None)
    headers = {
        "Cookie": f"dabiao-session={token}",
        "X-Form-Token": form_token(token),
        "Idempotency-Key": idempotency_key,
    }
    body = {"actuals": [row("22.5")]}
    answer: Response = api.post("/api/v1/submissions", json=body, headers=headers)
    return answer


def test_every_role_can_be_given(api: Client) -> None:
    for role in Role:
        assert send(api, "POST", "/users", new(role.value, role=role)).json()["role"] == role
