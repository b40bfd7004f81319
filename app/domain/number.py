"""Numbers: read strictly from text, computed exactly, rounded only where they are shown.

Figures and bounds are decimals of at most 12 digits before and 6 after the point. Arithmetic over
them runs in `fractions.Fraction`, so nothing is lost on the way to a comparison. What cannot be
written as a finite decimal (a mean, a ratio) is rounded DOWN at the 12th decimal when it leaves
the domain: so a ratio below 1 never shows as 1, neither as a decimal nor, since 1e-12 is far
coarser than a double's resolution at 1, as a float.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_INTEGER_DIGITS = 12
MAX_FRACTION_DIGITS = 6
SHOWN_FRACTION_DIGITS = 12

_NUMBER = re.compile(
    r"-?(?P<whole>[0-9]+)(?:\.(?P<fraction>[0-9]+))?(?:[eE](?P<exponent>[+-]?[0-9]+))?",
    re.ASCII,
)
_LARGEST_EXPONENT = 999
_EXACT_DIGITS = 28
"""Digits that the default decimal context carries without rounding."""


class NumberError(ValueError):
    """Text that is not a number we keep; `code` is the finding's code."""

    def __init__(self, code: str) -> None:
        """Keep the code: `not_a_number` or `too_many_digits`."""
        super().__init__(code)
        self.code = code


def parse_number(text: str) -> Decimal:
    """Read an ASCII decimal, exactly.

    An exponent is read if the number it stands for has at most 12 digits before and 6 after the
    point. Raises NumberError: `not_a_number`, or `too_many_digits`. Never builds a number from an
    exponent it has not bounded first.
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise NumberError("not_a_number")
    whole, fraction, exponent = (
        found["whole"],
        found["fraction"] or "",
        found["exponent"],
    )
    if exponent is None:
        fits = len(whole.lstrip("0")) <= MAX_INTEGER_DIGITS and len(fraction) <= MAX_FRACTION_DIGITS
    else:
        fits = (
            len(whole) + len(fraction) <= _EXACT_DIGITS
            and len(exponent.lstrip("+-0")) <= len(str(_LARGEST_EXPONENT))
            and fits_store(Decimal(text))
        )
    if not fits:
        raise NumberError("too_many_digits")
    return Decimal(text) or Decimal(0)


def fits_store(value: Decimal) -> bool:
    """Tell whether a decimal has at most 12 digits before and 6 after the point."""
    if not value.is_finite() or len(value.as_tuple().digits) > _EXACT_DIGITS:
        return False
    scaled = value.scaleb(MAX_FRACTION_DIGITS)
    return scaled == scaled.to_integral_value() and abs(value) < Decimal(10) ** MAX_INTEGER_DIGITS


def write_number(value: Decimal) -> str:
    """Write a decimal without exponent and without trailing zeros: 22.50 -> 22.5, 1E+2 -> 100."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def shown(value: Fraction | None) -> Decimal | None:
    """Turn an exact result into the decimal that leaves the domain: rounded down at 1e-12."""
    if value is None:
        return None
    scaled = value.numerator * 10**SHOWN_FRACTION_DIGITS // value.denominator
    return Decimal(f"{scaled}E-{SHOWN_FRACTION_DIGITS}")


def shown_adding_up(parts: Sequence[Fraction]) -> list[Decimal]:
    """Round parts so that what is shown of them adds up to what is shown of their sum, exactly.

    All are rounded down at 1e-12, and what the sum has more goes to those that lost most by that:
    the method of largest remainders.
    """
    scaled = [part * 10**SHOWN_FRACTION_DIGITS for part in parts]
    units = [part.numerator // part.denominator for part in scaled]
    whole = sum(scaled, Fraction(0))
    lost = sorted(range(len(parts)), key=lambda place: units[place] - scaled[place])
    for place in lost[: whole.numerator // whole.denominator - sum(units)]:
        units[place] += 1
    return [Decimal(f"{unit}E-{SHOWN_FRACTION_DIGITS}") for unit in units]


def exact(value: Decimal) -> Fraction:
    """Turn a decimal into the same number as a fraction."""
    return Fraction(value)
