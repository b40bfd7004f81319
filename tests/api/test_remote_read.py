"""Remote read on the wire: what is found, by which matchers, within which bounds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import cramjam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api import read_protocol, remote_read
from app.api.matchers import Matcher, MatchKind, PatternError, meets
from app.domain.attainment import Status
from tests.api.contract import findings
from tests.counting import asked_of
from tests.ledger.small_office import row

if TYPE_CHECKING:
    from httpx2 import Response

    from tests.api.contract import Client

EQUAL, NOT_EQUAL, PATTERN, NOT_PATTERN = MatchKind
PERIOD = (EQUAL, "time", "period")
END_OF_MARCH = 1364745599_000
"""The last second of March 2013 in Shanghai, in milliseconds."""
YEAR_2013 = (1356969600_000, 1388505599_000)
Given = tuple[MatchKind, str, str]


def request_of(
    *queries: tuple[tuple[int, int], list[Given]], accepted: tuple[int, ...] = ()
) -> Any:  # noqa: ANN401 - a message
    request: Any = read_protocol._message("ReadRequest")
    request.accepted_response_types.extend(accepted)
    for (start, end), matchers in queries:
        query = request.queries.add(start_timestamp_ms=start, end_timestamp_ms=end)
        for kind, name, value in matchers:
            query.matchers.add(type=kind, name=name, value=value)
    return request


def packed(message: Any) -> bytes:  # noqa: ANN401 - as above
    return bytes(cramjam.snappy.compress_raw(message.SerializeToString()))


def ask(api: Client, content: bytes) -> Response:
    headers = {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf"}
    return api.post("/api/v1/read", content=content, headers=headers)


Series = dict[tuple[tuple[str, str], ...], list[tuple[int, float]]]


def results(answer: Response) -> list[Series]:
    """Return each query's series: labels, and milliseconds with numbers."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-encoding"] == "snappy"
    assert answer.headers["content-type"] == "application/x-protobuf"
    response: Any = read_protocol._message("ReadResponse")
    response.ParseFromString(bytes(cramjam.snappy.decompress_raw(answer.content)))
    return [
        {
            tuple((label.name, label.value) for label in series.labels): [
                (sample.timestamp, sample.value) for sample in series.samples
            ]
            for series in result.timeseries
        }
        for result in response.results
    ]


def read(
    api: Client, *matchers: Given, span: tuple[int, int] = YEAR_2013
) -> dict[str, list[tuple[int, float]]]:
    """Return the series that one query finds, by their labels as PromQL writes them."""
    (found,) = results(ask(api, packed(request_of((span, [PERIOD, *matchers])))))
    return {
        ",".join(f"{name}={value}" for name, value in labels if name != "time"): samples
        for labels, samples in found.items()
    }


@pytest.fixture
def posted(api: Client) -> Client:
    """The small office with three months of exam's pendency."""
    for month, value in (("2013-01", "23.9"), ("2013-02", "23"), ("2013-03", "22.54")):
        assert api.post_actuals(row(value, month)).is_success
    return api


def test_a_figure_stands_at_the_last_second_of_its_period(posted: Client) -> None:
    found = read(posted, (EQUAL, "__name__", "kpi_actual_value"))

    assert list(found) == ["__name__=kpi_actual_value,department=exam,kpi=pendency"]
    (samples,) = found.values()
    assert samples[-1] == (END_OF_MARCH, 22.54)
    assert [value for _, value in samples] == [23.9, 23.0, 22.54]


def test_every_family_says_what_the_series_of_the_target_says(posted: Client) -> None:
    found = read(posted, (EQUAL, "kpi", "pendency"), (EQUAL, "department", "exam"))
    items = posted.get("/api/v1/targets/plan-2013/pendency/exam/series").json()["items"]

    for family, field in (
        ("kpi_target_actual_value", "actual"),
        ("kpi_expected_value", "expected"),
        ("kpi_attainment_ratio", "ratio"),
        ("kpi_pace_ratio", "pace"),
    ):
        samples = found[f"__name__={family},department=exam,kpi=pendency,plan=plan-2013"]
        assert [value for _, value in samples] == [
            float(item[field]) for item in items if item[field] is not None
        ]
    upper = found["__name__=kpi_target_upper_value,department=exam,kpi=pendency,plan=plan-2013"]
    assert [value for _, value in upper] == [22.5] * 12
    states = {
        labels.rpartition("=")[2]: [value for _, value in samples]
        for labels, samples in found.items()
        if "kpi_status" in labels
    }
    said = [item["status"] for item in items if item["status"] is not None]
    assert states == {name: [float(name == status) for status in said] for name in Status}


def test_labels_are_in_order_and_every_series_says_whose_clock_it_goes_by(posted: Client) -> None:
    (found,) = results(ask(posted, packed(request_of((YEAR_2013, [PERIOD])))))

    assert found
    for labels in found:
        assert list(labels) == sorted(labels)
        assert ("time", "period") in labels


@pytest.mark.parametrize(
    "matchers",
    [
        [],
        [(EQUAL, "__name__", "kpi_actual_value")],
        [(PATTERN, "time", "period")],
        [(NOT_EQUAL, "time", "")],
        [(EQUAL, "time", "scrape")],
        [PERIOD, (NOT_EQUAL, "time", "period")],
    ],
)
def test_without_its_matcher_a_query_finds_nothing(posted: Client, matchers: list[Given]) -> None:
    assert results(ask(posted, packed(request_of((YEAR_2013, matchers))))) == [{}]


def test_queries_are_answered_in_their_order(posted: Client) -> None:
    actual = [PERIOD, (EQUAL, "__name__", "kpi_actual_value")]
    content = packed(request_of((YEAR_2013, actual), (YEAR_2013, []), (YEAR_2013, actual)))

    first, second, third = results(ask(posted, content))
    assert first == third != {}
    assert second == {}


@pytest.mark.parametrize(
    ("span", "count"),
    [
        ((END_OF_MARCH, END_OF_MARCH), 1),
        ((END_OF_MARCH + 1, YEAR_2013[1]), 0),
        ((YEAR_2013[0], END_OF_MARCH - 1), 2),
        ((YEAR_2013[1], YEAR_2013[0]), 0),
        ((-(2**62), -(2**62)), 0),
    ],
)
def test_both_ends_of_the_time_asked_for_belong_to_it(
    posted: Client, span: tuple[int, int], count: int
) -> None:
    found = read(posted, (EQUAL, "__name__", "kpi_actual_value"), span=span)
    assert sum(map(len, found.values())) == count


@pytest.mark.parametrize(
    ("matchers", "families"),
    [
        ([(PATTERN, "__name__", "kpi_.*_value"), (EQUAL, "plan", "")], {"kpi_actual_value"}),
        ([(NOT_EQUAL, "plan", "plan-2013")], {"kpi_actual_value"}),
        ([(NOT_PATTERN, "plan", "plan-.+")], {"kpi_actual_value"}),
        ([(PATTERN, "__name__", "pace_ratio")], set()),
        ([(PATTERN, "__name__", ".+_ratio")], {"kpi_attainment_ratio", "kpi_pace_ratio"}),
        ([(PATTERN, "status", "missed|at_risk")], {"kpi_status"}),
        ([(PATTERN, "kpi", "(?i)PENDENCY"), (PATTERN, "__name__", ".*pace.*")], {"kpi_pace_ratio"}),
        ([(EQUAL, "nonsense", "x")], set()),
    ],
)
def test_four_kinds_of_matchers(posted: Client, matchers: list[Given], families: set[str]) -> None:
    found = read(posted, *matchers)
    assert {labels.split(",")[0].removeprefix("__name__=") for labels in found} == families


def test_a_restated_month_is_there_at_once(posted: Client) -> None:
    assert posted.post_actuals(row("22.4", reason="recounted")).is_success

    found = read(posted, (EQUAL, "__name__", "kpi_actual_value"))
    assert [samples[-1] for samples in found.values()] == [(END_OF_MARCH, 22.4)]


def test_a_revised_target_is_read_in_the_version_of_today(posted: Client) -> None:
    address = "/api/v1/targets/plan-2013/pendency/exam"
    document = {**posted.get(address).json(), "target": "<= 22", "reason": "stricter"}
    done = posted.put(address, json=document, headers=posted.bearing("planner"))
    assert done.is_success, done.text

    found = read(
        posted, (EQUAL, "__name__", "kpi_target_upper_value"), (EQUAL, "department", "exam")
    )
    assert {value for samples in found.values() for _, value in samples} == {22.0}


def test_samples_are_what_is_answered_also_where_chunks_are_preferred(posted: Client) -> None:
    actual = (YEAR_2013, [PERIOD, (EQUAL, "__name__", "kpi_actual_value")])
    (found,) = results(ask(posted, packed(request_of(actual, accepted=(1, 0)))))
    assert found

    answer = ask(posted, packed(request_of(actual, accepted=(1,))))
    assert answer.status_code == 400
    assert findings(answer) == [("remote_read_without_samples", None)]


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 20,
        b"not snappy",
        bytes(cramjam.snappy.compress_raw(b"\xff\xff\xff")),
        # Text that is no UTF-8, where a label's name should be.
        bytes(cramjam.snappy.compress_raw(b"\x0a\x06\x1a\x04\x12\x02\xc3\x28")),
        packed(request_of((YEAR_2013, [(9, "time", "period")]))),  # type: ignore[list-item]
    ],
)
def test_what_is_no_request_is_refused(api: Client, content: bytes) -> None:
    answer = ask(api, content)

    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/history-not-read"
    assert findings(answer) == [("not_a_remote_read", None)]


def test_an_empty_request_has_an_empty_answer(api: Client) -> None:
    assert results(ask(api, packed(request_of()))) == []


def test_a_bomb_is_refused_by_the_size_that_it_announces(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = bytes(cramjam.snappy.compress_raw(bytes(read_protocol.UNPACKED_BYTES + 1)))
    assert len(bomb) < read_protocol.UNPACKED_BYTES / 15

    def never(_content: bytes) -> bytes:
        raise AssertionError("it was unpacked")

    monkeypatch.setattr(cramjam.snappy, "decompress_raw", never)
    answer = ask(api, bomb)

    assert answer.status_code == 400
    assert findings(answer) == [("remote_read_too_large", None)]


def test_a_body_that_is_too_large_is_not_read_to_its_end(api: Client) -> None:
    assert ask(api, bytes(remote_read.PACKED_BYTES + 1)).status_code == 413


@pytest.mark.parametrize(
    ("queries", "code"),
    [
        ([(YEAR_2013, [PERIOD])] * 65, "too_many_queries"),
        ([(YEAR_2013, [PERIOD] * 65)], "too_many_matchers"),
        ([((0, 101 * 31_556_952_000), [PERIOD])], "span_too_long"),
        ([((-(2**63), 2**63 - 1), [PERIOD])], "span_too_long"),
        ([(YEAR_2013, [PERIOD, (PATTERN, "kpi", "(?=x)")])], "unreadable_pattern"),
        ([(YEAR_2013, [PERIOD, (NOT_PATTERN, "kpi", "a" * 65_537)])], "unreadable_pattern"),
        ([(YEAR_2013, [PERIOD, (PATTERN, "kpi", "((a{100}){100}){100}")])], "unreadable_pattern"),
    ],
)
def test_what_is_too_much_is_told(
    api: Client, queries: list[tuple[tuple[int, int], list[Given]]], code: str
) -> None:
    answer = ask(api, packed(request_of(*queries)))

    assert answer.status_code == 400
    assert findings(answer) == [(code, None)]


@pytest.mark.parametrize(
    ("bound", "code"), [("SERIES", "too_many_series"), ("SAMPLES", "too_many_samples")]
)
def test_the_bounds_of_an_answer_hold(
    posted: Client, monkeypatch: pytest.MonkeyPatch, bound: str, code: str
) -> None:
    monkeypatch.setattr(remote_read, bound, 20)
    answer = ask(posted, packed(request_of((YEAR_2013, [PERIOD]))))

    assert answer.status_code == 400
    assert findings(answer) == [(code, None)]
    few = (YEAR_2013, [PERIOD, (EQUAL, "__name__", "kpi_actual_value")])
    assert ask(posted, packed(request_of(few))).status_code == 200


def test_however_many_series_are_asked_for_the_queries_are_few(posted: Client) -> None:
    ask(posted, packed(request_of((YEAR_2013, [PERIOD]))))

    with asked_of(posted) as seen:
        ask(posted, packed(request_of((YEAR_2013, [PERIOD]))))

    assert 0 < len(seen) <= 5


# --- matchers alone -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "value", "found"),
    [
        ("", "", True),
        ("", "x", False),
        ("a|b", "ab", False),
        ("a|b", "b", True),
        ("a.b", "a\nb", True),
        ("^a$", "a", True),
        (".*", "", True),
        ("电学.+", "电学发明", True),
        (r"\d+", "１２", False),
        (r"\pL+", "发明", True),
        ("[[:alpha:]]+", "ab", True),
    ],
)
def test_patterns_are_prometheuss_own(pattern: str, value: str, *, found: bool) -> None:
    assert Matcher(PATTERN, "x", pattern).holds({"x": value}) is found
    assert Matcher(NOT_PATTERN, "x", pattern).holds({"x": value}) is not found


def test_a_pattern_that_would_keep_a_backtracking_engine_busy_is_run_at_once() -> None:
    assert not Matcher(PATTERN, "x", "(a+)+(a+)+(a+)+").holds({"x": "a" * 5000 + "b"})


@given(pattern=st.text(max_size=40), value=st.text(max_size=20))
def test_whatever_the_pattern_it_is_read_or_refused(pattern: str, value: str) -> None:
    try:
        matcher = Matcher(PATTERN, "x", pattern)
    except PatternError:
        return
    assert matcher.holds({"x": value}) in (True, False)


@given(value=st.text(max_size=5), given_value=st.text(max_size=5))
def test_equal_and_not_equal_are_opposites(value: str, given_value: str) -> None:
    labels = {"x": given_value}
    assert Matcher(EQUAL, "x", value).holds(labels) is (value == given_value)
    assert meets(labels, [Matcher(NOT_EQUAL, "x", value)]) is (value != given_value)


def test_a_ratio_below_1_stays_below_1_on_the_wire(api: Client) -> None:
    assert api.post_actuals(row("22.500001")).is_success
    found = read(api, (EQUAL, "__name__", "kpi_attainment_ratio"), (EQUAL, "department", "exam"))

    ((_, ratio),) = (sample for samples in found.values() for sample in samples)
    assert ratio < 1
    assert math.isclose(ratio, 1 - 1e-6 / 22.5, abs_tol=1e-12)
