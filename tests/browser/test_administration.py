"""An admin's errands in a browser: a user from the first sign-in on, a key's life, the proof."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import httpx
import pytest

from app.ledger.backup import restore
from app.ledger.database import Database
from tests.browser.conftest import ADMIN, DESKTOP, PASSWORD, PHONE, sign_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.conftest import Look, Site

pytestmark = [pytest.mark.part("chromium"), pytest.mark.xdist_group("browser")]

TARGET: Final = "/targets/work-plan-2013/invention-pendency/examination-management"
OWN: Final = "only this user knows it"
REFUSED: Final = (
    "Failed to load resource: the server responded with a status of 403 (Forbidden)",
    "Failed to load resource: the server responded with a status of 401 (Unauthorized)",
)
WIDTHS: Final = (320, PHONE, DESKTOP, 1920)


def secret_of(window: Look) -> str:
    """Return what a page shows this once."""
    secret = window.page.locator(".secret")
    assert secret.count() == 1
    return secret.inner_text()


def make_user(window: Look, name: str, department: str) -> str:
    """Make a reporter on the page of users; returns the password shown."""
    page = window.page
    window.open("/admin/users")
    page.get_by_label("Name to sign in with").fill(name)
    page.get_by_label("Name in Chinese").fill("王敏")
    page.get_by_label("Role").select_option("reporter")
    page.get_by_label("Departments, with all below them").select_option(department)
    page.get_by_role("button", name="Make the user").click()
    page.get_by_role("heading", name=f"User {name} is made").wait_for()
    return secret_of(window)


def test_a_user_is_made_signs_in_and_takes_a_password_of_their_own(
    administered: Site, look: Callable[..., Look]
) -> None:
    assert administered.url
    admin, user = look(language="en"), look(PHONE, "en")
    sign_in(admin, ADMIN, PASSWORD)
    given = make_user(admin, "wang.min", "examination-management")
    admin.open("/admin/users")
    assert given not in admin.page.content()

    sign_in(user, "wang.min", given, TARGET)
    assert user.page.url == user.url + TARGET
    user.page.get_by_role("link", name="Choose one that only you know").click()
    user.page.get_by_label("Old password").fill(given)
    user.page.get_by_label("New password").fill(OWN)
    user.page.get_by_label("The new one again").fill(OWN)
    user.page.get_by_role("button", name="Change the password").click()
    user.page.get_by_text("Your password is changed.").wait_for()
    assert user.page.get_by_text("An admin made your password.").count() == 0
    user.page.get_by_role("button", name="Sign out").click()
    user.page.wait_for_url("**/sign-in")
    sign_in(user, "wang.min", OWN)

    # What a reporter's rights leave out is in no menu, and is refused by its address.
    assert user.page.get_by_role("link", name="Administration").count() == 0
    answer = user.page.goto(f"{user.url}/admin/users")
    assert answer is not None
    assert answer.status == 403
    # What Chromium remarks on a sign-out is no trouble, nor are refusals here.
    assert [one for one in user.troubles if "Clear-Site-Data" not in one] == list(REFUSED[:1])
    user.troubles.clear()


def test_another_password_ends_the_sessions_and_has_to_be_changed(
    administered: Site, look: Callable[..., Look]
) -> None:
    assert administered.url
    admin, user = look(language="en"), look(language="en")
    sign_in(admin, ADMIN, PASSWORD)
    sign_in(user, "li.hua", make_user(admin, "li.hua", "patent-management"))
    admin.open("/admin/users/li.hua")
    admin.page.get_by_role("button", name="Make another password").click()
    admin.page.get_by_role("heading", name="The user has another password").wait_for()
    given = secret_of(admin)

    user.open("/")
    assert user.page.get_by_role("button", name="Sign out").count() == 0
    sign_in(user, "li.hua", given)
    assert user.page.get_by_text("An admin made your password.").is_visible()

    admin.open("/admin/users/li.hua")
    admin.page.get_by_label("May not sign in any more").check()
    admin.page.get_by_role("button", name="Save").click()
    row = admin.page.get_by_role("row").filter(has_text="li.hua")
    assert "disabled" in row.inner_text()
    user.page.goto(f"{user.url}/sign-in")
    user.page.get_by_label("User name").fill("li.hua")
    user.page.get_by_label("Password").fill(given)
    user.page.get_by_role("main").get_by_role("button", name="Sign in").click()
    user.page.get_by_text("Name or password are not right.").wait_for()
    user.troubles[:] = [one for one in user.troubles if one not in REFUSED]


def reads(site: Site, key: str) -> int:
    """Return how the API answers a key that asks for what nobody else may see."""
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.get(f"{site.url}/api/v1/keys", headers=headers, trust_env=False).status_code


def test_a_key_is_shown_once_rotated_and_revoked(
    administered: Site, look: Callable[..., Look]
) -> None:
    window = look(language="en")
    page = window.page
    sign_in(window, ADMIN, PASSWORD)
    window.open("/admin/keys")
    page.get_by_label("Whose key it is").fill("Statistics system")
    page.get_by_label("Role").select_option("admin")
    page.get_by_label("Ends after so many days").fill("90")
    page.get_by_role("button", name="Make the key").click()
    first = secret_of(window)
    assert reads(administered, first) == 200
    window.open("/admin/keys")
    assert first not in page.content()

    rows = page.get_by_role("row").filter(has_text="Statistics system")
    rows.get_by_role("button", name=re.compile("^Rotate")).click()
    page.get_by_text("It is shown this once").wait_for()
    second = secret_of(window)
    assert second != first
    assert [reads(administered, key) for key in (first, second)] == [200, 200]
    assert rows.count() == 2

    for row in (rows.nth(1), rows.nth(0)):
        row.locator("summary").click()
        row.get_by_role("button", name=re.compile("for ever$")).click()
        page.wait_for_url("**/admin/keys")
    assert [reads(administered, key) for key in (first, second)] == [401, 401]
    assert rows.get_by_text("revoked").count() == 2


def test_the_journal_tells_what_was_done_and_the_ledger_proves_it(
    administered: Site, look: Callable[..., Look]
) -> None:
    window = look(language="en")
    page = window.page
    sign_in(window, ADMIN, PASSWORD)
    make_user(window, "zhang.wei", "patent-management")
    window.open("/admin/journal")
    newest = page.get_by_role("row").nth(1)
    assert "password changed" in newest.inner_text()
    assert "zhang.wei" in newest.inner_text()
    assert ADMIN in newest.inner_text()

    window.open("/admin")
    page.get_by_role("button", name="Verify now").click()
    page.get_by_text("No violation was found.").wait_for()
    # The number and the seal of the newest entry, as an auditor reads them from the log.
    number, _, seal = page.locator(".fingerprint").inner_text().partition(":")
    log = httpx.get(
        f"{administered.url}/api/v1/journal",
        headers={"Authorization": f"Bearer {administered.admin_key}"},
        trust_env=False,
    ).json()
    newest_entry = max(log["items"], key=lambda entry: entry["id"])
    assert (newest_entry["id"], newest_entry["seal"]) == (int(number), seal)


def test_a_backup_is_downloaded_whole_and_then_told_of(
    administered: Site, look: Callable[..., Look], tmp_path: Path
) -> None:
    assert administered.url
    window = look(language="en")
    sign_in(window, ADMIN, PASSWORD)
    window.open("/admin")
    with window.page.expect_download() as download:
        window.page.get_by_role("button", name="Make a backup and download it").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    moved = Database.of_file(tmp_path / "moved.db")
    point = restore(moved, path)
    moved.close()
    window.open("/admin")
    told = window.page.locator("#backups").inner_text()
    assert "It holds every entry." in told
    assert path.name in told
    assert point.digest[:12] in told


PAGES: Final = (
    "/sign-in",
    "/account",
    "/admin",
    "/admin/users",
    f"/admin/users/{ADMIN}",
    "/admin/keys",
    "/admin/journal",
)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_of_an_account_and_of_admins_fit_every_window_and_keep_nobody_out(
    administered: Site, look: Callable[..., Look], language: str
) -> None:
    assert administered.url
    window = look(PHONE, "en", color_scheme="dark")
    sign_in(window, ADMIN, PASSWORD)
    window.open(f"/language/{language}?next=/admin")
    for address in PAGES:
        window.open(address)
        assert window.violations() == [], address
        for width in WIDTHS:
            window.page.set_viewport_size({"width": width, "height": 800})
            assert window.sideways <= 0, (address, width)
        window.page.emulate_media(color_scheme="light")
        assert window.violations() == [], address
        window.page.emulate_media(color_scheme="dark")


def test_the_form_to_sign_in_is_used_by_keyboard_alone(
    administered: Site, look: Callable[..., Look]
) -> None:
    assert administered.url
    window = look(language="en")
    window.open("/sign-in?next=/account")
    window.page.keyboard.type(ADMIN)
    window.page.keyboard.press("Tab")
    window.page.keyboard.type(PASSWORD)
    window.page.keyboard.press("Enter")
    window.page.wait_for_url("**/account")
    window.page.get_by_role("heading", name="The admin").wait_for()
