"""The first tables: sessions, orders, fills, funding, cash moves, equity, positions, refusals."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TEXT, WHOLE, FLAG = sa.String(), sa.BigInteger(), sa.Boolean()
MONEY = sa.String().with_variant(sa.Numeric(), "postgresql")


def upgrade() -> None:
    _table("sessions", {"id": TEXT}, {"mode": TEXT, "name": TEXT, "created_ms": WHOLE, "start_balance": MONEY})
    _orders()
    _fills()
    _owned("funding", {"coin": TEXT, "time_ms": WHOLE}, {"amount": MONEY, "size": MONEY, "rate": MONEY})
    _owned("cash_moves", {"time_ms": WHOLE, "kind": TEXT, "reference": TEXT}, {"amount": MONEY})
    _owned("account_history", {"time_ms": WHOLE}, {"equity": MONEY})
    _positions()
    refusal = {"session_id": TEXT, "time_ms": WHOLE, "coin": TEXT, "rule": TEXT, "sentence": TEXT}
    _table("refusals", {"id": sa.BigInteger().with_variant(sa.Integer(), "sqlite")}, refusal)
    op.create_index("ix_refusals_session_id", "refusals", ["session_id"])


def _orders() -> None:
    _owned(
        "orders",
        {"client_order_id": TEXT},
        {
            **dict.fromkeys(("coin", "side", "time_in_force", "purpose", "source", "status", "text"), TEXT),
            **dict.fromkeys(("size", "price", "filled_size"), MONEY),
            **dict.fromkeys(("created_ms", "updated_ms"), WHOLE),
            **dict.fromkeys(("reduce_only", "market", "foreign"), FLAG),
        },
        {
            "trigger_price": MONEY,
            "trigger_kind": TEXT,
            "trigger_market": FLAG,
            "order_id": WHOLE,
            "average_price": MONEY,
            "expires_ms": WHOLE,
        },
    )


def _fills() -> None:
    _owned(
        "fills",
        {"coin": TEXT, "time_ms": WHOLE, "trade_id": WHOLE},
        {
            **dict.fromkeys(("side", "direction"), TEXT),
            **dict.fromkeys(("price", "size", "fee", "closed_pnl", "start_position", "realised"), MONEY),
            **dict.fromkeys(("is_maker", "liquidation"), FLAG),
            "order_id": WHOLE,
        },
        {"client_order_id": TEXT},
    )


def _positions() -> None:
    money = ("size", "entry_price", "position_value", "unrealised", "margin_used", "funding_since_open")
    _owned(
        "positions",
        {"time_ms": WHOLE, "coin": TEXT},
        {**dict.fromkeys(money, MONEY), "margin_mode": TEXT, "leverage": sa.Integer()},
        {"liquidation_price": MONEY},
    )


def _owned(name: str, key: dict[str, Any], needed: dict[str, Any], optional: dict[str, Any] | None = None) -> None:
    _table(name, {"session_id": TEXT, **key}, needed, optional)


def _table(name: str, key: dict[str, Any], needed: dict[str, Any], optional: dict[str, Any] | None = None) -> None:
    columns = [
        sa.Column(column, kind, nullable=False, autoincrement=name == "refusals") for column, kind in key.items()
    ]
    columns += [sa.Column(column, kind, nullable=False) for column, kind in needed.items()]
    columns += [sa.Column(column, kind) for column, kind in (optional or {}).items()]
    rules: list[Any] = [sa.PrimaryKeyConstraint(*key, name=f"pk_{name}")]
    if "session_id" in {**key, **needed}:
        rules.append(sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=f"fk_{name}_session_id"))
    op.create_table(name, *columns, *rules)
