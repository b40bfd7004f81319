"""JSON out: decimals exactly as they are, instants as RFC 3339, nothing rounded on the way."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache, partial
from typing import Any

import orjson

from app.domain.number import shown, write_number
from app.domain.period import Period


def dumps(
    value: Any,  # noqa: ANN401 - whatever JSON can hold
    option: int = 0,
    zone: dt.tzinfo | None = None,
) -> bytes:
    """Write JSON; raises TypeError for what it does not know.

    zone: where instants are shown; as they are unless given.
    """
    # A period is a data class; the stock writer would write its insides.
    option |= orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
    if zone is not None:
        option |= orjson.OPT_PASSTHROUGH_DATETIME
    return orjson.dumps(value, default=partial(_default, zone), option=option)


def _default(zone: dt.tzinfo | None, value: Any) -> Any:  # noqa: ANN401 - orjson's hook
    if isinstance(value, Decimal):
        return orjson.Fragment(write_number(value))
    if isinstance(value, Fraction):
        return orjson.Fragment(write_number(shown(value) or Decimal(0)))
    if isinstance(value, Period):
        return str(value)
    if isinstance(value, dt.datetime) and zone is not None:
        return _instant(value, zone)
    raise TypeError


@lru_cache(maxsize=1024)
def _instant(value: dt.datetime, zone: dt.tzinfo) -> str:
    """Write an instant: what came in one delivery bears the same, a thousand times in a list."""
    return value.astimezone(zone).isoformat()
