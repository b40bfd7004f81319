"""Fixtures that every test may ask for."""

from __future__ import annotations

import shutil
import uuid
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from argon2 import PasswordHasher

from app.ledger import passwords
from app.ledger.database import Database
from app.ledger.migrating import migrate
from app.ledger.office import Office
from tests.clock import Clock
from tests.compiling import compile_once
from tests.parts import AlertmanagerServer, PostgresServer, PrometheusServer
from tests.programs import PARTS, PartMissingError, left_out, locate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

compile_once()

# --- real parts -------------------------------------------------------------------------------


def pytest_configure() -> None:
    """Refuse a DABIAO_TEST_WITHOUT that names something unknown, instead of ignoring it."""
    try:
        left_out()
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Hold `@pytest.mark.part(...)`: an absent part fails the test unless it was left out."""
    for marker in item.iter_markers("part"):
        for name in marker.args:
            require_part(name)


def require_part(name: str) -> None:
    """Skip a test whose part was left out on request; fail it with advice if the part is absent."""
    if name in left_out():
        pytest.skip(f"{name} was left out on request")
    if not PARTS[name].is_there():
        raise PartMissingError(PARTS[name].advice())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server without databases of its own; one for each worker of the run."""
    require_part("postgresql")
    with PostgresServer(small=True) as server:
        yield server


@pytest.fixture(scope="session")
def promtool() -> Path:
    """Prometheus's own checker of configurations, rules and expositions."""
    require_part("prometheus")
    return locate("promtool")


@pytest.fixture(scope="session")
def amtool() -> Path:
    """Alertmanager's own checker of configurations and routes."""
    require_part("alertmanager")
    return locate("amtool")


@pytest.fixture
def start_prometheus(tmp_path: Path) -> Iterator[Callable[..., PrometheusServer]]:
    """Start Prometheus servers, with PrometheusServer's arguments but the first, for one test."""
    require_part("prometheus")
    running: list[PrometheusServer] = []

    def start(scrape: Mapping[str, str], **settings: object) -> PrometheusServer:
        directory = tmp_path / f"prometheus-{len(running)}"
        running.append(PrometheusServer(directory, scrape, **settings))  # type: ignore[arg-type]
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def alertmanager_server(tmp_path: Path) -> Iterator[AlertmanagerServer]:
    """An Alertmanager that tells nobody."""
    require_part("alertmanager")
    with AlertmanagerServer(tmp_path / "alertmanager") as server:
        yield server


# --- databases --------------------------------------------------------------------------------


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.part("postgresql"))],
)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of an EMPTY database; the test runs once on each engine.

    Where `database` is asked for, too, it is what that gives: a copy of one that was migrated once.
    """
    is_migrated = "database" in request.fixturenames
    if request.param == "sqlite":
        path = tmp_path / "dabiao.db"
        if is_migrated:
            shutil.copy(request.getfixturevalue("migrated_file"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("migrated_template") if is_migrated else None
    name = f"test_{uuid.uuid4().hex}"
    yield server.create_database(name, template)
    server.drop_database(name)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "dabiao.db"
    opened = Database(f"sqlite:///{path}")
    migrate(opened)
    opened.close()
    return path


@pytest.fixture(scope="session")
def migrated_template(postgres_server: PostgresServer) -> str:
    """The name of a migrated, empty PostgreSQL database, to be copied."""
    name = f"migrated_{uuid.uuid4().hex}"
    opened = Database(postgres_server.create_database(name))
    migrate(opened)
    opened.close()
    return name


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give a migrated, empty database, on each engine in turn."""
    opened = Database(database_url)
    yield opened
    opened.close()


# --- the office -------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords with the least parameters; what is run as a program has the real ones."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1))


@pytest.fixture
def clock() -> Clock:
    """Give a clock that stands still at noon of 5 January 2014 in Shanghai until it is moved."""
    return Clock()


@pytest.fixture
def office(database: Database, clock: Clock) -> Office:
    """Give an empty office in Shanghai, on each engine in turn."""
    return Office(database, ZoneInfo("Asia/Shanghai"), clock)
