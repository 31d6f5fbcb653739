"""No entry on old prices."""

from __future__ import annotations

from hlmaster.core.orders import Order, RuleResult
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, passed, rule
from hlmaster.trading.situation import Situation

NAME = "fresh data"
FRESH = passed(NAME)


@rule(NAME, "RSK-109")
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    if situation.stale is not None:
        return failed(NAME, situation.stale)
    return FRESH
