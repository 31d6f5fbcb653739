"""Enough free collateral for the part of the order that would enlarge the position, and its fee."""

from __future__ import annotations

from decimal import Decimal

from hlmaster.core.events import TrackedOrder
from hlmaster.core.margin import initial_margin
from hlmaster.core.orders import Order, RuleResult
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, passed, rule, usd
from hlmaster.trading.situation import Situation

NAME = "collateral"
ENOUGH = passed(NAME)
ZERO = Decimal(0)


def increase(order: Order, position: Decimal) -> Decimal:
    """Coins by which exposure would grow: all of the order, or what it adds beyond mirroring an opposite position."""
    if position >= ZERO if order.side.sign > 0 else position <= ZERO:
        return order.size
    return max(Decimal(0), order.size - 2 * abs(position))


def reserved_margin(tracked: TrackedOrder, position: Decimal, leverage: int) -> Decimal:
    """What an order on its way or in the book keeps from other orders, USD; nothing if it can only reduce."""
    reserved = _reserved(tracked.order, tracked.remaining, position, leverage)
    if tracked.replacement is not None:
        changed = tracked.replacement
        reserved = max(reserved, _reserved(changed, changed.size, position, leverage))
    return reserved


def _reserved(order: Order, left: Decimal, position: Decimal, leverage: int) -> Decimal:
    if order.reduce_only or (position * order.side.sign < 0 and left <= abs(position)):
        return Decimal(0)
    return initial_margin(left * order.price, leverage)


@rule(NAME, "RSK-102")
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    # A changed order, or one looked at a last time, has its own reservation to spend.
    own = (situation.counted or situation.stake).orders.get(order.client_order_id) if situation.live else None
    free, leverage = situation.available, situation.leverage.value
    if own is not None:
        free += reserved_margin(own, situation.position, leverage)
    value, position = order.size * order.price, situation.position
    is_larger = not position or (position > ZERO) is (order.side.sign > 0)
    grown = value if is_larger else increase(order, position) * order.price
    fee = value * situation.fees.taker
    if grown <= (free - fee) * leverage:  # a division takes longer than all of this
        return ENOUGH
    needed = grown / leverage + fee
    sentence = (
        f"The order needs {usd(needed)} of margin and fee at {leverage}x; "
        f"{usd(max(free, Decimal(0)))} is free. Make it smaller or raise the leverage."
    )
    return failed(NAME, sentence, usd(needed), usd(free))
