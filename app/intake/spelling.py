"""How people write numbers, periods and statuses in files and forms; what is too doubtful to read.

Input methods for Chinese leave full-width characters behind, spreadsheets write dates for months
and separators for thousands. Each is read where it can mean one thing only. Whatever could mean
two things is refused, since a figure that is wrong by a factor of a thousand looks like any other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.domain.figure import ObservationStatus
from app.domain.number import NumberError, parse_number
from app.domain.period import Period

if TYPE_CHECKING:
    from decimal import Decimal

_FULL_WIDTH = 0xFEE0
"""How far the full-width forms stand from their ASCII twins."""
_PLAIN = {code: code - _FULL_WIDTH for code in range(0xFF01, 0xFF5F)} | {
    ord("。"): ".",
    ord("\N{HALFWIDTH IDEOGRAPHIC FULL STOP}"): ".",
    ord("\N{MINUS SIGN}"): "-",
    ord("\N{IDEOGRAPHIC SPACE}"): " ",
    ord("\N{NO-BREAK SPACE}"): " ",
    ord("\N{FIGURE SPACE}"): " ",
    ord("\N{NARROW NO-BREAK SPACE}"): " ",
}
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
"""What a spreadsheet would begin to compute; with any apostrophes before it."""
_INVISIBLE_AT_ENDS = " \t\r\n\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NO-BREAK SPACE}"

# A first group of 0 would be a decimal comma: 0,123.
_GROUPED = re.compile(r"-?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")

_YEAR = re.compile(r"(?P<year>[0-9]{4}) ?年?")
_QUARTER = re.compile(
    r"(?P<year>[0-9]{4})(?:[- ]?Q(?P<digit>[1-4])| ?年 ?第? ?(?P<ordinal>[1-4一二三四]) ?季度)"
)
_MONTH = re.compile(
    r"(?P<year>[0-9]{4})(?:(?P<compact>0[1-9]|1[0-2])"
    r"|[-/](?P<dashed>0?[1-9]|1[0-2])"
    r"| ?年 ?(?P<chinese>0?[1-9]|1[0-2]) ?月份?)"
)
_FIRST_DAY = re.compile(
    r"(?P<year>[0-9]{4})"
    r"(?:(?P<separator>[-/])(?P<month>0?[1-9]|1[0-2])(?P=separator)0?1"
    r"| ?年 ?(?P<chinese>0?[1-9]|1[0-2]) ?月 ?0?1 ?日)"
    r"(?:[ T]0?0:00(?::00(?:\.0+)?)?)?"
)
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}


def read_number(text: str, *, comma_is_doubtful: bool = False) -> Decimal:
    """Read a number as people write it: `22.5`, `１，２３４`, `1,234,567.8`, `−3`.

    comma_is_doubtful: whether `1,234` may be meant as 1.234; then only a second comma or a point
    after it shows that thousands are meant.
    Raises NumberError (`not_a_number`, `too_many_digits`); so for `1,23`, `12,5`, `22.5%`, `(5)`.
    """
    plain = _plain(text)
    if "," in plain:
        grouped = _GROUPED.fullmatch(plain) is not None
        if not grouped or (comma_is_doubtful and "." not in plain and plain.count(",") == 1):
            raise NumberError("not_a_number")
        plain = plain.replace(",", "")
    return parse_number(plain)


def read_period(text: str) -> Period:
    """Read a period as people and spreadsheets write it.

    A year (`2013`, `2013年`), a quarter (`2013-Q1`, `2013Q1`, `2013年第一季度`), a month
    (`2013-03`, `2013-3`, `2013/3`, `201303`, `2013年3月`), or a date of a first day, which stands
    for its month. Raises ValueError for anything else: `2013.1` may be October, and the 15th of a
    month is none of the periods.
    """
    plain = _plain(text).upper()
    if found := _YEAR.fullmatch(plain):
        return Period.of(int(found["year"]))
    if found := _QUARTER.fullmatch(plain):
        quarter = _QUARTERS[found["digit"] or found["ordinal"]]
        return Period.of(int(found["year"]), quarter=quarter)
    if found := _MONTH.fullmatch(plain):
        month = found["compact"] or found["dashed"] or found["chinese"]
        return Period.of(int(found["year"]), month=int(month))
    if found := _FIRST_DAY.fullmatch(plain):
        return Period.of(int(found["year"]), month=int(found["month"] or found["chinese"]))
    raise ValueError("not a period")


def read_status(text: str) -> ObservationStatus:
    """Read an observation status, `a` and `Ａ` as `A`; raises ValueError for anything else."""
    return ObservationStatus(_plain(text).upper())


def write_text(text: str) -> str:
    """Write text into a cell so that no spreadsheet takes it for a formula.

    An apostrophe goes before `=`, `+`, `-`, `@`, their full-width twins, a tab or a line end; and
    before text that stands like that already, so that `read_text` always gives the same text again.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def read_text(text: str) -> str:
    """Read text from a cell: the inverse of `write_text`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _plain(text: str) -> str:
    if not text.isascii():
        text = text.translate(_PLAIN)
    return text.strip(_INVISIBLE_AT_ENDS)
