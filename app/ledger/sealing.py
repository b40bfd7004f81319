r"""Seals: what an entry of the journal holds, as text that any engine and any language can make.

Each row of an entry is a line, `["revision",{"department_id":3,...}]`: JSON without spaces, the
columns in order of their names, those that are empty left out, decimals as text without exponent
and trailing zeros ("22.5"), instants as RFC 3339 in UTC with six digits of a second, strings as
RFC 8785 writes them. An entry is the seal before it (64 zeros before the first) and its lines in
the order of their bytes, each ended by a line feed; its own seal is the SHA-256 of that, in hex:

    printf '%s\n' "$BEFORE" "$LINE" "$LINE" | sha256sum

So nothing that was recorded can be changed, moved, added or taken away without every later seal
being wrong; and who knows one seal can hold all before it to it. Empty columns are left out so
that a column added later, empty in older rows, changes no seal. What stands here is therefore
fixed for good.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import orjson

from app.domain.number import write_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Table

BEGINNING: Final = "0" * 64
"""What stands before the first seal."""

_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def seal_of(before: str, lines: Iterable[bytes]) -> str:
    """Return the seal of an entry's lines, which follows the seal `before`."""
    return hashlib.sha256(b"\n".join([before.encode(), *sorted(lines), b""])).hexdigest()


def line(table: Table, row: Mapping[str, object]) -> bytes:
    """Return a row as a line; raises TypeError for a value that has no fixed spelling."""
    filled = {name: value for name in _columns(table) if (value := row.get(name)) is not None}
    made = orjson.dumps([str(table.name), filled], default=_spelled, option=_OPTIONS)
    # A copy, no longer than it is: what orjson gives was shrunk in its place from a long buffer,
    # and many kept like that leave holes of four kilobytes a line.
    return memoryview(made).tobytes()


def spelled(value: object) -> str:
    """Return a value as it stands in a line; raises TypeError where it has no fixed spelling."""
    return orjson.dumps(value, default=_spelled, option=_OPTIONS).decode()


@cache
def _columns(table: Table) -> tuple[str, ...]:
    return tuple(sorted(str(column.name) for column in table.columns))


def _spelled(value: Any) -> str:  # noqa: ANN401 - whatever a column holds
    if isinstance(value, Decimal):
        return write_number(value)
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        utc = value.astimezone(dt.UTC).replace(tzinfo=None)
        return utc.isoformat(timespec="microseconds") + "Z"
    msg = f"{type(value).__name__} has no spelling that a seal could hold"
    raise TypeError(msg)
