"""Deliveries taken in together are as if each had come alone, one after the other."""

from __future__ import annotations

import shutil
from itertools import count
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.errors import IdempotencyMismatch
from app.intake.decision import decide
from app.intake.submission import Sent, receive, receive_all
from app.ledger.database import Database
from app.ledger.migrating import migrate
from app.ledger.office import Office
from app.ledger.submissions import OnError, Outcome, Receipt
from app.ledger.tables import seal
from tests.clock import Clock
from tests.ledger.small_office import (
    REPORTER,
    Row,
    assert_whole,
    delivery,
    fill,
    history,
    issue_key,
    row,
    rows_in_tables,
    send,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from app.intake.submission import Answer


@pytest.fixture
def filled(office: Office) -> Office:
    return fill(office)


def sent(*rows: Row, key: str | None = None, on_error: OnError = OnError.REJECT) -> Sent:
    return Sent(delivery(*rows, key=key, on_error=on_error), REPORTER)


def receipts(answers: list[Answer]) -> list[Receipt]:
    assert all(isinstance(answer, Receipt) for answer in answers)
    return [answer for answer in answers if isinstance(answer, Receipt)]


def test_each_has_an_entry_and_a_receipt_of_its_own(filled: Office) -> None:
    answers = receipts(receive_all(filled, [sent(row("25")), sent(row("x")), sent(row("26"))]))
    assert [answer.id for answer in answers] == [2, 3, 4]
    assert [answer.result.outcome for answer in answers] == [
        Outcome.ACCEPTED, Outcome.REFUSED, Outcome.REFUSED]  # fmt: skip
    (missing,) = answers[2].result.findings
    assert (missing.code, missing.values) == ("reason_missing", {"current": "25"})
    assert_whole(filled.database)


def test_one_sees_what_the_ones_before_it_did(filled: Office) -> None:
    answers = receipts(
        receive_all(
            filled,
            [sent(row("25")), sent(row("25")), sent(row("24", reason="recount"))],
        )
    )
    counts = [answer.result.counts for answer in answers]
    assert [(one.created, one.unchanged, one.revised) for one in counts] == [
        (1, 0, 0), (0, 1, 0), (0, 0, 1)]  # fmt: skip
    assert [line.figure.revision for line in history(filled)] == [1, 2]
    assert_whole(filled.database)


def test_the_same_key_in_one_lot_gives_the_first_answer(filled: Office) -> None:
    first, again, other = receive_all(
        filled,
        [sent(row("25"), key="k"), sent(row("25"), key="k"), sent(row("26"), key="k")],
    )
    assert first == again
    assert isinstance(other, IdempotencyMismatch)
    assert rows_in_tables(filled)["submission"] == 1


def test_the_keys_of_other_senders_in_one_lot_do_not_meet(filled: Office) -> None:
    east, west = issue_key(filled, "east"), issue_key(filled, "west")
    lot = [
        Sent(delivery(row(str(number), f"2013-0{number}"), actor=actor, key="march"), actor)
        for number, actor in enumerate((east, west, REPORTER, east), 1)
    ]
    *answers, mismatch = receive_all(filled, lot)
    assert [one.result.counts.created for one in receipts(answers)] == [1, 1, 1]
    assert isinstance(mismatch, IdempotencyMismatch)
    again = receive_all(filled, lot)
    assert again[:3] == answers


def test_keys_of_any_spelling_are_found_again(filled: Office) -> None:
    actor = issue_key(filled, "east")
    spelled = ['a"b', "a\\b", "a,b", "{a}", "{}", "NULL", "'", "%s", "年 度", "\\", '"']
    lot = [
        Sent(delivery(row("20", f"2012-{at:02d}"), actor=actor, key=key), actor)
        for at, key in enumerate(spelled, 1)
    ]
    answers = receive_all(filled, lot)
    assert [one.result.counts.created for one in receipts(answers)] == [1] * len(spelled)
    assert receive_all(filled, lot) == answers


def test_what_goes_wrong_for_one_goes_wrong_for_it_alone(
    filled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(checked: object, *rest: object) -> object:
        if any(entry.note == "breaks" for entry in checked.entries):  # type: ignore[attr-defined]
            raise ArithmeticError
        return decide(checked, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("app.intake.submission.decide", failing)
    lot = [sent(row("25")), sent(row("26", "2013-04", note="breaks")), sent(row("27", "2013-05"))]
    before, broken, after = receive_all(filled, lot)
    assert isinstance(broken, ArithmeticError)
    assert [one.id for one in receipts([before, after])] == [2, 3]
    assert history(filled, "2013-04") == []
    assert_whole(filled.database)


def test_an_odd_figure_is_held_against_what_the_same_lot_adds(filled: Office) -> None:
    steady = ("22.5", "22.3", "22.6", "22.4", "22.7", "22.5", "22.4", "22.6")
    lot = [sent(row(value, f"2012-{at:02d}")) for at, value in enumerate(steady, 1)]
    *usual, odd = receipts(receive_all(filled, [*lot, sent(row("52.5", "2012-09"))]))
    assert [found.code for one in usual for found in one.result.findings] == []
    assert [found.code for found in odd.result.findings] == ["far_from_history"]


# --- any deliveries at all --------------------------------------------------------------------

PLACES = [("pendency", "exam"), ("pendency", "exam-east"), ("cases", "exam"),
          ("cases", "exam-east"), ("platforms", "law"), ("pendency", "law")]  # fmt: skip
ROWS = st.builds(
    lambda place, month, value, reason: row(
        value, f"2013-{month:02d}", kpi=place[0], department=place[1], **reason
    ),
    st.sampled_from(PLACES),
    st.integers(1, 3),
    st.sampled_from(["20", "21", "22.5", "900", "x"]),
    st.sampled_from([{}, {"reason": "recount"}]),
)
SENT = st.builds(
    lambda rows, key, on_error: sent(*rows, key=key, on_error=on_error),
    st.lists(ROWS, min_size=1, max_size=4),
    st.sampled_from([None, None, "one", "two"]),
    st.sampled_from(OnError),
)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Office]]:
    folder: Path = tmp_path_factory.mktemp("offices")
    clock, zone, numbers = Clock(), ZoneInfo("Asia/Shanghai"), count(1)
    first = Database(f"sqlite:///{folder / 'first.db'}")
    migrate(first)
    filled = fill(Office(first, zone, clock))
    for month in range(1, 13):
        send(filled, *(row("21", f"2012-{month:02d}", kpi=k, department=d) for k, d in PLACES[:5]))
    first.close()
    opened: list[Database] = []

    def copy() -> Office:
        path = folder / f"{next(numbers)}.db"
        shutil.copy(folder / "first.db", path)
        opened.append(Database(f"sqlite:///{path}"))
        return Office(opened[-1], zone, clock)

    yield copy
    for database in opened:
        database.close()


def comparable(answer: Answer) -> Receipt | str:
    return answer if isinstance(answer, Receipt) else repr(answer)


def seals(connection: Connection) -> list[str]:
    """Return what everything that was recorded comes to."""
    return list(connection.scalars(select(seal.c.digest).order_by(seal.c.entry_id)))


def one_by_one(office: Office, lot: list[Sent]) -> list[Answer]:
    answers: list[Answer] = []
    for one in lot:
        try:
            answers.append(receive(office, one.delivery, one.actor))
        except IdempotencyMismatch as mismatch:
            answers.append(mismatch)
    return answers


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lot=st.lists(SENT, min_size=1, max_size=8))
def test_together_is_the_same_as_one_by_one(fresh: Callable[[], Office], lot: list[Sent]) -> None:
    alone, together = fresh(), fresh()
    expected, found = one_by_one(alone, lot), receive_all(together, lot)
    assert [comparable(one) for one in found] == [comparable(one) for one in expected]
    assert rows_in_tables(together) == rows_in_tables(alone)
    with alone.database.read() as one, together.database.read() as other:
        assert seals(one) == seals(other)
