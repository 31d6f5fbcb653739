"""The desk store's tables, on SQLite or PostgreSQL. Every row belongs to a session; times are UTC milliseconds.

A change here needs a migration: a test holds the migrations to these definitions. Imports SQLAlchemy: only the
recorder's thread and offline work import this module.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
)

from hlmaster.storage.column_types import Compressed, CompressedText, Money

REVISIONS = ("0001", "0002", "0003", "0004", "0005")
"""Every schema this program can open, oldest first; the last is the present one."""


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _session(*, key: bool = True) -> Column[str]:
    return Column("session_id", String, ForeignKey("sessions.id"), primary_key=key, nullable=False, index=not key)


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, String, **{"nullable": False, **options})


def _money(name: str, *, nullable: bool = False) -> Column[Decimal]:
    return Column(name, Money, nullable=nullable)


def _whole(name: str, *, key: bool = False, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, primary_key=key, nullable=nullable, autoincrement=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _real(name: str, *, nullable: bool = False) -> Column[float]:
    return Column(name, Double, nullable=nullable)


def _number() -> Column[int]:
    """Of a table whose rows have no key of their own."""
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


def _owned(name: str, key: str, texts: str, wholes: str, *others: Column[Any]) -> Table:
    """Rows with a text as their key; names separated by spaces."""
    plain: list[Column[Any]] = [*map(_text, texts.split()), *map(_whole, wholes.split())]
    return Table(name, metadata, _session(), _text(key, primary_key=True), *plain, *others)


sessions = Table(
    "sessions",
    metadata,
    _text("id", primary_key=True),
    _text("mode"),
    _text("name"),
    _whole("created_ms"),
    _money("start_balance"),
)

orders = Table(
    "orders",
    metadata,
    _session(),
    _text("client_order_id", primary_key=True),
    _text("coin"),
    _text("side"),
    _money("size"),
    _money("price"),
    _text("time_in_force"),
    _flag("reduce_only"),
    _money("trigger_price", nullable=True),
    _text("trigger_kind", nullable=True),
    Column("trigger_market", Boolean),
    _flag("market"),
    _text("purpose"),
    _text("source"),
    _text("status"),
    _whole("order_id", nullable=True),
    _money("filled_size"),
    _money("average_price", nullable=True),
    _whole("created_ms"),
    _whole("updated_ms"),
    _text("text"),
    _flag("foreign"),
    _whole("expires_ms", nullable=True),
    _text("basis", nullable=True),
    _text("ticket", nullable=True),
)

fills = Table(
    "fills",
    metadata,
    _session(),
    _text("coin", primary_key=True),
    _whole("time_ms", key=True),
    _whole("trade_id", key=True),
    _text("side"),
    _money("price"),
    _money("size"),
    _whole("order_id"),
    _text("client_order_id", nullable=True),
    _money("fee"),
    _money("closed_pnl"),
    _money("start_position"),
    _flag("is_maker"),
    _text("direction"),
    _flag("liquidation"),
    _money("realised"),
)

funding = Table(
    "funding",
    metadata,
    _session(),
    _text("coin", primary_key=True),
    _whole("time_ms", key=True),
    _money("amount"),
    _money("size"),
    _money("rate"),
)

cash_moves = Table(
    "cash_moves",
    metadata,
    _session(),
    _whole("time_ms", key=True),
    _text("kind", primary_key=True),
    _text("reference", primary_key=True),
    _money("amount"),
)

account_history = Table("account_history", metadata, _session(), _whole("time_ms", key=True), _money("equity"))

positions = Table(
    "positions",
    metadata,
    _session(),
    _whole("time_ms", key=True),
    _text("coin", primary_key=True),
    _money("size"),
    _money("entry_price"),
    _text("margin_mode"),
    Column("leverage", Integer, nullable=False),
    _money("position_value"),
    _money("unrealised"),
    _money("margin_used"),
    _money("liquidation_price", nullable=True),
    _money("funding_since_open"),
)

refusals = Table(
    "refusals",
    metadata,
    _number(),
    _session(key=False),
    _whole("time_ms"),
    _text("coin"),
    _text("rule"),
    _text("sentence"),
)

adjustments = Table(
    "adjustments",
    metadata,
    _session(),
    _whole("time_ms", key=True),
    _text("coin", primary_key=True),
    _money("size"),
    _money("entry_price"),
    _money("amount"),
    _text("explanation"),
)

discrepancies = Table(
    "discrepancies",
    metadata,
    _number(),
    _session(key=False),
    _whole("time_ms"),
    _text("subject"),
    _text("ours"),
    _text("venues"),
    _text("explanation"),
)

signals = Table(
    "signals",
    metadata,
    _session(),
    _text("key", primary_key=True),
    _text("strategy"),
    _text("coin"),
    _text("grid"),
    _whole("row_ms"),
    _text("direction"),
    _real("confidence"),
    _real("strength"),
    _whole("valid_until_ms"),
    _text("reason"),
    _real("entry", nullable=True),
    _real("stop", nullable=True),
    _real("target", nullable=True),
    _text("version"),
    _text("params"),
    _text("body"),
)

inputs = Table(
    "inputs",
    metadata,
    _session(),
    _text("key", primary_key=True),
    _whole("row_ms"),
    Column("body", Compressed, nullable=False),
)

proposals = Table(
    "proposals",
    metadata,
    _session(),
    _text("proposal_id", primary_key=True),
    _text("source"),
    _text("coin"),
    _text("side"),
    _money("size"),
    _money("limit_price", nullable=True),
    _money("reference_price"),
    _money("target", nullable=True),
    _real("confidence"),
    _money("notional"),
    _money("risk"),
    _money("reward", nullable=True),
    _text("policy"),
    _text("state"),
    _text("state_text"),
    _flag("edited"),
    _text("decided_by"),
    _whole("decided_ms", nullable=True),
    _whole("created_ms"),
    _whole("expires_ms"),
    _text("body"),
)

grounds = Table(
    "grounds",
    metadata,
    _session(),
    _text("proposal_id", primary_key=True),
    _text("key", primary_key=True),
)
"""Which signals a proposal rests on."""

arrivals = Table(
    "arrivals",
    metadata,
    _session(),
    _text("client_order_id", primary_key=True),
    _text("coin"),
    _whole("time_ms"),
    _money("price"),
)

lines = Table(
    "lines",
    metadata,
    _number(),
    _session(key=False),
    _text("subject", index=True),
    _whole("time_ms"),
    _text("kind"),
    _text("text"),
    _text("data"),
)

trades = Table(
    "trades",
    metadata,
    _session(),
    _text("trade_id", primary_key=True),
    _text("coin"),
    _text("side"),
    _whole("opened_ms"),
    _whole("closed_ms"),
    _money("size"),
    _money("entry_price"),
    _money("exit_price"),
    _money("realised"),
    _money("fees"),
    _money("funding"),
    _text("exit_reason"),
    _text("source"),
    _text("proposal_id"),
    _money("entry_slippage", nullable=True),
    _money("exit_slippage", nullable=True),
    _money("best", nullable=True),
    _money("worst", nullable=True),
    _money("risk", nullable=True),
    _text("tags"),
    _text("note"),
    _flag("superseded"),
)

ghosts = Table(
    "ghosts",
    metadata,
    _session(),
    _text("proposal_id", primary_key=True),
    _text("source"),
    _text("coin"),
    _text("side"),
    _whole("start_ms"),
    _whole("end_ms"),
    _whole("until_ms"),
    _text("state"),
    _money("net"),
    _text("body"),
)

calls = _owned(
    "calls",
    "call_id",
    "coin question trigger model digest options prompt_version failure",
    "asked_ms prompt_tokens answer_tokens",
    _real("latency_ms", nullable=True),
    *(Column(name, CompressedText, nullable=False) for name in ("prompt", "answer")),
)
opinions = _owned("opinions", "call_id", "direction digest body", "asked_ms")
outcomes = _owned(
    "outcomes", "call_id", "regime", "at_ms", _real("change", nullable=True), *map(_flag, ("right", "naive_right"))
)
headlines = _owned("headlines", "key", "source title body", "published_ms heard_ms", _real("score", nullable=True))
