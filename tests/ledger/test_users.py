from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from app.domain.access import Role
from app.domain.user import Profile, User, password_faults, user_name
from app.errors import NameTaken, NotFound
from app.ledger import invariants, journal, sessions, users
from app.ledger.tables import journal as journal_table
from app.ledger.tables import user_password, user_version
from tests.ledger.small_office import ADMIN, add_user, assert_whole, fill

if TYPE_CHECKING:
    from app.domain.access import Actor
    from app.ledger.office import Office
    from tests.clock import Clock

PHRASE = "correct horse battery"


@pytest.fixture
def filled(office: Office) -> Office:
    return fill(office)


def change(office: Office, name: str, profile: Profile) -> User:
    with office.database.write() as connection:
        stored = office.catalogue(connection)
        return users.change(connection, stored, name, profile, actor=ADMIN, now=office.clock())


def get(office: Office, name: str) -> User | None:
    with office.database.read() as connection:
        return users.get(connection, name)


def test_a_user_acts_under_name_role_and_reach(filled: Office) -> None:
    user = add_user(filled, "wang.min", Role.REPORTER, "law", "exam", "law")
    assert get(filled, "wang.min") == user
    assert user.profile.departments == ("exam", "law")
    actor = user.actor
    assert (actor.name, actor.role, actor.user, actor.key) == ("wang.min", Role.REPORTER, 1, None)
    assert actor.departments == frozenset({"exam", "law"})
    assert not actor.is_machine
    assert add_user(filled, "all", Role.READER).actor.departments is None


def test_a_password_is_its_users_own_once_the_user_has_set_it(filled: Office) -> None:
    mine = add_user(filled, "wang.min", Role.REPORTER, password=PHRASE)
    other = add_user(filled, "li.hua", Role.ADMIN, password=PHRASE)

    def own() -> tuple[bool, bool]:
        with filled.database.read() as connection:
            found = [users.has_own_password(connection, one) for one in (mine, other)]
        return found[0], found[1]

    def set_by(actor: Actor) -> None:
        with filled.database.write() as connection:
            users.set_password(connection, mine, "a hash", actor=actor, now=filled.clock())

    assert own() == (False, False)
    set_by(mine.actor)
    assert own() == (True, False)
    set_by(other.actor)
    assert own() == (False, False)


def test_every_change_is_a_version_and_an_entry_of_the_journal(
    filled: Office, clock: Clock
) -> None:
    first = add_user(filled, "wang.min", Role.REPORTER, "law")
    clock.forward(days=1)
    profile = replace(first.profile, role=Role.APPROVER, departments=("exam", "law"))
    second = change(filled, "wang.min", profile)
    third = change(filled, "wang.min", replace(profile, disabled=True))
    fourth = change(filled, "wang.min", replace(profile, departments=("law", "exam")))
    assert [one.version for one in (first, second, third, fourth)] == [1, 2, 3, 4]
    assert (fourth.created_at, fourth.changed_at) == (first.created_at, clock())
    assert fourth.profile == profile
    with filled.database.read() as connection:
        told = journal.listed(connection, limit=4)
        assert len(connection.execute(select(user_version)).all()) == 4
    assert [(one.kind, one.action, one.subject) for one in reversed(told)] == [
        ("user", action, "wang.min") for action in ("create", "change", "disable", "enable")
    ]
    assert_whole(filled.database)


def test_the_same_again_is_no_version(filled: Office) -> None:
    user = add_user(filled, "wang.min", Role.REPORTER, "law", "exam")
    with filled.database.read() as connection:
        before = journal.position(connection)
    assert change(filled, "wang.min", replace(user.profile, departments=("law", "exam"))) == user
    with filled.database.read() as connection:
        assert journal.position(connection) == before


def test_the_seals_hold_with_users_in_the_ledger(filled: Office) -> None:
    user = add_user(filled, "wang.min", Role.REPORTER, "law", password=PHRASE)
    change(filled, "wang.min", replace(user.profile, name_en="Wang Min"))
    with filled.database.read() as connection:
        assert [rule for rule in invariants.check_all(connection) if rule.violations] == []


def test_the_journal_tells_users_keys_and_the_machine_apart(filled: Office) -> None:
    user = add_user(filled, "root", Role.ADMIN)
    with filled.database.write() as connection:
        stored = filled.catalogue(connection)
        profile = Profile("x", "x", Role.READER)
        for name, actor in (("a", user.actor), ("b", replace(user.actor, user=None, key=7))):
            users.create(connection, stored, name, profile, actor=actor, now=filled.clock())
    with filled.database.read() as connection:
        by_key, by_user, by_machine = journal.listed(connection, limit=3)
    assert [(one.user, one.key) for one in (by_machine, by_user, by_key)] == [
        (None, None), (user.id, None), (None, 7),
    ]  # fmt: skip


def test_a_name_is_given_once_also_after_its_user_was_disabled(filled: Office) -> None:
    user = add_user(filled, "wang.min", Role.REPORTER)
    change(filled, "wang.min", replace(user.profile, disabled=True))
    with pytest.raises(NameTaken):
        add_user(filled, "wang.min", Role.READER)
    assert_whole(filled.database)


def test_unknown_departments_and_users_are_refused_whole(filled: Office) -> None:
    with pytest.raises(NotFound, match="no department nowhere"):
        add_user(filled, "wang.min", Role.REPORTER, "nowhere")
    assert get(filled, "wang.min") is None
    with pytest.raises(NotFound, match="no user wang"):
        change(filled, "wang.min", Profile("x", "x", Role.READER))


@pytest.mark.parametrize(
    ("change_of", "ends"),
    [
        ({"name_en": "Wang Min"}, False),
        ({"role": Role.READER}, True),
        ({"departments": ("law",)}, True),
        ({"disabled": True}, True),
    ],
)
def test_sessions_end_with_changed_rights_and_only_with_them(
    filled: Office, change_of: dict[str, object], *, ends: bool
) -> None:
    user = add_user(filled, "wang.min", Role.REPORTER)
    other = add_user(filled, "li.na", Role.REPORTER)
    with filled.database.write() as connection:
        tokens = [sessions.begin(connection, one.id, filled.clock()) for one in (user, other)]
    change(filled, "wang.min", replace(user.profile, **change_of))  # type: ignore[arg-type]
    with filled.database.read() as connection:
        mine, theirs = (sessions.find(connection, one, filled.clock()) for one in tokens)
    assert (mine is None, theirs is None) == (ends, False)


def test_an_old_passwords_hash_is_kept_nowhere(filled: Office) -> None:
    user = add_user(filled, "wang.min", Role.REPORTER, password=PHRASE)
    with filled.database.write() as connection:
        before = users.password_hash(connection, user.id)
        users.set_password(connection, user, "another hash", actor=ADMIN, now=filled.clock())
    with filled.database.read() as connection:
        kept = connection.execute(select(user_password.c.password_hash)).scalars().all()
        told = connection.execute(select(journal_table)).all()
    assert before is not None
    assert before.startswith("$argon2id$")
    assert kept == ["another hash"]
    assert before not in str(told)


def test_users_are_listed_by_name_page_by_page(filled: Office) -> None:
    for name in ("c", "a", "b"):
        add_user(filled, name, Role.READER)
    with filled.database.read() as connection:
        upto = journal.position(connection)
    add_user(filled, "aa", Role.READER)
    with filled.database.read() as connection:
        first = users.listed(connection, limit=2, upto=upto)
        rest = users.listed(connection, after="b", upto=upto)
    assert [user.name for user in (*first, *rest)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (" Wang.Min ", "wang.min"),
        ("a", "a"),
        ("a" * 64, "a" * 64),
        *((bad, None) for bad in ("", "a" * 65, "1a", "王敏", "a b", "a\nb", "ａ", "-a", "a/b")),
    ],
)
def test_names_are_read_in_any_letters_and_nothing_else_is_one(
    typed: str, name: str | None
) -> None:
    assert user_name(typed) == name


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("correct horse battery", None),
        ("一二三四五六七八九十甲乙", None),
        ("x" * 11, "password_too_short"),
        ("", "password_too_short"),
        ("abcdefghijk", "password_too_short"),
        ("a" * 257, "too_long"),
        ("aaaaaaaaaaaaaaaa", "password_too_simple"),
        ("my wang.min password", "password_too_simple"),
        ("my WANG.MIN password", "password_too_simple"),
    ],
)
def test_a_password_is_long_and_not_the_name(password: str, code: str | None) -> None:
    found = list(password_faults(password, "wang.min"))
    assert not list(password_faults("a phrase with c in it", "c"))
    assert [one.code for one in found] == ([] if code is None else [code])
    assert not [one for one in found if password and password in str(one)]
