from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.finding import TEMPLATES, Finding
from app.errors import Refused
from app.intake.strict_json import JsonNumber, decode, read

if TYPE_CHECKING:
    from collections.abc import Sequence


def refused(body: bytes, rows: str | None = None) -> Sequence[Finding]:
    """Return what `read` finds, which is what `decode` refuses where there are no rows."""
    if rows is not None:
        return tuple(sorted(read(body, rows)[1], key=lambda finding: finding.row or 0))
    with pytest.raises(Refused) as caught:
        decode(body)
    assert caught.value.findings
    return caught.value.findings


def codes(body: bytes) -> list[str]:
    return [finding.code for finding in refused(body)]


@pytest.mark.parametrize("text", ["22.5", "20.20", "0", "-0", "-1.50e+3", "1E400", "9" * 5000])
def test_a_number_keeps_the_text_it_was_written_in(text: str) -> None:
    assert decode(text.encode()) == JsonNumber(text)


def test_everything_else_is_what_json_says() -> None:
    body = '{"a": ["x", true, false, null, {}, []], "达标": "\\ud83d\\ude00\\n"}'
    assert decode(body.encode()) == {"a": ["x", True, False, None, {}, []], "达标": "😀\n"}


def test_a_byte_order_mark_is_let_pass() -> None:
    assert decode(b"\xef\xbb\xbf{}") == {}


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_finite_is_refused_where_it_stands(text: str) -> None:
    body = f'{{"rows": [{{"a": 1}}, {{"a": {text}}}], "b": {text}}}'.encode()
    assert refused(body, "rows") == (
        Finding("not_a_number", None, "b", {"text": text}),
        Finding("not_a_number", 2, "a", {"text": text}),
    )


def test_every_field_given_twice_is_found_with_its_row() -> None:
    body = b'{"rows": [{}, {"a": 1, "b": 2, "\\u0061": 1, "b": 3}], "c": {"d": 1, "d": 1}}'
    assert refused(body, "rows") == (
        Finding("duplicate_json_key", None, "c.d", {"name": "d"}),
        Finding("duplicate_json_key", 2, "a", {"name": "a"}),
        Finding("duplicate_json_key", 2, "b", {"name": "b"}),
    )


def test_a_field_that_hides_another_with_the_same_fault_is_found() -> None:
    assert codes(b'{"a": {"b": 1, "b": 2}, "a": {"c": 1}}') == ["duplicate_json_key"]


@pytest.mark.parametrize(
    ("escape", "character"),
    [
        *((r"\ud800", "U+D800"), (r"\uDFFF", "U+DFFF"), (r"\ude00\ud83d", "U+DE00")),
        *((r"\u0000", "U+0000"), (r"\u001B", "U+001B"), (r"\u0085", "U+0085")),
        *((r"\uFFFE", "U+FFFE"), ("\x7f", "U+007F"), ("\x9b", "U+009B"), ("\uffff", "U+FFFF")),
    ],
)
def test_a_character_that_cannot_be_kept_is_refused(escape: str, character: str) -> None:
    body = f'{{"rows": [{{"note": "x{escape}y"}}]}}'.encode()
    assert refused(body, "rows") == (Finding("bad_character", 1, "note", {"character": character}),)


def test_a_bad_character_in_a_name_is_not_repeated_in_the_finding() -> None:
    (finding,) = refused(rb'{"a\ud800": 1}')
    assert finding == Finding("bad_character", None, "a\ufffd", {"character": "U+D800"})


@pytest.mark.parametrize(
    "text", ['"\\\\ud800"', '"\\u00e9\\u001f"'.replace("001f", "4e00"), '"\\t"']
)
def test_what_only_looks_like_a_bad_character_stays(text: str) -> None:
    assert decode(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    ("body", "line", "column"),
    [
        *((b"", "1", "1"), (b"{", "1", "2"), (b"{} {}", "1", "4"), (b'{"a": 1}x', "1", "9")),
        *((b'{\n"a": 01}', "2", "7"), (b"[1,]", "1", "4"), (b"{'a': 1}", "1", "2")),
        *((b'"\\x"', "1", "2"), (b'"\x00"', "1", "2"), (b"1_000", "1", "2"), (b"+1", "1", "1")),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(body: bytes, line: str, column: str) -> None:
    (finding,) = refused(body)
    assert finding.code == "malformed_json"
    assert finding.values["line"] == line
    # Python 3.13 points at a trailing comma, earlier ones at what follows it.
    assert int(column) - 1 <= int(finding.values["column"]) <= int(column)


def test_another_encoding_is_refused() -> None:
    assert refused('{"note": "指标"}'.encode("gb18030")) == (
        Finding("unreadable_json", values={"problem": "it is not UTF-8"}),
    )


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_a_nest_without_end_is_refused(opening: bytes) -> None:
    (finding,) = refused(opening * 200_000)
    assert finding == Finding("unreadable_json", values={"problem": "it is nested too deeply"})


def test_a_fault_deep_down_is_found_without_recursion() -> None:
    (finding,) = refused(b'{"a":' * 300 + b"NaN" + b"}" * 300)
    assert finding.code == "not_a_number"
    assert finding.column is not None
    assert len(finding.column) <= 80


def test_a_flood_of_faults_ends_in_one_that_refuses_the_whole() -> None:
    findings = refused(b"[" + b"NaN," * 20_000 + b"1]")
    assert len(findings) == 10_001
    assert findings[-1] == Finding("too_many_findings", values={"limit": "10000"})


PIECES = st.lists(
    st.sampled_from(
        [
            '{"actuals": [',
            '{"kpi": "k"',
            "}",
            "]",
            "[",
            ", ",
            ": ",
            '"',
            "\\u",
            "d800",
            "NaN",
            "1e9",
        ]
    )
)


@given(st.one_of(st.binary(), PIECES.map(lambda parts: "".join(parts).encode())))
def test_no_bytes_raise_anything_but_a_refusal(body: bytes) -> None:
    found: Sequence[Finding]
    try:
        found = list(read(body, "actuals")[1])
    except Refused as refusal:
        found = refusal.findings
    for finding in found:
        TEMPLATES[finding.code].format(**finding.values).encode()


VALUES = st.recursive(
    st.none() | st.booleans() | st.text(st.characters(codec="utf-8", categories=["L", "N", "P"])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(categories=["L"])), inner)
    ),
)


@given(VALUES, st.booleans())
def test_a_good_document_is_read_as_it_was_written(value: object, escaped: bool) -> None:  # noqa: FBT001 - hypothesis gives it by name
    assert decode(json.dumps(value, ensure_ascii=escaped).encode()) == value
