"""What every command keeps to: its help, its exit status, and one line for what is wrong."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
import typer.main
from rich.cells import cell_len

from app import __version__
from app.cli import main
from app.cli.commands import command_line
from tests.cli.folders import ODD, SECOND, USUAL, write
from tests.cli.running import ELSEWHERE, WORKS, dabiao

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRINTS_A_TABLE = (
    ("load", "folder"),
    ("submit", "figures.csv"),
    ("scoreboard",),
    ("explain", "plan-2013", "pendency", "exam"),
    ("history", "pendency", "exam", "2013-06"),
    ("reporting",),
    ("receipt", "5"),
    ("acknowledge", "5", "--finding", "1", "--note", "Checked"),
    ("check",),
    ("key", "list"),
    ("user", "list"),
)


def commands() -> dict[str, Any]:
    """Return every command by what is typed for it, hidden ones too."""

    def below(group: Any, typed: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - Typer's own
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                yield from below(command, f"{typed}{name} ")
            else:
                yield f"{typed}{name}", command

    return dict(below(typer.main.get_command(command_line()), ""))


COMMANDS = sorted(commands())


@pytest.fixture
def place(tmp_path: Path, filled: Path) -> Path:
    """Give a folder in which everything that WORKS names is there."""
    write(tmp_path / "folder", figures={"2.csv": SECOND})
    (tmp_path / "seeds").mkdir()
    (tmp_path / "figures.csv").write_text(SECOND, "utf-8")
    for name, text in (("usual.csv", USUAL), ("odd.csv", ODD)):
        (tmp_path / name).write_text(text, "utf-8")
        assert dabiao("submit", name).status == 0
    assert dabiao("key", "create", "--role", "reader").status == 0
    assert dabiao("user", "create", "wang.min", "--role", "reporter").status == 0
    return filled


def test_every_command_is_tried_here() -> None:
    assert {*WORKS, *ELSEWHERE} == set(COMMANDS)


@pytest.mark.parametrize("command", sorted(WORKS))
@pytest.mark.usefixtures("place")
def test_done_is_0(command: str) -> None:
    ran = dabiao(*command.split(), *WORKS[command])
    assert ran.status == 0, ran.err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_setting_is_1_and_one_line(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DABIAO_PORT", "x")
    ran = dabiao(*command.split(), *{**WORKS, **ELSEWHERE}[command])
    if command == "bootstrap":  # its folder is looked for first
        assert ran.line == "seeds is not a folder"
    else:
        assert ran.line.startswith("DABIAO_PORT: ")
    assert (ran.status, ran.out) == (1, "")


@pytest.mark.parametrize("more", [["--nonsense"], ["one", "two", "three", "four"]])
@pytest.mark.parametrize("command", COMMANDS)
def test_wrong_usage_is_2_and_one_line(command: str, more: list[str]) -> None:
    ran = dabiao(*command.split(), *{**WORKS, **ELSEWHERE}[command], *more)
    assert (ran.status, ran.out) == (2, "")
    assert ran.line.endswith(f" (see dabiao {command} --help)")
    assert more[0] == "one" or "No such option: --nonsense" in ran.line


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("nonsense", "No such command 'nonsense' (see dabiao --help)"),
        ("explain plan-2013 pendency", "Missing argument 'DEPARTMENT'"),
        ("key create", "Missing option '--role'. Choose from: reader, reporter, approver, "),
        ("key create --role boss", "'--role': 'boss' is not one of 'reader', 'reporter'"),
        ("key create --role reader --expires 0", "'--expires'"),
        ("key create --role reader --expires 99999999999", "'--expires'"),
        ("key create --role reader --expires soon", "'--expires'"),
        ("key revoke first", "'ID'"),
        ("scoreboard --language fr", "'--language': 'fr' is not one of 'zh', 'en'"),
        ("scoreboard --status green", "'--status': 'green' is not one of 'not_started'"),
        ("scoreboard --period 2013-13", "'--period': 2013-13 is not a period; write 2013, 2013-Q1"),
        ("explain p k d --period 1899", "'--period': 1899 is not a period"),
        ("history k d 2013-1", "'PERIOD': 2013-1 is not a period"),
        ("scoreboard --as-of yesterday", "'--as-of': yesterday is not an RFC 3339 instant"),
        ("scoreboard --as-of 2013-04-15T09:00:00", "is not an RFC 3339 instant with an offset"),
        ("scoreboard --as-of 0001-01-01T00:00:00+08:00", "is not an RFC 3339 instant"),
        ("explain p k d --as-of 9999-12-31T23:59:59-08:00", "is not an RFC 3339 instant"),
        ("submit figures.csv --on-error ignore", "'--on-error': 'ignore' is not one of 'reject'"),
    ],
)
def test_what_is_wrong_is_named(typed: str, said: str) -> None:
    ran = dabiao(*typed.split())
    assert ran.status == 2
    assert said in ran.line


@pytest.mark.parametrize("text", ["a\x01b", "\udcff", "x" * 201])
@pytest.mark.parametrize(
    "typed", [["key", "create", "--role", "reader", "--name"], ["submit", "-", "--idempotency-key"]]
)
def test_a_text_that_the_store_cannot_keep_is_wrong_usage(typed: list[str], text: str) -> None:
    ran = dabiao(*typed, text)
    assert ran.status == 2
    assert "at most 200 characters, and no control characters" in ran.line


@pytest.mark.parametrize("group", [[], ["key"]])
def test_a_group_alone_is_answered_by_its_help(group: list[str]) -> None:
    ran = dabiao(*group)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.rstrip() == dabiao(*group, "--help").out.rstrip()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_ends_its_words_with_an_example_to_copy(command: str) -> None:
    ran = dabiao(*command.split(), "--help")
    assert (ran.status, ran.err) == (0, "")
    examples = [
        line.strip() for line in ran.out.splitlines() if line.strip().startswith("Example:")
    ]
    assert len(examples) == 1
    assert f"dabiao {command}" in examples[0]
    assert ran.out == dabiao(*command.split(), "-h").out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_example_is_one_that_is_understood(command: str) -> None:
    text = commands()[command].help.partition("Example: ")[2]
    words = text.replace('"Statistics system"', "Statistics").split()
    typed = words[words.index("dabiao") + 1 :][len(command.split()) :]
    context = commands()[command].make_context(command, typed, resilient_parsing=False)
    assert context.args == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_parameter_is_explained(command: str) -> None:
    unexplained = [parameter.name for parameter in commands()[command].params if not parameter.help]
    assert unexplained == []


def test_the_list_of_commands_cuts_no_sentence_and_fits_a_terminal() -> None:
    listed = dabiao("--help").out
    assert "..." not in listed.partition("Commands:")[2]
    assert max(map(cell_len, listed.splitlines())) <= 80
    shown = {line.split()[0] for line in listed.partition("Commands:")[2].splitlines() if line}
    assert shown == {name.partition(" ")[0] for name in COMMANDS} - {"bootstrap"}


@pytest.mark.parametrize("command", COMMANDS)
def test_no_help_is_wider_than_a_terminal_but_for_its_example(command: str) -> None:
    lines = dabiao(*command.split(), "--help").out.splitlines()
    assert [line for line in lines if cell_len(line) > 80 and "Example:" not in line] == []


def test_the_version_is_printed() -> None:
    ran = dabiao("--version")
    assert (ran.status, ran.out, ran.err) == (0, f"dabiao {__version__}\n", "")


@pytest.mark.parametrize("typed", PRINTS_A_TABLE)
@pytest.mark.usefixtures("place")
def test_where_a_table_is_printed_json_is_too(typed: tuple[str, ...]) -> None:
    ran = dabiao(*typed, "--json")
    assert (ran.status, ran.err) == (0, "")
    assert ran.json


def test_every_command_that_takes_json_is_tried_with_it() -> None:
    takes = {
        name
        for name, command in commands().items()
        if any("--json" in parameter.opts for parameter in command.params)
    }
    tried = [" ".join(typed) + " " for typed in PRINTS_A_TABLE]
    assert {name for name in takes if any(typed.startswith(f"{name} ") for typed in tried)} == takes


@pytest.mark.parametrize(
    ("raised", "status"), [(KeyboardInterrupt, 130), (BrokenPipeError, 1), (0, 0), (2, 2)]
)
def test_main_ends_with_the_status_of_what_happened(
    raised: type[BaseException] | int, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(_arguments: list[str]) -> int:
        if isinstance(raised, int):
            return raised
        raise raised

    monkeypatch.setattr("app.cli.commands.run", run)
    monkeypatch.setattr(sys, "argv", ["dabiao"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == status
