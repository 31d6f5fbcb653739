"""Differences that reconciliation found, and the venue's statements taken where facts are out of reach."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TEXT, WHOLE = sa.String(), sa.BigInteger()
MONEY = sa.String().with_variant(sa.Numeric(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "adjustments",
        *(sa.Column(name, TEXT, nullable=False) for name in ("session_id", "coin", "explanation")),
        sa.Column("time_ms", WHOLE, nullable=False, autoincrement=False),
        *(sa.Column(name, MONEY, nullable=False) for name in ("size", "entry_price", "amount")),
        sa.PrimaryKeyConstraint("session_id", "time_ms", "coin", name="pk_adjustments"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_adjustments_session_id"),
    )
    op.create_table(
        "discrepancies",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=True),
        *(sa.Column(n, TEXT, nullable=False) for n in ("session_id", "subject", "ours", "venues", "explanation")),
        sa.Column("time_ms", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_discrepancies"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_discrepancies_session_id"),
    )
    op.create_index("ix_discrepancies_session_id", "discrepancies", ["session_id"])
