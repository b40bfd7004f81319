"""Let the database itself refuse to change or delete what was recorded.

On PostgreSQL a statement trigger also refuses TRUNCATE and INSERT ... ON CONFLICT DO UPDATE. On
SQLite a third trigger refuses INSERT OR REPLACE, which would delete the old row without asking
the DELETE trigger.
"""

from __future__ import annotations

from alembic import op

revision = "2026_11_22_02"
down_revision = "2026_11_22_01"
branch_labels = None
depends_on = None

# Table -> what makes a row the same row: its primary key, and its other unique columns.
TABLES: dict[str, list[tuple[str, ...]]] = {
    "journal": [("id",)],
    "plan": [("id",), ("code",)],
    "plan_version": [("plan_id", "version")],
    "department": [("id",), ("code",)],
    "department_version": [("department_id", "version")],
    "kpi": [("id",), ("code",)],
    "kpi_version": [("kpi_id", "version")],
    "kpi_reporter": [("kpi_id", "version", "department_id")],
    "target": [("id",), ("plan_id", "kpi_id", "department_id")],
    "target_version": [("target_id", "version")],
    "api_key": [("id",), ("secret_hash",)],
    "api_key_department": [("api_key_id", "department_id")],
    "api_key_revocation": [("api_key_id",)],
    "submission": [("id",), ("api_key_id", "idempotency_key")],
    "finding": [("submission_id", "ordinal")],
    "revision": [("kpi_id", "department_id", "period", "revision")],
}
MESSAGE = "append-only: what is recorded is never changed"


def upgrade() -> None:
    """Add the triggers."""
    if op.get_bind().dialect.name == "postgresql":
        _protect_postgresql()
    else:
        _protect_sqlite()


def _protect_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{MESSAGE} (% of %)', TG_OP, TG_TABLE_NAME "
        "USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _protect_sqlite() -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    for table, keys in TABLES.items():
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
        same = " OR ".join(
            "(" + " AND ".join(f"{column} = NEW.{column}" for column in key) + ")" for key in keys
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608 - names above
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) {refuse}"
        )


def downgrade() -> None:
    """Take the triggers away."""
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"DROP TRIGGER append_only ON {table}")
        op.execute("DROP FUNCTION refuse_change()")
        return
    for table in TABLES:
        for event in ("update", "delete", "replace"):
            op.execute(f"DROP TRIGGER {table}_no_{event}")
