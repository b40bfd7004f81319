"""The first ledger: the journal, the catalogue's versions, keys, submissions, figures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.ledger.types import ExactDecimal, Instant

revision = "2026_11_22_01"
down_revision = None
branch_labels = None
depends_on = None

PLACE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables, in order of dependence."""
    _create_journal()
    _create_codes()
    _create_catalogue()
    _create_kpis()
    _create_targets()
    _create_keys()
    _create_submissions()
    _create_figures()


def _create_journal() -> None:
    op.create_table(
        "journal",
        sa.Column(
            "id",
            PLACE,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
    )
    op.create_index("ix_journal_kind_id", "journal", ["kind", "id"], unique=False)
    op.create_index("ix_journal_recorded_at_id", "journal", ["recorded_at", "id"], unique=False)


def _create_codes() -> None:
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plan"),
        sa.UniqueConstraint("code", name="uq_plan_code"),
    )
    op.create_table(
        "department",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_department"),
        sa.UniqueConstraint("code", name="uq_department_code"),
    )
    op.create_table(
        "kpi",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_kpi"),
        sa.UniqueConstraint("code", name="uq_kpi_code"),
    )


def _create_catalogue() -> None:
    op.create_table(
        "plan_version",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", PLACE, nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("start_period", sa.String(length=7), nullable=False),
        sa.Column("end_period", sa.String(length=7), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal.id"], name="fk_plan_version_entry_id_journal"
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name="fk_plan_version_plan_id_plan"),
        sa.PrimaryKeyConstraint("plan_id", "version", name="pk_plan_version"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_plan_version_entry_id", "plan_version", ["entry_id"], unique=False)
    op.create_table(
        "department_version",
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", PLACE, nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
            name="fk_department_version_department_id_department",
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal.id"], name="fk_department_version_entry_id_journal"
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["department.id"],
            name="fk_department_version_parent_id_department",
        ),
        sa.PrimaryKeyConstraint("department_id", "version", name="pk_department_version"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_department_version_entry_id", "department_version", ["entry_id"], unique=False
    )


def _create_kpis() -> None:
    op.create_table(
        "kpi_version",
        sa.Column("kpi_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", PLACE, nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("unit_zh", sa.String(length=200), nullable=False),
        sa.Column("unit_en", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("frequency", sa.String(length=1), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("due_days", sa.Integer(), nullable=False),
        sa.Column("factor", ExactDecimal(), nullable=False),
        sa.Column("monotone", sa.Boolean(), nullable=False),
        sa.Column("minimum", ExactDecimal(), nullable=True),
        sa.Column("maximum", ExactDecimal(), nullable=True),
        sa.Column("definition", sa.Text(), nullable=True),
        sa.Column("early_figures", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal.id"], name="fk_kpi_version_entry_id_journal"
        ),
        sa.ForeignKeyConstraint(["kpi_id"], ["kpi.id"], name="fk_kpi_version_kpi_id_kpi"),
        sa.PrimaryKeyConstraint("kpi_id", "version", name="pk_kpi_version"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_kpi_version_entry_id", "kpi_version", ["entry_id"], unique=False)
    op.create_table(
        "kpi_reporter",
        sa.Column("kpi_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
            name="fk_kpi_reporter_department_id_department",
        ),
        sa.ForeignKeyConstraint(
            ["kpi_id", "version"],
            ["kpi_version.kpi_id", "kpi_version.version"],
            name="fk_kpi_reporter_kpi_id_version_kpi_version",
        ),
        sa.PrimaryKeyConstraint("kpi_id", "version", "department_id", name="pk_kpi_reporter"),
        sqlite_with_rowid=False,
    )


def _create_targets() -> None:
    op.create_table(
        "target",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("kpi_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name="fk_target_department_id_department"
        ),
        sa.ForeignKeyConstraint(["kpi_id"], ["kpi.id"], name="fk_target_kpi_id_kpi"),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name="fk_target_plan_id_plan"),
        sa.PrimaryKeyConstraint("id", name="pk_target"),
        sa.UniqueConstraint(
            "plan_id",
            "kpi_id",
            "department_id",
            name="uq_target_plan_id_kpi_id_department_id",
        ),
    )
    op.create_table(
        "target_version",
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", PLACE, nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("comparator", sa.String(length=16), nullable=False),
        sa.Column("lower", ExactDecimal(), nullable=True),
        sa.Column("upper", ExactDecimal(), nullable=True),
        sa.Column("due", sa.String(length=7), nullable=False),
        sa.Column("overshoot", sa.String(length=8), nullable=False),
        sa.Column("tolerance_band", ExactDecimal(), nullable=False),
        sa.Column("baseline_period", sa.String(length=7), nullable=True),
        sa.Column("baseline_value", ExactDecimal(), nullable=True),
        sa.Column("shape", sa.String(length=8), nullable=False),
        sa.Column("points", sa.Text(), nullable=False),
        sa.Column("weight", ExactDecimal(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal.id"], name="fk_target_version_entry_id_journal"
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["target.id"], name="fk_target_version_target_id_target"
        ),
        sa.PrimaryKeyConstraint("target_id", "version", name="pk_target_version"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_target_version_entry_id", "target_version", ["entry_id"], unique=False)


def _create_keys() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", PLACE, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["journal.id"], name="fk_api_key_entry_id_journal"),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("secret_hash", name="uq_api_key_secret_hash"),
    )
    op.create_index("ix_api_key_entry_id", "api_key", ["entry_id"], unique=False)
    op.create_table(
        "api_key_department",
        sa.Column("api_key_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_key.id"], name="fk_api_key_department_api_key_id_api_key"
        ),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
            name="fk_api_key_department_department_id_department",
        ),
        sa.PrimaryKeyConstraint("api_key_id", "department_id", name="pk_api_key_department"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "api_key_revocation",
        sa.Column("api_key_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", PLACE, nullable=False),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_key.id"], name="fk_api_key_revocation_api_key_id_api_key"
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal.id"], name="fk_api_key_revocation_entry_id_journal"
        ),
        sa.PrimaryKeyConstraint("api_key_id", name="pk_api_key_revocation"),
    )
    op.create_index(
        "ix_api_key_revocation_entry_id", "api_key_revocation", ["entry_id"], unique=False
    )


def _create_submissions() -> None:
    op.create_table(
        "submission",
        sa.Column(
            "id",
            PLACE,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("api_key_id", sa.Integer(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("on_error", sa.String(length=8), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("revised", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_key.id"], name="fk_submission_api_key_id_api_key"
        ),
        sa.ForeignKeyConstraint(["id"], ["journal.id"], name="fk_submission_id_journal"),
        sa.PrimaryKeyConstraint("id", name="pk_submission"),
        sa.UniqueConstraint(
            "api_key_id", "idempotency_key", name="uq_submission_api_key_id_idempotency_key"
        ),
    )
    op.create_table(
        "finding",
        sa.Column("submission_id", PLACE, nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=True),
        sa.Column("column_name", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name="fk_finding_submission_id_submission"
        ),
        sa.PrimaryKeyConstraint("submission_id", "ordinal", name="pk_finding"),
        sqlite_with_rowid=False,
    )


def _create_figures() -> None:
    op.create_table(
        "revision",
        sa.Column("kpi_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("submission_id", PLACE, nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("value", ExactDecimal(), nullable=True),
        sa.Column("numerator", ExactDecimal(), nullable=True),
        sa.Column("denominator", ExactDecimal(), nullable=True),
        sa.Column("observation_status", sa.String(length=1), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name="fk_revision_department_id_department"
        ),
        sa.ForeignKeyConstraint(["kpi_id"], ["kpi.id"], name="fk_revision_kpi_id_kpi"),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name="fk_revision_submission_id_submission"
        ),
        sa.PrimaryKeyConstraint(
            "kpi_id", "department_id", "period", "revision", name="pk_revision"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_revision_submission_id", "revision", ["submission_id"], unique=False)


def downgrade() -> None:
    """Drop them, in the opposite order."""
    for table in (
        "revision",
        "finding",
        "submission",
        "api_key_revocation",
        "api_key_department",
        "api_key",
        "target_version",
        "target",
        "kpi_reporter",
        "kpi_version",
        "department_version",
        "plan_version",
        "kpi",
        "department",
        "plan",
        "journal",
    ):
        op.drop_table(table)
