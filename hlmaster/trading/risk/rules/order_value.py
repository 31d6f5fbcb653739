"""The largest single entry."""

from __future__ import annotations

from hlmaster.core.orders import Order, RuleResult
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, passed, rule, usd
from hlmaster.trading.situation import Situation

NAME = "largest order"
WITHIN = passed(NAME)


@rule(NAME, "RSK-107")
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    most, worth = limits.max_order_value_usd * situation.conduct.size_factor, order.size * order.price
    if worth <= most:
        return WITHIN
    why = " after the day's loss" if most < limits.max_order_value_usd else ""
    sentence = f"The order is worth {usd(worth)}; your limit{why} is {usd(most)} (Settings, Risk, Largest order)."
    return failed(NAME, sentence, usd(worth), usd(most))
