"""An idea must be sure enough; one that is executed automatically also by itself, without what advisers added."""

from __future__ import annotations

from hlmaster.core.orders import Order, RuleResult
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import failed, passed, rule
from hlmaster.trading.situation import Situation

NAME = "confidence"
SURE = passed(NAME)


@rule(NAME, "RSK-121", only="ideas")
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    basis = order.basis
    if basis is None:
        return SURE
    least = limits.min_confidence
    if not least <= basis.confidence <= 1:
        value, of = basis.confidence, "confidence"
    elif basis.automatic and not least <= basis.unadjusted_confidence <= 1:
        value, of = basis.unadjusted_confidence, "own confidence, without what advisers added,"
    else:
        return SURE
    sentence = f"The idea's {of} is {value:.2f}; at least {least:.2f} is asked for (Settings, Risk, Least confidence)."
    return failed(NAME, sentence, f"{value:.2f}", f"{least:.2f}")
