"""The venue's smallest order, with its one exemption: closing a whole position."""

from __future__ import annotations

from decimal import Decimal

from hlmaster.core.orders import Order, Purpose, RuleResult
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, passed, rule, usd
from hlmaster.trading.situation import Situation

NAME = "minimum order value"
ENOUGH = passed(NAME)
VENUE_MINIMUM = Decimal(10)
"""USD. What the user asks for beyond it binds entries alone."""


def _closes_all(order: Order, situation: Situation) -> bool:
    return order.purpose is Purpose.FLATTEN or order.size >= abs(situation.position)


@rule(NAME, "RSK-101", for_exits=True)
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    price = order.trigger.price if order.trigger is not None else order.price
    if order.market and situation.reference is not None:
        price = situation.reference
    value = order.size * price
    least = VENUE_MINIMUM if order.reduce_only else limits.minimum_notional_usd
    if value >= least or (order.reduce_only and _closes_all(order, situation)):
        return ENOUGH
    return failed(
        NAME, f"The order is worth {usd(value)}; the smallest allowed is {usd(least)}.", usd(value), usd(least)
    )
