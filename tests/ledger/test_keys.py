from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from app.domain.access import Role
from app.errors import NotFound
from app.ledger import keys
from app.ledger.keys import NewKey
from app.ledger.tables import api_key, metadata
from tests.ledger.small_office import ADMIN, assert_whole, fill

if TYPE_CHECKING:
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
