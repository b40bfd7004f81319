"""`dabiao user`: a password is made and shown once, or typed out of sight; never an argument."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from app.errors import NotAuthenticated
from app.ledger.database import Database
from app.ledger.office import Office
from app.ledger.signing_in import sign_in
from tests.cli.running import dabiao, table

if TYPE_CHECKING:
    from collections.abc import Iterator

MADE = re.compile(r"(?:[a-z2-9]{5}-){3}[a-z2-9]{5}\n")
PHRASE = "correct horse battery"


@pytest.fixture
def office(loaded: str) -> Iterator[Office]:
    """Give the office that the commands write to."""
    database = Database(loaded)
    yield Office(database, ZoneInfo("Asia/Shanghai"))
    database.close()


def signs_in(office: Office, name: str, password: str) -> bool:
    try:
        sign_in(office, name, password, None)
    except NotAuthenticated:
        return False
    return True


def test_a_password_that_is_made_is_printed_once_and_opens(office: Office) -> None:
    ran = dabiao("user", "create", "wang.min", "--role", "reporter", "--department", "exam")
    assert (ran.status, ran.err) == (0, "User wang.min is made.\n")
    assert MADE.fullmatch(ran.out)
    assert signs_in(office, "wang.min", ran.out.strip())
    assert ran.out.strip() not in dabiao("user", "list", "--json").out


def test_a_password_from_standard_input_is_not_printed(office: Office) -> None:
    ran = dabiao("user", "create", "li.na", "--role", "planner", "--stdin", stdin=f"{PHRASE}\n")
    assert (ran.status, ran.out) == (0, "")
    assert signs_in(office, "li.na", PHRASE)
    ran = dabiao("user", "password", "li.na", "--stdin", stdin="another long phrase\r\n")
    assert (ran.status, ran.out) == (0, "")
    assert not signs_in(office, "li.na", PHRASE)
    assert signs_in(office, "li.na", "another long phrase")


@pytest.mark.usefixtures("catalogue")
def test_there_is_no_way_to_give_a_password_on_the_command_line() -> None:
    for arguments in (("create", "li.na", "--role", "reader"), ("password", "li.na")):
        ran = dabiao("user", *arguments, "--password", PHRASE)
        assert (ran.status, ran.out) == (2, "")
        assert PHRASE not in ran.err


@pytest.mark.usefixtures("catalogue")
def test_where_there_is_no_terminal_nobody_is_asked() -> None:
    ran = dabiao("user", "create", "li.na", "--role", "reader", "--prompt", stdin=f"{PHRASE}\n")
    assert (ran.status, ran.out) == (2, "")
    assert "--stdin" in ran.line


def test_who_is_disabled_cannot_sign_in_until_enabled(office: Office) -> None:
    made = dabiao("user", "create", "li.na", "--role", "reader").out.strip()
    assert dabiao("user", "disable", "li.na").out == "User li.na is disabled.\n"
    assert not signs_in(office, "li.na", made)
    assert dabiao("user", "enable", "li.na").out == "User li.na is enabled.\n"
    assert signs_in(office, "li.na", made)


@pytest.mark.usefixtures("catalogue")
def test_what_is_not_named_stays_as_it_is() -> None:
    dabiao(
        "user", "create", "li.na", "--role", "reader", "--name-zh", "李娜", "--department", "law"
    )
    assert dabiao("user", "change", "li.na", "--role", "approver").status == 0
    assert dabiao("user", "change", "li.na", "--name-en", "Li Na").status == 0
    (told,) = dabiao("user", "list", "--json").json
    assert [told[field] for field in ("name_zh", "name_en", "role", "departments", "version")] == [
        "李娜", "Li Na", "approver", ["law"], 3,
    ]  # fmt: skip
    assert dabiao("user", "change", "li.na", "--all-departments").status == 0
    heading, row = table(dabiao("user", "list").out)
    assert heading == ["name", "中文", "English", "role", "departments", "made", "state"]
    assert [*row[:5], row[6]] == ["li.na", "李娜", "Li Na", "approver", "all", "enabled"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create", "Wang Min", "--role", "reader"), "“Wang Min” cannot be a user's name"),
        (("create", "li.na", "--role", "reader", "--department", "x"), "no department “x”"),
        (("create", "li.na", "--role", "reader", "--stdin"), "at least 12 characters"),
        (("password", "nobody"), "there is no user nobody"),
        (("disable", "nobody"), "there is no user nobody"),
        (("create", "taken", "--role", "reader"), "there is a user taken already"),
    ],
)
@pytest.mark.usefixtures("catalogue")
def test_what_cannot_be_done_is_1_and_says_why(arguments: tuple[str, ...], said: str) -> None:
    dabiao("user", "create", "taken", "--role", "reader")
    ran = dabiao("user", *arguments, stdin="short\n")
    assert (ran.status, ran.out) == (1, "")
    assert said in ran.err
    assert [one["name"] for one in dabiao("user", "list", "--json").json] == ["taken"]


@pytest.mark.usefixtures("catalogue")
def test_on_the_machine_itself_the_last_admin_can_go() -> None:
    dabiao("user", "create", "root", "--role", "admin")
    assert dabiao("user", "disable", "root").status == 0


@pytest.mark.usefixtures("catalogue")
def test_a_rotated_key_goes_on_for_some_days() -> None:
    dabiao("key", "create", "--role", "reporter", "--department", "law", "--expires", "90")
    ran = dabiao("key", "rotate", "1", "--overlap", "14")
    assert re.fullmatch(r"dbk_[A-Za-z0-9_-]{43}\n", ran.out)
    old, new = dabiao("key", "list", "--json").json
    assert (old["state"], old["replaced_by"], new["state"]) == ("ending", 2, "valid")
    assert new["departments"] == ["law"]
    assert new["expires_at"] >= old["expires_at"]
    ran = dabiao("key", "rotate", "1")
    assert (ran.status, ran.line) == (1, "key 1 is ending and cannot be rotated")
