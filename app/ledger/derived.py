"""The tables that are derived: made from the ledger, and made anew as it grows (see `verdicts`).

They are no record and have no place in the journal; the row of `verdict_state` says up to which
place of it they speak.
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
