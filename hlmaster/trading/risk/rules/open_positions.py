"""How many coins have a position, or an order that may open one."""

from __future__ import annotations

from decimal import Decimal

from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import count_text, limit
from hlmaster.trading.situation import Situation
from hlmaster.trading.stakes import After


@limit(
    "open positions",
    "RSK-117",
    title="The number of open positions",
    text=count_text,
    per_coin=True,
    cure="Close one, or cancel the entries that wait on another coin (Settings, Risk, Open positions).",
)
def read(filled: After, situation: Situation, limits: RiskLimits) -> tuple[Decimal, Decimal] | None:
    if filled.order is not None and situation.position:
        return None  # it opens no other
    coins, coin = situation.standing.open_coins, situation.instrument.coin
    count = len(coins) + (filled.order is not None and coin not in coins)
    return Decimal(count), Decimal(limits.max_open_positions if filled.by_strategy else limits.hand_open_positions)
