"""The Makefile says in one line what a machine lacks, and installs anew exactly when it must."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.programs import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose lock file asks for nothing, so that installing it is quick."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "run.txt").touch()
    return tmp_path


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = {line.split()[1] for line in makefile.splitlines() if line.startswith(".PHONY: ")}
    listed = {line.split()[1] for line in make(ROOT).stdout.splitlines()}
    assert listed == phony
    assert {"run", "demo", "test", "check", "bench"} <= listed


def test_without_a_python_one_line_says_so(checkout: Path) -> None:
    done = make(checkout, "install", "PYTHON=no-such-python")
    assert done.returncode != 0
    assert "make: Dabiao needs Python 3.11 or newer" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_python_that_is_too_old_is_named(checkout: Path) -> None:
    # Answers the first question (is it there?) and fails the second (is it new enough?).
    old = script(checkout / "python3", 'case "$2" in "") exit 0;; *) exit 1;; esac')
    done = make(checkout, "install", f"PYTHON={old}")
    assert f"{old} is older" in done.stderr


def test_a_python_without_venv_names_debians_package(checkout: Path) -> None:
    bare = script(checkout / "python3", 'case "$2" in *ensurepip*) exit 1;; *) exit 0;; esac')
    done = make(checkout, "install", f"PYTHON={bare}")
    assert done.returncode != 0
    assert "install the package python3-venv" in done.stderr


def outdated(folder: Path) -> bool:
    """Ask make whether it would install anew."""
    return make(folder, "--question", "install", f"PYTHON={sys.executable}").returncode == 1


def test_the_environment_is_made_anew_exactly_when_it_must(checkout: Path) -> None:
    venv, lock = checkout / ".venv", checkout / "requirements" / "run.txt"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)

    def stamp(checked_out_at: object, *, seconds_after_lock: int) -> None:
        for name in (".installed-packages", ".installed-service"):
            file = venv / name
            file.write_text(f"{checked_out_at}\n", encoding="utf-8")
            moment = 1_000_000 + seconds_after_lock
            os.utime(file, (moment, moment))
        for source in (lock, checkout / "pyproject.toml"):
            os.utime(source, (1_000_000, 1_000_000))

    assert outdated(checkout)
    stamp(checkout, seconds_after_lock=1)
    assert not outdated(checkout)
    stamp(checkout, seconds_after_lock=-1)
    assert outdated(checkout)
    stamp("/where/the/checkout/was/before", seconds_after_lock=1)
    assert outdated(checkout)
    stamp(checkout, seconds_after_lock=1)
    assert not outdated(checkout)
    (venv / "bin" / "python").unlink()
    assert outdated(checkout)
