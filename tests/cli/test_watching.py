"""A long file shows how far it has come, on a terminal and nowhere else."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from app.cli.watching import shown
from app.intake.submission import CSV, Post, read, receive
from app.ledger import progress, revisions
from app.ledger.progress import through, watched
from tests.ledger.small_office import ADMIN, fill

if TYPE_CHECKING:
    from app.ledger.office import Office

HEADER = "kpi,department,period,value\n"


@pytest.fixture
def long_file(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Twenty figures, which are told in steps of eight."""
    monkeypatch.setattr(progress, "EVERY", 8)
    monkeypatch.setattr(revisions, "LONG", 8)
    months = [f"{2011 + month // 12}-{month % 12 + 1:02d}" for month in range(20)]
    return (HEADER + "".join(f"pendency,exam,{month},22\n" for month in months)).encode()


def test_each_stage_is_told_in_steps(office: Office, long_file: bytes) -> None:
    told: list[tuple[str, int, int]] = []
    fill(office)
    with watched(lambda *step: told.append(step)):
        receive(office, read(Post(long_file, CSV), ADMIN), ADMIN)
    steps = [(done, 20) for done in (0, 8, 16, 20)]
    assert told == [(stage, *step) for stage in ("checked", "written") for step in steps]


def test_what_is_short_or_not_watched_is_not_told() -> None:
    told: list[tuple[str, int, int]] = []
    with watched(lambda *step: told.append(step)):
        assert list(through("checked", [1, 2], 2)) == [1, 2]
    assert list(through("checked", range(10_000), 10_000)) == list(range(10_000))
    assert told == []


@pytest.mark.parametrize(
    ("is_terminal", "language", "words"),
    [(True, "en", ["checked", "20/20"]), (True, "zh", ["已检查", "20/20"]), (False, "en", [])],
)
def test_a_terminal_shows_bars(
    language: str, words: list[str], long_file: bytes, *, is_terminal: bool
) -> None:
    told = io.StringIO()
    console = Console(file=told, force_terminal=is_terminal, width=100)
    assert long_file
    with shown(language, console):  # type: ignore[arg-type]
        list(through("checked", range(20), 20))
    assert all(word in told.getvalue() for word in words)
    assert bool(told.getvalue()) is is_terminal
