"""A budget of entries a minute: a strategy that has lost its mind is stopped by counting."""

from __future__ import annotations

from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import count_words, limit
from hlmaster.trading.situation import Situation
from hlmaster.trading.stakes import After


@limit(
    "entry rate",
    "RSK-120",
    title="Entries in a minute",
    words=count_words,
    per_coin=True,
    cure="Wait a moment (Settings, Risk, Entries a minute).",
)
def read(filled: After, situation: Situation, limits: RiskLimits) -> tuple[int, int]:
    order, count = filled.order, situation.entries_a_minute
    if order is not None and order.client_order_id not in filled.stake.orders:
        count += 1
    return count, limits.max_entries_a_minute if filled.by_strategy else limits.hand_entries_a_minute
