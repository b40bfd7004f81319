from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.finding import TEMPLATES, Finding
from app.intake.actuals_json import read_actuals
from app.intake.table import FIELDS

GOOD = {"kpi": "pendency", "department": "examination-1", "period": "2013-03", "value": 22.5}


def body(*rows: object, **top: object) -> bytes:
    return json.dumps({"actuals": list(rows), **top}).encode()


def test_rows_become_columns_of_text() -> None:
    table = read_actuals(
        b'{"actuals": [{"kpi": "a", "department": "d", "period": "2013", "value": 20.20},'
        b'{"kpi": "b", "department": "d", "period": "2013-03", "numerator": "1e2",'
        b' "denominator": 3, "observation_status": "P", "note": "x", "reason": "y",'
        b' "definition_version": 2}]}'
    )
    assert table.findings == ()
    assert table.columns == {
        "kpi": ["a", "b"],
        "department": ["d", "d"],
        "period": ["2013", "2013-03"],
        "value": ["20.20", ""],
        "numerator": ["", "1e2"],
        "denominator": ["", "3"],
        "observation_status": ["", "P"],
        "note": ["", "x"],
        "reason": ["", "y"],
        "definition_version": ["", "2"],
    }
    assert table.numbers == [1, 2]
    assert table.headers == {name: name for name in FIELDS}
    assert table.typed_by_people is False


def test_only_what_was_delivered_is_a_column_besides_what_every_row_needs() -> None:
    table = read_actuals(body({"value": "1"}))
    assert table.columns == {"kpi": [""], "department": [""], "period": [""], "value": ["1"]}
    assert table.findings == ()


def test_null_is_as_good_as_nothing_where_nothing_is_allowed() -> None:
    optional = dict.fromkeys(FIELDS[3:])
    table = read_actuals(body({**GOOD, **optional}))
    assert table.findings == ()
    assert all(table.columns[name] == [""] for name in optional)


@pytest.mark.parametrize("name", ["kpi", "department", "period"])
def test_null_is_not_allowed_where_a_row_needs_a_value(name: str) -> None:
    table = read_actuals(body({**GOOD, name: None}))
    assert table.findings == (Finding("wrong_type", 1, name, {"expected": "text"}),)
    assert table.columns[name] == [""]


def test_everything_wrong_is_found_at_once_with_its_row_and_column() -> None:
    table = read_actuals(
        body(
            {**GOOD, "kpi": 5, "value": True},
            GOOD,
            7,
            {**GOOD, "valeu": 1, "note": {}, "numerator": [1], "period": 2013},
            extra=1,
        )
    )
    assert list(table.findings) == [
        Finding("unknown_field", None, "extra", {"name": "extra"}),
        Finding("wrong_type", 1, "kpi", {"expected": "text"}),
        Finding("wrong_type", 1, "value", {"expected": "a number"}),
        Finding("wrong_type", 3, None, {"expected": "an object"}),
        Finding("unknown_field", 4, "valeu", {"name": "valeu"}),
        Finding("wrong_type", 4, "period", {"expected": "text"}),
        Finding("wrong_type", 4, "numerator", {"expected": "a number"}),
        Finding("wrong_type", 4, "note", {"expected": "text"}),
    ]
    assert table.numbers == [1, 2, 4]
    assert table.columns["value"] == ["", "22.5", "22.5"]


def test_what_json_itself_leaves_in_doubt_hides_nothing_else() -> None:
    table = read_actuals(
        rb"""{"actuals": [
            {"kpi": "a", "department": "d", "period": "2013-01", "value": NaN},
            {"kpi": "a", "kpi": "b", "department": "d", "period": "2013-01", "valeu": 1},
            {"kpi": "a", "department": "d", "period": "2013-02", "value": 1, "note": "\ud800"},
            {"kpi": "a", "department": "d", "period": "2013-03", "value": true}
        ]}"""
    )
    assert list(table.findings) == [
        Finding("not_a_number", 1, "value", {"text": "NaN"}),
        Finding("duplicate_json_key", 2, "kpi", {"name": "kpi"}),
        Finding("unknown_field", 2, "valeu", {"name": "valeu"}),
        Finding("bad_character", 3, "note", {"character": "U+D800"}),
        Finding("wrong_type", 4, "value", {"expected": "a number"}),
    ]
    assert table.numbers == [1, 2, 3, 4]
    # What has its finding is empty, and so has no second one.
    assert (table.columns["kpi"][1], table.columns["value"][0]) == ("", "")
    assert table.columns["note"] == [""] * 4


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        (b"[]", [Finding("wrong_type", values={"expected": "an object"})]),
        (b"5", [Finding("wrong_type", values={"expected": "an object"})]),
        (b"{}", [Finding("missing_field", None, "actuals", {"name": "actuals"})]),
        (b'{"actuals": {}}', [Finding("wrong_type", None, "actuals", {"expected": "a list"})]),
        (b'{"actuals": null}', [Finding("wrong_type", None, "actuals", {"expected": "a list"})]),
        (b'{"actuals": []}', [Finding("empty")]),
        (b"{", [Finding("malformed_json", values={"line": "1", "column": "2"})]),
        (b"\xff", [Finding("unreadable_json", values={"problem": "it is not UTF-8"})]),
    ],
)
def test_a_body_of_another_form_has_no_rows(text: bytes, findings: list[Finding]) -> None:
    table = read_actuals(text)
    assert list(table.findings) == findings
    assert len(table) == 0


def test_a_long_name_is_shortened_in_its_finding() -> None:
    (finding,) = read_actuals(body({**GOOD, "x" * 1000: 1})).findings
    assert finding.values["name"] == "x" * 79 + "…"


FIELD_VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers())
ROWS = st.dictionaries(st.sampled_from([*FIELDS, "other"]), FIELD_VALUES) | st.integers()
BODIES: st.SearchStrategy[Any] = st.fixed_dictionaries({"actuals": st.lists(ROWS)}) | FIELD_VALUES


@given(st.one_of(st.binary(), BODIES.map(lambda document: json.dumps(document).encode())))
def test_no_body_raises_and_the_table_is_always_even(text: bytes) -> None:
    table = read_actuals(text)
    assert len(table) or table.findings
    assert {len(column) for column in table.columns.values()} <= {len(table)}
    assert table.columns.keys() == table.headers.keys()
    for finding in table.findings:
        TEMPLATES[finding.code].format(**finding.values).encode()
