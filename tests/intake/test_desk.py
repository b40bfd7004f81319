"""Deliveries that arrive at once are taken in together, and each gets its own answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from app.errors import NotAuthenticated, Unavailable
from app.intake import desk as desk_module
from app.intake.desk import MOST_PATIENCE, MOST_ROWS, MOST_TOGETHER, Desk, patience
from app.intake.submission import Sent, receive_all
from app.ledger import journal, keys
from app.ledger.submissions import Receipt
from tests.ledger.small_office import (
    ADMIN,
    REPORTER,
    assert_whole,
    delivery,
    fill,
    history,
    issue_key,
    row,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.intake.submission import Answer
    from app.ledger.office import Office

MONTHS = [f"2012-{month:02d}" for month in range(1, 13)]


@pytest.fixture
def filled(office: Office) -> Office:
    return fill(office)


@pytest.fixture
def desk(filled: Office) -> Iterator[Desk]:
    made = Desk(filled)
    yield made
    made.close()


def sent(value: str, at: str, key: str | None = None) -> Sent:
    return Sent(delivery(row(value, at), key=key), REPORTER)


async def gathered(desk: Desk, lot: Sequence[Sent]) -> list[Receipt | BaseException]:
    return await asyncio.gather(*(desk.receive(one) for one in lot), return_exceptions=True)


class Lots:
    """Notes which lots were taken in; fails for lots as told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        self.fails: type[Exception] | None = None
        self.bad_value = ""
        monkeypatch.setattr(desk_module, "receive_all", self.receive_all)

    def receive_all(self, office: Office, lot: Sequence[Sent]) -> list[Answer]:
        self.sizes.append(len(lot))
        values = [value for one in lot for value in one.delivery.table.columns["value"]]
        if self.fails is not None and self.bad_value in values:
            raise self.fails("this lot")
        return receive_all(office, lot)


def test_each_gets_the_receipt_of_what_it_sent(filled: Office, desk: Desk) -> None:
    lot = [sent(str(number), at) for number, at in enumerate(MONTHS, 20)]
    answers = asyncio.run(gathered(desk, [*lot, sent("x", "2013-01")]))
    assert [type(answer) for answer in answers] == [Receipt] * 13
    for answer, at in zip(answers, MONTHS, strict=False):
        assert isinstance(answer, Receipt)
        (line,) = history(filled, at)
        assert line.figure.submission == answer.id
    assert_whole(filled.database)


def test_what_came_at_once_is_taken_in_by_few_transactions(
    filled: Office, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lots = Lots(monkeypatch)
    total = 2 * MOST_TOGETHER
    with filled.database.write():  # the first lot waits for this, and the others behind it
        running = asyncio.new_event_loop()
        waiting = [running.create_task(desk.receive(sent("20", "2012-01"))) for _ in range(total)]
        running.run_until_complete(asyncio.sleep(0))
    running.run_until_complete(asyncio.gather(*waiting))
    running.close()
    assert sum(lots.sizes) == total
    assert max(lots.sizes) <= MOST_TOGETHER
    assert len(lots.sizes) <= 4


def test_a_lot_is_held_back_until_as_many_are_there_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lots = Lots(monkeypatch)
    desk._there, desk._patience = 3, 3600.0

    async def posted() -> None:
        waiting = []
        for at in MONTHS[:3]:
            waiting.append(asyncio.create_task(desk.receive(sent("20", at))))
            await asyncio.sleep(0)  # each comes by itself
        await asyncio.gather(*waiting)

    asyncio.run(posted())
    assert lots.sizes == [3]


def test_who_does_not_come_again_is_not_waited_for_for_ever(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lots = Lots(monkeypatch)
    desk._there, desk._patience = 3, 0.01
    asyncio.run(gathered(desk, [sent("20", "2012-01")]))
    assert lots.sizes == [1]


def test_a_desk_that_closes_holds_nothing_back(
    filled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    lots, desk = Lots(monkeypatch), Desk(filled)
    desk._there, desk._patience = 3, 3600.0

    async def posted() -> None:
        waiting = asyncio.create_task(desk.receive(sent("20", "2012-01")))
        await asyncio.sleep(0)
        await asyncio.get_running_loop().run_in_executor(None, desk.close)
        await waiting

    asyncio.run(posted())
    assert lots.sizes == [1]


@pytest.mark.parametrize(
    ("waited", "computed", "worth"),
    [(0.004, 0.001, 0.002), (0.001, 0.004, 0), (0, 0, 0), (9.0, 0.001, MOST_PATIENCE)],
)
def test_half_of_what_a_lot_waited_for_the_disk_is_worth_waiting(
    waited: float, computed: float, worth: float
) -> None:
    assert patience(waited, computed) == worth


def test_long_deliveries_are_taken_in_by_themselves(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lots = Lots(monkeypatch)
    long = Sent(delivery(*(row("x", "2012-01") for _ in range(MOST_ROWS))), REPORTER)
    asyncio.run(gathered(desk, [long, sent("20", "2012-01"), long]))
    assert lots.sizes.count(1) >= 2


def test_a_lot_that_fails_is_taken_in_one_by_one(
    filled: Office, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lots = Lots(monkeypatch)
    lots.fails, lots.bad_value = ArithmeticError, "13"
    lot = [sent("12", "2012-01"), sent("13", "2012-02"), sent("14", "2012-03")]
    good, bad, fine = asyncio.run(gathered(desk, lot))
    assert isinstance(good, Receipt)
    assert isinstance(bad, ArithmeticError)
    assert isinstance(fine, Receipt)
    assert [len(history(filled, at)) for at in MONTHS[:3]] == [1, 0, 1]
    assert_whole(filled.database)


def test_an_outage_is_told_to_all_of_a_lot(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    lots = Lots(monkeypatch)
    lots.fails, lots.bad_value = Unavailable, "13"
    lot = [sent("13", "2012-01"), sent("13", "2012-02")]
    assert {type(answer) for answer in asyncio.run(gathered(desk, lot))} == {Unavailable}
    assert sum(lots.sizes) == 2, "nobody tries again what the sender may have to"


def test_who_stops_waiting_does_not_stop_the_delivery(filled: Office, desk: Desk) -> None:
    async def leave() -> None:
        task = asyncio.create_task(desk.receive(sent("20", "2012-01")))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await desk.receive(sent("21", "2012-02"))

    asyncio.run(leave())
    assert [len(history(filled, at)) for at in MONTHS[:2]] == [1, 1]


def test_at_the_end_what_waits_is_taken_in_and_what_comes_is_turned_away(filled: Office) -> None:
    desk = Desk(filled)

    async def end() -> list[Receipt | BaseException]:
        tasks = [asyncio.create_task(desk.receive(sent("20", at))) for at in MONTHS]
        await asyncio.sleep(0)
        await asyncio.to_thread(desk.close)
        late = asyncio.create_task(desk.receive(sent("20", "2013-01")))
        return await asyncio.gather(*tasks, late, return_exceptions=True)

    *answers, late = asyncio.run(end())
    assert [type(answer) for answer in answers] == [Receipt] * len(MONTHS)
    assert isinstance(late, Unavailable)


# --- keys that were looked up before ----------------------------------------------------------


def looked_up(office: Office) -> int:
    with office.database.read() as connection:
        upto = journal.position(connection)
        return journal.newest(connection, journal.EntryKind.KEY, upto)


def test_a_key_that_ended_since_it_was_looked_up_is_refused(filled: Office, desk: Desk) -> None:
    ended, lasting = issue_key(filled, "ended"), issue_key(filled, "lasting")
    as_of = looked_up(filled)
    assert ended.key is not None
    with filled.database.write() as connection:
        keys.revoke(connection, ended.key, actor=ADMIN, now=filled.clock())
    lot = [
        Sent(delivery(row("20", at), actor=actor), actor, as_of)
        for actor, at in ((ended, "2012-01"), (lasting, "2012-02"))
    ]
    refused, taken = asyncio.run(gathered(desk, lot))
    assert isinstance(refused, NotAuthenticated)
    assert isinstance(taken, Receipt)
    assert history(filled, "2012-01") == []
