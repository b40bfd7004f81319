"""A delivery from its bytes to what is on record, on both engines."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from itertools import count
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.finding import english
from app.errors import IdempotencyMismatch, Refused, Unavailable, UnsupportedMedia
from app.intake.submission import CSV, JSON, Post, is_refusal, read, receive, rehearse
from app.ledger import journal
from app.ledger.database import Database
from app.ledger.office import Office
from app.ledger.submissions import Counts, OnError, Outcome, Source, get
from app.ledger.tables import NAME_LENGTH
from tests.factories import amount
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
    from pathlib import Path

    from app.domain.figure import Amount
    from app.ledger.submissions import Receipt
    from tests.clock import Clock


@pytest.fixture
def filled(office: Office) -> Office:
    return fill(office)


def on_record(office: Office, receipt: Receipt) -> Receipt | None:
    assert receipt.id is not None
    with office.database.read() as connection:
        return get(connection, receipt.id)


def amounts(office: Office) -> list[Amount]:
    return [line.figure.amount for line in history(office)]


def test_a_figure_that_is_marked_missing_is_on_record_like_any_other(office: Office) -> None:
    """Its series shows no value; it is found all the same, and needs a reason to be corrected."""
    fill(office)
    missing, value = row(observation_status="M"), row("5")

    posted = [send(office, one) for one in (missing, missing, value, {**value, "reason": "late"})]

    assert [one.result.counts for one in posted] == [
        Counts(received=1, created=1),
        Counts(received=1, unchanged=1),
        Counts(received=1, rejected=1),
        Counts(received=1, revised=1),
    ]
    assert [found.code for found in posted[2].result.findings] == ["reason_missing"]


def test_a_delivery_creates_then_repeats_then_revises(filled: Office, clock: Clock) -> None:
    first = send(filled, row("25.0"))
    assert first.result.counts == Counts(received=1, created=1)
    again = send(filled, row("25"))
    assert (again.result.outcome, again.result.counts) == (
        Outcome.ACCEPTED, Counts(received=1, unchanged=1))  # fmt: skip
    refused = send(filled, row("24.5"))
    assert (refused.result.outcome, refused.result.counts) == (
        Outcome.REFUSED, Counts(received=1, rejected=1))  # fmt: skip
    assert is_refusal(refused)
    clock.forward(days=1)
    revised = send(filled, row("24.5", reason="monthly overview"))
    assert revised.result.counts == Counts(received=1, revised=1)
    assert amounts(filled) == [amount(25), amount("24.5")]
    receipts = [first, again, refused, revised]
    assert [on_record(filled, receipt) for receipt in receipts] == receipts
    assert [receipt.id for receipt in receipts] == [2, 3, 4, 5]
    assert_whole(filled.database)


def test_a_receipt_tells_what_came_and_from_whom(filled: Office, clock: Clock) -> None:
    sender = issue_key(filled, "北方系统")
    body = "指标,部门,期间,数值\n审查周期,审查部,2013年3月,２２．５\n".encode("gb18030")
    post = Post(body, CSV, filename="三月.csv", idempotency_key="k")
    receipt = receive(filled, read(post, sender), sender)
    assert (receipt.source, receipt.filename) == (Source.CSV, "三月.csv")
    assert (receipt.submitted_by, receipt.received_at) == ("北方系统", clock())
    assert receipt.fingerprint == hashlib.sha256(body).hexdigest()
    assert amounts(filled) == [amount("22.5")]
    assert on_record(filled, receipt) == receipt


def test_the_findings_of_a_refusal_are_kept_and_read_back_equal(filled: Office) -> None:
    text = (
        "指标,部门,期间,数值,备注\n"
        "周期,审查部,2013.5,约“20”,\n"
        "pendency,exam,2013-03,-1,{x}\n"
        ",,,,\\\n"
    )
    receipt = receive(filled, read(Post(text.encode(), CSV), REPORTER), REPORTER)
    assert receipt.result.outcome is Outcome.REFUSED
    assert [(found.row, found.column) for found in receipt.result.findings] == [
        (2, "指标"), (2, "期间"), (2, "数值"), (3, "数值"),
        (4, "指标"), (4, "部门"), (4, "期间"), (4, "数值"),
    ]  # fmt: skip
    kept = on_record(filled, receipt)
    assert kept == receipt
    assert kept is not None
    said = [english(found) for found in kept.result.findings]
    assert said == [english(found) for found in receipt.result.findings]


def test_an_unreadable_body_is_a_refusal_on_record_like_any_other(filled: Office) -> None:
    for body, media in ((b"\xff\xfe", CSV), (b"{", JSON), (b"", CSV), (b"[]", JSON)):
        receipt = receive(filled, read(Post(body, media), REPORTER), REPORTER)
        assert receipt.result.outcome is Outcome.REFUSED
        assert receipt.result.counts == Counts()
        assert receipt.result.findings
        assert on_record(filled, receipt) == receipt
    assert_whole(filled.database)


def test_a_refused_delivery_changes_no_figure(filled: Office) -> None:
    send(filled, row("25"))
    before = rows_in_tables(filled)
    receipt = send(filled, row("1", "2013-01"), row("2", "2013-02"), row("24"), row("x", "2013-05"))
    assert receipt.result.counts == Counts(received=4, rejected=4)
    after = rows_in_tables(filled)
    added = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert added == {"journal": 1, "seal": 1, "submission": 1, "finding": 2}
    assert amounts(filled) == [amount(25)]


def test_with_skip_the_good_rows_stand(filled: Office) -> None:
    send(filled, row("25"))
    receipt = send(
        filled,
        row("21", "2013-01"),
        row("x", "2013-02"),
        row("24", reason="recount"),
        row("25", "2013-03", department="exam-east", kpi="penury"),
        on_error=OnError.SKIP,
    )
    assert receipt.result.outcome is Outcome.PARTIAL
    assert receipt.result.counts == Counts(received=4, created=1, revised=1, rejected=2)
    assert [found.row for found in receipt.result.findings] == [2, 4]
    assert amounts(filled) == [amount(25), amount(24)]
    assert [line.row for line in history(filled)] == [1, 3]
    assert on_record(filled, receipt) == receipt
    assert_whole(filled.database)


def test_an_error_of_the_file_refuses_all_even_with_skip(filled: Office) -> None:
    body = b"kpi,department,period,value,surplus\npendency,exam,2013-03,20,1\n"
    post = Post(body, CSV, on_error=OnError.SKIP)
    receipt = receive(filled, read(post, REPORTER), REPORTER)
    assert receipt.result.outcome is Outcome.REFUSED
    assert receipt.result.counts == Counts(received=1, rejected=1)
    assert [(found.code, found.row) for found in receipt.result.findings] == [("unknown_column", 1)]
    assert history(filled) == []


# --- idempotency ------------------------------------------------------------------------------


def test_the_same_key_with_the_same_body_gives_the_first_answer(
    filled: Office, clock: Clock
) -> None:
    first = send(filled, row("25"), key="march")
    send(filled, row("24", reason="recount"))
    before = rows_in_tables(filled)
    clock.forward(days=3)
    assert send(filled, row("25"), key="march") == first
    assert rows_in_tables(filled) == before
    assert amounts(filled) == [amount(25), amount(24)]


def test_a_refusal_is_the_first_answer_too(filled: Office) -> None:
    first = send(filled, row("x"), key="march")
    assert first.result.outcome is Outcome.REFUSED
    assert send(filled, row("x"), key="march") == first
    assert rows_in_tables(filled)["submission"] == 1


def test_the_same_key_with_another_body_is_a_mismatch_and_adds_nothing(filled: Office) -> None:
    send(filled, row("25"), key="march")
    before = rows_in_tables(filled)
    with pytest.raises(IdempotencyMismatch):
        send(filled, row("26", "2013-04"), key="march")
    assert rows_in_tables(filled) == before


def test_the_keys_of_different_senders_do_not_meet(filled: Office) -> None:
    east, west = issue_key(filled, "east"), issue_key(filled, "west")
    receipts = [
        send(filled, row(str(n), f"2013-0{n}"), key="march", actor=actor)
        for n, actor in enumerate((east, west, REPORTER), 1)
    ]
    assert [receipt.result.counts.created for receipt in receipts] == [1, 1, 1]
    assert send(filled, row("2", "2013-02"), key="march", actor=west) == receipts[1]
    assert send(filled, row("3", "2013-03"), key="march", actor=REPORTER) == receipts[2]


def test_without_a_key_the_same_body_is_taken_again_and_counted_once(filled: Office) -> None:
    receipts = [send(filled, row("25")) for _ in range(3)]
    assert [receipt.id for receipt in receipts] == [2, 3, 4]
    assert amounts(filled) == [amount(25)]


def test_the_longest_key_is_kept_and_a_longer_one_refused(filled: Office) -> None:
    longest = "k" * NAME_LENGTH
    first = send(filled, row("25"), key=longest)
    assert send(filled, row("25"), key=longest) == first
    with pytest.raises(Refused) as caught:
        send(filled, row("25"), key=longest + "k")
    (found,) = caught.value.findings
    assert (found.code, found.column) == ("too_long", "Idempotency-Key")


# --- rehearsals -------------------------------------------------------------------------------


def test_a_rehearsal_says_what_would_come_of_it_and_keeps_nothing(filled: Office) -> None:
    send(filled, row("25"))
    rows = [row("25"), row("1", "2013-01"), row("x", "2013-02")]
    for on_error in OnError:
        before = rows_in_tables(filled)
        post = delivery(*rows, on_error=on_error)
        rehearsed = rehearse(filled, post, REPORTER)
        assert (rehearsed.id, rehearsed.received_at) == (None, None)
        assert rows_in_tables(filled) == before
        performed = receive(filled, post, REPORTER)
        assert performed.result == rehearsed.result
        assert performed.fingerprint == rehearsed.fingerprint


def test_a_rehearsal_does_not_use_up_its_key(filled: Office) -> None:
    post = delivery(row("25"), key="march")
    rehearse(filled, post, REPORTER)
    assert receive(filled, post, REPORTER).result.counts.created == 1


# --- what comes from outside ------------------------------------------------------------------


@pytest.mark.parametrize("media", ["", "text/html", "application/octet-stream", "TEXT/CSV "])
def test_a_format_that_is_not_read_is_not_taken(media: str) -> None:
    with pytest.raises(UnsupportedMedia):
        read(Post(b"x", media), REPORTER)


FILENAMES = {
    "a plain one": ("三月.csv", "三月.csv"),
    "none": (None, None),
    "an empty one": ("", None),
    "an endless one": ("x" * 5000, "x" * NAME_LENGTH),
    "with what no store keeps": ("a\0b\ud800c\x1b", "a\ufffdb\ufffdc\ufffd"),
    "with a path, which is only shown": ("../../etc/passwd", "../../etc/passwd"),
}


@pytest.mark.parametrize(("given", "kept"), FILENAMES.values(), ids=FILENAMES.keys())
def test_a_file_s_name_is_kept_as_far_as_it_can_be(given: str | None, kept: str | None) -> None:
    assert read(Post(b"", CSV, filename=given), REPORTER).new.filename == kept


def test_the_strangest_file_s_name_is_stored(filled: Office) -> None:
    name = "\0" + "长" * 300
    receipt = receive(filled, read(Post(b"x", CSV, filename=name), REPORTER), REPORTER)
    assert on_record(filled, receipt) == receipt


def test_an_outage_is_no_refusal(tmp_path: Path) -> None:
    office = Office(Database(f"sqlite:///{tmp_path}"), ZoneInfo("Asia/Shanghai"))
    with pytest.raises(Unavailable):
        send(office, row("25"))
    office.database.close()


# --- time -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "instant", "outcome"),
    [
        ("Asia/Shanghai", "2013-03-31T15:59:59.999999+00:00", Outcome.REFUSED),
        ("Asia/Shanghai", "2013-03-31T16:00:00+00:00", Outcome.ACCEPTED),
        ("UTC", "2013-04-01T07:59:59+08:00", Outcome.REFUSED),
        ("UTC", "2013-04-01T08:00:00+08:00", Outcome.ACCEPTED),
        ("America/New_York", "2013-04-01T03:59:59+00:00", Outcome.REFUSED),
        ("America/New_York", "2013-04-01T04:00:00+00:00", Outcome.ACCEPTED),
    ],
)
def test_a_period_ends_at_midnight_where_the_office_is(
    database: Database, zone: str, instant: str, outcome: Outcome
) -> None:
    now = dt.datetime.fromisoformat(instant)
    office = fill(Office(database, ZoneInfo(zone), lambda: now))
    receipt = send(office, row("25"))
    assert receipt.result.outcome is outcome
    expected = ["period_not_ended"] if outcome is Outcome.REFUSED else []
    assert [found.code for found in receipt.result.findings] == expected


def test_a_clock_that_goes_back_neither_moves_the_record_back_nor_stops_it(
    filled: Office, clock: Clock
) -> None:
    first = send(filled, row("25"))
    clock.forward(hours=-5)
    second = send(filled, row("24", reason="recount"))
    assert (second.id, second.received_at) == (3, first.received_at)
    assert on_record(filled, second) == second
    with filled.database.read() as connection:
        assert journal.position(connection, clock()) == 0
    assert_whole(filled.database)


# --- whatever comes ---------------------------------------------------------------------------

a_row = st.builds(
    lambda value, month, more: (value, month, more),
    st.sampled_from(["1", "2", "3.5", "x", None]),
    st.integers(1, 3),
    st.sampled_from([{}, {"reason": "recount"}, {"observation_status": "P"}]),
)
deliveries = st.lists(
    st.tuples(st.lists(a_row, min_size=1, max_size=4), st.sampled_from(OnError)),
    min_size=1,
    max_size=5,
)
YEARS = count(1900)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sent=deliveries)
def test_after_any_deliveries_the_record_is_whole(
    filled: Office, sent: list[tuple[list[tuple[str | None, int, Row]], OnError]]
) -> None:
    """Each example has a year of its own, so that what came before it does not matter to it."""
    year = next(YEARS)
    for listed, on_error in sent:
        rows = [row(value, f"{year}-{month:02d}", **more) for value, month, more in listed]
        before = {month: history(filled, f"{year}-{month:02d}") for month in (1, 2, 3)}
        receipt = send(filled, *rows, on_error=on_error)
        assert on_record(filled, receipt) == receipt
        after = {month: history(filled, f"{year}-{month:02d}") for month in (1, 2, 3)}
        if is_refusal(receipt):
            assert after == before
        added = sum(len(after[month]) - len(before[month]) for month in after)
        assert added == receipt.result.counts.created + receipt.result.counts.revised
        for month, lines in after.items():
            assert lines[: len(before[month])] == before[month]
    assert_whole(filled.database)


def test_a_thousand_rows_are_one_submission(filled: Office) -> None:
    rows = [
        row(f"{year % 100}.{month}", f"{year}-{month:02d}", department=department)
        for department in ("exam", "exam-east")
        for year in range(1960, 2002)
        for month in range(1, 13)
    ]
    receipt = send(filled, *rows)
    assert receipt.result.counts == Counts(received=len(rows), created=len(rows))
    body = json.dumps({"actuals": rows}).encode()
    again = receive(filled, read(Post(body, JSON), REPORTER), REPORTER)
    assert again.result.counts == Counts(received=len(rows), unchanged=len(rows))
    assert_whole(filled.database)
