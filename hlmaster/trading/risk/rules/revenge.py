"""A size far above the trader's own usual one, right after a loss."""

from __future__ import annotations

from hlmaster.core.orders import Order, RuleResult
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import passed, rule, usd
from hlmaster.trading.situation import Situation

NAME = "revenge size"
USUAL = passed(NAME)


@rule(NAME, "RSK-142", only="by hand")
def check(order: Order, situation: Situation, limits: RiskLimits) -> RuleResult:
    """Passing with a sentence where the trader wants to be told and not held back."""
    conduct = situation.conduct
    if conduct.usual_value is None or order.basis is not None:
        return USUAL
    most = conduct.usual_value * conduct.usual_factor
    if order.notional <= most:
        return USUAL
    sentence = (
        f"You lost a moment ago, and this order of {usd(order.notional)} is far above your usual "
        f"{usd(conduct.usual_value)}. Take {usd(most)} at most, or a walk (Settings, Safeguards, Revenge size)."
    )
    return RuleResult(NAME, not conduct.refuses_revenge, usd(order.notional), usd(most), sentence)
