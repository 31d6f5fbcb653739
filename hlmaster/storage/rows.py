"""Facts as rows and rows as facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import msgspec

from hlmaster.core.differences import Adjustment, Discrepancy
from hlmaster.core.events import EquityPoint, TrackedOrder
from hlmaster.core.model import Position, Side
from hlmaster.core.orders import (
    Basis,
    CashMove,
    Fill,
    FundingPayment,
    Order,
    OrderStatus,
    Purpose,
    TimeInForce,
    Trigger,
    TriggerKind,
)

Row = dict[str, Any]
_TRACKED = (
    "status",
    "order_id",
    "filled_size",
    "average_price",
    "created_ms",
    "updated_ms",
    "text",
    "foreign",
    "expires_ms",
)
_ORDER = (
    "client_order_id",
    "coin",
    "side",
    "size",
    "price",
    "time_in_force",
    "reduce_only",
    "market",
    "purpose",
    "source",
)
_basis = msgspec.json.Decoder(Basis)


def order_row(tracked: TrackedOrder) -> Row:
    order, trigger = tracked.order, tracked.order.trigger
    return {
        **{name: _plain(getattr(order, name)) for name in _ORDER},
        **{name: _plain(getattr(tracked, name)) for name in _TRACKED},
        "trigger_price": trigger.price if trigger else None,
        "trigger_kind": trigger.kind.value if trigger else None,
        "trigger_market": trigger.market if trigger else None,
        "basis": msgspec.json.encode(order.basis).decode() if order.basis else None,
        "ticket": order.ticket or None,
    }


def order_of(row: Mapping[str, Any]) -> TrackedOrder:
    trigger = None
    if row["trigger_price"] is not None:
        trigger = Trigger(row["trigger_price"], TriggerKind(row["trigger_kind"]), row["trigger_market"])
    named = {name: row[name] for name in _ORDER}
    named |= {"side": Side(row["side"]), "purpose": Purpose(row["purpose"]), "trigger": trigger}
    named["basis"] = None if row["basis"] is None else _basis.decode(row["basis"])
    named["ticket"] = row["ticket"] or ""
    order = Order(**named | {"time_in_force": TimeInForce(row["time_in_force"])})
    return TrackedOrder(order, **{name: row[name] for name in _TRACKED} | {"status": OrderStatus(row["status"])})


def fill_row(fill: Fill, realised: Decimal) -> Row:
    return {**asdict(fill), "side": fill.side.value, "realised": realised}


def fill_of(row: Mapping[str, Any]) -> Fill:
    return Fill(**{name: row[name] for name in Fill.__dataclass_fields__} | {"side": Side(row["side"])})


def funding_of(row: Mapping[str, Any]) -> FundingPayment:
    return FundingPayment(**{name: row[name] for name in FundingPayment.__dataclass_fields__})


def cash_of(row: Mapping[str, Any]) -> CashMove:
    return CashMove(**{name: row[name] for name in CashMove.__dataclass_fields__})


def adjustment_of(row: Mapping[str, Any]) -> Adjustment:
    return Adjustment(**{name: row[name] for name in Adjustment.__dataclass_fields__})


def discrepancy_of(row: Mapping[str, Any]) -> Discrepancy:
    return Discrepancy(**{name: row[name] for name in Discrepancy.__dataclass_fields__})


def equity_of(row: Mapping[str, Any]) -> EquityPoint:
    return EquityPoint(row["time_ms"], row["equity"])


def position_row(position: Position, time_ms: int) -> Row:
    plain = {**asdict(position), "time_ms": time_ms}
    del plain["leverage"]
    return {**plain, "leverage": position.leverage.value, "margin_mode": position.leverage.mode.value}


def _plain(value: object) -> object:
    """Enumerations by their value; drivers know no others."""
    return getattr(value, "value", value)
