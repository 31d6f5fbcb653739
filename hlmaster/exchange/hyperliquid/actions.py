"""Action dictionaries in the key order the venue hashes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hlmaster.core.errors import InvariantBroken
from hlmaster.core.model import Instrument, Leverage, MarginMode, Side
from hlmaster.core.orders import CancelTarget, Grouping, Order
from hlmaster.core.rounding import wire_text

Action = dict[str, Any]
Instruments = Mapping[str, Instrument]
MICRO = Decimal(1_000_000)


def instrument(instruments: Instruments, coin: str) -> Instrument:
    found = instruments.get(coin)
    if found is None:
        raise InvariantBroken(f"{coin} is not among the exchange's instruments; no action can name it.")
    return found


def order_entry(order: Order, instruments: Instruments) -> Action:
    if order.trigger is None:
        kind: Action = {"limit": {"tif": "Ioc" if order.market else order.time_in_force.value}}
    else:
        trigger = order.trigger
        kind = {
            "trigger": {
                "isMarket": trigger.market,
                "triggerPx": wire_text(trigger.price),
                "tpsl": trigger.kind.value,
            }
        }
    return {
        "a": instrument(instruments, order.coin).asset,
        "b": order.side is Side.BUY,
        "p": wire_text(order.price),
        "s": wire_text(order.size),
        "r": order.reduce_only,
        "t": kind,
        "c": order.client_order_id,
    }


def place(orders: Sequence[Order], grouping: Grouping, instruments: Instruments) -> Action:
    if not orders:
        raise InvariantBroken("An order action needs at least one order.")
    entries = [order_entry(order, instruments) for order in orders]
    return {"type": "order", "orders": entries, "grouping": grouping.value}


def modify(changes: Sequence[tuple[CancelTarget, Order]], instruments: Instruments) -> Action:
    """Cancel and replace: each order gets a new venue id. The client id names the old one, for venue ids go stale."""
    olds = [target.client_order_id or target.order_id for target, _ in changes]
    if not olds or None in olds:
        raise InvariantBroken("A modification must name the orders it replaces.")
    entries = [order_entry(order, instruments) for _, order in changes]
    modifies = [{"oid": old, "order": entry} for old, entry in zip(olds, entries, strict=True)]
    return {"type": "batchModify", "modifies": modifies}


def cancel(targets: Sequence[CancelTarget], instruments: Instruments) -> Action:
    """By client ids where all have one, else by venue ids; one action cannot mix them."""
    if not targets:
        raise InvariantBroken("A cancel action needs at least one order.")
    assets = [instrument(instruments, target.coin).asset for target in targets]
    if all(target.client_order_id for target in targets):
        named = [{"asset": a, "cloid": t.client_order_id} for a, t in zip(assets, targets, strict=True)]
        return {"type": "cancelByCloid", "cancels": named}
    if any(target.order_id is None for target in targets):
        raise InvariantBroken("One cancel action cannot mix client ids and venue ids.")
    return {"type": "cancel", "cancels": [{"a": a, "o": t.order_id} for a, t in zip(assets, targets, strict=True)]}


def update_leverage(coin: str, leverage: Leverage, instruments: Instruments) -> Action:
    return {
        "type": "updateLeverage",
        "asset": instrument(instruments, coin).asset,
        "isCross": leverage.mode is MarginMode.CROSS,
        "leverage": leverage.value,
    }


def update_isolated_margin(coin: str, amount: Decimal, instruments: Instruments) -> Action:
    micro = amount * MICRO
    if micro != micro.to_integral_value():
        raise InvariantBroken(f"A margin of {amount} USD has more than six decimals.")
    asset = instrument(instruments, coin).asset
    return {"type": "updateIsolatedMargin", "asset": asset, "isBuy": True, "ntli": int(micro)}


def schedule_cancel(time_ms: int | None) -> Action:
    """Cancel everything at ``time_ms``; None takes an earlier order back."""
    return {"type": "scheduleCancel"} if time_ms is None else {"type": "scheduleCancel", "time": time_ms}


def noop() -> Action:
    """Does nothing, and uses up its nonce."""
    return {"type": "noop"}
