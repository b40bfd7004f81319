"""Signing in: what opens, what does not, how often it can be tried, and when a session ends."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from app.domain.access import Role
from app.errors import NotAuthenticated, Refused, TooManyAttempts
from app.ledger import attempts, passwords, sessions, signing_in, users
from app.ledger.tables import metadata, sign_in_count, user_session
from tests.ledger.small_office import ADMIN, add_user, fill

if TYPE_CHECKING:
    from app.ledger.office import Office
    from tests.clock import Clock

PHRASE = "correct horse battery"
WRONG = "wrong"
NEW = "another long phrase"
HERE = "192.0.2.1"
ELSEWHERE = "192.0.2.2"


@pytest.fixture
def filled(office: Office) -> Office:
    fill(office)
    add_user(office, "wang.min", Role.REPORTER, "exam", password=PHRASE)
    return office


def tried(office: Office, password: str = WRONG, name: str = "wang.min", at: str = HERE) -> str:
    """Try to sign in and tell what came of it."""
    try:
        signing_in.sign_in(office, name, password, at)
    except NotAuthenticated:
        return "refused"
    except TooManyAttempts:
        return "not looked at"
    return "in"


def who(office: Office, token: str) -> str | None:
    user = signing_in.who(office, token, office.clock())
    return None if user is None else user.name


def test_name_and_password_open_and_nothing_else_does(filled: Office) -> None:
    add_user(filled, "li.na", Role.READER)
    assert tried(filled, PHRASE) == "in"
    assert tried(filled, PHRASE, " Wang.Min") == "in"
    for name, password in (
        ("wang.min", PHRASE.upper()), ("wang.min", ""), ("wang.min", PHRASE + " "),
        ("nobody", PHRASE), ("", ""), ("不是", PHRASE), ("li.na", ""), ("li.na", PHRASE),
    ):  # fmt: skip
        assert tried(filled, password, name) == "refused"


def test_the_refusal_is_the_same_whatever_is_wrong(filled: Office) -> None:
    user = add_user(filled, "li.na", Role.READER, password=PHRASE)
    with filled.database.write() as connection:
        stored = filled.catalogue(connection)
        off = replace(user.profile, disabled=True)
        users.change(connection, stored, "li.na", off, actor=ADMIN, now=filled.clock())
    said = set()
    for name, password in (("wang.min", "wrong"), ("nobody", "wrong"), ("li.na", PHRASE)):
        with pytest.raises(NotAuthenticated) as caught:
            signing_in.sign_in(filled, name, password, HERE)
        said.add(str(caught.value))
    assert len(said) == 1


def test_a_hash_is_computed_also_where_there_is_no_such_user(
    filled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str | None] = []
    verify = passwords.verify

    def counting(stored: str | None, password: str) -> bool:
        looked_at.append(stored)
        return verify(stored, password)

    monkeypatch.setattr(passwords, "verify", counting)
    for name in ("wang.min", "nobody", "不是"):
        assert tried(filled, "wrong", name) == "refused"
    assert [stored is None for stored in looked_at] == [False, True, True]
    assert passwords._nobodys().startswith("$argon2id$")


def test_the_shipped_parameters_are_those_of_the_rfc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    made = passwords.hashed(PHRASE)
    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.verify(made, PHRASE)
    assert not passwords.is_outdated(made)


def test_a_password_is_the_same_however_its_characters_are_put_together(filled: Office) -> None:
    assert passwords.verify(passwords.hashed("Müller möchte 12"), "Mu\u0308ller mo\u0308chte 12")
    assert passwords.verify(passwords.hashed("ｆｕｌｌ width 12"), "full width 12")
    assert not passwords.verify(passwords.hashed("\ud800" * 12), PHRASE)
    del filled


def test_a_password_is_hashed_anew_when_the_parameters_have_changed(
    filled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(2, 16, 1))
    assert tried(filled, "wrong") == "refused"
    with filled.database.read() as connection:
        assert "m=8,t=1" in str(users.password_hash(connection, 1))
    assert tried(filled, PHRASE) == "in"
    with filled.database.read() as connection:
        assert "m=16,t=2" in str(users.password_hash(connection, 1))
    assert tried(filled, PHRASE) == "in"


def test_after_ten_attempts_a_name_is_not_looked_at_for_a_quarter_of_an_hour(
    filled: Office, clock: Clock
) -> None:
    assert [tried(filled) for _ in range(attempts.PER_NAME)] == ["refused"] * attempts.PER_NAME
    assert tried(filled, PHRASE) == "not looked at"
    assert tried(filled, PHRASE, "WANG.MIN", ELSEWHERE) == "not looked at"
    assert tried(filled, PHRASE, "nobody") == "refused"
    clock.forward(minutes=14, seconds=59)
    with pytest.raises(TooManyAttempts) as caught:
        signing_in.sign_in(filled, "wang.min", PHRASE, HERE)
    assert caught.value.wait == dt.timedelta(seconds=1)
    clock.forward(seconds=1)
    assert tried(filled, PHRASE) == "in"


def test_an_unknown_name_is_limited_like_a_known_one(filled: Office) -> None:
    for _ in range(attempts.PER_NAME):
        assert tried(filled, "x", "nobody") == "refused"
    assert tried(filled, "x", "nobody") == "not looked at"


def test_an_address_is_limited_over_all_names(filled: Office) -> None:
    for number in range(attempts.PER_ADDRESS):
        assert tried(filled, "x", f"user{number}") == "refused"
    assert tried(filled, PHRASE) == "not looked at"
    assert tried(filled, PHRASE, at=ELSEWHERE) == "in"


def test_the_machines_of_one_ipv6_network_count_as_one(filled: Office) -> None:
    for number in range(attempts.PER_ADDRESS):
        assert tried(filled, "x", f"user{number}", f"2001:db8::{number:x}") == "refused"
    assert tried(filled, PHRASE, at="2001:db8::ffff") == "not looked at"
    assert tried(filled, PHRASE, at="2001:db8:0:1::1") == "in"
    assert tried(filled, PHRASE, at="a socket") == "in"


def test_who_signs_in_begins_again_and_uses_up_no_address(filled: Office) -> None:
    for _ in range(attempts.PER_ADDRESS):
        assert tried(filled, PHRASE) == "in"
    for _ in range(attempts.PER_NAME - 1):
        tried(filled)
    assert tried(filled, PHRASE) == "in"
    assert tried(filled) == "refused"


def test_attempts_that_come_together_are_all_counted(filled: Office) -> None:
    with ThreadPoolExecutor(8) as pool:
        came = list(pool.map(lambda _: tried(filled), range(2 * attempts.PER_NAME)))
    assert sorted(came) == ["not looked at"] * attempts.PER_NAME + ["refused"] * attempts.PER_NAME


def test_counts_are_forgotten_and_name_nobody(filled: Office, clock: Clock) -> None:
    tried(filled, "x", "my secret password")
    with filled.database.read() as connection:
        kept = str(connection.execute(select(sign_in_count)).all())
    assert "secret" not in kept
    clock.forward(hours=1)
    tried(filled, PHRASE)
    with filled.database.read() as connection:
        rows = connection.execute(select(sign_in_count.c.attempts)).scalars().all()
    assert rows == [0]


def test_a_session_ends_unused_and_at_last_in_any_case(filled: Office, clock: Clock) -> None:
    token = signing_in.sign_in(filled, "wang.min", PHRASE, HERE)
    idle = signing_in.sign_in(filled, "wang.min", PHRASE, HERE)
    clock.forward(hours=1, minutes=59)
    assert (who(filled, token), who(filled, "x"), who(filled, "")) == ("wang.min", None, None)
    clock.forward(minutes=2)
    assert (who(filled, token), who(filled, idle)) == ("wang.min", None)
    for _ in range(5):
        clock.forward(hours=1, minutes=55)
        assert who(filled, token) == "wang.min"
    clock.forward(hours=1)
    assert who(filled, token) is None


def test_that_a_session_is_used_is_rarely_written(filled: Office, clock: Clock) -> None:
    token = signing_in.sign_in(filled, "wang.min", PHRASE, HERE)
    seen = []
    for _ in range(3):
        who(filled, token)
        with filled.database.read() as connection:
            seen.append(connection.execute(select(user_session.c.seen_at)).scalar_one())
        clock.forward(minutes=4)
    assert seen[1] == seen[0]
    assert seen[2] == seen[0] + dt.timedelta(minutes=8)


def test_ended_sessions_are_cleared_away(filled: Office, clock: Clock) -> None:
    signing_in.sign_in(filled, "wang.min", PHRASE, HERE)
    clock.forward(days=1)
    signing_in.sign_in(filled, "wang.min", PHRASE, HERE)
    with filled.database.read() as connection:
        assert len(connection.execute(select(user_session)).all()) == 1


def test_tokens_and_passwords_are_kept_nowhere_as_they_are(filled: Office) -> None:
    token = signing_in.sign_in(filled, "wang.min", PHRASE, HERE)
    with filled.database.read() as connection:
        kept = [str(connection.execute(select(table)).all()) for table in metadata.sorted_tables]
    assert len(token) > 40
    assert not any(secret in "".join(kept) for secret in (token, PHRASE))
    assert sessions.form_token(token) != sessions.form_token("other")
    assert token not in sessions.form_token(token)


def test_another_password_ends_every_session_and_begins_one(filled: Office) -> None:
    before = signing_in.sign_in(filled, "wang.min", PHRASE, HERE)
    with pytest.raises(NotAuthenticated):
        signing_in.change_password(filled, "wang.min", "wrong", NEW, HERE)
    with pytest.raises(Refused) as caught:
        signing_in.change_password(filled, "wang.min", PHRASE, "short", HERE)
    assert [found.code for found in caught.value.findings] == ["password_too_short"]
    assert who(filled, before) == "wang.min"
    token = signing_in.change_password(filled, "wang.min", PHRASE, NEW, HERE)
    assert (who(filled, before), who(filled, token)) == (None, "wang.min")
    assert (tried(filled, PHRASE), tried(filled, NEW)) == ("refused", "in")


def test_passwords_that_are_made_differ_and_are_good_ones() -> None:
    made = {passwords.generate() for _ in range(50)}
    assert len(made) == 50
    assert {len(one) for one in made} == {23}
