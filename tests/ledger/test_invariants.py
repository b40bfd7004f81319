"""Whatever is done to a ledger behind its back is found, and named by the rule that it breaks."""

# ruff: noqa: S608 - the statements are the cases themselves

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.intake.review import give_back
from app.ledger import chain, invariants
from app.ledger.chain import Point
from app.ledger.sealing import seal_of
from tests.ledger.small_office import APPROVER, REPORTER, fill, issue_key, row, send, target
from tests.ledger.tampering import tamper

if TYPE_CHECKING:
    from app.ledger.database import Database
    from app.ledger.invariants import Checked
    from app.ledger.office import Office

FIGURE = "period = '2013-03'"


@pytest.fixture
def ledger(office: Office) -> Database:
    """Give a ledger of nine entries.

    1 the catalogue, 2 and 3 keys, 4 a submission of two figures, 5 its return, 6 a correction,
    7 a refusal, 8 a revised target, 9 a warning's submission.
    """
    fill(office)
    sender = issue_key(office, "sender", "exam")
    issue_key(office, "second", "exam")
    first = send(office, row("22.5"), row("23", "2013-04"), actor=sender)
    assert first.id == 4
    give_back(office, first.id, APPROVER, "why so many?")
    send(office, row("22.6", reason="recount"), actor=sender)
    send(office, row("nonsense"), actor=REPORTER)
    fill(office, target("<= 22.4"))
    assert send(office, row("24", "2013-05"), actor=sender).id == 9
    return office.database


def broken(database: Database) -> dict[str, Checked]:
    with database.read() as connection:
        checked = invariants.check_all(connection)
    return {rule.invariant: rule for rule in checked if rule.violations}


def test_a_ledger_that_nobody_touched_is_sound(ledger: Database) -> None:
    assert broken(ledger) == {}


def test_an_empty_ledger_is_sound(database: Database) -> None:
    assert broken(database) == {}
    with database.read() as connection:
        assert chain.head(connection) == chain.START


EARLIER = "'2001-01-01T00:00:00.000000Z'"
TAMPERED = {
    "a figure is changed": (
        [f"UPDATE revision SET value = value + 1 WHERE {FIGURE} AND revision = 1"],
        {"chain": "entry 4 "},
    ),
    "a note is slipped in": (
        [f"UPDATE revision SET note = 'as agreed' WHERE {FIGURE} AND revision = 2"],
        {"chain": "entry 6 "},
    ),
    "somebody else did it": (
        ["UPDATE journal SET actor = 'somebody' WHERE id = 4"],
        {"chain": "entry 4 "},
    ),
    "it was done earlier": (
        [f"UPDATE journal SET recorded_at = {EARLIER} WHERE id = 8"],
        {"chain": "entry 8 ", "journal_time": "entry 8 "},
    ),
    "an entry is of another kind": (
        ["UPDATE journal SET kind = 'review' WHERE id = 9"],
        {"chain": "entry 9 ", "entries": "entry 9 "},
    ),
    "a correction is taken away": (
        [f"DELETE FROM revision WHERE {FIGURE} AND revision = 2"],
        {"chain": "entry 6 ", "receipts": "submission 6 "},
    ),
    "a revision is renumbered": (
        [f"UPDATE revision SET revision = 3 WHERE {FIGURE} AND revision = 2"],
        {"chain": "entry 6 ", "revision_numbers": "3 follows 1"},
    ),
    "a correction is laid to the first delivery": (
        [f"UPDATE revision SET submission_id = 4 WHERE {FIGURE} AND revision = 2"],
        {
            "chain": "entry 4 ",
            "current_figure": "2 is of entry 4",
            "receipts": "submission 4 ",
        },
    ),
    "a finding is taken away": (
        ["DELETE FROM finding WHERE submission_id = 7"],
        {"chain": "entry 7 "},
    ),
    "a receipt counts more than came": (
        ["UPDATE submission SET received = received + 1 WHERE id = 6"],
        {"chain": "entry 6 ", "receipts": "submission 6 (2 received)"},
    ),
    "a refused delivery is made to stand": (
        [
            (
                "INSERT INTO revision (kpi_id, department_id, period, revision, submission_id, "
                "row_number, observation_status) SELECT kpi_id, department_id, '2013-06', 1, 7, 1, "
                f"'M' FROM revision WHERE {FIGURE} AND revision = 1"
            )
        ],
        {"chain": "entry 7 ", "receipts": "submission 7 "},
    ),
    "a submission vanishes": (
        ["DELETE FROM submission WHERE id = 9"],
        {"chain": "entry 9 ", "entries": "entry 9 ", "references": "gone: submission_id 9"},
    ),
    "an entry vanishes with all it holds": (
        [
            "DELETE FROM finding WHERE submission_id = 7",
            "DELETE FROM submission WHERE id = 7",
            "DELETE FROM seal WHERE entry_id = 7",
            "DELETE FROM journal WHERE id = 7",
        ],
        {"chain": "entry 8 ", "journal_numbers": "8 follows 6"},
    ),
    "an entry vanishes and its rows stay": (
        ["DELETE FROM journal WHERE id = 7"],
        {
            "chain": "entry 7 is not in the journal",
            "journal_numbers": "8 follows 6",
            "references": "gone: id 7",
        },
    ),
    "an entry is added without a seal": (
        [
            (
                "INSERT INTO journal (id, recorded_at, kind, action, subject, actor) "
                "SELECT 10, recorded_at, 'key', 'create', 'mine', 'me' FROM journal WHERE id = 9"
            )
        ],
        {"chain": "entry 10 has no seal"},
    ),
    "a seal vanishes": (
        ["DELETE FROM seal WHERE entry_id = 7"],
        {"chain": "entry 7 has no seal"},
    ),
    "a department is let report": (
        [
            (
                "INSERT INTO kpi_reporter (kpi_id, version, department_id) "
                "SELECT v.kpi_id, 1, d.id FROM kpi_version v, department d, kpi k "
                "WHERE k.id = v.kpi_id AND k.code = 'fees' AND d.code = 'law'"
            )
        ],
        {"chain": "entry 1 "},
    ),
    "a key reaches further": (
        [
            (
                "INSERT INTO api_key_department (api_key_id, department_id) "
                "SELECT 1, id FROM department WHERE code = 'law'"
            )
        ],
        {"chain": "entry 2 "},
    ),
    "a code is let in past the journal": (
        ["INSERT INTO plan (id, code) VALUES (77, 'ghost')"],
        {"entries": "plan (77) ", "identity_numbers": "plan: 77 follows 1"},
    ),
    "a target's first version is passed off as its third": (
        [
            (
                "UPDATE target_version SET version = 3 WHERE version = 1 AND target_id = "
                "(SELECT target_id FROM target_version WHERE version = 2)"
            )
        ],
        {
            "chain": "entry 1 ",
            "version_numbers": "2 follows 0",
            "current_figure": "3 is of entry 1",
            "entries": "target (",
        },
    ),
    "a review is of a revision that is not there": (
        [f"UPDATE review SET revision = 99 WHERE entry_id = 5 AND {FIGURE}"],
        {"chain": "entry 5 ", "references": "review ("},
    ),
    "a review comes before what it looks at": (
        ["UPDATE review SET entry_id = 3"],
        {
            "chain": "entry 3 ",
            "entries": "entry 3 ",
            "reviews": "entry 3 reviews revision 1 of pendency/exam/2013-03",
        },
    ),
}


@pytest.mark.parametrize(("statements", "found"), TAMPERED.values(), ids=TAMPERED.keys())
def test_what_is_tampered_with_is_found_and_named(
    ledger: Database, statements: list[str], found: dict[str, str]
) -> None:
    tamper(ledger, *statements)
    said = broken(ledger)
    assert said.keys() == found.keys()
    for rule, words in found.items():
        assert words in said[rule].examples[0], said[rule]


def test_a_seal_made_anew_is_given_away_by_the_next(ledger: Database) -> None:
    """Who can change a row can compute its seal as well; but not without the next being wrong."""
    tamper(ledger, "UPDATE journal SET actor = 'somebody' WHERE id = 4")
    with ledger.read() as connection:
        before = connection.execute(sa.text("SELECT digest FROM seal WHERE entry_id = 3")).scalar()
        entries = chain.entries(connection, chain.Point(3, str(before)), 4)
        lines = next(lines for entry, lines, _ in entries if entry == 4)
    forged = seal_of(str(before), lines)
    tamper(ledger, f"UPDATE seal SET digest = '{forged}' WHERE entry_id = 4")
    said = broken(ledger)
    assert list(said) == ["chain"]
    assert said["chain"].examples == ("entry 5 is not what was sealed after entry 4",)


def test_an_end_that_was_cut_off_is_found_by_a_seal_noted_before(ledger: Database) -> None:
    with ledger.read() as connection:
        noted = chain.head(connection)
        assert chain.includes(connection, noted)
        assert not chain.includes(connection, Point(noted.entry, "0" * 64))
    tamper(
        ledger,
        *(
            f"DELETE FROM {table} WHERE {column} = 9"
            for table, column in (
                ("finding", "submission_id"),
                ("revision", "submission_id"),
                ("submission", "id"),
                ("seal", "entry_id"),
                ("journal", "id"),
            )
        ),
    )
    assert broken(ledger) == {}, "nothing within tells that there was more"
    with ledger.read() as connection:
        assert not chain.includes(connection, noted)


NOT_EVEN_DATA = {
    "text for a number": "UPDATE revision SET value = 'abc' WHERE submission_id = 9",
    "a float for a number": "UPDATE revision SET value = 24000000.5 WHERE submission_id = 9",
    "a day for an instant": "UPDATE journal SET recorded_at = 'yesterday' WHERE id = 9",
    "bytes for text": "UPDATE journal SET actor = x'00ff' WHERE id = 9",
    "bytes that are no text": "UPDATE journal SET actor = CAST(x'ff' AS TEXT) WHERE id = 9",
    "a third truth": "UPDATE kpi_version SET monotone = 7 WHERE kpi_id = 1",
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("statement", NOT_EVEN_DATA.values(), ids=NOT_EVEN_DATA.keys())
def test_what_the_engine_should_never_have_taken_is_found(ledger: Database, statement: str) -> None:
    tamper(ledger, statement)
    assert "chain" in broken(ledger)


GUARDS = {
    "sqlite": [
        ("DROP TRIGGER revision_no_update", "nothing refuses UPDATE on revision"),
        ("DROP TRIGGER seal_no_delete", "nothing refuses DELETE on seal"),
        ("DROP TRIGGER review_no_replace", "nothing refuses REPLACE on review"),
    ],
    "postgresql": [
        ("DROP TRIGGER append_only ON revision", "on revision"),
        ("ALTER TABLE seal DISABLE TRIGGER append_only", "on seal"),
        (
            (
                "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RETURN NULL; END $$"
            ),
            "lets changes through",
        ),
        ("ALTER TABLE revision DISABLE TRIGGER no_strays", "that name what is not there"),
    ],
}


@pytest.mark.parametrize(
    ("database_url", "statement", "words"),
    [
        pytest.param(engine, *guard, marks=[pytest.mark.part(engine)] * (engine == "postgresql"))
        for engine, guards in GUARDS.items()
        for guard in guards
    ],
    indirect=["database_url"],
)
def test_a_missing_guard_is_found(ledger: Database, statement: str, words: str) -> None:
    with ledger.write() as connection:
        connection.exec_driver_sql(statement)
    said = broken(ledger)
    assert list(said) == ["triggers"]
    assert words in said["triggers"].examples[0]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_guard_that_was_weakened_is_found(ledger: Database) -> None:
    with ledger.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER revision_no_update")
        connection.exec_driver_sql(
            "CREATE TRIGGER revision_no_update BEFORE UPDATE ON revision WHEN 0 "
            "BEGIN SELECT RAISE(ABORT, 'append-only: what is recorded is never changed'); END"
        )
    assert list(broken(ledger)) == ["triggers"]


def test_many_violations_are_counted_and_few_are_told(ledger: Database) -> None:
    tamper(ledger, *(f"INSERT INTO plan (id, code) VALUES ({n}, 'p{n}')" for n in range(2, 30)))
    found = broken(ledger)["entries"]
    assert (found.violations, len(found.examples)) == (28, invariants.SHOWN)
