"""The documents are true: what they name exists, and what they show is what is printed."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx
import pytest
import typer.main
import yaml

from app import __version__
from app.api import PREFIX
from app.api.access import CHANGE_CATALOGUE, POST_FIGURES, READ
from app.api.openapi import describe
from app.cli.commands import command_line
from app.domain.access import Role
from app.main import create_app
from app.settings import PREFIX as SETTING
from app.settings import Settings
from tests.parts import Process, free_port
from tests.programs import ROOT
from tests.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENGLISH: Final = ROOT / "README.md"
CHINESE: Final = ROOT / "README.zh-CN.md"
READMES: Final = {"en": ENGLISH, "zh": CHINESE}
DOCUMENTS: Final = [
    ENGLISH,
    CHINESE,
    *(ROOT / name for name in ("DESIGN.md", "CONTRIBUTING.md", "CHANGELOG.md", "seeds/README.md")),
]
both = pytest.mark.parametrize("language", READMES)
every_document = pytest.mark.parametrize(
    "path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)
LIMITS: Final = {"en": "## Limits", "zh": "## 目前的局限"}


@dataclass(frozen=True)
class Block:
    """A fenced block; `follows` if nothing but an empty line parts it from the one before."""

    kind: str
    text: str
    follows: bool


def read(path: Path) -> str:
    return path.read_text("utf-8")


def blocks(path: Path) -> list[Block]:
    found, end = [], -1
    for fence in re.finditer(r"^```(\w*)\n(.*?)^```\n", read(path), re.MULTILINE | re.DOTALL):
        found.append(Block(fence[1], fence[2], fence.start() == end + 1))
        end = fence.end()
    return found


def commands(path: Path) -> list[str]:
    return [block.text for block in blocks(path) if block.kind == "sh"]


def spans(text: str) -> list[str]:
    """Return what stands between backticks in running text."""
    return re.findall(
        r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    )


def rows(path: Path, first: str) -> list[list[str]]:
    """Return the cells of those rows of tables whose first cell matches."""
    cells = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in read(path).splitlines()
        if line.startswith("|")
    ]
    return [row for row in cells if re.fullmatch(first, row[0])]


# --- what is shown is what is printed -----------------------------------------------------------

NAMED: Final = {
    "PASSWORD": r"^(?:(?:[a-z2-9]{5}-){3}[a-z2-9]{5}|PASSWORD)$",
    "KEY": r"dbk_(?:[A-Za-z0-9_-]{43}|…)",
    "INSTANT": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:?\d\d",
    "MINUTE": r"2\d{3}-\d\d-\d\d \d\d:\d\d",
    "ENTRIES": r"\b\d+ entries",
    "SEAL": r"\b\d+:[0-9a-f]{64}\b",
}
"""What is different every time; the rest has to be the same, letter by letter."""
ANY_LINES: Final = "…"
ELSEWHERE: Final = {
    "make run": "is what the walk starts, with its language",
    "make test": "is running this",
    "make secrets": "tests/test_compose.py",
    "docker compose up --detach --build": "tests/test_compose.py reads the file as Docker does",
    "docker compose exec app dabiao bootstrap seeds": "make run, which is walked, does the same",
}
"""Lines that the walk does not type, and why."""


def normal(text: str) -> list[str]:
    for name, pattern in NAMED.items():
        text = re.sub(pattern, f"<{name}>", text, flags=re.MULTILINE)
    return [line.rstrip() for line in text.strip("\n").splitlines()]


def check(shown: str, printed: str) -> None:
    """Raise where what is printed is not what is shown."""
    expected, found = normal(shown), normal(printed)
    if ANY_LINES not in expected:
        assert found == expected
        return
    lines = [r"(?:.*\n)*?" if line == ANY_LINES else f"{re.escape(line)}\n" for line in expected]
    assert re.fullmatch("".join(lines), "".join(f"{line}\n" for line in found)), printed


def is_typed(block: Block) -> bool:
    return block.kind == "sh" and not set(block.text.splitlines()) <= set(ELSEWHERE)


@dataclass(frozen=True)
class Walk:
    """A service as a README starts it: the port in the place of 8000, and its log."""

    port: int
    log: Path
    folder: Path

    def here(self, text: str) -> str:
        return text.replace(":8000", f":{self.port}")

    def as_shown(self, text: str) -> str:
        return text.replace(f":{self.port}", ":8000")


@pytest.fixture
def walk(language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Walk]:
    """Type the first command of a README's walk, for a database and a port of our own."""
    # Nothing else: an environment that is older than its lock file would be made anew by it, under
    # the feet of the very tests that run in it.
    question = ["make", "--question", "install"]
    assert subprocess.run(question, cwd=ROOT, check=False).returncode == 0, "make install first"
    walk = Walk(free_port(), tmp_path / "make-run.log", tmp_path)
    monkeypatch.setenv(f"{SETTING}DATABASE_URL", f"sqlite:///{tmp_path / 'dabiao.db'}")
    monkeypatch.setenv(f"{SETTING}PORT", str(walk.port))
    monkeypatch.setenv("COLUMNS", "200")  # a window with room for every column
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):  # of the make that runs the tests
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    start = next(block.text for block in blocks(READMES[language]) if is_typed(block)).strip()
    process = Process(["bash", "-c", f'cd "{ROOT}" && exec env {start}'], log=walk.log)
    try:
        process.wait_ready(lambda: is_ready(walk), seconds=120)
        yield walk
    finally:
        process.stop()


def is_ready(walk: Walk) -> bool:
    try:
        return httpx.get(
            walk.here("http://127.0.0.1:8000/api/v1/plans"), trust_env=False
        ).is_success
    except httpx.TransportError:
        return False


@both
def test_what_a_readme_shows_is_what_is_printed(language: str, walk: Walk) -> None:
    steps = blocks(READMES[language])
    shown = {
        index: following.text
        for index, following in enumerate(steps[1:])
        if following.kind == "text" and following.follows and steps[index].kind == "sh"
    }
    first, *typed = (index for index, block in enumerate(steps) if is_typed(block))

    check(shown[first], walk.as_shown(read(walk.log)))
    with Terminal(walk.folder) as terminal:
        for index in typed:
            printed = walk.as_shown(terminal.type(walk.here(steps[index].text)))
            check(shown.get(index, ""), printed)
    log = read(walk.log)
    assert "ERROR" not in log
    assert "alembic" not in log


@both
def test_what_is_shown_stands_below_what_is_typed(language: str) -> None:
    """Only the picture of the first screen is drawn by hand."""
    found = blocks(READMES[language])
    alone = [block for block in found if block.kind == "text" and not block.follows]
    assert len(alone) == 1
    assert {block.kind for block in found} == {"sh", "text", "yaml", "promql"}


def test_both_readmes_type_the_same() -> None:
    chinese = [text.replace("LANGUAGE=zh", "LANGUAGE=en") for text in commands(CHINESE)]
    assert chinese == commands(ENGLISH)


def test_both_readmes_have_the_same_parts() -> None:
    counted = {
        language: (
            len(re.findall("^## ", read(path), re.MULTILINE)),
            [block.kind for block in blocks(path)],
            [row[0] for row in rows(path, r"`.*")],
        )
        for language, path in READMES.items()
    }
    assert counted["zh"] == counted["en"]


def test_what_is_not_typed_is_told_by_the_files_it_is_about() -> None:
    compose = read(ROOT / "docker-compose.yml")
    for line in ELSEWHERE:
        if not line.startswith(("make run", "make test")):
            assert re.search(rf"^# +{re.escape(line)}\b", compose, re.MULTILINE), line


# --- what is named exists -----------------------------------------------------------------------


@both
def test_the_settings_are_all_of_them_with_their_defaults(language: str) -> None:
    told = {row[0].strip("`"): row[1:] for row in rows(READMES[language], f"`{SETTING}[A-Z_]+`")}
    fields = Settings.model_fields
    assert list(told) == [f"{SETTING}{name.upper()}" for name in fields]
    for name, field in fields.items():
        default, meaning = told[f"{SETTING}{name.upper()}"]
        assert default == ("" if field.default is None else f"`{field.default}`"), name
        if language == "en":
            assert meaning == field.description, name
        else:
            assert re.search(r"[一-鿿]", meaning), name


@every_document
def test_every_setting_that_is_named_exists(path: Path) -> None:
    for name in re.findall(rf"\b{SETTING}([A-Z_]+[A-Z])\b", read(path)):
        fields = {name.lower(), name.lower().removesuffix("_file")}
        assert fields & set(Settings.model_fields) or name.startswith("TEST_"), name


@every_document
def test_every_make_target_that_is_named_exists(path: Path) -> None:
    targets = set(re.findall(r"^\.PHONY: (\S+)$", read(ROOT / "Makefile"), re.MULTILINE))
    words = "\n".join([*spans(read(path)), *commands(path)])
    named = set(re.findall(r"\bmake ([a-z-]+)", words))
    assert named <= targets
    if path in READMES.values():
        assert named == targets


def existing_commands() -> dict[str, bool]:
    """Return every command by its words, and whether the help shows it."""
    top = typer.main.get_command(command_line())
    found: dict[str, bool] = {}
    for name, command in top.commands.items():  # type: ignore[attr-defined]
        below = getattr(command, "commands", {})
        found |= {f"{name} {word}": True for word in below} or {name: not command.hidden}
    return found


def without_limits(path: Path) -> str:
    """Return a document without the part that says what is not there."""
    return re.split("|".join(LIMITS.values()), read(path))[0]


@every_document
def test_every_command_that_is_named_exists(path: Path) -> None:
    existing = existing_commands()
    text = without_limits(path)
    said = "\n".join([*spans(text), *re.findall(r"^dabiao .*$", text, re.MULTILINE)])
    named = {
        " ".join(words[: 2 if words[0] in {"key", "export", "user"} else 1])
        for line in re.findall(r"\bdabiao ([a-z].*)", said)
        if (words := line.split())
    }
    assert named <= set(existing)
    if path in READMES.values():
        assert {name for name, is_shown in existing.items() if is_shown} <= named


def operations() -> set[str]:
    described = describe(create_app(Settings()).application)["paths"]
    return {
        f"{method.upper()} {path.removeprefix(PREFIX)}"
        for path, methods in described.items()
        for method in methods
    }


def named_operations(text: str) -> set[str]:
    found = re.findall(rf"`((?:GET|POST|PUT) )(?:{PREFIX})?(/[^`?]*)", text)
    return {method + path for method, path in found}


@every_document
def test_every_operation_that_is_named_exists(path: Path) -> None:
    assert named_operations(without_limits(path)) <= operations()


@both
def test_a_readme_names_every_operation(language: str) -> None:
    health = {"GET /-/healthy", "GET /-/ready"}
    assert named_operations(read(READMES[language])) == operations() - health
    assert {f"`{name.removeprefix('GET ')}`" for name in health} <= {
        f"`{span}`" for span in spans(read(READMES[language]))
    }


@every_document
def test_every_metric_that_is_named_exists(path: Path) -> None:
    exposed = "".join(read(ROOT / "metrics" / name) for name in ("families.py", "process.py"))
    for name in re.findall(r"(?<![\w{])((?:kpi|http)_[a-z_]+[a-z])\b", read(path)):
        assert f'"{name}"' in exposed, name


@every_document
def test_every_link_points_at_a_file(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", read(path)):
        if not target.startswith("https://"):
            assert (path.parent / target).exists(), target


@both
def test_the_roles_are_those_that_the_rules_let_in(language: str) -> None:
    told = {
        Role(row[0].strip("`")): row[1:4]
        for row in rows(READMES[language], f"`(?:{'|'.join(Role)})`")
    }
    assert told == {
        role: ["✔" if role in rule.roles else "" for rule in (READ, POST_FIGURES, CHANGE_CATALOGUE)]
        for role in Role
    }


@both
def test_what_is_said_not_to_be_there_is_not_there(language: str) -> None:
    said = read(READMES[language]).split(LIMITS[language])[1]
    assert {line.split()[0] for line in re.findall(r"`dabiao ([a-z ]+)`", said)}.isdisjoint(
        existing_commands()
    )
    body = describe(create_app(Settings()).application)["paths"][f"{PREFIX}/submissions"]["post"][
        "requestBody"
    ]
    assert ("xlsx" in said) == (not any("spreadsheetml" in kind for kind in body["content"]))


@both
@pytest.mark.part("prometheus")
def test_promtool_accepts_the_scrape_configuration(
    language: str, promtool: Path, tmp_path: Path
) -> None:
    texts = [block.text for block in blocks(READMES[language]) if block.kind == "yaml"]
    (text,) = (text for text in texts if "scrape_configs" in yaml.safe_load(text))
    file = tmp_path / "prometheus.yml"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [promtool, "check", "config", file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", read(DOCUMENTS[2]), re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    found = re.search(r"^## (\S+)", read(ROOT / "CHANGELOG.md"), re.MULTILINE)
    assert found is not None
    assert found[1] == __version__
