"""Several at once: threads of one process, and processes of their own."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from app.intake.submission import receive
from app.ledger import submissions
from tests.ledger.small_office import (
    REPORTER,
    assert_whole,
    count_rows,
    delivery,
    fill,
    history,
    plan,
    row,
    send,
)
from tests.ledger.workers import together

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.ledger.office import Office

T = TypeVar("T")
THREADS, TIMES = 4, 6


def at_once(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """Run tasks in threads that begin at the same moment; raises what any of them raised."""
    barrier = threading.Barrier(len(tasks))
    results: list[T] = []
    errors: list[BaseException] = []

    def run(task: Callable[[], T]) -> None:
        try:
            barrier.wait(30)
            results.append(task())
        except BaseException as error:  # noqa: BLE001 - raised again below, in the test's thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for error in errors:
        raise error
    return results


def assert_every_revision_stands(office: Office, corrections: int) -> None:
    lines = history(office)
    assert [line.figure.revision for line in lines] == list(range(1, corrections + 2))
    values = Counter(line.figure.amount.value for line in lines)
    assert set(values.values()) == {1}, "a value was written twice"
    assert_whole(office.database)


def test_threads_that_correct_one_figure_lose_no_update(office: Office) -> None:
    send(fill(office), row("99"))

    def correct(first: int) -> int:
        kinds = [
            send(office, row(f"{first + step}", reason="recount")).result.counts.revised
            for step in range(TIMES)
        ]
        return sum(kinds)

    done = at_once([lambda number=number: correct(number * 10) for number in range(THREADS)])  # type: ignore[misc]
    assert done == [TIMES] * THREADS
    assert_every_revision_stands(office, THREADS * TIMES)


def test_processes_that_correct_one_figure_lose_no_update(office: Office) -> None:
    send(fill(office), row("99"))
    url = office.database.url.render_as_string(hide_password=False)
    printed = together(("revise", url, "0", "8"), ("revise", url, "40", "8"))
    acknowledged = sorted(int(number) for lines in printed for number in lines)
    assert acknowledged == list(range(3, 19))
    assert_every_revision_stands(office, 16)
    assert [line.figure.submission for line in history(office)] == list(range(2, 19))


def test_of_many_that_post_a_new_figure_one_creates_it(office: Office) -> None:
    fill(office)
    posts = [delivery(row("20")) for _ in range(THREADS)]
    receipts = at_once([lambda post=post: receive(office, post, REPORTER) for post in posts])  # type: ignore[misc]
    did = Counter((r.result.counts.created, r.result.counts.unchanged) for r in receipts)
    assert did == {(1, 0): 1, (0, 1): THREADS - 1}
    assert len(history(office)) == 1
    assert_whole(office.database)


def test_threads_with_the_same_key_make_one_submission(office: Office) -> None:
    fill(office)
    post = delivery(row("20"), key="again and again")
    receipts = at_once([lambda: receive(office, post, REPORTER)] * THREADS)
    assert receipts == [receipts[0]] * THREADS
    with office.database.read() as connection:
        assert [one.id for one in submissions.listed(connection, before=None, limit=9)] == [2]


def test_processes_with_the_same_key_make_one_submission(office: Office) -> None:
    fill(office)
    url = office.database.url.render_as_string(hide_password=False)
    assert together(*[("post_once", url, "one key", "20")] * 2) == [["2"], ["2"]]
    with office.database.read() as connection:
        assert count_rows(connection)["submission"] == 1


def test_reading_goes_on_while_others_write(office: Office) -> None:
    """Whoever reads sees the catalogue and the figures of one position, never a half."""
    fill(office)
    stop = threading.Event()
    seen: list[tuple[int, int, int]] = []

    def write() -> None:
        for number in range(8):
            fill(office, plan(f"plan-{number}"))
            send(office, row(f"{number}", reason="recount"))
        stop.set()

    def look() -> None:
        last = False
        while not last:
            last = stop.is_set()
            with office.database.read() as connection:
                stored, at = office.seen(connection)
                entries = count_rows(connection)["journal"]
                seen.append((at.position, entries, len(stored.catalogue.plans)))

    at_once([write, look])
    assert all(position == entries for position, entries, _ in seen)
    assert all(plans == 1 + position // 2 for position, _, plans in seen)
    assert seen[-1][0] == 17
