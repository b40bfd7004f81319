"""`dabiao key`: made and shown once, listed without the secret, revoked for ever."""

from __future__ import annotations

import datetime as dt
import re
from functools import partial
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from app.domain.access import Role
from app.ledger import keys
from app.ledger.database import Database
from app.ledger.office import Office
from tests.cli.running import dabiao, table

if TYPE_CHECKING:
    from app.domain.access import Actor

KEY = re.compile(r"dbk_[A-Za-z0-9_-]{43}\n")
CHINESE_NAME = "统计系统 [bold]"


def created(*options: str) -> str:
    ran = dabiao("key", "create", *options)
    assert (ran.status, ran.err) == (0, "")
    assert KEY.fullmatch(ran.out)  # one line, and nothing else
    return ran.out.strip()


def bearer(url: str, secret: str, *, days_from_now: int = 0) -> Actor | None:
    database = Database(url)
    with database.read() as connection:
        now = dt.datetime.now(dt.UTC) + dt.timedelta(days=days_from_now)
        found = keys.find(connection, secret, now)
    database.close()
    return found


@pytest.mark.parametrize("role", list(Role))
def test_a_key_opens_what_it_was_made_for(role: Role, catalogue: str) -> None:
    found = bearer(catalogue, created("--role", role))
    assert found is not None
    assert (found.name, found.role, found.departments) == (f"{role} key", role, None)


def test_a_key_is_named_and_reaches_its_departments_alone(loaded: str) -> None:
    found = bearer(
        loaded,
        created(
            "--role", "reporter", "--name", CHINESE_NAME, "--department", "law",
            "--department", "exam",
        ),
    )  # fmt: skip
    assert found is not None
    assert (found.name, found.key) == (CHINESE_NAME, 1)
    assert found.departments == frozenset(("law", "exam"))


def test_a_key_ends_after_its_days(loaded: str) -> None:
    secret = created("--role", "reader", "--expires", "30")
    assert bearer(loaded, secret, days_from_now=29) is not None
    assert bearer(loaded, secret, days_from_now=31) is None
    assert created("--role", "reader", "--expires", "36500")


def test_a_revoked_key_opens_nothing_and_the_others_stay(loaded: str) -> None:
    first, second = created("--role", "reader"), created("--role", "planner")
    for _ in range(2):  # a second time changes nothing
        ran = dabiao("key", "revoke", "1")
        assert (ran.status, ran.out, ran.err) == (0, "Key 1 is revoked.\n", "")
    assert bearer(loaded, first) is None
    assert bearer(loaded, second) is not None
    assert [one["state"] for one in dabiao("key", "list", "--json").json] == ["revoked", "valid"]


def test_a_key_for_an_unknown_department_is_not_made(loaded: str) -> None:
    ran = dabiao("key", "create", "--role", "reporter", "--department", "exam", "--department", "x")
    assert (ran.status, ran.out) == (1, "")
    assert ran.line == "there is no department x"
    assert dabiao("key", "list", "--json").json == []
    del loaded


@pytest.mark.usefixtures("catalogue")
def test_the_list_shows_every_key_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = [
        created("--role", "reporter", "--name", CHINESE_NAME, "--department", "law"),
        created("--role", "reader", "--expires", "1"),
        created("--role", "admin"),
    ]
    dabiao("key", "revoke", "3")
    monkeypatch.setenv("COLUMNS", "100")
    shown = dabiao("key", "list").out
    heading, *rows = table(shown)
    assert max(map(cell_len, shown.splitlines())) <= 100
    assert heading == [
        "id", "begins", "name", "role", "departments", "made", "used", "ends", "state",
    ]  # fmt: skip
    assert [[*row[:5], row[8]] for row in rows] == [
        ["1", secrets[0][:10], CHINESE_NAME, "reporter", "law", "valid"],
        ["2", secrets[1][:10], "reader key", "reader", "all", "valid"],
        ["3", secrets[2][:10], "admin key", "admin", "all", "revoked"],
    ]
    assert [row[6] for row in rows] == ["-"] * 3
    assert [row[7] == "-" for row in rows] == [True, False, False]
    listed = dabiao("key", "list", "--json")
    assert [one["departments"] for one in listed.json] == [["law"], [], []]
    assert listed.json[1]["expires_at"].endswith("+08:00")
    assert not any(secret in shown + listed.out for secret in secrets)


@pytest.mark.usefixtures("catalogue")
def test_an_expired_key_is_listed_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    created("--role", "reader", "--expires", "1")
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
    monkeypatch.setattr("app.cli.context.Office", partial(Office, clock=lambda: later))
    assert table(dabiao("key", "list").out)[1][8] == "expired"
