"""The second click, the stuck key, the repeated signal."""

from __future__ import annotations

from hlmaster.core.orders import Order, OrderStatus, RuleResult
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, passed, rule
from hlmaster.trading.situation import Situation

NAME = "duplicate"
FIRST = passed(NAME)


def same(a: Order, b: Order) -> bool:
    return (a.coin, a.side, a.size, a.kind, a.reduce_only) == (b.coin, b.side, b.size, b.kind, b.reduce_only) and (
        a.market or a.price == b.price
    )


@rule(NAME, "RSK-110")
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    """The window is one of a person's seconds: on an exchange that runs faster, more of market time."""
    if not situation.recent:
        return FIRST
    window_ms = int(limits.duplicate_window_seconds * 1000)
    for earlier in situation.recent:
        if earlier.status is OrderStatus.REJECTED:
            continue  # it came to nothing, so this one is no second
        age = int((situation.now_ms - earlier.created_ms) / situation.speed)
        if age < window_ms and earlier.client_order_id != order.client_order_id and same(earlier.order, order):
            wait = (window_ms - age) / 1000
            sentence = f"The same order was sent {age / 1000:.1f} s ago; repeat it in {wait:.0f} s if you mean it."
            return failed(NAME, sentence, f"{age} ms", f"{window_ms} ms")
    return FIRST
