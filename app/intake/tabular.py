"""Tables that people make, read into columns: CSV here, and any other rows of text by `arrange`."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, replace
from itertools import compress, islice
from typing import TYPE_CHECKING

from app.domain.finding import Finding, Severity
from app.intake.form import ENTRY, is_form, is_information, plain
from app.intake.limits import (
    BAD_CHARACTER,
    MAX_CELL,
    MAX_FINDINGS,
    bad_character,
    gather,
    is_clean,
    quotable,
)
from app.intake.table import FIELDS, Table
from app.intake.unquoted import LONG, split_lines, stretches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Record = tuple[int, Sequence[str]]
    """A record's cells, and its row in the file."""

CHINESE = {
    "kpi": "指标",
    "department": "部门",
    "period": "期间",
    "value": "数值",
    "numerator": "分子",
    "denominator": "分母",
    "observation_status": "观测状态",
    "note": "备注",
    "reason": "更正原因",
    "definition_version": "定义版本",
}
"""The Chinese header of each field."""

_FIELD_OF = {name: name for name in FIELDS} | {CHINESE[name]: name for name in FIELDS}
_DELIMITERS = (",", ";", "\t")
_GB18030 = frozenset({"gb18030", "gbk", "gb2312"})
_UTF_8 = frozenset({"utf-8", "utf8"})
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t])"?[ \t]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
_WORKBOOKS = (b"PK\x03\x04", bytes.fromhex("D0CF11E0A1B11AE1"))
"""How workbooks begin, the new ones and the old."""
_HEADER_SOUGHT_IN = 64 * 1024
"""Characters from the start among which the delimiter is chosen."""
_SELDOM_EQUAL = frozenset({"value", "numerator", "denominator", "note", "reason"})
_CHUNK = 300
"""Rows turned into columns at a time.

Two containers a row: forgotten again before the garbage collector looks at its youngest 700. With
10,000 rows at a time it took three quarters of the time that a million rows took.
"""


def read_csv(body: bytes, charset: str | None = None) -> Table:
    """Read a CSV file; never raises: what is wrong with it stands in the table's findings.

    charset: as the delivery declares it; without one UTF-8 is tried, then GB18030. The delimiter is
    the one that makes known columns out of the header row, or the one in a line `sep=;` before it.
    A record that breaks the rules of quoting is in no column, and so is not among `numbers`.
    """
    if body.startswith(_WORKBOOKS):
        return _no_rows([Finding("workbook_not_text")])
    text = _decoded(body, charset)
    if text is None:
        return _no_rows([Finding("unreadable_encoding")])
    first, delimiter = 1, None
    if declared := _SEPARATOR_LINE.match(text):
        text, first, delimiter = text[declared.end() :], 2, declared[1]
    delimiter = delimiter or _likely_delimiter(text)
    broken: list[Finding] = []
    clean = is_clean(text)
    if clean and len(text) >= LONG and '"' not in text:
        table = _split(text, delimiter, first, broken)
    else:
        reader = _reader(text, delimiter, strict=True)
        table = arrange(_records(reader, first, broken), broken, suspect=not clean)
    return replace(table, comma_is_doubtful=delimiter == ";")


def arrange(
    records: Iterable[Record],
    findings: Iterable[Finding] = (),
    *,
    suspect: bool = True,
) -> Table:
    """Make columns of records: the first that is not blank is the header, blank ones are skipped.

    records: each with its row in the file. Cells are trimmed.
    findings: what the reader has found; looked at after the records, and so may fill up with them.
    suspect: whether there may be bad characters, which are then looked for cell by cell.

    A finding about the header names the header's row, which is not among `numbers`; a row with too
    many cells, with one too long, or with a bad character is among them.
    """
    filled = _filled(records)
    header = _Header.of(filled)
    if header is None:
        return _no_rows([*findings] or [Finding("empty")])
    if not header.positions:
        return _no_rows([*findings] or [Finding("no_header", header.row)])
    rows = _Rows(header)
    rows.add_all(filled)
    return _table(header, rows, findings, suspect=suspect)


def _split(text: str, delimiter: str, first: int, broken: list[Finding]) -> Table:
    """Read a long text without quotation marks and bad characters: its cells are what is between.

    Stretches that are not as regular as that go the usual way, line by line.
    """
    header = rows = None
    for number, lines in stretches(text, first):
        if rows is not None and rows.split(number, lines, delimiter):
            continue
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        filled = _filled(_records(reader, number, broken))
        if rows is None:
            header = _Header.of(filled)
            if header is not None and not header.positions:
                break
            rows = None if header is None else _Rows(header)
        if rows is not None:
            rows.add_all(filled)
        if len(broken) > MAX_FINDINGS:
            break
    if header is None or rows is None:
        fault = Finding("empty") if header is None else Finding("no_header", header.row)
        return _no_rows(broken or [fault])
    return _table(header, rows, broken, suspect=False)


def _filled(records: Iterable[Record]) -> Iterator[Record]:
    """Leave blank records out."""
    return (
        (number, record)
        for number, record in records
        if record and (record[0].strip() or any(map(str.strip, record)))
    )


def _table(header: _Header, rows: _Rows, findings: Iterable[Finding], *, suspect: bool) -> Table:
    if suspect:
        rows.clean()
    if header.is_form:
        findings = list(findings)
        rows.drop_not_given(findings)
    return Table(
        columns=rows.columns,
        numbers=rows.numbers,
        headers=header.names,
        typed_by_people=True,
        findings=gather(_all_faults(header, rows, findings)),
    )


@dataclass(frozen=True, slots=True)
class _Header:
    """What the header row says."""

    row: int
    texts: tuple[str, ...]
    """The cells, trimmed, up to the last that is not blank."""
    positions: Mapping[str, int]
    """Per field, the column that gives it: the first of its name."""
    is_form: bool
    """Whether this is a form of ours, to be filled in as far as there are figures."""

    @classmethod
    def of(cls, records: Iterator[Record]) -> _Header | None:
        """Read the first record; None where there is none."""
        row, record = next(records, (0, ()))
        if not record:
            return None
        texts = [cell.strip() for cell in record]
        while texts and not texts[-1]:
            texts.pop()
        positions: dict[str, int] = {}
        for position, text in enumerate(texts):
            if name := _field(text):
                positions.setdefault(name, position)
        return cls(row, tuple(texts), positions, is_form(texts))

    @property
    def names(self) -> dict[str, str]:
        """Per field, the header as the file has it."""
        return {name: self.texts[position] for name, position in self.positions.items()}

    def faults(self) -> Iterator[Finding]:
        for position, text in enumerate(self.texts):
            name = _field(text)
            if name is not None and self.positions[name] != position:
                yield self._fault("duplicate_column", text)
            elif name is None and text and not (self.is_form and is_information(text)):
                yield self._fault("unknown_column", text)
        chinese = not "".join(self.names.values()).isascii()
        for name in ("kpi", "department", "period", "value"):
            if name not in self.positions and not (
                name == "value" and "numerator" in self.positions
            ):
                values = {"name": CHINESE[name] if chinese else name}
                yield Finding("missing_column", self.row, values=values)

    def _fault(self, code: str, text: str) -> Finding:
        return Finding(code, self.row, quotable(text), {"name": quotable(text)})


class _Rows:
    """The rows under a header, turned into columns chunk by chunk."""

    def __init__(self, header: _Header) -> None:
        self.header = header
        self.numbers: list[int] = []
        self.columns: dict[str, list[str]] = {name: [] for name in header.positions}
        self._overfull: list[int] = []
        self._cells: dict[str, str] = {}
        self._cleaned: list[tuple[int, str, str]] = []
        self._width = len(header.texts)
        self._nameless = [not text for text in header.texts]

    def add_all(self, records: Iterator[Record]) -> None:
        """Add rows, some at a time."""
        while chunk := list(islice(records, _CHUNK)):
            self.add(chunk)

    def split(self, number: int, lines: list[str], delimiter: str) -> bool:
        """Add a stretch of lines without quotation marks, from row `number` on.

        Returns False, and adds nothing, where a row of them is blank, or not as wide as the header.
        """
        if any(self._nameless):
            return False
        columns = split_lines(lines, delimiter, self._width)
        if columns is None:
            return False
        self.numbers.extend(range(number, number + len(lines)))
        for name, position in self.header.positions.items():
            self.columns[name].extend(self._shared(name, columns[position]))
        return True

    def _shared(self, name: str, column: list[str]) -> Iterable[str]:
        """Keep equal cells once, where many are: each of a million is an object of its own."""
        return column if name in _SELDOM_EQUAL else map(self._cells.setdefault, column, column)

    def add(self, chunk: list[Record]) -> None:
        """Add rows. Short ones are never filled up to the header's width, which may be millions."""
        numbers, records = zip(*chunk, strict=True)
        self.numbers.extend(numbers)
        for name, position in self.header.positions.items():
            self.columns[name].extend(
                [record[position].strip() if len(record) > position else "" for record in records]
            )
        if max(map(len, records)) > self._width or any(self._nameless):
            self._overfull.extend(
                number for number, record in chunk if any(map(str.strip, self._beyond(record)))
            )

    def drop_not_given(self, findings: Iterable[Finding]) -> None:
        """Leave out the rows of a form in which nothing was entered.

        findings: what the reader has found; a cell that it has refused was filled all the same.
        """
        filled = {found.row for found in findings if found.severity is Severity.ERROR}
        filled.update(number for number, _, _ in self._cleaned)
        filled.update(self._overfull)
        entered = [self.columns[name] for name in ENTRY if name in self.columns]
        given = [
            number in filled or any(column[index] for column in entered)
            for index, number in enumerate(self.numbers)
        ]
        self.numbers = list(compress(self.numbers, given))
        self.columns = {
            name: list(compress(column, given)) for name, column in self.columns.items()
        }

    def _beyond(self, record: Sequence[str]) -> Iterator[str]:
        """Go through the cells over which no column name stands."""
        yield from compress(record, self._nameless)
        yield from record[self._width :]

    def faults(self) -> Iterator[Finding]:
        for number in self._overfull:
            yield Finding("too_many_cells", number)
        for name, header in self.header.names.items():
            column = self.columns[name]
            if max(map(len, column), default=0) > MAX_CELL:
                for number, cell in zip(self.numbers, column, strict=True):
                    if len(cell) > MAX_CELL:
                        yield Finding("too_long", number, header, {"limit": str(MAX_CELL)})
        for number, header, character in self._cleaned:
            yield Finding("bad_character", number, header, {"character": character})

    def clean(self) -> None:
        """Take bad characters out of the columns, so that no later finding repeats them."""
        for name, header in self.header.names.items():
            column = self.columns[name]
            for index, cell in enumerate(column):
                if (character := bad_character(cell)) is not None:
                    column[index] = BAD_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", cell)
                    self._cleaned.append((self.numbers[index], header, character))


def _all_faults(header: _Header, rows: _Rows, findings: Iterable[Finding]) -> Iterator[Finding]:
    yield from header.faults()
    yield from findings
    if not rows.numbers:
        yield Finding("empty")
    yield from rows.faults()


def _no_rows(findings: Iterable[Finding]) -> Table:
    return Table(
        columns={}, numbers=[], headers={}, typed_by_people=True, findings=gather(findings)
    )


def _field(header: str) -> str | None:
    """Return the field that a header names, in either language and in full-width letters too."""
    return _FIELD_OF.get(plain(header))


def _decoded(body: bytes, charset: str | None) -> str | None:
    declared = None if charset is None else charset.strip().strip('"').casefold()
    encodings = []
    if declared is None or declared in _UTF_8:
        encodings.append("utf-8")
    if declared is None or declared in _GB18030:
        # It holds GBK and GB 2312 whole.
        encodings.append("gb18030")
    for encoding in encodings:
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    return None


def _reader(text: str, delimiter: str, *, strict: bool) -> Iterator[list[str]]:
    # newline=None: every kind of line end, also inside quoted cells, becomes \n.
    return csv.reader(io.StringIO(text, newline=None), delimiter=delimiter, strict=strict)


def _likely_delimiter(text: str) -> str:
    start = text[:_HEADER_SOUGHT_IN]
    return max(_DELIMITERS, key=lambda delimiter: _known_columns(start, delimiter))


def _known_columns(start: str, delimiter: str) -> int:
    """Count the columns that would be known if `delimiter` were the right one."""
    records = _records(_reader(start, delimiter, strict=False), 1, [])
    head = next((record for _, record in records if any(map(str.strip, record))), [])
    return sum(_field(cell.strip()) is not None for cell in head)


def _records(
    reader: Iterator[list[str]], first: int, broken: list[Finding]
) -> Iterator[tuple[int, list[str]]]:
    """Give each record its row; one that cannot be read is a finding, and the next line goes on."""
    number = first
    while len(broken) <= MAX_FINDINGS:
        try:
            for record in reader:
                yield number, record
                number += 1
        except csv.Error as error:
            broken.append(_broken(number, str(error)))
            number += 1
        else:
            return


def _broken(row: int, message: str) -> Finding:
    if "field larger" in message:
        return Finding("too_long", row, values={"limit": str(MAX_CELL)})
    if "end of data" in message:
        return Finding("unreadable_csv", row, values={"problem": "a quoted cell is not closed"})
    if "expected after" in message:
        return Finding("unreadable_csv", row, values={"problem": "text follows a closed quotation"})
    return Finding("unreadable_csv", row, values={"problem": "a line breaks the rules of CSV"})
