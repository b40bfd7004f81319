"""JSON out: decimals exactly as they are, instants as RFC 3339, nothing rounded on the way."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import orjson

from app.domain.number import shown, write_number
from app.domain.period import Period


def dumps(value: Any, option: int = 0) -> bytes:  # noqa: ANN401 - whatever JSON can hold
    """Write JSON; raises TypeError for what it does not know."""
    return orjson.dumps(value, default=_default, option=option | orjson.OPT_NON_STR_KEYS)


def _default(value: Any) -> Any:  # noqa: ANN401 - orjson's hook
    if isinstance(value, Decimal):
        return orjson.Fragment(write_number(value))
    if isinstance(value, Fraction):
        return orjson.Fragment(write_number(shown(value) or Decimal(0)))
    if isinstance(value, Period):
        return str(value)
    raise TypeError
