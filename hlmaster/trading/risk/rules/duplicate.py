"""The second click, the stuck key, the repeated signal."""

from __future__ import annotations

from hlmaster.core.orders import Order, OrderStatus, RuleResult
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, passed, rule
from hlmaster.trading.situation import Situation

NAME = "duplicate"
FIRST = passed(NAME)


def alike(a: Order, b: Order) -> bool:
    """In everything but the price."""
    if a.size != b.size or a.side is not b.side:
        return False
    return (a.coin, a.kind, a.reduce_only) == (b.coin, b.kind, b.reduce_only)


@rule(NAME, "RSK-110")
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    """The window is one of a person's seconds: on an exchange that runs faster, more of market time."""
    if not situation.recent:
        return FIRST
    price = order.price
    for earlier in situation.recent:
        other = earlier.order
        # What differs most often first: this is asked of every order of the last minute.
        if (other.price != price and not other.market) or not alike(other, order):
            continue
        if other.client_order_id == order.client_order_id or (order.ticket and other.ticket == order.ticket):
            continue
        window_ms = int(limits.duplicate_window_seconds * 1000)
        age = int((situation.now_ms - earlier.created_ms) / situation.speed)
        # One that came to nothing makes this one no second.
        if age < window_ms and earlier.status is not OrderStatus.REJECTED:
            wait = (window_ms - age) / 1000
            sentence = f"The same order was sent {age / 1000:.1f} s ago; repeat it in {wait:.0f} s if you mean it."
            return failed(NAME, sentence, f"{age} ms", f"{window_ms} ms")
    return FIRST
