"""Leverage as it works: all positions over equity.

What is set for a coin on the exchange matters where the position has only its own margin, isolated; a cross position
is liquidated by the whole account, so there the setting says no more than how much margin is kept for it.
"""

from __future__ import annotations

from decimal import Decimal

from hlmaster.core.model import MarginMode
from hlmaster.core.rounding import wire_text
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import Figure, limit, usd
from hlmaster.trading.situation import Situation
from hlmaster.trading.stakes import After

ISOLATED = MarginMode.ISOLATED


def times(value: Figure, equity: Decimal) -> str:
    return f"{wire_text(round(value / equity, 2))}x" if equity > 0 else usd(Decimal(value))


@limit(
    "leverage",
    "RSK-114",
    title="Leverage",
    words=times,
    cure="Close something first, make the order smaller, or lower an isolated coin's leverage "
    "(Settings, Risk, Leverage).",
)
def read(filled: After, situation: Situation, limits: RiskLimits) -> tuple[Decimal, Decimal]:
    value, leverage = filled.gross, situation.leverage
    if leverage.mode is ISOLATED and filled.worst:
        value = max(value, leverage.value * situation.equity)
    return value, situation.equity * (limits.max_leverage if filled.by_strategy else limits.hand_leverage)
