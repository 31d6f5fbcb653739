"""How many coins have a position, or an order that may open one."""

from __future__ import annotations

from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import count_words, limit
from hlmaster.trading.situation import Situation
from hlmaster.trading.stakes import After


@limit(
    "open positions",
    "RSK-117",
    title="Open positions",
    words=count_words,
    per_coin=True,
    cure="Close one, or cancel the entries that wait on another coin (Settings, Risk, Open positions).",
)
def read(filled: After, situation: Situation, limits: RiskLimits) -> tuple[int, int] | None:
    if filled.order is not None and situation.position:
        return None  # it opens no other
    coins, coin = situation.standing.open_coins, situation.instrument.coin
    count = len(coins)
    if filled.order is not None and coin not in coins:
        count += 1
    return count, limits.max_open_positions if filled.by_strategy else limits.hand_open_positions
