"""Surroundings in which a command finds its database and nothing else of this machine."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from app.settings import PREFIX
from tests.cli.folders import write
from tests.cli.running import dabiao

if TYPE_CHECKING:
    from pathlib import Path

_LOOKS = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Work in an empty folder without any setting, but in English."""
    for name in os.environ:
        if name in _LOOKS or name.startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DABIAO_LANGUAGE", "en")
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def _filled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    made = folder / "made.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DABIAO_DATABASE_URL", f"sqlite:///{made}")
        assert dabiao("migrate").status == 0
        assert dabiao("load", write(folder / "office")).status == 0
    return made


@pytest.fixture
def filled(_filled_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an embedded database that holds the small office, and let commands use it."""
    path = tmp_path / "filled.db"
    # Whole: nobody has it open, so everything is in the file itself.
    shutil.copy(_filled_once, path)
    monkeypatch.setenv("DABIAO_DATABASE_URL", f"sqlite:///{path}")
    return path


@pytest.fixture
def empty(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let commands use a database that is migrated and empty, on each engine in turn."""
    monkeypatch.setenv("DABIAO_DATABASE_URL", database_url)
    assert dabiao("migrate").status == 0
    return database_url
