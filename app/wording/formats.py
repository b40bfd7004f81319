"""How numbers, periods and instants are written: exactly, then rounded, never as floats.

A figure is rounded half away from zero to its KPI's decimals. Where that would make it look like
a bound that it does not equal, more decimals are shown: 22.504 is not at most 22.5 and never shown
as 22.50 beside it. A ratio is rounded down, so that below 1 never reads 100 %.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import TYPE_CHECKING

from app.domain.number import SHOWN_FRACTION_DIGITS, write_number
from app.domain.period import Frequency
from app.wording.words import COMPARATORS, msg

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from fractions import Fraction
    from zoneinfo import ZoneInfo

    from app.domain.period import Period
    from app.domain.target import Goal

    Number = Decimal | Fraction | int
    Speak = Callable[..., str]

ABSENT = "–"
"""What stands where there is no number."""

_MINUS = "\N{MINUS SIGN}"
_WIDE = Context(prec=60)
_MONTHS = (
    msg("Jan {year}"),
    msg("Feb {year}"),
    msg("Mar {year}"),
    msg("Apr {year}"),
    msg("May {year}"),
    msg("Jun {year}"),
    msg("Jul {year}"),
    msg("Aug {year}"),
    msg("Sep {year}"),
    msg("Oct {year}"),
    msg("Nov {year}"),
    msg("Dec {year}"),
)


def rounded(value: Number, decimals: int) -> Decimal:
    """Round an exact number to so many decimals, halves away from zero."""
    # In whole numbers: a page writes a thousand figures, and fractions seek common divisors.
    above, below = value.as_integer_ratio()
    whole = (2 * abs(above) * 10**decimals + below) // (2 * below)
    return Decimal(whole if above > 0 else -whole).scaleb(-decimals, _WIDE)


def number(value: Number | None, decimals: int) -> str:
    """Write a number with thousands separators; a dash for none."""
    return ABSENT if value is None else _grouped(rounded(value, decimals))


def figure(value: Number | None, decimals: int, *bounds: Number | None) -> str:
    """Write a figure so that it looks equal to a bound only where it is."""
    if value is None:
        return ABSENT
    shown = rounded(value, decimals)
    others = [bound for bound in bounds if bound is not None and bound != value]
    while decimals < SHOWN_FRACTION_DIGITS and any(
        rounded(bound, decimals) == shown for bound in others
    ):
        decimals += 1
        shown = rounded(value, decimals)
    return _grouped(shown)


def signed(value: Number | None, decimals: int) -> str:
    """Write a difference with its sign."""
    if value is None:
        return ABSENT
    text = number(value, decimals)
    return f"+{text}" if value > 0 else text


def plain(value: Decimal | None) -> str:
    """Write a decimal as it was posted: every digit, no separators."""
    return ABSENT if value is None else write_number(value).replace("-", _MINUS)


def percent(value: Number | None, decimals: int = 1) -> str:
    """Write a ratio as a percentage, rounded down."""
    if value is None:
        return ABSENT
    above, below = value.as_integer_ratio()
    down = above * 100 * 10**decimals // below
    return f"{_grouped(Decimal(down).scaleb(-decimals, _WIDE))}%"


def _grouped(value: Decimal) -> str:
    # A rounded zero has no sign.
    return f"{value or abs(value):,f}".replace("-", _MINUS)


def period(value: Period | None, speak: Speak) -> str:
    """Write a period: 2013年3月, Mar 2013."""
    if value is None:
        return ABSENT
    year, index = divmod(value.ordinal, value.frequency.per_year)
    match value.frequency:
        case Frequency.MONTHLY:
            return speak(_MONTHS[index], year=year)
        case Frequency.QUARTERLY:
            return speak(msg("Q{quarter} {year}"), quarter=index + 1, year=year)
        case Frequency.ANNUAL:
            return speak(msg("year {year}"), year=year)


def goal(wanted: Goal, unit: str, speak: Speak) -> str:
    """Write what a target says in a plan's own words: 22.5个月以内, at most 22.5 months."""
    bounds = {"lower": wanted.lower, "upper": wanted.upper, "nominal": wanted.nominal}
    shown = {name: bound_text(bound) for name, bound in bounds.items()}
    return speak(COMPARATORS[wanted.comparator], unit=unit, **shown)


def bound_text(bound: Decimal | None) -> str:
    """Write a bound with as many decimals as the plan says: 22.5, not 22.50."""
    return ABSENT if bound is None else _grouped(Decimal(write_number(bound)))


def instant(value: dt.datetime, zone: ZoneInfo) -> str:
    """Write an instant in the office's zone, to the minute."""
    return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
