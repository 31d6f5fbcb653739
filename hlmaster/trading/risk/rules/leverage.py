"""Leverage as it works: all positions over equity.

What is set for a coin on the exchange matters where the position has only its own margin, isolated; a cross position
is liquidated by the whole account, so there the setting says no more than how much margin is kept for it.
"""

from __future__ import annotations

from decimal import Decimal

from hlmaster.core.model import MarginMode
from hlmaster.core.rounding import wire_text
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import limit
from hlmaster.trading.situation import Situation
from hlmaster.trading.stakes import HUNDRED, After, percent


def times(value: Decimal) -> str:
    return f"{wire_text(round(value, 2))}x" if value.is_finite() else "without end"


@limit(
    "leverage",
    "RSK-114",
    title="Leverage",
    text=times,
    cure="Close something first, make the order smaller, or lower an isolated coin's leverage "
    "(Settings, Risk, Leverage).",
)
def read(filled: After, situation: Situation, limits: RiskLimits) -> tuple[Decimal, Decimal]:
    value = percent(filled.gross, situation.equity) / HUNDRED
    if filled.worst and situation.leverage.mode is MarginMode.ISOLATED:
        value = max(value, Decimal(situation.leverage.value))
    return value, limits.max_leverage if filled.by_strategy else limits.hand_leverage
