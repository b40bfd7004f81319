from __future__ import annotations

import asyncio
from base64 import b64encode

import bcrypt
import pytest

from app.web_config.passwords import Passwords
from tests.web_config.conftest import HASH, PASSWORD

USERS = {"scraper": HASH, "采集": HASH.replace("$2b$", "$2y$")}


def credentials(name: str, password: str) -> str:
    return b64encode(f"{name}:{password}".encode()).decode()


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that passwords were computed against, in turn."""
    hashes: list[str] = []
    compute = bcrypt.checkpw

    def noting(password: bytes, hashed: bytes) -> bool:
        hashes.append(hashed.decode())
        return compute(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", noting)
    return hashes


@pytest.mark.parametrize("name", USERS)
def test_a_right_password_is_computed_once(computed: list[str], name: str) -> None:
    async def thrice() -> list[bool]:
        door = Passwords()
        return [await door.admits(USERS, credentials(name, PASSWORD)) for _ in range(3)]

    assert asyncio.run(thrice()) == [True, True, True]
    assert computed == [USERS[name]]


def test_a_wrong_one_never_passes_and_a_changed_one_no_longer(computed: list[str]) -> None:
    async def tried() -> list[bool]:
        door = Passwords()
        right = credentials("scraper", PASSWORD)
        changed = {"scraper": bcrypt.hashpw(b"new", bcrypt.gensalt(4)).decode()}
        return [
            await door.admits(users, given)
            for users, given in (
                (USERS, right),
                (USERS, credentials("scraper", "guess")),
                (USERS, credentials("采集", "guess")),
                (changed, right),
                ({}, right),
            )
        ]

    assert asyncio.run(tried()) == [True, False, False, False, False]
    assert len(computed) == 5


def test_an_unknown_name_costs_what_a_known_one_costs(computed: list[str]) -> None:
    assert not asyncio.run(Passwords().admits(USERS, credentials("nobody", PASSWORD)))
    (hashed,) = computed
    assert hashed not in USERS.values()
    assert hashed.startswith("$2b$10$")


@pytest.mark.parametrize(
    "given",
    [
        "",
        "c2NyYXBlcg==",  # no colon
        "not base64",
        "/////w==",  # not UTF-8
        credentials("scraper", f"{PASSWORD}\0"),
        credentials("scraper", PASSWORD + 100 * "x"),  # longer than bcrypt reads
        credentials("", ""),
    ],
)
def test_what_makes_no_sense_does_not_pass(given: str) -> None:
    assert not asyncio.run(Passwords().admits(USERS, given))
