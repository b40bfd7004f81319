"""What columns are made of where the engines differ: exact decimals, instants, references."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Numeric, String
from sqlalchemy.types import TypeDecorator

from app.domain.number import MAX_FRACTION_DIGITS, MAX_INTEGER_DIGITS

if TYPE_CHECKING:
    from sqlalchemy import Dialect, ForeignKeyConstraint
    from sqlalchemy.types import TypeEngine

_PRECISION = MAX_INTEGER_DIGITS + MAX_FRACTION_DIGITS


class ExactDecimal(TypeDecorator[Decimal]):
    """NUMERIC(18, 6) on PostgreSQL; on SQLite, which has none, millionths as an integer."""

    impl = Numeric(_PRECISION, MAX_FRACTION_DIGITS)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the engine's own type."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(_PRECISION, MAX_FRACTION_DIGITS))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:  # noqa: ANN401 - what the driver takes
        """Turn a decimal into what the engine keeps; raises ValueError if it would be rounded."""
        if value is None:
            return None
        scaled = value.scaleb(MAX_FRACTION_DIGITS)
        if scaled != scaled.to_integral_value():
            msg = f"{value} has more than {MAX_FRACTION_DIGITS} digits after the point"
            raise ValueError(msg)
        return int(scaled) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ANN401 - what the driver gives
        """Turn what the engine kept back into the same decimal."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return Decimal(value).scaleb(-MAX_FRACTION_DIGITS)
        return Decimal(value)


class Instant(TypeDecorator[dt.datetime]):
    """TIMESTAMP WITH TIME ZONE; on SQLite, UTC text of fixed width, which sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the engine's own type."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401 - what the driver takes
        """Turn an aware instant into what the engine keeps; raises ValueError for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "an instant needs an offset"
            raise ValueError(msg)
        utc = value.astimezone(dt.UTC)
        if dialect.name != "sqlite":
            return utc
        # Not strftime: its years before 1000 are shorter, and would sort after all others.
        return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:  # noqa: ANN401 - what the driver gives
        """Turn what the engine kept back into the same instant, in UTC."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return dt.datetime.fromisoformat(value)
        instant: dt.datetime = value
        return instant.astimezone(dt.UTC)


def set_wise(column: str) -> ForeignKey:
    """Return a reference that PostgreSQL holds by a trigger, for all rows of a statement at once.

    It has no such foreign key; SQLite has.
    """
    return ForeignKey(column, info={"set_wise": True})


def is_set_wise(link: ForeignKeyConstraint) -> bool:
    """Tell whether a foreign key of the tables is made of `set_wise` references."""
    return any(element.info.get("set_wise", False) for element in link.elements)
