"""Signals, proposals and what became of them: inputs, dossiers, trades, ghosts; orders say what they rest on."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TEXT, WHOLE, FLAG, BYTES = sa.String(), sa.BigInteger(), sa.Boolean(), sa.LargeBinary()
REAL: sa.Double[float] = sa.Double()
MONEY = sa.String().with_variant(sa.Numeric(), "postgresql")


def upgrade() -> None:
    op.add_column("orders", sa.Column("basis", TEXT))
    _signals()
    _proposals()
    _trades()
    _owned("arrivals", {"client_order_id": TEXT}, {"coin": TEXT, "time_ms": WHOLE, "price": MONEY})
    _lines()


def _signals() -> None:
    _owned(
        "signals",
        {"key": TEXT},
        {
            **dict.fromkeys(("strategy", "coin", "grid", "direction", "reason", "version", "params", "body"), TEXT),
            **dict.fromkeys(("row_ms", "valid_until_ms"), WHOLE),
            **dict.fromkeys(("confidence", "strength"), REAL),
        },
        dict.fromkeys(("entry", "stop", "target"), REAL),
    )
    _owned("inputs", {"key": TEXT}, {"row_ms": WHOLE, "body": BYTES})


def _proposals() -> None:
    texts = ("source", "coin", "side", "policy", "state", "state_text", "decided_by", "body")
    _owned(
        "proposals",
        {"proposal_id": TEXT},
        {
            **dict.fromkeys(texts, TEXT),
            **dict.fromkeys(("size", "reference_price", "notional", "risk"), MONEY),
            **dict.fromkeys(("created_ms", "expires_ms"), WHOLE),
            "confidence": REAL,
            "edited": FLAG,
        },
        {**dict.fromkeys(("limit_price", "target", "reward"), MONEY), "decided_ms": WHOLE},
    )
    _owned("grounds", {"proposal_id": TEXT, "key": TEXT}, {})
    _owned(
        "ghosts",
        {"proposal_id": TEXT},
        {
            **dict.fromkeys(("source", "coin", "side", "state", "body"), TEXT),
            **dict.fromkeys(("start_ms", "end_ms", "until_ms"), WHOLE),
            "net": MONEY,
        },
    )


def _trades() -> None:
    money = ("size", "entry_price", "exit_price", "realised", "fees", "funding")
    _owned(
        "trades",
        {"trade_id": TEXT},
        {
            **dict.fromkeys(("coin", "side", "exit_reason", "source", "proposal_id", "tags", "note"), TEXT),
            **dict.fromkeys(("opened_ms", "closed_ms"), WHOLE),
            **dict.fromkeys(money, MONEY),
            "superseded": FLAG,
        },
        dict.fromkeys(("entry_slippage", "exit_slippage", "best", "worst", "risk"), MONEY),
    )


def _lines() -> None:
    op.create_table(
        "lines",
        sa.Column("id", WHOLE.with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=True),
        *(sa.Column(name, TEXT, nullable=False) for name in ("session_id", "subject", "kind", "text", "data")),
        sa.Column("time_ms", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lines"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_lines_session_id"),
    )
    op.create_index("ix_lines_session_id", "lines", ["session_id"])
    op.create_index("ix_lines_subject", "lines", ["subject"])


def _owned(name: str, key: dict[str, Any], needed: dict[str, Any], optional: dict[str, Any] | None = None) -> None:
    keyed = {"session_id": TEXT, **key}
    op.create_table(
        name,
        *(sa.Column(column, kind, nullable=False) for column, kind in {**keyed, **needed}.items()),
        *(sa.Column(column, kind) for column, kind in (optional or {}).items()),
        sa.PrimaryKeyConstraint(*keyed, name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=f"fk_{name}_session_id"),
    )
