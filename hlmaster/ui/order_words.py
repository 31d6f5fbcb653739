"""What an order would be, in words: on the button that sends it, and in the question before it is sent."""

from __future__ import annotations

from hlmaster.core.model import Side
from hlmaster.core.orders import TimeInForce
from hlmaster.trading.preview import Preview
from hlmaster.trading.situation import Situation
from hlmaster.ui import figures


def order_words(side: Side, coin: str, shown: Preview | None, size_decimals: int | None) -> str:
    """``Buy 0.42 ETH at market``, ``Sell 0.42 ETH limit 3,434.2``; ``Buy ETH`` while it means no order yet."""
    word = str(side).capitalize()
    order = None if shown is None else shown.entry
    if order is None:
        return f"{word} {coin}"
    start = f"{word} {figures.size(order.size)} {coin}"
    if order.market:
        return f"{start} at market"
    price = order.trigger.price if order.trigger is not None else order.price
    kind = order.kind.split()[0] if order.trigger is not None else order.kind
    suffix = " IOC" if order.trigger is None and order.time_in_force is TimeInForce.IOC else ""
    return f"{start} {kind} {figures.price(price, size_decimals)}{suffix}"


def consequences(shown: Preview, situation: Situation) -> str:
    """``$1,700.00 at cross 5×, liquidation about 2,801.2, fee about $0.26.``"""
    leverage, decimals = situation.leverage, situation.instrument.size_decimals
    exit_only = all(order.reduce_only for order in shown.orders)
    parts = [f"{figures.money(shown.notional)} at {leverage.mode} {leverage.value}×"]
    if exit_only:
        parts.append("reduce-only")
    elif shown.liquidation_price is not None:
        parts.append(f"liquidation about {figures.price(shown.liquidation_price, decimals)}")
    else:
        parts.append("no liquidation price")
    parts.append(f"fee about {figures.money(shown.fee)}")
    if shown.risk is not None:
        parts.append(f"risk to the stop {figures.money(shown.risk)}")
    return f"{', '.join(parts)}."
