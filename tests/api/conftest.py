"""The small office behind its API, with a key for every role."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.domain.access import Role
from app.ledger import keys
from app.main import create_app
from app.settings import Settings
from tests.api.contract import Client
from tests.ledger.small_office import ADMIN, fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.ledger.office import Office
    from tests.clock import Clock

Start = "Callable[..., Client]"


def issue(office: Office, name: str, role: Role, *departments: str) -> str:
    """Make a key and return it."""
    with office.database.write() as connection:
        stored = office.catalogue(connection)
        new = keys.NewKey(name, role, departments)
        return keys.create(connection, stored, new, actor=ADMIN, now=office.clock())[1]


@pytest.fixture
def start(office: Office, clock: Clock) -> Iterator[Callable[..., Client]]:
    """Start the application on the office's database, with other settings if need be."""
    url = office.database.url.render_as_string(hide_password=False)
    started: list[Client] = []

    def start(**settings: object) -> Client:
        given = Settings.model_validate({"database_url": url, **settings})
        client = Client(create_app(given, clock))
        client.__enter__()
        started.append(client)
        return client

    yield start
    for client in started:
        client.__exit__()


@pytest.fixture
def small_office(office: Office) -> Office:
    """The small office, with a key for every role, and one that reaches `law` alone."""
    return fill(office)


@pytest.fixture
def secrets(small_office: Office) -> dict[str, str]:
    """Every key by its name: the role's, `law` and `exam`."""
    made = {role.value: issue(small_office, role.value, role) for role in Role}
    for code in ("law", "exam"):
        made[code] = issue(small_office, code, Role.REPORTER, code)
    return made


@pytest.fixture
def api(start: Callable[..., Client], secrets: dict[str, str]) -> Client:
    """The small office's API."""
    client = start()
    client.keys = secrets
    return client
