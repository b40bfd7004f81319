"""What cannot be done is said in one readable line, with exit status 1."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import ProgrammingError

from app.cli import commands
from tests.cli.folders import KPIS, write
from tests.cli.running import WORKS, dabiao
from tests.parts import free_port

if TYPE_CHECKING:
    from collections.abc import Callable

OPENS_THE_DATABASE = sorted(set(WORKS) - {"migrate"})


@pytest.fixture
def figures(tmp_path: Path) -> None:
    """Put the files there that WORKS names, so that only the database is missing."""
    (tmp_path / "figures.csv").write_text("kpi,department,period,value\n", "utf-8")
    (tmp_path / "seeds").mkdir()


@pytest.mark.parametrize("command", OPENS_THE_DATABASE)
@pytest.mark.usefixtures("figures")
def test_no_database_yet(command: str) -> None:
    ran = dabiao(*command.split(), *WORKS[command])
    assert (ran.status, ran.out) == (1, "")
    assert ran.line == "there is no database var/dabiao.db yet; dabiao migrate makes it"


@pytest.mark.parametrize("command", OPENS_THE_DATABASE)
@pytest.mark.usefixtures("figures")
def test_a_database_that_is_not_migrated(
    command: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DABIAO_DATABASE_URL", database_url)
    if database_url.startswith("sqlite:///"):
        Path(database_url.removeprefix("sqlite:///")).touch()
    ran = dabiao(*command.split(), *WORKS[command])
    assert (ran.status, ran.out) == (1, "")
    assert ran.line.startswith("the database is not at the newest migration; dabiao migrate")


@pytest.mark.parametrize("command", sorted(WORKS))
@pytest.mark.usefixtures("figures")
def test_postgresql_that_cannot_be_reached(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"postgresql+psycopg://someone:secret@127.0.0.1:{free_port()}/dabiao"
    monkeypatch.setenv("DABIAO_DATABASE_URL", address)
    ran = dabiao(*command.split(), *WORKS[command])
    assert (ran.status, ran.out) == (1, "")
    assert ran.line == "the database does not answer"


def test_a_database_of_a_newer_dabiao(filled: Path) -> None:
    with sqlite3.connect(filled) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'of_tomorrow'")
    connection.close()
    assert dabiao("scoreboard").line.startswith("the database is not at the newest migration")
    ran = dabiao("migrate")
    assert ran.status == 1
    assert "of_tomorrow" in ran.line


@pytest.mark.parametrize("command", ["migrate", "scoreboard"])
def test_a_file_that_is_no_database(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "letter.db").write_text("Dear colleagues", "utf-8")
    monkeypatch.setenv("DABIAO_DATABASE_URL", "sqlite:///letter.db")
    ran = dabiao(command)
    assert (ran.status, ran.out) == (1, "")
    assert "database" in ran.line


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DABIAO_PORT", "x", "DABIAO_PORT: "),
        ("DABIAO_PORT", "65536", "DABIAO_PORT: "),
        ("DABIAO_NONSENSE", "1", "DABIAO_NONSENSE is not a setting"),
        ("DABIAO_LANGUAGE", "fr", "DABIAO_LANGUAGE: "),
        ("DABIAO_TIMEZONE", "Asia/Nowhere", "DABIAO_TIMEZONE: there is no time zone Asia/Nowhere"),
        ("DABIAO_WORKERS", "2", "DABIAO_WORKERS: more than one worker needs PostgreSQL"),
        ("DABIAO_DATABASE_URL", "dabiao.db", "DABIAO_DATABASE_URL is not a database address"),
        ("DABIAO_DATABASE_URL", "mysql://db/dabiao", "DABIAO_DATABASE_URL must begin with sqlite"),
        ("DABIAO_KEY_FILE", "/nowhere/key", "DABIAO_KEY_FILE names a file that cannot be read"),
    ],
)
@pytest.mark.parametrize("command", ["scoreboard", "migrate", "serve"])
def test_a_wrong_setting(
    command: str, name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    ran = dabiao(command)
    assert (ran.status, ran.out) == (1, "")
    assert ran.line.startswith(said)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("scoreboard --plan nowhere", "there is no plan nowhere"),
        ("scoreboard --kpi nothing", "there is no KPI nothing"),
        ("scoreboard --department nobody", "there is no department nobody"),
        ("scoreboard --plan nowhere --as-of 2001-01-01T00:00:00Z", "there is no plan nowhere"),
        ("explain nowhere pendency exam", "there is no plan nowhere"),
        ("explain plan-2013 nothing exam", "there is no KPI nothing"),
        ("explain plan-2013 pendency nobody", "there is no department nobody"),
        ("explain plan-2013 pendency law", "plan-2013 has no target of pendency for law"),
        (
            "explain plan-2013 pendency exam --as-of 2001-01-01T00:00:00Z",
            "plan-2013 has no target of pendency for exam",
        ),
        ("history nothing exam 2013-06", "there is no KPI nothing"),
        ("history pendency nobody 2013-06", "there is no department nobody"),
        ("history pendency exam 2013-07", "exam has no figure of pendency for 2013-07"),
        ("history pendency exam 2013", "exam has no figure of pendency for 2013"),
        ("key revoke 7", "there is no key 7"),
        ("key create --role reporter --department nobody", "there is no department nobody"),
        ("load nowhere", "nowhere is not a folder"),
        ("load letter", "letter is not a folder"),
        ("load empty", "empty holds no catalogue and no figures"),
        ("bootstrap nowhere", "nowhere is not a folder"),
        ("submit nowhere.csv", "No such file or directory: nowhere.csv"),
        ("submit empty", "Is a directory: empty"),
    ],
)
@pytest.mark.usefixtures("filled")
def test_what_is_not_there_is_named(typed: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "letter").touch()
    (tmp_path / "empty").mkdir()
    ran = dabiao(*typed.split())
    assert (ran.status, ran.out) == (1, "")
    assert ran.line == said


@pytest.mark.usefixtures("filled")
def test_a_name_that_two_bear_is_asked_about(tmp_path: Path) -> None:
    twins = [{**KPIS[0], "code": code, "name_en": "Twin"} for code in ("twin-a", "twin-b")]
    (tmp_path / "more").mkdir()
    folder = write(tmp_path / "more" / "twins", kpis=twins, figures={})
    (folder / "targets.yaml").unlink()
    assert dabiao("load", folder).status == 0
    ran = dabiao("scoreboard", "--kpi", "Twin")
    assert ran.status == 1
    assert ran.line == "more than one KPI is named Twin; give a code: twin-a, twin-b"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "plans.yaml").mkdir(),
        lambda folder: (folder / "figures" / "1.csv").symlink_to("nowhere.csv"),
        lambda folder: (folder / "figures" / "1.csv").mkdir(),
    ],
    ids=["a folder for a file", "a link to nowhere", "a folder for figures"],
)
@pytest.mark.usefixtures("filled")
def test_a_folder_that_cannot_be_read(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    folder = write(tmp_path / "spoilt", figures={})
    (folder / "plans.yaml").unlink()
    spoil(folder)
    ran = dabiao("load", folder)
    assert (ran.status, ran.out) == (1, "")
    assert "Traceback" not in ran.err
    assert any(name in ran.err for name in ("plans.yaml", "1.csv"))
    assert len(ran.err.splitlines()) <= 2  # the line, and the finding


def test_what_the_database_refuses_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ProgrammingError("SELECT\n secret", None, Exception("no such table:\n actual"))

    monkeypatch.setattr(commands, "command_line", lambda _: refuse)
    ran = dabiao("scoreboard")
    assert ran.status == 1
    assert ran.line == "the database refused: no such table: actual"
