from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from app.domain.access import Role
from app.errors import KeyEnded, NotFound
from app.ledger import keys
from app.ledger.database import Database
from app.ledger.key_uses import KeyUses
from app.ledger.keys import NewKey
from app.ledger.tables import api_key, metadata
from tests.ledger.small_office import ADMIN, assert_whole, fill

if TYPE_CHECKING:
    from pathlib import Path

    from app.domain.access import Actor
    from app.ledger.office import Office
    from tests.clock import Clock


@pytest.fixture
def filled(office: Office) -> Office:
    return fill(office)


def create(office: Office, new: NewKey) -> tuple[int, str]:
    with office.database.write() as connection:
        stored = office.catalogue(connection)
        return keys.create(connection, stored, new, actor=ADMIN, now=office.clock())


def find(office: Office, secret: str) -> Actor | None:
    with office.database.read() as connection:
        return keys.find(connection, secret, office.clock())


def revoke(office: Office, number: int) -> None:
    with office.database.write() as connection:
        keys.revoke(connection, number, actor=ADMIN, now=office.clock())


def test_a_key_is_found_by_its_secret_with_its_role_and_reach(filled: Office) -> None:
    number, secret = create(filled, NewKey("北方", Role.REPORTER, ("law", "exam", "law")))
    actor = find(filled, secret)
    assert actor is not None
    assert (actor.name, actor.role, actor.key) == ("北方", Role.REPORTER, number)
    assert actor.departments == frozenset({"exam", "law"})


def test_a_key_without_departments_reaches_all(filled: Office) -> None:
    actor = find(filled, create(filled, NewKey("all", Role.APPROVER))[1])
    assert actor is not None
    assert actor.departments is None


def test_a_wrong_secret_finds_nobody(filled: Office) -> None:
    _, right = create(filled, NewKey("gate", Role.ADMIN))
    wrong = ["", "dbk_", "dbk_" + "A" * 43, "密钥", "x" * 100_000, right.lower(), right[:-1]]
    assert [find(filled, secret) for secret in wrong] == [None] * len(wrong)


def test_the_secret_itself_is_kept_nowhere(filled: Office) -> None:
    _, secret = create(filled, NewKey("gate", Role.ADMIN))
    assert secret.startswith("dbk_")
    assert len(secret) > 40
    with filled.database.read() as connection:
        kept = [str(connection.execute(select(table)).all()) for table in metadata.sorted_tables]
        (digest,) = connection.execute(select(api_key.c.secret_hash)).scalars()
    assert secret.removeprefix("dbk_") not in "".join(kept)
    assert digest == hashlib.sha256(secret.encode()).hexdigest()


def test_two_keys_are_never_the_same(filled: Office) -> None:
    made = [create(filled, NewKey("gate", Role.READER)) for _ in range(5)]
    assert [number for number, _ in made] == [1, 2, 3, 4, 5]
    assert len({secret for _, secret in made}) == 5


def test_a_key_ends_at_the_instant_it_expires(filled: Office, clock: Clock) -> None:
    expires = clock() + dt.timedelta(days=1)
    _, secret = create(filled, NewKey("gate", Role.READER, expires_at=expires))
    clock.forward(days=1, microseconds=-1)
    assert find(filled, secret) is not None
    clock.forward(microseconds=1)
    assert find(filled, secret) is None


def test_a_revoked_key_is_dead_at_once_and_for_ever(filled: Office, clock: Clock) -> None:
    number, secret = create(filled, NewKey("gate", Role.READER))
    _, other = create(filled, NewKey("gate", Role.READER))
    clock.forward(hours=1)
    revoke(filled, number)
    revoked_at = clock()
    assert find(filled, secret) is None
    assert find(filled, other) is not None
    clock.forward(hours=1)
    revoke(filled, number)  # changes nothing
    with filled.database.read() as connection:
        one, two = keys.listed(connection)
    assert (one.revoked_at, two.revoked_at) == (revoked_at, None)
    assert_whole(filled.database)


def test_the_list_tells_everything_but_the_secrets(filled: Office, clock: Clock) -> None:
    expires = clock() + dt.timedelta(days=30)
    _, east = create(filled, NewKey("east", Role.REPORTER, ("exam-east",), expires))
    _, root = create(filled, NewKey("root", Role.ADMIN))
    with filled.database.read() as connection:
        assert keys.listed(connection) == [
            keys.Key(1, "east", Role.REPORTER, ("exam-east",), clock(), expires, None, east[:10]),
            keys.Key(2, "root", Role.ADMIN, (), clock(), None, None, root[:10]),
        ]


def test_a_key_for_an_unknown_department_is_not_made(filled: Office) -> None:
    with pytest.raises(NotFound, match="there is no department nowhere"):
        create(filled, NewKey("gate", Role.REPORTER, ("exam", "nowhere")))
    with filled.database.read() as connection:
        assert keys.listed(connection) == []
    assert_whole(filled.database)


def test_a_key_that_is_not_there_cannot_be_revoked(filled: Office) -> None:
    with pytest.raises(NotFound, match="there is no key 7"):
        revoke(filled, 7)


def rotate(office: Office, number: int, **overlap: float) -> tuple[int, str]:
    with office.database.write() as connection:
        stored = office.catalogue(connection)
        span = dt.timedelta(**overlap) if overlap else keys.USUAL_OVERLAP
        return keys.rotate(connection, stored, number, span, actor=ADMIN, now=office.clock())


def key(office: Office, number: int) -> keys.Key:
    with office.database.read() as connection:
        return keys.get(connection, number)


def test_a_rotated_key_and_its_successor_go_on_side_by_side_for_a_while(
    filled: Office, clock: Clock
) -> None:
    expires = clock() + dt.timedelta(days=90)
    number, old = create(filled, NewKey("east", Role.REPORTER, ("exam-east",), expires))
    clock.forward(days=80)
    successor, new = rotate(filled, number)
    bearers = [find(filled, secret) for secret in (old, new)]
    assert [one and (one.name, one.role, one.departments, one.key) for one in bearers] == [
        ("east", Role.REPORTER, frozenset({"exam-east"}), one) for one in (number, successor)
    ]
    assert key(filled, successor).expires_at == clock() + dt.timedelta(days=90)
    assert (key(filled, number).state(clock()), key(filled, number).replaced_by) == (
        "ending", successor,
    )  # fmt: skip
    clock.forward(days=7, microseconds=-1)
    assert find(filled, old) is not None
    clock.forward(microseconds=1)
    assert find(filled, old) is None
    assert find(filled, new) is not None
    assert key(filled, number).state(clock()) == "replaced"
    assert_whole(filled.database)


def test_a_key_never_outlives_its_own_expiry_by_being_rotated(filled: Office, clock: Clock) -> None:
    expires = clock() + dt.timedelta(days=2)
    number, old = create(filled, NewKey("east", Role.READER, (), expires))
    rotate(filled, number)
    assert key(filled, number).ends_at == expires
    clock.forward(days=2)
    assert find(filled, old) is None


@pytest.mark.parametrize("state", ["revoked", "expired", "ending", "replaced"])
def test_a_key_that_has_ended_or_was_rotated_is_not_rotated(
    filled: Office, clock: Clock, state: str
) -> None:
    expires = clock() + dt.timedelta(days=1) if state == "expired" else None
    number, _ = create(filled, NewKey("east", Role.READER, (), expires))
    if state == "revoked":
        revoke(filled, number)
    elif state == "expired":
        clock.forward(days=1)
    else:
        rotate(filled, number, days=0 if state == "replaced" else 1)
    with pytest.raises(KeyEnded, match=f"key {number} is {state}"):
        rotate(filled, number)
    with pytest.raises(NotFound):
        rotate(filled, 99)


def test_uses_are_noted_now_and_then_in_the_background(filled: Office, clock: Clock) -> None:
    number, _ = create(filled, NewKey("gate", Role.READER))
    other, _ = create(filled, NewKey("gate", Role.READER))
    begun = clock()
    for minutes, noted in ((0, 0), (9, 0), (11, 11), (12, 11)):
        uses = KeyUses(filled.database)  # another process, which knows nothing of the first
        clock.now = begun + dt.timedelta(minutes=minutes)
        for _ in range(3):
            uses.note(number, clock())
        uses.close()
        assert key(filled, number).used_at == begun + dt.timedelta(minutes=noted)
    assert key(filled, other).used_at is None


def test_a_use_after_the_end_is_passed_over(filled: Office, clock: Clock) -> None:
    number, _ = create(filled, NewKey("gate", Role.READER))
    uses = KeyUses(filled.database)
    uses.close()
    uses.note(number, clock())
    assert key(filled, number).used_at is None


def test_a_use_is_not_worth_an_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    database = Database(f"sqlite:///{tmp_path / 'not-migrated.db'}")
    uses = KeyUses(database)
    uses.note(1, dt.datetime(2014, 1, 5, tzinfo=dt.UTC))
    uses.close()
    database.close()
    assert "could not be noted" in caplog.text
