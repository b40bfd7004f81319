"""People beside keys: users and their versions, and what a sign-in needs beside the ledger.

Users, their departments and the rotations of keys are ledger: append-only like the rest. Passwords,
sessions, counted sign-ins and when a key was last used are not: they are forgotten on purpose.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.ledger.types import Instant

revision = "2026_11_22_users"
down_revision = "2026_11_22_views"
branch_labels = None
depends_on = None

PLACE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MESSAGE = "append-only: what is recorded is never changed"

# Table -> what makes a row the same row: its primary key, and its other unique columns.
LEDGER: dict[str, list[tuple[str, ...]]] = {
    "user_account": [("id",), ("name",)],
    "user_version": [("user_id", "version")],
    "user_department": [("user_id", "version", "department_id")],
    "api_key_rotation": [("api_key_id",), ("successor_id",)],
}
SUBMISSION_BEFORE: list[tuple[str, ...]] = [("id",), ("api_key_id", "idempotency_key")]
SUBMISSION: list[tuple[str, ...]] = [*SUBMISSION_BEFORE, ("user_id", "idempotency_key")]


def upgrade() -> None:
    """Create the tables, and let the database refuse to change those of the ledger."""
    _create_users()
    _create_rotation()
    _create_what_is_forgotten()
    op.add_column("api_key", sa.Column("prefix", sa.String(length=16)))
    op.add_column("journal", sa.Column("user_id", sa.Integer()))
    op.add_column("journal", sa.Column("api_key_id", sa.Integer()))
    op.add_column("submission", sa.Column("user_id", sa.Integer()))
    op.create_index(
        "ix_submission_user_id_idempotency_key",
        "submission",
        ["user_id", "idempotency_key"],
        unique=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in LEDGER:
            op.execute(
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
        return
    for table, keys in LEDGER.items():
        for event in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event} BEFORE {event.upper()} ON {table} {_refuse()}"
            )
        _refuse_replacing(table, keys)
    op.execute("DROP TRIGGER submission_no_replace")
    _refuse_replacing("submission", SUBMISSION)


def _create_users() -> None:
    op.create_table(
        "user_account",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user_account"),
        sa.UniqueConstraint("name", name="uq_user_account_name"),
    )
    op.create_table(
        "user_version",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", PLACE, nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_user_version_user_id_user_account"
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal.id"], name="fk_user_version_entry_id_journal"
        ),
        sa.PrimaryKeyConstraint("user_id", "version", name="pk_user_version"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_user_version_entry_id", "user_version", ["entry_id"], unique=False)
    op.create_table(
        "user_department",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("department_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "version"],
            ["user_version.user_id", "user_version.version"],
            name="fk_user_department_user_id_version_user_version",
        ),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
            name="fk_user_department_department_id_department",
        ),
        sa.PrimaryKeyConstraint("user_id", "version", "department_id", name="pk_user_department"),
        sqlite_with_rowid=False,
    )


def _create_rotation() -> None:
    op.create_table(
        "api_key_rotation",
        sa.Column("api_key_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("successor_id", sa.Integer(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("entry_id", PLACE, nullable=False),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_key.id"], name="fk_api_key_rotation_api_key_id_api_key"
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"], ["api_key.id"], name="fk_api_key_rotation_successor_id_api_key"
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal.id"], name="fk_api_key_rotation_entry_id_journal"
        ),
        sa.PrimaryKeyConstraint("api_key_id", name="pk_api_key_rotation"),
        sa.UniqueConstraint("successor_id", name="uq_api_key_rotation_successor_id"),
    )
    op.create_index("ix_api_key_rotation_entry_id", "api_key_rotation", ["entry_id"], unique=False)


def _create_what_is_forgotten() -> None:
    op.create_table(
        "api_key_use",
        sa.Column("api_key_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("used_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_key.id"], name="fk_api_key_use_api_key_id_api_key"
        ),
        sa.PrimaryKeyConstraint("api_key_id", name="pk_api_key_use"),
    )
    op.create_table(
        "user_password",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_user_password_user_id_user_account"
        ),
        sa.PrimaryKeyConstraint("user_id", name="pk_user_password"),
    )
    op.create_table(
        "user_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_user_session_user_id_user_account"
        ),
        sa.PrimaryKeyConstraint("token_hash", name="pk_user_session"),
    )
    op.create_index("ix_user_session_user_id", "user_session", ["user_id"], unique=False)
    op.create_table(
        "sign_in_count",
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_sign_in_count"),
    )


def _refuse() -> str:
    return f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"


def _refuse_replacing(table: str, keys: list[tuple[str, ...]]) -> None:
    same = " OR ".join(
        "(" + " AND ".join(f"{column} = NEW.{column}" for column in key) + ")" for key in keys
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608 - names above
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) {_refuse()}"
    )


def downgrade() -> None:
    """Drop what was made; the triggers of whole tables go with them."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER submission_no_replace")
        _refuse_replacing("submission", SUBMISSION_BEFORE)
    op.drop_index("ix_submission_user_id_idempotency_key", "submission")
    op.drop_column("submission", "user_id")
    op.drop_column("journal", "api_key_id")
    op.drop_column("journal", "user_id")
    op.drop_column("api_key", "prefix")
    for table in ("sign_in_count", "user_session", "user_password", "api_key_use"):
        op.drop_table(table)
    for table in reversed(LEDGER):
        op.drop_table(table)
