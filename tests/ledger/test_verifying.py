"""The running service notices what is done to its ledger, and says so until it is mended."""

# ruff: noqa: S608 - the statements are the cases themselves

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from app.ledger import chain, verifying
from app.ledger.invariants import RULES
from app.ledger.verifying import Verifier
from tests.ledger.small_office import fill, row, send
from tests.ledger.tampering import tamper
from tests.parts import wait_until

if TYPE_CHECKING:
    import datetime as dt

    from app.ledger.chain import Point
    from app.ledger.invariants import Checked
    from app.ledger.office import Office

POSTS = 6
NEWEST = f"UPDATE revision SET value = value + 1 WHERE submission_id = {POSTS + 1}"
MENDED = f"UPDATE revision SET value = value - 1 WHERE submission_id = {POSTS + 1}"


@dataclass
class Board:
    """Keeps what it is told."""

    broken: dict[str, int] = field(default_factory=dict)
    verified: list[dt.datetime] = field(default_factory=list)

    def ledger_checked(self, checked: Checked) -> None:
        self.broken[checked.invariant] = checked.violations

    def ledger_verified(self, at: dt.datetime) -> None:
        self.verified.append(at)

    @property
    def worst(self) -> dict[str, int]:
        return {name: count for name, count in self.broken.items() if count}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take two entries a step, and never rest."""
    monkeypatch.setattr(verifying, "REST", 0)
    monkeypatch.setattr(verifying, "ENTRIES", 2)
    monkeypatch.setattr(verifying, "BETWEEN_ROUNDS", 0.0)


@pytest.fixture
def living(office: Office) -> Office:
    """Give an office with a few entries."""
    fill(office)
    for month in range(1, POSTS):
        send(office, row("20", f"2013-{month:02}"))
    return office


def go_round(verifier: Verifier) -> int:
    """Let it do its steps until there is nothing to do; returns how many these were."""
    steps = 1
    while verifier.step():
        steps += 1
        assert steps < 100
    return steps


def test_a_round_tries_every_rule_and_is_dated(living: Office) -> None:
    board = Board()
    steps = go_round(Verifier(living, board))
    assert board.broken == dict.fromkeys(["chain", *(rule.name for rule in RULES)], 0)
    assert board.verified == [living.clock()]
    assert steps == POSTS / 2 + len(RULES) + 1


def test_entries_of_many_rows_are_verified_one_a_step(
    living: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    tamper(living.database, "UPDATE revision SET revision = 2 WHERE submission_id = 3")
    monkeypatch.setattr(verifying, "LINES", 1)
    board = Board()
    steps = go_round(Verifier(living, board))

    assert steps == POSTS + len(RULES) + 1
    assert board.worst == {"chain": 1, "revision_numbers": 1, "receipts": 1}


def test_what_is_broken_from_the_start_is_found_by_the_first_round(living: Office) -> None:
    tamper(living.database, "UPDATE revision SET revision = 2 WHERE submission_id = 3")
    board = Board()
    go_round(Verifier(living, board))
    assert board.worst == {"chain": 1, "revision_numbers": 1, "receipts": 1}


def test_what_is_new_is_verified_before_the_round_goes_on(
    living: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Point] = []

    def noting(*arguments: object) -> object:
        asked.append(arguments[1])  # type: ignore[arg-type]
        return links(*arguments)  # type: ignore[arg-type]

    links = chain.links
    monkeypatch.setattr(chain, "links", noting)
    board = Board()
    verifier = Verifier(living, board)
    verifier.step()
    send(living, row("20", "2013-11"))
    tamper(living.database, NEWEST)
    verifier.step()
    assert [point.entry for point in asked] == [0, POSTS]
    assert board.worst == {"chain": 1}
    assert board.verified == []


def test_it_stands_until_a_whole_round_finds_it_mended(living: Office) -> None:
    board = Board()
    verifier = Verifier(living, board)
    go_round(verifier)
    send(living, row("20", "2013-11"))
    tamper(living.database, NEWEST)
    verifier.step()
    assert board.worst == {"chain": 1}
    go_round(verifier)
    assert board.worst == {"chain": 1}, "counted once, though met as new and by the round"
    tamper(living.database, MENDED)
    verifier.step()
    assert board.worst == {"chain": 1}
    go_round(verifier)
    assert board.worst == {}


def test_an_end_that_is_cut_off_is_noticed_and_never_forgotten(living: Office) -> None:
    board = Board()
    verifier = Verifier(living, board)
    go_round(verifier)
    tamper(
        living.database,
        *(
            f"DELETE FROM {table} WHERE {column} >= {POSTS - 1}"
            for table, column in (
                ("finding", "submission_id"),
                ("revision", "submission_id"),
                ("submission", "id"),
                ("seal", "entry_id"),
                ("journal", "id"),
            )
        ),
    )
    for _ in range(2):
        go_round(verifier)
        assert board.worst == {"chain": 2}
    assert send(living, row("21", "2013-12")).id == POSTS - 1
    go_round(verifier)
    assert board.worst == {"chain": 2}


def test_a_long_gap_does_not_stop_it(living: Office) -> None:
    send(living, row("20", "2013-11"))
    tamper(
        living.database,
        "DELETE FROM revision WHERE submission_id BETWEEN 2 AND 6",
        "DELETE FROM submission WHERE id BETWEEN 2 AND 6",
        "DELETE FROM seal WHERE entry_id BETWEEN 2 AND 6",
        "DELETE FROM journal WHERE id BETWEEN 2 AND 6",
    )
    board = Board()
    go_round(Verifier(living, board))
    assert board.worst["journal_numbers"] == 1
    assert board.worst["chain"] == 1


def test_a_thread_of_its_own_does_it_all(living: Office) -> None:
    board = Board()
    with Verifier(living, board, pause=0.01):
        wait_until(lambda: board.verified, seconds=60, what="the first round")
        send(living, row("20", "2013-11"))
        tamper(living.database, NEWEST)
        wait_until(lambda: board.worst == {"chain": 1}, seconds=60, what="the violation")


def test_an_outage_is_told_once_and_survived(
    living: Office, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = Board()
    with monkeypatch.context() as patched:
        patched.setattr(Verifier, "step", lambda _: 1 / 0)
        with Verifier(living, board, pause=0.001):
            wait_until(lambda: "cannot be verified" in caplog.text, seconds=60, what="the log")
    assert caplog.text.count("cannot be verified") == 1
    assert board.verified == []
