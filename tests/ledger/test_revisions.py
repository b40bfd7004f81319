from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from app.domain.figure import Amount, ObservationStatus
from app.domain.period import Period
from app.ledger import journal, revisions
from app.ledger.revisions import Wanted
from tests.factories import amount, period
from tests.ledger.small_office import fill, history, row, send

if TYPE_CHECKING:
    import datetime as dt

    from app.domain.figure import Figure
    from app.ledger.office import Office
    from app.ledger.revisions import FigureKey
    from tests.clock import Clock


@pytest.fixture
def filled(office: Office) -> Office:
    return fill(office)


def figures_at(office: Office, upto: int | None) -> dict[str, list[Figure]]:
    with office.database.read() as connection:
        return revisions.figures(connection, office.catalogue(connection), upto=upto)


def values_at(office: Office, upto: int | None) -> dict[str, Decimal | None]:
    """Return exam's pendency per period, as of a position."""
    listed = figures_at(office, upto).get("pendency", [])
    return {str(figure.period): figure.amount.value for figure in listed}


def test_as_of_a_position_is_what_was_recorded_by_then(filled: Office) -> None:
    send(filled, row("25.0", "2013-01"), row("24", "2013-02"))
    send(filled, row("24.5", "2013-01", reason="overview"))
    send(filled, row("23", "2013-03"))
    first = {"2013-01": Decimal(25), "2013-02": Decimal(24)}
    second = {**first, "2013-01": Decimal("24.5")}
    third = {**second, "2013-03": Decimal(23)}
    seen = {upto: values_at(filled, upto) for upto in (0, 1, 2, 3, 4, None)}
    assert seen == {0: {}, 1: {}, 2: first, 3: second, 4: third, None: third}


def test_as_of_an_instant_is_what_was_recorded_by_then(filled: Office, clock: Clock) -> None:
    recorded: list[dt.datetime] = []
    for value in ("25.0", "24.5", "24.4"):
        clock.forward(days=1)
        recorded.append(clock())
        send(filled, row(value, reason="overview"))
    seen = []
    with filled.database.read() as connection:
        for instant in recorded:
            position = journal.position(connection, instant)
            found = revisions.figures(connection, filled.catalogue(connection), upto=position)
            seen.append(found["pendency"][0])
    assert [figure.amount.value for figure in seen] == [
        Decimal("25.0"),
        Decimal("24.5"),
        Decimal("24.4"),
    ]
    assert [figure.revision for figure in seen] == [1, 2, 3]
    assert [figure.recorded_at for figure in seen] == recorded


def test_an_amount_comes_back_as_it_was_posted(filled: Office) -> None:
    posted: list[tuple[dict[str, object], Amount]] = [
        ({"value": "22.54"}, amount("22.54")),
        ({"value": "22.50"}, amount("22.5")),
        ({"value": "-0"}, amount(0)),
        ({"value": "0.000001"}, amount("0.000001")),
        (
            {"numerator": "611520", "denominator": "27300"},
            amount(numerator=611520, denominator=27300),
        ),
        ({"value": "22.4", "denominator": "27300"}, amount("22.4", denominator=27300)),
        ({"observation_status": "M"}, Amount()),
    ]
    rows = [
        {**row(period=f"2013-{month:02d}"), **sent} for month, (sent, _) in enumerate(posted, 1)
    ]
    assert send(filled, *rows).result.counts.created == len(posted)
    found = [figure.amount for figure in figures_at(filled, None)["pendency"]]
    assert found == [kept for _, kept in posted]


def test_a_history_tells_who_when_from_what_to_what_and_why(filled: Office, clock: Clock) -> None:
    first = clock()
    send(filled, row("25.0", note="二手报道", observation_status="P"))
    clock.forward(hours=1)
    send(filled, row("1", "2013-01"), row("24.5", reason="按月度综述更正"))
    one, two = history(filled)
    assert (one.figure.revision, one.figure.amount.value, one.row) == (1, Decimal(25), 1)
    assert (one.figure.note, one.reason, one.source) == ("二手报道", None, "api")
    assert one.figure.observation_status is ObservationStatus.PROVISIONAL
    assert (one.figure.recorded_at, one.recorded_by) == (first, "reporter")
    assert (two.figure.revision, two.figure.amount.value, two.row) == (2, Decimal("24.5"), 2)
    assert (two.reason, two.figure.recorded_at) == ("按月度综述更正", clock())


def test_a_figure_nobody_posted_has_no_history(filled: Office) -> None:
    assert history(filled) == []
    assert history(filled, kpi="unheard-of") == []


def test_the_current_figures_of_keys(filled: Office) -> None:
    send(filled, row("1", "2013-01"), row("2", "2013-02"), row("3", "2013-02", kpi="cases"))
    send(filled, row("5", "2013-Q1", kpi="fees"), row("20", "2013-02", reason="recount"))
    keys: list[FigureKey] = [
        ("pendency", "exam", period("2013-02")),
        ("pendency", "exam", period("2013-05")),
        ("fees", "exam", period("2013-Q1")),
    ]
    with filled.database.read() as connection:
        stored = filled.catalogue(connection)
        found = revisions.current(connection, stored, keys)
        assert revisions.current(connection, stored, []) == {}
    values = {key: found[key].amount.value for key in keys if key in found}
    assert values == {keys[0]: Decimal(20), keys[2]: Decimal(5)}


def test_figures_come_in_order_of_time_per_kpi_and_department(filled: Office) -> None:
    send(filled, *[row("1", f"2013-{month:02d}") for month in (12, 2, 10, 1, 9)])
    send(filled, row("1", "2012-12", department="exam-east"))
    listed = figures_at(filled, None)["pendency"]
    assert [f"{f.department} {f.period}" for f in listed] == [
        *(f"exam 2013-{month}" for month in ("01", "02", "09", "10", "12")),
        "exam-east 2012-12",
    ]


def test_figures_are_selected_by_kpi_and_department(filled: Office) -> None:
    send(filled, row("1"), row("2", department="exam-east"), row("3", kpi="cases"))

    def found(**asked: list[str]) -> set[str]:
        with filled.database.read() as connection:
            stored = filled.catalogue(connection)
            listed = revisions.figures(connection, stored, **asked)  # type: ignore[arg-type]
        return {f"{kpi} {f.department}" for kpi, many in listed.items() for f in many}

    everything = {"pendency exam", "pendency exam-east", "cases exam"}
    assert found(kpis=["pendency"]) == {"pendency exam", "pendency exam-east"}
    assert found(departments=["exam"]) == {"pendency exam", "cases exam"}
    assert found(kpis=["cases"], departments=["exam-east"]) == set()
    assert found(kpis=["unheard-of"]) == found(kpis=[]) == set()
    assert found(kpis=[f"k{n}" for n in range(600)]) == everything, "so many that all are read"


def test_a_kpi_knows_whether_it_has_figures(filled: Office) -> None:
    send(filled, row("1"))
    send(filled, row("nonsense", kpi="cases"))
    with filled.database.read() as connection:
        numbers = filled.catalogue(connection).kpi_ids
        assert revisions.has_figures(connection, numbers["pendency"])
        assert not revisions.has_figures(connection, numbers["cases"])


def test_figures_are_sorted_out_by_member(filled: Office) -> None:
    send(filled, row("1"), row("2", department="exam-east"))
    listed = figures_at(filled, None)["pendency"]
    by_member = revisions.by_member(listed, ["exam", "law"])
    assert {code: len(many) for code, many in by_member.items()} == {"exam": 1, "law": 0}


# --- pages ------------------------------------------------------------------------------------

POSTED = ("2012-12", "2013-01", "2013-03", "2013-04", "2013-12", "2012-Q4", "2013-Q1", "2013-Q2",
          "2012", "2013")  # fmt: skip


def post_all(office: Office) -> None:
    names = {4: {"kpi": "per-capita", "department": "north"}, 7: {}}
    rows = [row("1", at, **names.get(len(at), {})) for at in POSTED]
    for one in rows:
        if "Q" in str(one["period"]):
            one["kpi"] = "fees"
    assert send(office, *rows).result.outcome == "accepted"


def pages(office: Office, wanted: Wanted, limit: int) -> list[str]:
    """Return the periods of every page, one after the other."""
    found: list[str] = []
    after = None
    with office.database.read() as connection:
        stored = office.catalogue(connection)
        while page := revisions.page(connection, stored, wanted, after, limit):
            assert len(page) <= limit
            found += [str(figure.period) for _, _, figure in page]
            after = page[-1][0]
    return found


def test_pages_give_every_figure_once(filled: Office) -> None:
    post_all(filled)
    for limit in (1, 3, 10, 100):
        assert sorted(pages(filled, Wanted(2), limit)) == sorted(POSTED)
    assert pages(filled, Wanted(1), 10) == []


RANGES = {
    ("2013-01", "2013-03"): {"2013-01", "2013-03", "2013-Q1", "2013"},
    ("2013-04", None): {"2013-04", "2013-12", "2013-Q2", "2013"},
    (None, "2012-11"): {"2012-Q4", "2012"},
    ("2013-Q2", "2013-Q2"): {"2013-04", "2013-Q2", "2013"},
    ("2013", "2013"): {at for at in POSTED if at.startswith("2013")},
    (None, None): set(POSTED),
    ("2014", None): set(),
}


def test_a_page_s_range_takes_every_period_that_touches_it(filled: Office) -> None:
    post_all(filled)
    found = {}
    for first, last in RANGES:
        asked = (first and Period.parse(first), last and Period.parse(last))
        found[first, last] = set(pages(filled, Wanted(2, ranges=[asked]), 4))  # type: ignore[list-item]
    assert found == RANGES


def test_a_figure_must_touch_every_range(filled: Office) -> None:
    post_all(filled)
    ranges = [(period("2013-01"), None), (None, period("2013-03"))]
    found = pages(filled, Wanted(2, kpis=["pendency"], ranges=ranges), 10)
    assert found == ["2013-01", "2013-03"]


def test_pages_are_as_of_a_position(filled: Office) -> None:
    send(filled, row("1"))
    send(filled, row("2", reason="recount"), row("3", "2013-04"))
    with filled.database.read() as connection:
        stored = filled.catalogue(connection)
        before = revisions.page(connection, stored, Wanted(2, departments=["exam"]), None, 9)
        now = revisions.page(connection, stored, Wanted(3), None, 9)
        elsewhere = revisions.page(connection, stored, Wanted(3, departments=["law"]), None, 9)
    assert [figure.amount.value for _, _, figure in before] == [1]
    assert [figure.amount.value for _, _, figure in now] == [2, 3]
    assert elsewhere == []
