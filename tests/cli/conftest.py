"""Surroundings in which a command finds its database and nothing else of this machine."""

from __future__ import annotations

import os
import shutil
import uuid
from typing import TYPE_CHECKING

import pytest

from app.settings import PREFIX
from tests.cli.folders import write
from tests.cli.running import dabiao

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.parts import PostgresServer

_LOOKS = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
URL = "DABIAO_DATABASE_URL"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Work in an empty folder without any setting, but in English."""
    for name in tuple(os.environ):
        if name in _LOOKS or name.startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DABIAO_LANGUAGE", "en")
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.chdir(tmp_path)


class Models:
    """Databases that were made once, by the commands themselves, to be copied for each test.

    `empty` is migrated, `loaded` holds the small office's catalogue, `filled` its figures too.
    """

    def __init__(self, folder: Path, request: pytest.FixtureRequest) -> None:
        """Make nothing yet; `request` is asked for PostgreSQL when it is needed."""
        self._folder, self._request = folder, request
        self._made: set[tuple[str, str]] = set()

    @property
    def server(self) -> PostgresServer:
        """The PostgreSQL server."""
        found: PostgresServer = self._request.getfixturevalue("postgres_server")
        return found

    def copy(self, engine: str, state: str, to: str | Path) -> str:
        """Copy a database, to a file or to a database's name; returns its URL."""
        if (engine, state) not in self._made:
            self._make(engine, state)
            self._made.add((engine, state))
        if engine == "postgresql":
            return self.server.create_database(str(to), state)
        # The file is all of it: nobody has it open.
        shutil.copy(self._folder / f"{state}.db", to)
        return f"sqlite:///{to}"

    def _make(self, engine: str, state: str) -> None:
        is_postgresql = engine == "postgresql"
        file = f"sqlite:///{self._folder / state}.db"
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(URL, self.server.create_database(state) if is_postgresql else file)
            assert dabiao("migrate").status == 0
            if state == "empty":
                return
            folder = self._folder / engine / state / "office"
            ran = dabiao("load", write(folder, figures=None if state == "filled" else {}))
            assert ran.status == 0, ran.err


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Models:
    return Models(tmp_path_factory.mktemp("models"), request)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.part("postgresql"))])
def engine(request: pytest.FixtureRequest) -> str:
    """Give the name of an engine; the test runs once on each."""
    name: str = request.param
    return name


def _on(
    engine: str, state: str, models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    name = f"{state}_{uuid.uuid4().hex}"
    url = models.copy(engine, state, tmp_path / name if engine == "sqlite" else name)
    monkeypatch.setenv(URL, url)
    yield url
    if engine == "postgresql":
        models.server.drop_database(name)


@pytest.fixture
def empty(
    engine: str, models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Let commands use a database that is migrated and empty, on each engine in turn."""
    yield from _on(engine, "empty", models, tmp_path, monkeypatch)


@pytest.fixture
def loaded(
    engine: str, models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Let commands use a database that holds the small office's catalogue, on each engine."""
    yield from _on(engine, "loaded", models, tmp_path, monkeypatch)


@pytest.fixture
def catalogue(models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let commands use an embedded database that holds the small office's catalogue."""
    url = models.copy("sqlite", "loaded", tmp_path / "catalogue.db")
    monkeypatch.setenv(URL, url)
    return url


@pytest.fixture
def filled(models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let commands use an embedded database that holds the small office, figures and all."""
    path = tmp_path / "filled.db"
    monkeypatch.setenv(URL, models.copy("sqlite", "filled", path))
    return path
