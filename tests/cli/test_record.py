"""`dabiao check`, `backup`, `restore` and `export journal`: the record, and what proves it."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.ledger.database import Database
from app.ledger.invariants import RULES
from tests.cli.conftest import URL
from tests.cli.running import dabiao
from tests.ledger.tampering import tamper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.parts import PostgresServer

SEAL = re.compile(r"^seal (\d+:[0-9a-f]{64})$", re.MULTILINE)


def seal() -> str:
    """Return the newest seal, as it is printed."""
    ran = dabiao("check")
    assert (ran.status, ran.err) == (0, "")
    return str(SEAL.findall(ran.out)[0])


def break_it(path: Path) -> None:
    database = Database.of_file(path)
    tamper(database, "UPDATE submission SET received = received + 1 WHERE id = 2")
    database.close()


def test_a_sound_ledger_is_told_rule_by_rule(filled: Path) -> None:
    assert filled.exists()
    said = dabiao("check", "--json")
    assert (said.status, said.err) == (0, "")
    assert said.json["seal"] == seal()
    names = ["chain", *(rule.name for rule in RULES)]
    assert [rule["invariant"] for rule in said.json["invariants"]] == names
    assert all(rule["violations"] == 0 for rule in said.json["invariants"])
    assert [name for name in names if name not in dabiao("check").out] == []


def test_a_broken_ledger_is_1_and_named_a_line_each(filled: Path) -> None:
    break_it(filled)
    ran = dabiao("check")
    assert ran.status == 1
    said = ran.err.splitlines()
    assert [line.split(": ")[:2] for line in said] == [["dabiao", "chain"], ["dabiao", "receipts"]]
    assert "entry 2 is not what was sealed after entry 1" in said[0]
    assert dabiao("check", "--json").status == 1


def test_a_seal_that_was_noted_must_still_be_there(filled: Path) -> None:
    assert filled.exists()
    noted = seal()
    assert dabiao("check", "--includes", noted).status == 0
    other = noted.partition(":")[0] + ":" + "0" * 64
    ran = dabiao("check", "--includes", noted, "--includes", other)
    assert ran.status == 1
    assert ran.line.endswith("does not have the seal that was noted")
    assert dabiao("check", "--json", "--includes", other).json["missing"] == [other]


@pytest.mark.parametrize("text", ["17", "x:" + "0" * 64, "17:abc", ""])
def test_what_is_no_seal_is_wrong_usage(text: str) -> None:
    ran = dabiao("check", "--includes", text)
    assert ran.status == 2
    assert "the number of an entry, a colon, and its seal" in ran.line


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.part("postgresql"))])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of a database without any table, on each engine in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'elsewhere.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"elsewhere_{uuid.uuid4().hex}"
    yield server.create_database(name)
    server.drop_database(name)


def test_an_office_moves(filled: Path, elsewhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [dabiao("scoreboard", "--json").out, dabiao("export", "journal").out]
    noted = seal()
    made = dabiao("backup", "office.db")
    assert (made.status, made.err) == (0, "")
    assert SEAL.findall(made.out) == [noted]
    monkeypatch.setenv(URL, elsewhere)
    done = dabiao("restore", "office.db")
    assert (done.status, done.err) == (0, "")
    assert SEAL.findall(done.out) == [noted]
    assert [dabiao("scoreboard", "--json").out, dabiao("export", "journal").out] == pages
    assert seal() == noted
    again = dabiao("restore", "office.db")
    assert (again.status, again.out) == (1, "")
    assert again.line.endswith("entries already; restore takes an empty one")
    assert filled.exists()


def test_what_cannot_be_backed_up_or_restored_is_said_in_a_line(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dabiao("backup", "office.db").status == 0
    assert dabiao("backup", "office.db").line.startswith("office.db is there already")
    assert dabiao("backup", "nowhere/office.db").line.startswith("No such file or directory")
    break_it(filled)
    ran = dabiao("backup", "broken.db")
    assert (ran.status, ran.out) == (1, "")
    assert ran.line.startswith("broken.db was not written: entry 2 ")
    assert not Path("broken.db").exists()
    monkeypatch.setenv(URL, "sqlite:///new.db")
    Path("letter.db").write_text("Dear colleagues", "utf-8")
    assert "letter.db is no backup" in dabiao("restore", "letter.db").line
    assert "No such file" in dabiao("restore", "nothing.db").line
    assert not Path("new.db").exists()


def test_anybody_can_make_the_seals_again(filled: Path) -> None:
    assert filled.exists()
    ran = dabiao("export", "journal", "--rows")
    before = "0" * 64
    entries = [json.loads(line) for line in ran.out.splitlines()]
    for entry in entries:
        text = "".join(f"{line}\n" for line in [before, *entry["rows"]])
        before = hashlib.sha256(text.encode()).hexdigest()
        assert before == entry["seal"]
    assert f"{len(entries)}:{before}" == seal()


def test_a_log_can_be_of_one_kind_and_go_to_a_file(filled: Path) -> None:
    assert filled.exists()
    assert dabiao("export", "journal", "log.jsonl", "--kind", "submission").status == 0
    entries = [json.loads(line) for line in Path("log.jsonl").read_text("utf-8").splitlines()]
    assert entries
    assert {entry["kind"] for entry in entries} == {"submission"}
    whole = [json.loads(line) for line in dabiao("export", "journal").out.splitlines()]
    assert [one for one in whole if one["kind"] == "submission"] == entries
    rows = dabiao("export", "journal", "--rows", "--kind", "submission").out.splitlines()
    assert all('["submission",' in "".join(json.loads(line)["rows"]) for line in rows)
