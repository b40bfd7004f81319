"""Odd figures from a delivery's bytes to its receipt: asked about, kept, and never refused."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from app.domain.access import Actor, Role
from app.domain.figure import ObservationStatus
from app.domain.finding import Severity, english
from app.domain.period import Frequency, Span
from app.intake.folder import load_folder
from app.intake.plausibility import MOST_WARNINGS, _spans
from app.intake.submission import CSV, Post, read, receive, rehearse
from app.intake.validation import Entry
from app.ledger.submissions import Counts, OnError, Outcome, get
from tests.domain.plausibility.published import APPLICATIONS, EVER, MONTH, YEAR
from tests.factories import amount, period
from tests.ledger.small_office import (
    CATALOGUE,
    REPORTER,
    Row,
    delivery,
    department,
    fill,
    kpi,
    row,
    send,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.ledger.office import Office
    from app.ledger.submissions import Receipt
    from tests.clock import Clock

SEEDS = Path(__file__).parents[2] / "seeds"
LOADER = Actor("loader", Role.ADMIN)
STEADY = ["22.5", "22.3", "22.6", "22.4", "22.7", "22.5", "22.4", "22.6"]
CITIES = ("city-a", "city-b", "city-c", "city-d", "city-e", "city-f")
SIZES = (820, 90, 310, 45, 1500, 640)


@pytest.fixture
def filled(office: Office) -> Office:
    return fill(
        office,
        *CATALOGUE,
        *(department(code, kind="region", parent="north") for code in CITIES),
        kpi("platforms-in-place", kind="stock", monotone=True),
        kpi("filings", kind="flow", reported_by=["north", *CITIES]),
        kpi("grants", kind="flow", reported_by=list(CITIES)),
    )


def said(receipt: Receipt) -> list[tuple[int | None, str | None, str]]:
    assert all(found.severity is Severity.WARNING for found in receipt.result.findings)
    return [(found.row, found.column, found.code) for found in receipt.result.findings]


def months(values: list[str], year: int = 2012, **fields: object) -> list[Row]:
    return [row(value, f"{year}-{month:02d}", **fields) for month, value in enumerate(values, 1)]


def cities(code: str, at: str, figures: tuple[int, ...] = SIZES) -> list[Row]:
    return [
        {"kpi": code, "department": city, "period": at, "value": str(value)}
        for city, value in zip(CITIES, figures, strict=True)
    ]


def test_a_wild_figure_stands_and_is_asked_about_for_ever(filled: Office) -> None:
    assert said(send(filled, *months(STEADY))) == []
    receipt = send(filled, row("22.4", "2013-01"), row("52.5", "2013-02"))
    assert receipt.result.outcome is Outcome.ACCEPTED
    assert receipt.result.counts == Counts(received=2, created=2)
    assert said(receipt) == [(2, "value", "far_from_history")]
    assert receipt.id is not None
    with filled.database.read() as connection:
        kept = get(connection, receipt.id)
    assert kept == receipt
    assert kept is not None
    assert english(kept.result.findings[0]) == (
        "52.5 is far from the other figures of pendency of exam: the median of 8 figures from "
        "2012-01 to 2012-08 is 22.5, and 20.1649 to 24.8351 would be usual."
    )


def test_a_rehearsal_asks_the_same(filled: Office) -> None:
    send(filled, *months(STEADY))
    posted = delivery(row("52.5", "2013-02"))
    rehearsed = rehearse(filled, posted, REPORTER)
    assert said(rehearsed) == [(1, "value", "far_from_history")]
    assert receive(filled, posted, REPORTER).result == rehearsed.result


def test_what_changes_nothing_is_not_asked_about_again(filled: Office) -> None:
    send(filled, *months(STEADY), row("52.5", "2013-02"))
    assert said(send(filled, row("52.5", "2013-02"))) == []
    revised = send(filled, row("82.5", "2013-02", reason="recount"))
    assert said(revised) == [(1, "value", "far_from_history")]
    assert said(send(filled, row("22.5", "2013-02", reason="recount"))) == []


def test_one_read_of_a_file_tells_errors_and_questions(filled: Office) -> None:
    send(filled, *months(STEADY), row("22.5", "2013-03"))
    receipt = send(filled, row("x", "2013-01"), row("52.5", "2013-02"), row("52.6"))
    assert receipt.result.outcome is Outcome.REFUSED
    assert [(found.row, found.code, found.severity) for found in receipt.result.findings] == [
        (1, "not_a_number", Severity.ERROR),
        (2, "far_from_history", Severity.WARNING),
        (3, "reason_missing", Severity.ERROR),
    ]


def test_with_skip_only_the_rows_that_stand_are_asked_about(filled: Office) -> None:
    send(filled, *months(STEADY), row("22.5"))
    rows = [row("52.5", "2013-02"), row("52.6")]
    receipt = send(filled, *rows, on_error=OnError.SKIP)
    assert receipt.result.counts == Counts(received=2, created=1, rejected=1)
    assert [(found.row, found.code) for found in receipt.result.findings] == [
        (1, "far_from_history"), (2, "reason_missing"),
    ]  # fmt: skip


def test_rows_and_columns_are_those_of_the_file(filled: Office) -> None:
    send(filled, *months(STEADY))
    text = (
        "指标,部门,期间,分子,分母,数值\n\n"
        "审查周期,审查部,2013年1月,525,10,\n审查周期,审查部,2013年2月,,,52.5\n"
    )
    receipt = receive(filled, read(Post(text.encode(), CSV), REPORTER), REPORTER)
    assert said(receipt) == [(3, "分子", "far_from_history"), (4, "数值", "far_from_history")]


def test_a_history_is_that_of_one_department_and_kpi_alone(filled: Office) -> None:
    send(filled, *months(STEADY))
    assert said(send(filled, row("90", "2013-02", department="exam-east"))) == []


def test_nothing_is_compared_across_a_break_in_series(filled: Office) -> None:
    send(filled, *months(STEADY))
    assert said(send(filled, row("50", "2013-01", observation_status="B"))) == []
    assert said(send(filled, row("51", "2013-02"))) == []


def test_a_figure_that_is_missing_is_neither_odd_nor_history(filled: Office) -> None:
    send(filled, *months(STEADY[:5]), row(None, "2012-06", observation_status="M"))
    assert said(send(filled, row("52.5", "2013-01"))) == []
    assert said(send(filled, row(None, "2013-02", observation_status="M"))) == []


def test_a_figure_far_back_is_no_history(filled: Office) -> None:
    send(filled, *months(STEADY, 2005))
    assert said(send(filled, row("52.5", "2013-02"))) == []
    assert said(send(filled, row("52.5", "2006-02"))) == [(1, "value", "far_from_history")]


def test_a_stock_that_fell_is_asked_about(filled: Office) -> None:
    places: Row = {"kpi": "platforms-in-place", "department": "law"}
    assert said(send(filled, row("5", "2013-01", **places), row("7", "2013-02", **places))) == []
    assert said(send(filled, row("6", "2013-03", **places))) == [(1, "value", "fell")]
    assert said(send(filled, row("8", "2012-12", **places))) == [(1, "value", "falls_later")]


# --- parts and wholes -------------------------------------------------------------------------

NORTH: Row = {"kpi": "filings", "department": "north"}


def test_parts_that_do_not_add_up_are_asked_about_whoever_comes_last(filled: Office) -> None:
    assert said(send(filled, row(str(sum(SIZES)), "2013-01", **NORTH))) == []
    assert said(send(filled, *cities("filings", "2013-01"))) == []
    assert said(send(filled, *cities("filings", "2013-02"))) == []
    assert said(send(filled, row("3500", "2013-02", **NORTH))) == [(1, "value", "parts_differ")]
    assert said(send(filled, row("3500", "2013-03", **NORTH))) == []
    assert said(send(filled, *cities("filings", "2013-03")[:5])) == []
    assert said(send(filled, cities("filings", "2013-03")[5])) == [(1, "value", "parts_differ")]


def test_a_city_that_is_more_than_its_province_is_asked_about(filled: Office) -> None:
    send(filled, row("800", "2013-01", **NORTH))
    assert said(send(filled, *cities("filings", "2013-01")[:2])) == [
        (1, "value", "part_exceeds_whole")
    ]


def test_a_centre_that_is_its_departments_only_part_is_no_whole(filled: Office) -> None:
    exam = {"kpi": "cases", "department": "exam"}
    east = {"kpi": "cases", "department": "exam-east"}
    assert said(send(filled, row("100", **exam), row("40", **east))) == []
    assert said(send(filled, row("100", "2013-04", **exam), row("101", "2013-04", **east))) == [
        (2, "value", "part_exceeds_whole")
    ]


def test_a_level_is_never_the_sum_of_its_parts(filled: Office) -> None:
    assert said(send(filled, row("20"), row("23", department="exam-east"))) == []


# --- running totals ---------------------------------------------------------------------------


@pytest.fixture
def with_totals(filled: Office, clock: Clock) -> Office:
    clock.set(2016, 1, 5)
    return fill(
        filled,
        kpi(MONTH, kind="flow"),
        kpi(YEAR, kind="stock", sum_of={"kpi": MONTH, "over": "year"}),
        kpi(EVER, kind="stock", sum_of={"kpi": MONTH, "over": "ever"}),
    )


def published(at: str) -> list[Row]:
    return [
        {"kpi": code, "department": "law", "period": at, "value": str(value)}
        for code, value in APPLICATIONS[at].items()
    ]


@pytest.mark.parametrize("at_once", [True, False])
def test_the_published_totals_fit(with_totals: Office, at_once: bool) -> None:  # noqa: FBT001
    deliveries = [published(at) for at in APPLICATIONS]
    for rows in [list(chain.from_iterable(deliveries))] if at_once else deliveries:
        assert said(send(with_totals, *rows)) == []


def test_a_total_that_does_not_fit_is_asked_about(with_totals: Office) -> None:
    for at in ("2013-12", "2014-01"):
        assert said(send(with_totals, *published(at))) == []
    *right, ever = published("2014-08")
    receipt = send(with_totals, *right, {**ever, "value": "3501841"})
    assert said(receipt) == [(3, "value", "sum_differs")]
    (found,) = receipt.result.findings
    assert (found.values["sum"], found.values["value"]) == ("3501814", "3501841")
    corrected = send(with_totals, {**ever, "reason": "two figures turned round"})
    assert said(corrected) == []


def test_a_month_that_does_not_fit_is_asked_about(with_totals: Office) -> None:
    send(with_totals, *published("2013-12"), *published("2014-01")[1:])
    wrong = {**published("2014-01")[0], "value": "52751"}
    assert said(send(with_totals, wrong)) == [
        (1, "value", "sum_differs"),  # the year to date
        (1, "value", "sum_differs"),  # the total ever
    ]


def test_totals_of_another_department_are_none(with_totals: Office) -> None:
    fill(with_totals, kpi(MONTH, kind="flow", reported_by=["law", "exam"]))
    send(with_totals, *published("2014-01"))
    assert said(send(with_totals, {**published("2014-01")[0], "department": "exam"})) == []


# --- rows shifted against each other ----------------------------------------------------------


def test_a_table_whose_labels_slipped_is_asked_about_row_by_row(filled: Office) -> None:
    for month in range(1, 9):
        figures = tuple(size + (month * 7 + size) % 11 for size in SIZES)
        assert said(send(filled, *cities("grants", f"2012-{month:02d}", figures))) == []
    slipped = (*SIZES[-1:], *SIZES[:-1])
    receipt = send(filled, *cities("grants", "2013-01", slipped))
    assert said(receipt) == [(n, "value", "looks_shifted") for n in range(1, 7)]
    assert [found.values["neighbour"] for found in receipt.result.findings] == [
        *CITIES[-1:], *CITIES[:-1]
    ]  # fmt: skip
    assert said(send(filled, *cities("grants", "2013-02"))) == []


def test_a_lone_figure_is_asked_about_alike_whether_or_not_it_is_usual_at_first_sight(
    filled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    others: dict[str, Any] = {"department": "exam-east"}
    send(
        filled,
        *months(STEADY),
        row("22", "2012-09", observation_status="B", **others),
        *months(STEADY, **others),
        *months(STEADY, kpi="platforms-in-place", department="law"),
    )
    send(filled, row(None, "2012-10", observation_status="M"))
    posts = [
        row(value, at, reason="recount", **of)
        for value in ("22.5", "52.5", "0")
        for at in ("2012-03", "2012-09", "2012-11")
        for of in ({}, others, {"kpi": "platforms-in-place", "department": "law"})
    ] + [
        row(None, "2012-11", numerator="200", denominator="3"),
        row(None, "2012-11", observation_status="M"),
        row("90", "2012-11", observation_status="B"),
    ]  # fmt: skip

    def asked() -> list[list[tuple[int | None, str | None, str]]]:
        return [said(rehearse(filled, delivery(post), REPORTER)) for post in posts]

    at_first_sight = asked()
    monkeypatch.setattr("app.intake.plausibility._is_usual", lambda *_: False)
    assert at_first_sight == asked()
    assert any(at_first_sight)


# --- how much ---------------------------------------------------------------------------------


@pytest.fixture
def statements(filled: Office) -> Iterator[list[str]]:
    """Every statement that reads figures."""
    sent: list[str] = []

    def note(*arguments: object) -> None:
        if "FROM revision" in (text := str(arguments[2])):
            sent.append(text)

    event.listen(filled.database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(filled.database.engine, "before_cursor_execute", note)


def test_the_history_is_read_once_however_many_rows_there_are(
    filled: Office, statements: list[str]
) -> None:
    rehearse(filled, delivery(row("20")), REPORTER)
    one = len(statements)
    assert one <= 2
    statements.clear()
    rows = [*cities("filings", "2013-01"), *cities("grants", "2013-01"), row("20")]
    rehearse(filled, delivery(*rows, *months(STEADY)), REPORTER)
    assert len(statements) == one
    statements.clear()
    annual: Row = {"kpi": "per-capita", "department": "north"}
    rehearse(filled, delivery(row("20"), row("3", "2012", **annual)), REPORTER)
    assert len(statements) == one + 1, "another frequency"


def test_what_is_new_by_its_history_is_not_looked_up(filled: Office, statements: list[str]) -> None:
    rehearse(filled, delivery(row("20")), REPORTER)
    assert len(statements) == 1
    send(filled, row("20"))
    statements.clear()
    rehearse(filled, delivery(row("20")), REPORTER)
    assert len(statements) == 2


def test_what_is_unchanged_in_a_longer_delivery_needs_no_history(
    filled: Office, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.intake.record.SHORT", 0)
    send(filled, row("20"))
    statements.clear()
    rehearse(filled, delivery(row("20")), REPORTER)
    assert len(statements) == 1


def test_whether_the_history_or_the_figures_are_read_first_changes_no_answer(
    filled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(filled, *months(STEADY), row("20"))
    corrected: Row = {"reason": "counted anew"}
    posts = (
        [row("20")],
        [row("21")],
        [row("21", **corrected)],
        [row("20"), row("900", "2014-01"), *cities("grants", "2013-01")],
        [row("20", "2014-03", observation_status="missing"), *months(STEADY)],
    )

    def answers() -> list[object]:
        return [rehearse(filled, delivery(*post), REPORTER).result for post in posts]

    history_first = answers()
    monkeypatch.setattr("app.intake.record.SHORT", 0)
    assert history_first == answers()


def test_of_a_flood_the_first_questions_are_kept_and_it_is_said(filled: Office) -> None:
    rows = [
        row(str(10_000 if month % 2 else 1), f"{year}-{month:02d}", kpi="platforms-in-place",
            department="law")
        for year in range(1905, 2013)
        for month in range(12, 0, -1)
    ] + [
        row(str(10_000 if month % 2 else 1), f"{year}-{month:02d}", kpi="cases")
        for year in range(1905, 2013)
        for month in range(12, 0, -1)
    ] + [
        row(str(10), f"{year}-{month:02d}", kpi="cases", department="exam-east")
        for year in range(1905, 2013)
        for month in range(12, 0, -1)
    ]  # fmt: skip
    receipt = rehearse(filled, delivery(*rows), REPORTER)
    assert receipt.result.counts.created == len(rows)
    assert len(receipt.result.findings) == MOST_WARNINGS + 1
    (last,) = [found for found in receipt.result.findings if found.row is None]
    assert english(last) == "More is odd in this delivery; the first 1000 questions are listed."


def test_the_time_grows_with_the_rows_and_not_with_their_square(
    filled: Office, clock: Clock
) -> None:
    clock.set(2190, 1, 5)

    def seconds(years: int) -> float:
        rows = [
            row(str((year * month) % 97), f"{year}-{month:02d}", kpi=code, department=place)
            for year in range(1950, 1950 + years)
            for month in range(1, 13)
            for code in ("pendency", "cases")
            for place in ("exam", "exam-east")
        ]
        posted = delivery(*rows)
        start = process_time()
        rehearse(filled, posted, REPORTER)
        return process_time() - start

    seconds(2)
    assert seconds(240) < 3 * 12 * seconds(20), "twelve times the rows; their square is 144 times"


@pytest.mark.parametrize(("series", "before"), [(1, 36), (5_555, 36), (10_000, 20), (10**6, 12)])
def test_of_very_many_series_less_of_each_is_read(series: int, before: int) -> None:
    march, may = period("2013-03"), period("2013-05")
    entries = [
        Entry(2, "cases", "exam", at, amount(1), ObservationStatus.NORMAL, None, None)
        for at in (may, march, period("2012"))
    ]
    assert _spans(entries, series) == {
        Frequency.MONTHLY: Span(march.shift(-before), may.shift(12)),
        Frequency.ANNUAL: Span(period(str(2012 - before)), period("2024")),
    }


def test_the_seeds_raise_no_question(office: Office, clock: Clock) -> None:
    clock.set(2020, 1, 5)
    folders = [SEEDS / name for name in (
        "cnipa-five-year-plan-12", "cnipa-work-plan-2013", "cnipa-work-plan-2013-illustrative",
        "uspto-fiscal-2011",
    )]  # fmt: skip
    for folder in folders:
        for receipt in load_folder(office, folder, LOADER).receipts:
            assert receipt.result.outcome is Outcome.ACCEPTED
            assert said(receipt) == [], receipt.filename
