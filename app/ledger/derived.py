"""The tables that are derived: made from the ledger, and made anew as it grows.

They are no record and have no place in the journal; the rows of `verdict_state` and
`forecast_state` say up to which place of it they speak (see `verdicts` and `forecasts`).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Integer,
    Numeric,
    String,
    Table,
    Text,
)

from app.ledger.tables import CODE_LENGTH, PERIOD_LENGTH, metadata
from app.ledger.types import Instant

# What the domain computed, rounded down as it is shown; SQLite has no decimals of that length.
_SHOWN = Numeric().with_variant(Double(), "sqlite")
_BESIDE: Final = {"ledger": False}

verdict = Table(
    "verdict",
    metadata,
    Column("target_id", Integer, ForeignKey("target.id"), primary_key=True),
    Column("period", String(PERIOD_LENGTH), primary_key=True),
    Column("target_version", Integer, nullable=False),
    Column("period_end", Instant, nullable=False),
    Column("expected", _SHOWN),
    Column("actual", _SHOWN),
    Column("ratio", _SHOWN),
    Column("pace", _SHOWN),
    Column("progress", _SHOWN),
    Column("gap", _SHOWN),
    Column("status", String(16)),
    sqlite_with_rowid=False,
    info=_BESIDE,
)
verdict_state = Table(
    "verdict_state",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True),
    Column("position", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
    Column("today", Date, nullable=False),
    Column("zone", String(CODE_LENGTH), nullable=False),
    info=_BESIDE,
)

# In periods; the due one bears what is said of the target.
forecast = Table(
    "forecast",
    metadata,
    Column("target_id", Integer, ForeignKey("target.id"), primary_key=True),
    Column("period", String(PERIOD_LENGTH), primary_key=True),
    Column("period_end", Instant, nullable=False),
    Column("value", _SHOWN, nullable=False),
    Column("lower", _SHOWN, nullable=False),
    Column("upper", _SHOWN, nullable=False),
    Column("ratio", _SHOWN),
    Column("outlook", String(16)),
    sqlite_with_rowid=False,
    info=_BESIDE,
)
# What the model was asked last about a target, as a digest, and what it said: floats, as JSON.
forecast_answer = Table(
    "forecast_answer",
    metadata,
    Column("target_id", Integer, ForeignKey("target.id"), primary_key=True),
    Column("question", String(64), nullable=False),
    Column("answer", Text, nullable=False),
    sqlite_with_rowid=False,
    info=_BESIDE,
)
# serial: counts the changes of the two, of which a position may need many.
forecast_state = Table(
    "forecast_state",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True),
    Column("position", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
    Column("serial", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
    Column("zone", String(CODE_LENGTH), nullable=False),
    info=_BESIDE,
)
