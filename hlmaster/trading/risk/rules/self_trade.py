"""No trade with oneself: an entry must not meet an order of ours that rests at a price it would take."""

from __future__ import annotations

from hlmaster.core.orders import Order, RuleResult, TimeInForce
from hlmaster.core.rounding import wire_text
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, passed, rule
from hlmaster.trading.situation import Situation

NAME = "self trade"
CLEAR = passed(NAME)


def rests(order: Order) -> bool:
    """It may stand in the book; a trigger does not until it fires."""
    return order.trigger is None and order.time_in_force is not TimeInForce.IOC


@rule(NAME, "RSK-133", off=lambda limits: not limits.self_trade_guard)
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    if not situation.live or order.trigger is not None:
        return CLEAR
    buys = order.side.sign > 0
    for tracked in situation.live:
        other = tracked.order
        if other.side is order.side or not rests(other) or other.client_order_id == order.client_order_id:
            continue
        if order.price >= other.price if buys else order.price <= other.price:
            sentence = (
                f"This {order.side} would meet your own {other.side} of {other.coin} at {wire_text(other.price)}. "
                "Cancel that one first, or price this one clear of it."
            )
            return failed(NAME, sentence, wire_text(order.price), wire_text(other.price))
    return CLEAR
