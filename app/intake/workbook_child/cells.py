"""What a stored cell means: numbers and dates as text, formats, and what is too doubtful to read.

A cell's number is stored as the shortest or longest text of a binary float; what was typed is its
15 significant digits, which is also all that the spreadsheet shows and computes with.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from enum import IntEnum

_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_KEPT_DIGITS = 15
"""Significant decimal digits that any of a spreadsheet's numbers keeps."""

_ISO_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T00:00(?::00(?:\.0+)?)?Z?", re.ASCII)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DAY_SECONDS = 86_400
_LAST_DAY = 2_958_465
"""The serial number of 9999-12-31."""
_NEVER = 60
"""The serial number of 29 February 1900, a day that spreadsheets have and calendars have not."""

_NOT_CODE = re.compile(
    r"""
    "[^"]*"?                        # text in quotation marks
    | \\. | _. | \*.                # one character as it is, its width, or filling the cell
    | \[(?!(?:h+|m+|s+)\])[^\]]*\]? # colours, conditions, currencies; but [h] is elapsed time
    | general | e[+-]               # numbers as they come, and with an exponent
    """,
    re.VERBOSE | re.IGNORECASE,
)
_DATE_CODE = re.compile(r"[dmyhse]", re.IGNORECASE)
_BUILT_IN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
"""Formats that a file names by number alone; 27 to 36 and 50 to 58 are those of East Asia."""
_BUILT_IN_PERCENTAGES = {9, 10}


class Look(IntEnum):
    """What a number format makes of a number."""

    PLAIN = 0
    DATE = 1
    PERCENT = 2


def look_of(number: int, code: str | None) -> Look:
    """Tell what a number format shows; code: as the file defines it, if it does."""
    if code is None:
        if number in _BUILT_IN_DATES:
            return Look.DATE
        return Look.PERCENT if number in _BUILT_IN_PERCENTAGES else Look.PLAIN
    rest = _NOT_CODE.sub("", code)
    if "%" in rest:
        return Look.PERCENT
    return Look.DATE if _DATE_CODE.search(rest) else Look.PLAIN


def number_text(stored: str) -> str:
    """Write a stored number as it was typed: 22.539999999999999 -> 22.54; else what is stored."""
    # No more characters than digits are kept: nothing can be noise.
    if len(stored) <= _KEPT_DIGITS and _PLAIN.fullmatch(stored):
        return stored
    number = _float(stored)
    return stored if number is None else f"{number:.{_KEPT_DIGITS}g}"


def date_text(stored: str, *, since_1904: bool) -> str:
    """Write a stored date as `2013-03-01`, with its time where it has one.

    What is no day of the calendar stays as it is stored, and so is no period.
    """
    number = _float(stored)
    if number is None or not 0 <= number <= _LAST_DAY:
        return stored
    seconds = round(number * _DAY_SECONDS)
    day, rest = divmod(seconds, _DAY_SECONDS)
    if since_1904:
        start = dt.datetime(1904, 1, 1)  # noqa: DTZ001 - a calendar day, in no zone
    elif day == _NEVER:
        return stored
    else:
        first = 31 if day < _NEVER else 30
        start = dt.datetime(1899, 12, first)  # noqa: DTZ001 - as above
    try:
        moment = start + dt.timedelta(days=day, seconds=rest)
    except OverflowError:
        return stored
    return moment.isoformat(" ") if rest else f"{moment:%Y-%m-%d}"


def iso_text(stored: str) -> str:
    """Write a date that is stored as ISO 8601 text; a day without its midnight."""
    found = _ISO_DAY.fullmatch(stored)
    return found[1] if found else stored


def unescaped(text: str) -> str:
    """Read the escapes of characters that XML cannot hold: `_x000D_`."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _float(stored: str) -> float | None:
    if _NUMBER.fullmatch(stored) is None:
        return None
    number = float(stored)
    return number if math.isfinite(number) else None
