"""The coins that may be opened."""

from __future__ import annotations

from hlmaster.core.orders import Order, RuleResult
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, passed, rule
from hlmaster.trading.situation import Situation

NAME = "coins"
ALLOWED = passed(NAME)


@rule(NAME, "RSK-131", off=lambda limits: not limits.allowed_coins and not limits.forbidden_coins)
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    if limits.names(limits.forbidden_coins, order.coin):
        return failed(NAME, f"{order.coin} is on your list of forbidden coins (Settings, Risk).", order.coin)
    if limits.allowed_coins and not limits.names(limits.allowed_coins, order.coin):
        return failed(
            NAME,
            f"{order.coin} is not on your list of allowed coins (Settings, Risk).",
            order.coin,
            ", ".join(limits.allowed_coins),
        )
    return ALLOWED
