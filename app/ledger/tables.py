"""The tables, in order of dependence. The ledger's are append-only (see the migrations' triggers).

::

    journal ─┬─ plan, department, kpi (a code for ever) and their _version rows
             ├─ target and target_version
             ├─ submission ── finding ── acknowledgement
             │      └── revision (the figures) ── review
             ├─ api_key ── api_key_department, api_key_revocation, api_key_rotation
             ├─ user_account ── user_version ── user_department
             └─ seal (what the entry holds, as a hash)

A row's `entry_id` (a submission's own id) is its place in the journal, so a read "as of" a
position is `entry_id <= position`, on every table alike.

Rows go in by `app.ledger.writing.add` alone, which has every entry sealed with all that belongs to
it (see `app.ledger.belonging`): give a new table an `entry_id`, or a foreign key to a row that has
one. A column added to a table with rows is left empty in them, or their seals would not hold.

A table whose key is of several columns has no hidden rowid on SQLite: an INSERT OR REPLACE that
names one would take a row away which the triggers, looking at the key, would not miss.

Beside the ledger (`is_ledger`) stands what is changed and deleted: passwords, sessions, counted
sign-ins, when a key was last used; in modules of their own what is derived, and what was backed up.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from app.ledger.types import ExactDecimal, Instant, set_wise

CODE_LENGTH = 64
NAME_LENGTH = 200
PERIOD_LENGTH = 7

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Places in the journal outgrow 32 bits in a busy decade; SQLite's INTEGER has 64 anyway.
_PLACE = BigInteger().with_variant(Integer, "sqlite")


def _entry() -> Column[int]:
    return Column("entry_id", _PLACE, ForeignKey("journal.id"), nullable=False, index=True)


def _code() -> Column[str]:
    return Column("code", String(CODE_LENGTH), nullable=False, unique=True)


def _names() -> tuple[Column[str], Column[str]]:
    return (
        Column("name_zh", String(NAME_LENGTH), nullable=False),
        Column("name_en", String(NAME_LENGTH), nullable=False),
    )


def _id() -> Column[int]:
    # Numbered by the writer, one after the other, without gaps: a rolled back write leaves none.
    return Column("id", Integer, primary_key=True, autoincrement=False)


def _version_of(table: str) -> tuple[Column[int], Column[int]]:
    return (
        Column(f"{table}_id", Integer, ForeignKey(f"{table}.id"), primary_key=True),
        Column("version", Integer, primary_key=True, autoincrement=False),
    )


journal = Table(
    "journal",
    metadata,
    Column("id", _PLACE, primary_key=True, autoincrement=False),
    Column("recorded_at", Instant, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("action", String(32), nullable=False),
    Column("subject", String(NAME_LENGTH), nullable=False),
    Column("actor", String(NAME_LENGTH), nullable=False),
    # Who that was, where it was a user or a key; not foreign keys, since theirs lead back here.
    Column("user_id", Integer),
    Column("api_key_id", Integer),
    Index(None, "recorded_at", "id"),
    Index(None, "kind", "id"),
)

seal = Table(
    "seal",
    metadata,
    Column("entry_id", _PLACE, ForeignKey("journal.id"), primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False),
)

plan = Table("plan", metadata, _id(), _code())
plan_version = Table(
    "plan_version",
    metadata,
    *_version_of("plan"),
    _entry(),
    *_names(),
    Column("start_period", String(PERIOD_LENGTH), nullable=False),
    Column("end_period", String(PERIOD_LENGTH), nullable=False),
    Column("source", Text),
    sqlite_with_rowid=False,
)

department = Table("department", metadata, _id(), _code())
department_version = Table(
    "department_version",
    metadata,
    *_version_of("department"),
    _entry(),
    *_names(),
    Column("kind", String(16), nullable=False),
    Column("parent_id", Integer, ForeignKey("department.id")),
    sqlite_with_rowid=False,
)

kpi = Table("kpi", metadata, _id(), _code())
kpi_version = Table(
    "kpi_version",
    metadata,
    *_version_of("kpi"),
    _entry(),
    *_names(),
    Column("unit_zh", String(NAME_LENGTH), nullable=False),
    Column("unit_en", String(NAME_LENGTH), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("frequency", String(1), nullable=False),
    Column("direction", String(8), nullable=False),
    Column("decimals", Integer, nullable=False),
    Column("due_days", Integer, nullable=False),
    Column("factor", ExactDecimal, nullable=False),
    Column("monotone", Boolean, nullable=False),
    Column("minimum", ExactDecimal),
    Column("maximum", ExactDecimal),
    Column("definition", Text),
    Column("early_figures", Boolean, nullable=False),
    # A code and not a number: for a foreign key SQLite would have to make the table anew.
    Column("sum_of", String(CODE_LENGTH)),
    Column("sum_over", String(8)),
    # All of them, in JSON, where there is more than one; None where there is but `definition`.
    Column("definitions", Text),
    sqlite_with_rowid=False,
)
kpi_reporter = Table(
    "kpi_reporter",
    metadata,
    Column("kpi_id", Integer, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("department_id", Integer, ForeignKey("department.id"), primary_key=True),
    ForeignKeyConstraint(["kpi_id", "version"], ["kpi_version.kpi_id", "kpi_version.version"]),
    sqlite_with_rowid=False,
)

target = Table(
    "target",
    metadata,
    _id(),
    Column("plan_id", Integer, ForeignKey("plan.id"), nullable=False),
    Column("kpi_id", Integer, ForeignKey("kpi.id"), nullable=False),
    Column("department_id", Integer, ForeignKey("department.id"), nullable=False),
    UniqueConstraint("plan_id", "kpi_id", "department_id"),
)
target_version = Table(
    "target_version",
    metadata,
    *_version_of("target"),
    _entry(),
    Column("text", String(NAME_LENGTH), nullable=False),
    Column("comparator", String(16), nullable=False),
    Column("lower", ExactDecimal),
    Column("upper", ExactDecimal),
    Column("due", String(PERIOD_LENGTH), nullable=False),
    Column("overshoot", String(8), nullable=False),
    Column("tolerance_band", ExactDecimal, nullable=False),
    Column("baseline_period", String(PERIOD_LENGTH)),
    Column("baseline_value", ExactDecimal),
    Column("shape", String(8), nullable=False),
    Column("points", Text, nullable=False),
    Column("weight", ExactDecimal),
    Column("source", Text),
    Column("in_force_from", String(PERIOD_LENGTH)),
    Column("reason", Text),
    sqlite_with_rowid=False,
)

api_key = Table(
    "api_key",
    metadata,
    _id(),
    _entry(),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("role", String(16), nullable=False),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("expires_at", Instant),
    # How the key itself begins, so that who holds it can tell which it is.
    Column("prefix", String(16)),
)
api_key_department = Table(
    "api_key_department",
    metadata,
    Column("api_key_id", Integer, ForeignKey("api_key.id"), primary_key=True),
    Column("department_id", Integer, ForeignKey("department.id"), primary_key=True),
    sqlite_with_rowid=False,
)
api_key_revocation = Table(
    "api_key_revocation",
    metadata,
    Column("api_key_id", Integer, ForeignKey("api_key.id"), primary_key=True, autoincrement=False),
    _entry(),
)
api_key_rotation = Table(
    "api_key_rotation",
    metadata,
    Column("api_key_id", Integer, ForeignKey("api_key.id"), primary_key=True, autoincrement=False),
    Column("successor_id", Integer, ForeignKey("api_key.id"), nullable=False, unique=True),
    Column("ends_at", Instant, nullable=False),
    _entry(),
)

# `user` alone is a word of PostgreSQL's own.
user_account = Table(
    "user_account",
    metadata,
    _id(),
    Column("name", String(CODE_LENGTH), nullable=False, unique=True),
)
user_version = Table(
    "user_version",
    metadata,
    Column("user_id", Integer, ForeignKey("user_account.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    _entry(),
    *_names(),
    Column("role", String(16), nullable=False),
    Column("disabled", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
user_department = Table(
    "user_department",
    metadata,
    Column("user_id", Integer, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("department_id", Integer, ForeignKey("department.id"), primary_key=True),
    ForeignKeyConstraint(["user_id", "version"], ["user_version.user_id", "user_version.version"]),
    sqlite_with_rowid=False,
)

submission = Table(
    "submission",
    metadata,
    Column("id", _PLACE, ForeignKey("journal.id"), primary_key=True, autoincrement=False),
    Column("source", String(8), nullable=False),
    Column("filename", String(NAME_LENGTH)),
    Column("fingerprint", String(64), nullable=False),
    Column("api_key_id", Integer, ForeignKey("api_key.id")),
    Column("idempotency_key", String(NAME_LENGTH)),
    Column("on_error", String(8), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("received", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("revised", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    # Not a foreign key: for one more of those SQLite would have to make the table anew.
    Column("user_id", Integer),
    UniqueConstraint("api_key_id", "idempotency_key"),
    Index(None, "user_id", "idempotency_key", unique=True),
)
finding = Table(
    "finding",
    metadata,
    Column("submission_id", _PLACE, ForeignKey("submission.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("severity", String(8), nullable=False),
    Column("code", String(64), nullable=False),
    Column("row_number", Integer),
    Column("column_name", Text),
    Column("details", Text, nullable=False),
    sqlite_with_rowid=False,
)
acknowledgement = Table(
    "acknowledgement",
    metadata,
    Column("submission_id", _PLACE, primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column(
        "entry_id",
        _PLACE,
        ForeignKey("journal.id"),
        primary_key=True,
        autoincrement=False,
        index=True,
    ),
    Column("note", Text, nullable=False),
    ForeignKeyConstraint(
        ["submission_id", "ordinal"], ["finding.submission_id", "finding.ordinal"]
    ),
    sqlite_with_rowid=False,
)
revision = Table(
    "revision",
    metadata,
    Column("kpi_id", Integer, set_wise("kpi.id"), primary_key=True),
    Column("department_id", Integer, set_wise("department.id"), primary_key=True),
    Column("period", String(PERIOD_LENGTH), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("submission_id", _PLACE, set_wise("submission.id"), nullable=False, index=True),
    Column("row_number", Integer, nullable=False),
    Column("value", ExactDecimal),
    Column("numerator", ExactDecimal),
    Column("denominator", ExactDecimal),
    Column("observation_status", String(1), nullable=False),
    Column("note", Text),
    Column("reason", Text),
    Index(None, "period", "kpi_id"),
    sqlite_with_rowid=False,
)
review = Table(
    "review",
    metadata,
    Column("entry_id", _PLACE, ForeignKey("journal.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("kpi_id", Integer, nullable=False),
    Column("department_id", Integer, nullable=False),
    Column("period", String(PERIOD_LENGTH), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("action", String(8), nullable=False),
    # None for a reopening, which names the figure itself.
    Column("submission_id", _PLACE, ForeignKey("submission.id"), index=True),
    Column("reason", Text),
    ForeignKeyConstraint(
        ["kpi_id", "department_id", "period", "revision"],
        ["revision.kpi_id", "revision.department_id", "revision.period", "revision.revision"],
    ),
    Index(None, "kpi_id", "department_id", "period", "entry_id"),
    sqlite_with_rowid=False,
)

# --- beside the ledger: what is forgotten on purpose --------------------------------------------
_BESIDE = {"ledger": False}

api_key_use = Table(
    "api_key_use",
    metadata,
    Column("api_key_id", Integer, ForeignKey("api_key.id"), primary_key=True, autoincrement=False),
    Column("used_at", Instant, nullable=False),
    info=_BESIDE,
)
user_password = Table(
    "user_password",
    metadata,
    Column("user_id", Integer, ForeignKey("user_account.id"), primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
    info=_BESIDE,
)
user_session = Table(
    "user_session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", Integer, ForeignKey("user_account.id"), nullable=False, index=True),
    Column("begun_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    info=_BESIDE,
)
sign_in_count = Table(
    "sign_in_count",
    metadata,
    Column("subject", String(80), primary_key=True),
    Column("attempts", Integer, nullable=False),
    Column("begun_at", Instant, nullable=False),
    info=_BESIDE,
)


def is_ledger(table: Table) -> bool:
    """Tell whether a table is of the ledger: append-only, and part of what is verified."""
    return bool(table.info.get("ledger", True))
