"""The JSON body of a submission, `{"actuals": [{...}, ...]}` and no more, read into a table."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from app.domain.finding import Finding
from app.errors import Refused
from app.intake.limits import gather, quotable
from app.intake.strict_json import JsonNumber, read
from app.intake.table import FIELDS, Table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

_LIST = "actuals"
_REQUIRED = frozenset({"kpi", "department", "period"})
_KNOWN = frozenset(FIELDS)
_NUMBERS = frozenset({"value", "numerator", "denominator", "definition_version"})


def read_actuals(body: bytes) -> Table:
    """Read the body; never raises: what is wrong with it stands in the table's findings.

    Numbers keep the text they were written in, as numbers or as strings. `kpi`, `department` and
    `period` are always among the columns, "" where a row does not give them. An entry that is not
    an object is in no column, and so its row is not among `numbers`.
    """
    try:
        document, found = read(body, rows=_LIST)
    except Refused as refusal:
        return _table([], refusal.findings)
    entries = document.get(_LIST) if isinstance(document, dict) else None
    rows = [
        (number, entry)
        for number, entry in enumerate(entries if isinstance(entries, list) else [], 1)
        if isinstance(entry, dict)
    ]
    return _table(rows, gather(chain(found, _faults(document))))


def _table(rows: list[tuple[int, dict[str, object]]], findings: Sequence[Finding]) -> Table:
    given = _REQUIRED.union(*(row.keys() for _, row in rows))
    fields = [name for name in FIELDS if name in given]
    columns = {
        name: [cell if type(cell := row.get(name)) is str else _text(name, cell) for _, row in rows]
        for name in fields
    }
    if findings:
        _empty_refused(columns, [number for number, _ in rows], findings)
    return Table(
        columns=columns,
        numbers=[number for number, _ in rows],
        headers={name: name for name in fields},
        typed_by_people=False,
        findings=tuple(findings),
    )


def _empty_refused(
    columns: Mapping[str, list[str]], numbers: Sequence[int], findings: Iterable[Finding]
) -> None:
    """Empty the cells that have a finding, so that it is their only one."""
    places = {number: place for place, number in enumerate(numbers)}
    for found in findings:
        cells = None if found.column is None else columns.get(found.column)
        if cells is not None and found.row in places:
            cells[places[found.row]] = ""


def _text(name: str, value: object) -> str:
    match value:
        case str():
            return value
        case JsonNumber(text) if name in _NUMBERS:
            return text
        case _:
            return ""


def _faults(document: object) -> Iterator[Finding]:
    if not isinstance(document, dict):
        yield _wrong_type(None, None, "an object")
        return
    yield from _unknown_fields(None, document, {_LIST})
    if _LIST not in document:
        yield Finding("missing_field", None, _LIST, {"name": _LIST})
        return
    entries = document[_LIST]
    if not isinstance(entries, list):
        yield _wrong_type(None, _LIST, "a list")
    elif not entries:
        yield Finding("empty")
    else:
        for number, entry in enumerate(entries, 1):
            yield from _faults_of_row(number, entry)


def _faults_of_row(number: int, entry: object) -> Iterator[Finding]:
    if not isinstance(entry, dict):
        yield _wrong_type(number, None, "an object")
        return
    if all(_is_plain(name, value) for name, value in entry.items()):
        return
    yield from _unknown_fields(number, entry, FIELDS)
    for name in FIELDS:
        value = entry.get(name, "")
        if isinstance(value, str) or (value is None and name not in _REQUIRED):
            continue
        if name not in _NUMBERS:
            yield _wrong_type(number, name, "text")
        elif not isinstance(value, JsonNumber):
            yield _wrong_type(number, name, "a number")


def _is_plain(name: str, value: object) -> bool:
    """Tell at first sight that a row's field is one, and of a type that it can have."""
    kind = type(value)
    return name in _KNOWN and (kind is str or (kind is JsonNumber and name in _NUMBERS))


def _unknown_fields(
    row: int | None, given: Mapping[str, object], known: Collection[str]
) -> Iterator[Finding]:
    for name in given:
        if name not in known:
            yield Finding("unknown_field", row, quotable(name), {"name": quotable(name)})


def _wrong_type(row: int | None, column: str | None, expected: str) -> Finding:
    return Finding("wrong_type", row, column, {"expected": expected})
