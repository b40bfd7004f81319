"""The small office behind its pages, looked at as a browser asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from app.domain.access import Role
from app.ledger import sessions
from app.main import create_app
from app.settings import Settings
from tests.ledger.small_office import add_user, fill, row, send
from tests.web.cataloguing import Planner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.ledger.office import Office
    from tests.clock import Clock

TARGET = "/targets/plan-2013/pendency/exam"
FIGURE = "/figures/pendency/exam/2013-03"


@pytest.fixture
def browse(office: Office, clock: Clock) -> Iterator[Callable[..., TestClient]]:
    """Start the application on the office's database, with other settings if need be."""
    url = office.database.url.render_as_string(hide_password=False)
    started: list[TestClient] = []

    def start(language: str = "en", **settings: object) -> TestClient:
        given = Settings.model_validate({"database_url": url, **settings})
        headers = {"Accept": "text/html", "Accept-Language": language}
        client = TestClient(
            create_app(given, clock), headers=headers, raise_server_exceptions=False
        )
        client.__enter__()
        started.append(client)
        return client

    yield start
    for client in started:
        client.__exit__()


@pytest.fixture
def reported(office: Office) -> Office:
    """The small office with exam's pendency of three months, the last of them corrected."""
    fill(office)
    for at, value in (("2013-01", "22.1"), ("2013-02", "22.6"), ("2013-03", "23.9")):
        send(office, row(value, at))
    send(office, row("23.4", reason="a case was counted twice"))
    send(office, row(kpi="platforms", department="law", value="5"))
    send(office, row("nonsense"))
    return office


@pytest.fixture
def site(browse: Callable[..., TestClient], reported: Office) -> TestClient:  # noqa: ARG001 - filled before it is browsed
    """The pages of the office that has reported, in English."""
    return browse()


@pytest.fixture
def enter(browse: Callable[..., TestClient], reported: Office) -> Callable[..., Planner]:
    """Sign somebody in to the office that has reported; a planner unless told."""

    def sign_in(name: str = "li.hua", role: Role = Role.PLANNER, language: str = "en") -> Planner:
        user = add_user(reported, name, role)
        with reported.database.write() as connection:
            token = sessions.begin(connection, user.id, reported.clock())
        site = browse(language)
        site.headers.update({"Cookie": f"dabiao-session={token}"})
        return Planner(site, sessions.form_token(token))

    return sign_in


@pytest.fixture
def planner(enter: Callable[..., Planner]) -> Planner:
    """A planner who reads English."""
    return enter()
