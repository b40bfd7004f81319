"""`dabiao bootstrap`, which `make run` calls each time: an empty database is filled once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from app.cli import intake
from app.domain.access import Role
from app.intake import folder
from app.ledger import keys
from tests.cli.folders import FIRST, SECOND, write
from tests.cli.running import dabiao
from tests.cli.test_keys import bearer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

ONE_LINE = re.compile(r"admin key: (dbk_[A-Za-z0-9_-]{43})\n")


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """Give a folder of three: a catalogue with figures, more figures, and illustrative ones."""
    write(tmp_path / "seeds" / "a-office", figures={"1.csv": FIRST})
    for name, text in (
        ("b-corrections", SECOND),
        ("c-illustrative", "kpi,department,period,value\nstandard,law,2013-12,1\n"),
    ):
        (tmp_path / "seeds" / name / "figures").mkdir(parents=True)
        (tmp_path / "seeds" / name / "figures" / "1.csv").write_text(text, "utf-8")
    (tmp_path / "seeds" / "README.md").touch()
    return tmp_path / "seeds"


def scoreboard() -> list[dict[str, Any]]:
    """Return every line of the scoreboard but for the instants, which differ from run to run."""
    rows = dabiao("scoreboard", "--json").json
    return [{name: row[name] for name in row if name != "submitted_at"} for row in rows]


def status_of(kpi: str) -> str:
    return next(str(row["status"]) for row in scoreboard() if row["kpi"] == kpi)


def test_an_empty_database_is_filled_once(empty: str, seeds: Path) -> None:
    ran = dabiao("bootstrap", seeds)
    assert ran.status == 0
    made = ONE_LINE.fullmatch(ran.out)
    assert made is not None
    found = bearer(empty, made[1])
    assert found is not None
    assert found.role is Role.ADMIN
    assert [line.partition(":")[0] for line in ran.err.splitlines()] == [
        "a-office",
        "b-corrections",
        "To sign in to the pages",
    ]
    assert status_of("pendency") == "missed"
    assert status_of("standard") == "no_data"  # known from illustrative figures only
    before = scoreboard()
    again = dabiao("bootstrap", seeds)
    assert (again.status, again.out, again.err) == (0, "", "")
    assert scoreboard() == before
    assert len(dabiao("key", "list", "--json").json) == 1


@pytest.mark.usefixtures("empty")
def test_illustrative_figures_are_loaded_when_asked_for(seeds: Path) -> None:
    ran = dabiao("bootstrap", seeds, "--illustrative")
    assert ONE_LINE.fullmatch(ran.out)
    assert status_of("standard") == "attained"


@pytest.mark.usefixtures("empty")
def test_a_database_that_somebody_else_wrote_to_is_left_alone(seeds: Path, tmp_path: Path) -> None:
    own = write(tmp_path / "own", figures={})
    assert dabiao("load", own).status == 0
    before = scoreboard()
    ran = dabiao("bootstrap", seeds)
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    assert scoreboard() == before
    assert dabiao("key", "list", "--json").json == []


@pytest.mark.usefixtures("empty")
def test_a_database_with_a_key_is_left_alone(seeds: Path) -> None:
    assert dabiao("key", "create", "--role", "admin").status == 0
    ran = dabiao("bootstrap", seeds)
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    assert scoreboard() == []


def interrupted_at(call: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that does as another but is interrupted at its n-th call."""
    calls = 0

    def stopped(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - stands in for any
        nonlocal calls
        calls += 1
        if calls == call:
            raise KeyboardInterrupt
        return function(*arguments, **named)

    return stopped


@pytest.mark.parametrize(
    ("module", "name", "call"),
    [(intake, "load_folder", 2), (folder, "_load_figures", 1), (keys, "create", 1)],
    ids=["after the first folder", "between a catalogue and its figures", "before the key"],
)
@pytest.mark.usefixtures("empty")
def test_interrupted_it_goes_on_where_it_stopped(
    module: ModuleType, name: str, call: int, seeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module, name, interrupted_at(call, getattr(module, name)))
        stopped = dabiao("bootstrap", seeds)
    assert (stopped.status, stopped.out) == (130, "")
    assert dabiao("key", "list", "--json").json == []
    ran = dabiao("bootstrap", seeds)
    assert ran.status == 0
    assert ONE_LINE.fullmatch(ran.out)
    history = dabiao("history", "pendency", "exam", "2013-06", "--json").json
    assert [line["value"] for line in history] == ["23.8", "23.2"]
    assert len(scoreboard()) == 7


@pytest.mark.usefixtures("empty")
def test_a_catalogue_that_cannot_be_loaded_is_1_and_leaves_no_key(seeds: Path) -> None:
    (seeds / "a-office" / "plans.yaml").write_text("- code: [", "utf-8")
    ran = dabiao("bootstrap", seeds)
    assert (ran.status, ran.out) == (1, "")
    assert "plans.yaml" in ran.err
    write_again = seeds / "a-office" / "plans.yaml"
    write_again.unlink()
    write(seeds.parent / "whole")
    (seeds.parent / "whole" / "plans.yaml").rename(write_again)
    assert ONE_LINE.fullmatch(dabiao("bootstrap", seeds).out)
