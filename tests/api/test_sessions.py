"""Sessions at the door: the cookie, who may use it from where, and the pages around it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from app.domain.access import Role
from app.ledger import attempts, sessions
from tests.ledger.small_office import add_user

if TYPE_CHECKING:
    from httpx2 import Response

    from app.ledger.office import Office
    from tests.api.contract import Client

PHRASE = "correct horse battery"
NEW = "another long phrase"
COOKIE = "dabiao-session"


@pytest.fixture
def root(api: Client, office: Office) -> str:
    """Give the token of an admin's session; the client has its cookie."""
    add_user(office, "root", Role.ADMIN, password=PHRASE)
    return str(sign_in(api).cookies[COOKIE])


def sign_in(client: TestClient, **fields: str) -> Response:
    form = {"name": "root", "password": PHRASE, "next": "/admin", **fields}
    answer: Response = client.post("/sign-in", data=form, follow_redirects=False)
    return answer


def change(api: Client, token: str | None, **headers: str) -> int:
    """Try to change the catalogue with the cookie that the client has; returns the status."""
    given = {} if token is None else {"X-Form-Token": token}
    answer = api.post("/api/v1/keys", json={"name": "x", "role": "reader"}, headers=given | headers)
    return int(answer.status_code)


def test_signing_in_begins_a_session_that_scripts_cannot_read(api: Client, root: str) -> None:
    answer = sign_in(api)
    (cookie,) = answer.headers.get_list("set-cookie")
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
    assert cookie.startswith(f"{COOKIE}={answer.cookies[COOKIE]}; HttpOnly; Max-Age=43200; Path=/;")
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie  # over plain HTTP no browser would give it back
    assert answer.cookies[COOKIE] != root


def test_over_tls_the_cookie_is_kept_for_tls(api: Client, root: str) -> None:
    tls = TestClient(api.app, base_url="https://testserver")
    cookie = sign_in(tls).headers["set-cookie"]
    assert cookie.startswith(f"__Host-{COOKIE}=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert tls.get("/account").status_code == 200
    tls.cookies.clear()
    assert tls.get("/account", headers={"Cookie": f"{COOKIE}={root}"}).status_code == 401


def test_signing_in_again_ends_the_session_before(api: Client, root: str, office: Office) -> None:
    sign_in(api)
    with office.database.read() as connection:
        assert sessions.find(connection, root, office.clock()) is None


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"password": "wrong"}, 401),
        ({"name": "nobody"}, 401),
        ({"password": ""}, 422),
        ({"name": ""}, 422),
    ],
)
def test_a_refusal_says_the_same_and_keeps_no_cookie(
    api: Client, root: str, fields: dict[str, str], status: int
) -> None:
    del root
    answer = sign_in(api, **fields)
    assert answer.status_code == status
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    if status == 401:
        assert "Name or password are not right." in answer.text


def test_too_many_attempts_are_told_with_how_long_to_wait(api: Client, root: str) -> None:
    del root
    for _ in range(attempts.PER_NAME):
        assert sign_in(api, password="wrong").status_code == 401
    answer = sign_in(api)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "900")
    assert "Try again in 15 minutes" in answer.text


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        ("/admin/keys?x=1", "/admin/keys?x=1"),
        *((bad, "/") for bad in ("https://evil.example/", "//evil.example", "/\\evil", "x", "")),
    ],
)
def test_nobody_is_sent_elsewhere(api: Client, root: str, wanted: str, sent: str) -> None:
    del root
    assert sign_in(api, next=wanted).headers["location"] == sent


def test_signing_out_ends_the_session_on_the_servers_side(api: Client, root: str) -> None:
    form = {"form_token": sessions.form_token(root)}
    answer = api.post("/sign-out", data=form, follow_redirects=False)
    assert answer.status_code == 303
    assert f'{COOKIE}=""' in answer.headers["set-cookie"]
    assert api.get("/account", headers={"Cookie": f"{COOKIE}={root}"}).status_code == 401


# --- requests that other sites make up ----------------------------------------------------------


def test_a_cookie_alone_changes_nothing(api: Client, root: str) -> None:
    right = sessions.form_token(root)
    for token in (None, "", "x", root, right[:-1], right.upper()):
        assert change(api, token) == 403
    assert change(api, right) == 201


def test_the_token_comes_in_a_form_too(api: Client, root: str) -> None:
    token = sessions.form_token(root)
    for form in ({"form_token": token}, {"form_token": "x"}, {}):
        expected = 303 if form.get("form_token") == token else 403
        answer = api.post("/admin/users/root", data=admin(form), follow_redirects=False)
        assert answer.status_code == expected
    for given, expected in ((token, 415), ("x", 403)):
        boundary = "multipart/form-data; boundary=B"
        body = f'--B\r\nContent-Disposition: form-data; name="form_token"\r\n\r\n{given}\r\n--B--'
        answer = api.post(
            "/admin/users/root", content=body.encode(), headers={"Content-Type": boundary}
        )
        assert answer.status_code == expected


def admin(form: dict[str, str]) -> dict[str, str]:
    return {"name_zh": "根", "name_en": "Root", "role": "admin", **form}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"Origin": "http://testserver"}, 201),
        ({"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}, 201),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 201),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://testserver:81"}, 403),
        ({"Origin": "http://testserver.evil.example"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"}, 403),
        *(({"Sec-Fetch-Site": site}, 403) for site in ("cross-site", "same-site", "none")),
    ],
)
def test_what_another_site_makes_up_is_refused_even_with_the_token(
    api: Client, root: str, headers: dict[str, str], status: int
) -> None:
    assert change(api, sessions.form_token(root), **headers) == status


def test_over_tls_a_page_without_it_counts_as_another_site(api: Client, root: str) -> None:
    del root
    tls = TestClient(api.app, base_url="https://testserver")
    token = sessions.form_token(sign_in(tls).cookies[f"__Host-{COOKIE}"])
    for origin, status in (("http://testserver", 403), ("https://testserver", 201)):
        headers = {"Origin": origin, "X-Form-Token": token}
        body = {"name": "x", "role": "reader"}
        assert tls.post("/api/v1/keys", json=body, headers=headers).status_code == status


def test_another_site_cannot_sign_somebody_in_or_out(api: Client, root: str) -> None:
    evil = {"Origin": "http://evil.example"}
    form = {"name": "root", "password": PHRASE, "form_token": sessions.form_token(root)}
    for cookies in (True, False):
        if not cookies:
            api.cookies.clear()
        for address in ("/sign-in", "/sign-out"):
            assert api.post(address, data=form, headers=evil).status_code == 403


def test_reading_needs_no_token_and_a_key_is_never_asked_for_one(api: Client, root: str) -> None:
    evil = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert api.get("/api/v1/keys", headers=evil).status_code == 200
    assert change(api, None, **evil, **api.bearing("admin")) == 201
    assert change(api, None, **api.bearing("reader")) == 403  # the key counts, not the cookie
    del root


def test_a_session_reads_where_reading_needs_one(
    start: object, office: Office, api: Client
) -> None:
    add_user(office, "reader", Role.READER, password=PHRASE)
    closed = start(read_access="key")  # type: ignore[operator]
    assert closed.get("/api/v1/plans").status_code == 401
    page = closed.get("/", headers={"Accept": "text/html"})
    assert (page.status_code, 'href="/sign-in?next=%2F"' in page.text) == (401, True)
    assert closed.get("/sign-in").status_code == 200
    sign_in(closed, name="reader")
    assert closed.get("/api/v1/plans").status_code == 200
    del api


# --- one's own account, and the pages for admins --------------------------------------------------


def test_a_changed_password_gets_this_browser_a_new_session(api: Client, root: str) -> None:
    token = sessions.form_token(root)
    form = {"old": PHRASE, "new": NEW, "again": NEW, "form_token": token}
    for wrong, said in (
        ({"old": "x"}, "The old password is not right."),
        ({"again": "x"}, "The two new passwords are not the same."),
        ({"new": "short", "again": "short"}, "at least 12 characters"),
    ):
        answer = api.post("/account/password", data={**form, **wrong})
        assert (answer.status_code, said in answer.text) == (422, True)
    answer = api.post("/account/password", data=form)
    assert "Your password is changed" in answer.text
    assert api.cookies[COOKIE] != root
    assert api.get("/account", headers={"Cookie": f"{COOKIE}={root}"}).status_code == 401


def test_admins_make_users_and_keys_whose_secrets_are_shown_once(api: Client, root: str) -> None:
    token = {"form_token": sessions.form_token(root)}
    user = {**token, "name": "li.na", "name_zh": "李娜", "role": "reader", "departments": "law"}
    made = api.post("/admin/users", data=user)
    (password,) = secrets_on(made)
    assert made.headers["cache-control"] == "no-store"
    assert sign_in(TestClient(api.app), name="li.na", password=password).status_code == 303
    renewed = api.post("/admin/users/li.na/password", data=token)
    assert secrets_on(renewed) != [password]
    made = api.post("/admin/keys", data={**token, "name": "system", "role": "reader"})
    (key,) = secrets_on(made)
    rotated = api.post("/admin/keys/9/rotate", data=token)
    assert rotated.status_code == 404
    shown = api.get("/admin/keys").text + api.get("/admin/users").text
    assert key[:10] in shown
    assert "李娜" in api.get("/admin/users/li.na").text
    assert not any(secret in shown for secret in (key, password, *secrets_on(renewed)))


def secrets_on(page: Response) -> list[str]:
    return re.findall(r'<code class="secret">([^<]+)</code>', page.text)


def test_what_is_wrong_with_a_form_is_told_and_what_was_typed_stays(api: Client, root: str) -> None:
    token = {"form_token": sessions.form_token(root)}
    answer = api.post("/admin/users", data={**token, "name": "Bad Name", "name_en": "Kept"})
    assert answer.status_code == 422
    assert "cannot be a user" in answer.text
    assert 'value="Kept"' in answer.text
    answer = api.post("/admin/keys", data={**token, "name": "Kept", "expires_days": "x"})
    assert (answer.status_code, 'value="Kept"' in answer.text) == (422, True)
    answer = api.post("/admin/users/root", data={**token, **admin({}), "role": "reader"})
    assert answer.status_code == 409


def test_the_journal_is_shown_page_by_page_and_the_ledger_verified(api: Client, root: str) -> None:
    token = {"form_token": sessions.form_token(root)}
    verified = api.post("/admin/verify", data=token)
    assert "No violation was found." in verified.text
    journal = api.get("/admin/journal")
    numbers = [int(one) for one in re.findall(r'<th scope="row">(?:<a[^>]*>)?(\d+)', journal.text)]
    assert numbers == list(range(numbers[0], 0, -1))
    older = api.get("/admin/journal", params={"before": "3"})
    assert re.findall(r'<th scope="row">(?:<a[^>]*>)?(\d+)', older.text) == ["2", "1"]
    assert api.get("/admin/journal", params={"before": "x"}).status_code == 200
