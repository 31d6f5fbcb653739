"""What the trader has asked to be kept from: opening by hand while cooling down, over the day's count, locked out."""

from __future__ import annotations

from hlmaster.core.orders import Order, RuleResult
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, passed, rule
from hlmaster.trading.situation import Situation

NAME = "own safeguards"
CALM = passed(NAME)


@rule(NAME, "RSK-141")
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    pause = situation.conduct.pause
    if not pause or (order.basis is not None and order.basis.automatic):
        return CALM
    return failed(NAME, pause)
