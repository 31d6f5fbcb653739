"""Paused, halted or protecting: no new risk."""

from __future__ import annotations

from hlmaster.core.events import TradingState
from hlmaster.core.orders import Order, RuleResult
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, passed, rule
from hlmaster.trading.situation import Situation

NAME = "trading state"
ACTIVE = passed(NAME)
OPEN = TradingState.ACTIVE


@rule(NAME, "RSK-108")
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    if situation.state is OPEN:
        return ACTIVE
    return failed(NAME, situation.state_sentence, situation.state, OPEN)
