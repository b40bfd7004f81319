"""Every row of the benchmarks works, and its two sides do the same. How fast is no test's business.

The figures of a quick look mean nothing: nothing here compares a time with anything.
"""

from __future__ import annotations

import html
import json
import math
import re
import socket
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from tests.bench import growth, load
from tests.bench.__main__ import main
from tests.bench.exporters import rows_of
from tests.bench.growth import CURVES, NOT_GROWN, exponent
from tests.bench.harness import (
    Bench,
    Bound,
    Contest,
    Goal,
    Line,
    Peer,
    Sample,
    UnequalWorkError,
    at_least,
    at_most,
    compete,
)
from tests.bench.ledger import Shape, csv_of, deliver, fill, opened, rows_in
from tests.bench.registry import ROWS, Row
from tests.bench.report import document, table
from tests.bench.results import keep, points_of, read, told
from tests.bench.servers import missing, responder
from tests.bench.sizes import FULL, QUICK
from tests.parts import free_port
from tests.programs import LEFT_OUT_VARIABLE, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import NoReturn

# --- the rows ---------------------------------------------------------------------------------

EVERY_ROW = [
    pytest.param(row, id=row.name, marks=[pytest.mark.part(row.part)] if row.part else [])
    for row in ROWS.values()
]


@pytest.mark.parametrize("row", EVERY_ROW)
def test_a_row_gives_figures_for_equal_work(row: Row, tmp_path: Path) -> None:
    lines = row.lines(Bench(QUICK, tmp_path))
    assert lines
    for line in lines:
        # A peer may be missing because it was left out on request, and for no other reason.
        assert line.absent is None or LEFT_OUT_VARIABLE in line.absent
        if line.absent is None:
            hold_figures(line)


def hold_figures(line: Line) -> None:
    assert len(line.samples) == len(line.peer_samples) == QUICK.rounds
    figures = [*line.ratios, *(sample.value for sample in (*line.samples, *line.peer_samples))]
    assert all(math.isfinite(figure) and figure > 0 for figure in figures)
    for ours, theirs in zip(line.samples, line.peer_samples, strict=True):
        common = ours.work.keys() & theirs.work.keys()
        assert common
        assert all(ours.work[what] == theirs.work[what] > 0 for what in common)


# --- taking turns -----------------------------------------------------------------------------


def side(
    name: str, values: Sequence[float], turns: list[str], rows: int = 7
) -> Callable[[], Sample]:
    """Return a side that gives these values, one a round, and notes its turns."""
    remaining = iter(values)

    def take() -> Sample:
        turns.append(name)
        return Sample(next(remaining), {"rows": rows})

    return take


def test_sides_take_turns_and_the_first_round_does_not_count() -> None:
    turns: list[str] = []
    peers = [Peer("a", side("a", [90, 1, 2], turns)), Peer("b", side("b", [90, 3, 4], turns))]
    contest = Contest("task", "ms", side("ours", [90, 5, 6], turns), peers)
    first, second = compete(contest, rounds=2)
    assert turns == ["ours", "a", "b"] * 3
    assert [sample.value for sample in first.samples] == [5, 6]
    assert [sample.value for sample in first.peer_samples] == [1, 2]
    assert [sample.value for sample in second.peer_samples] == [3, 4]


def test_the_ratio_is_the_median_of_the_rounds() -> None:
    # A slow round slows both sides: the ratios stay while the medians wander.
    contest = Contest(
        "task",
        "ms",
        side("ours", [1, 2, 20, 6], []),
        [Peer("a", side("a", [1, 1, 10, 2], []))],
    )
    (line,) = compete(contest, rounds=3)
    assert list(line.ratios) == [2, 2, 3]
    assert (line.ratio, line.ours, line.theirs) == (2, 6, 2)


@pytest.mark.parametrize("work", [{"rows": 6}, {"rows": 7, "bytes": 1}, {"posts": 7}, {}])
def test_unequal_work_is_no_measurement(work: dict[str, int]) -> None:
    ours = Sample(1, {"rows": 7, "bytes": 2})
    contest = Contest("task", "ms", lambda: ours, [Peer("a", lambda: Sample(1, work))])
    with pytest.raises(UnequalWorkError, match=r"task: Dabiao did .*'rows': 7.*, a did "):
        compete(contest, rounds=1)


def line_of(ours: float, theirs: float, *bounds: Bound, p99: float | None = None) -> Line:
    mine, its = Sample(ours, {"rows": 1}, p99), Sample(theirs, {"rows": 1})
    return Line("task", "/s", "peer", Goal(bounds, "some size"), (mine,), (its,))


@pytest.mark.parametrize(
    ("line", "reached"),
    [
        (line_of(3, 2, at_most("ratio", 1.5)), True),
        (line_of(3.1, 2, at_most("ratio", 1.5)), False),
        (line_of(20, 2, at_least("ratio", 10)), True),
        (line_of(19, 2, at_least("ratio", 10)), False),
        (line_of(3000, 9, at_least("ours", 3000), at_most("p99", 50), p99=50), True),
        (line_of(3000, 9, at_least("ours", 3000), at_most("p99", 50), p99=51), False),
        (line_of(3000, 9, at_least("ours", 3000), at_most("p99", 50)), False),
        (line_of(3, 2), None),
    ],
)
def test_a_goal_is_reached_when_all_its_bounds_hold(line: Line, *, reached: bool | None) -> None:
    assert line.is_reached is reached


# --- the report -------------------------------------------------------------------------------


def printed(*lines: Line, full: bool = True) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(table(lines, FULL if full else QUICK))
    return captured.get()


def test_the_table_says_whether_the_goal_is_reached_at_its_size() -> None:
    text = printed(line_of(3, 2, at_most("ratio", 1.5)), line_of(4, 2, at_most("ratio", 1.5)))
    assert "ratio ≤ 1.5 (some size)" in text
    assert text.count("not reached") == 1
    assert text.count("reached") == 2
    assert "reached" not in printed(line_of(3, 2, at_most("ratio", 1.5)), full=False)


def test_an_absent_peer_is_told_aloud() -> None:
    contest = Contest(
        "task", "ms", side("ours", [1, 1], []), [Peer("teapot", None, absent="install teapot")]
    )
    (line,) = compete(contest, rounds=1)
    assert "ABSENT: install teapot" in printed(line)
    assert document([line], QUICK)["lines"][0]["peer"]["absent"] == "install teapot"


def test_a_part_that_was_left_out_makes_its_row_absent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(LEFT_OUT_VARIABLE, "postgresql,pushgateway")
    (line,) = ROWS["bulk-postgresql"].lines(Bench(QUICK, tmp_path))
    assert (line.name, line.absent) == ("bulk-postgresql", f"left out by {LEFT_OUT_VARIABLE}")
    assert missing("pushgateway") == f"left out by {LEFT_OUT_VARIABLE}"


def test_the_command_prints_the_table_and_keeps_the_samples(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bench.json"
    assert main(["--quick", "bulk-sqlite", "--json", str(file)]) == 0
    assert "bulk CSV, SQLite" in capsys.readouterr().out
    (kept,) = json.loads(file.read_text(encoding="utf-8"))["lines"]
    rows = QUICK.bulk.departments * QUICK.bulk.kpis * QUICK.bulk.months
    assert [sample["work"] for sample in kept["ours"]["samples"]] == [{"rows": rows}]
    assert len(kept["ratio"]["samples"]) == QUICK.rounds


def test_the_command_knows_its_rows(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["teapot"])
    assert f"teapot is none of {', '.join(ROWS)}" in capsys.readouterr().err


# --- what the rows stand on -------------------------------------------------------------------


def test_the_clients_send_every_request_once_and_count_the_answers(tmp_path: Path) -> None:
    with responder(tmp_path) as server:
        found = load.run(server.port, 3, [load.request("GET", "/", {})] * 20)
    assert found.done(200) == 20
    assert (found.body, found.body_bytes) == (b"ok", 40)
    assert found.p99_ms >= found.median_ms > 0
    with pytest.raises(load.LoadError, match=r"answers were \{'200': 20\}, not 201: b'ok'"):
        found.done(201)
    with (
        pytest.raises(ConnectionRefusedError),
        socket.create_connection(("127.0.0.1", server.port)),
    ):
        pass


def test_the_clients_say_when_nobody_listens() -> None:
    port = free_port()
    with pytest.raises(load.LoadError, match=f"at port {port}"):
        load.run(port, 1, [load.request("GET", "/", {})])


def test_a_request_carries_the_length_of_its_body() -> None:
    head, _, body = load.request("POST", "/x", {"A": "b"}, "{}").partition("\r\n\r\n")
    assert head.splitlines() == ["POST /x HTTP/1.1", "Host: 127.0.0.1", "A: b", "Content-Length: 2"]
    assert body == "{}"


def test_a_made_up_office_holds_a_figure_for_every_place(tmp_path: Path) -> None:
    shape = Shape(departments=3, kpis=2, months=14, has_targets=True)
    rows = list(shape.rows())
    assert len({row[:3] for row in rows}) == len(rows) == 3 * 2 * 14
    assert {row[2] for row in rows} >= {"2005-01", "2005-12", "2006-02"}
    url = f"sqlite:///{tmp_path / 'office.db'}"
    with opened(url) as office:
        fill(office, shape)
        assert rows_in(url, "revision") == len(rows)
        assert rows_in(url, "target") == 3 * 2
        with pytest.raises(RuntimeError, match="the delivery was refused"):
            deliver(office, csv_of(iter([("teapot", "region-00000", "2005-01", "1")])))


def test_an_exposition_is_read_into_rows_for_the_exporters() -> None:
    text = (
        "# HELP kpi_info What a KPI is.\n"
        'kpi_info{kind="flow",kpi="a",name="\u201cA, \\"b\\"\u201d = {c} "} 1.0\n'
        'kpi_target_actual_value{department="d",kpi="a",plan="p"} 22.5\n'
        "kpi_collector_success 1.0\n"
        "other 1\n"
    )
    assert list(rows_of(text)) == [
        ("kpi_info", "", "a", "", '["flow", "\u201cA, \\"b\\"\u201d = {c} "]', "1.0"),
        ("kpi_target_actual_value", "d", "a", "p", "[]", "22.5"),
        ("kpi_collector_success", "", "", "", "[]", "1.0"),
    ]


# --- how the rows grow, and what is kept ----------------------------------------------------------


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder that holds the results of a quick look at a row, and at how the rows grow."""
    folder = tmp_path_factory.mktemp("results")
    words = ["--quick", "--growth", "bulk-sqlite", "--results", str(folder)]
    assert main(words) == 0
    return folder


@pytest.mark.part("postgresql")
def test_every_curve_has_its_points(kept: Path) -> None:
    grown = read(kept)["growth"]
    assert list(grown) == list(CURVES)
    for name in CURVES:
        points = points_of(read(kept), name)
        assert len(points) == len(QUICK.growth)
        assert all(math.isfinite(value) and value > 0 for value in points.values())
        assert grown[name]["failed"] == {}


@pytest.mark.part("postgresql")
def test_a_later_run_takes_the_place_of_its_rows_alone(kept: Path) -> None:
    before = read(kept)
    keep(kept, {"target-page": [line_of(3, 2, at_most("ratio", 1.5))]}, [], QUICK)
    after = read(kept)
    assert set(after["rows"]) == {"bulk-sqlite", "target-page"}
    assert after["growth"] == before["growth"]
    assert after["rows"]["bulk-sqlite"] == before["rows"]["bulk-sqlite"]
    assert "| `start` | not measured yet |" in (kept / "RESULTS.md").read_text("utf-8")


def test_a_curve_grows_by_the_exponent_of_its_points() -> None:
    assert exponent({10: 5.0, 100: 50.0, 1000: 500.0}) == pytest.approx(1)
    assert exponent({10: 7.0, 1000: 7.0}) == pytest.approx(0)
    assert exponent({10: 2.0, 40: 4.0}) == pytest.approx(0.5)
    assert exponent({10: 2.0}) is exponent({}) is None


def test_what_fails_is_told_and_loses_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> NoReturn:
        raise ValueError("no teapot")

    monkeypatch.setitem(ROWS, "start", Row("start", broken))
    monkeypatch.setattr(growth, "_exposed", broken)
    monkeypatch.setattr(growth, "_on_sqlite", lambda *_: iter([("start", 10, 2.5)]))
    monkeypatch.setattr(growth, "_on_postgresql", lambda *_: iter([]))
    monkeypatch.setattr(growth, "_judged", lambda *_: iter([]))

    assert main(["--quick", "start", "bulk-sqlite", "growth", "--results", str(tmp_path)]) == 1

    shown = capsys.readouterr()
    assert "ABSENT" in shown.out
    assert "bulk CSV, SQLite" in shown.out
    assert "Failed: start: failed, ValueError: no teapot" in shown.err
    assert "Failed: scrape at 100: ValueError: no teapot" in shown.err
    page = (tmp_path / "RESULTS.md").read_text("utf-8")
    assert "| `start` | Start to the first 200 of /-/ready | figures on record | 2.5 ms |" in page
    assert "no teapot" in page


RESULTS = ROOT / "tests" / "bench"
AGAIN = 'run make bench ARGS="--render" (or measure anew)'


def test_the_page_of_results_tells_what_was_measured_and_nothing_else() -> None:
    assert (RESULTS / "RESULTS.md").read_text("utf-8") == told(read(RESULTS)), AGAIN


def test_the_page_of_results_names_every_row_and_every_curve() -> None:
    page = (RESULTS / "RESULTS.md").read_text("utf-8")
    beside, grown = page.split("## Growth")
    assert set(re.findall(r"^\| `([a-z-]+)` \|", beside, re.MULTILINE)) == set(ROWS), AGAIN
    assert re.findall(r"^\| `([a-z-]+)` \|", grown, re.MULTILINE) == list(CURVES), AGAIN
    assert "(growth.svg)" in grown
    picture = (RESULTS / "growth.svg").read_text("utf-8")
    assert all(curve.title in html.unescape(picture) for curve in CURVES.values()), AGAIN


def test_every_row_grows_or_says_why_not() -> None:
    assert CURVES.keys() | NOT_GROWN.keys() >= ROWS.keys()
    assert not CURVES.keys() & NOT_GROWN.keys()
