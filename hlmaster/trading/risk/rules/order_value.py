"""The largest single entry."""

from __future__ import annotations

from hlmaster.core.orders import Order, RuleResult
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, passed, rule, usd
from hlmaster.trading.situation import Situation

NAME = "largest order"


@rule(NAME)
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    value, limit = usd(order.notional), usd(limits.max_order_value_usd)
    if order.notional > limits.max_order_value_usd:
        sentence = f"The order is worth {value}; your limit is {limit} (Settings, Risk, Largest order)."
        return failed(NAME, sentence, value, limit)
    return passed(NAME, value, limit)
