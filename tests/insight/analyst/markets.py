"""A market as the analyst sees it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.model import Interval
from hlmaster.core.signals import Direction
from hlmaster.insight.analyst.facts import MarketFacts, OpenIdea

NOW_MS = 1_700_000_040_000
IDEA = OpenIdea("p1", Direction.LONG, 60_000.0, stop=59_400.0, target=61_200.0)


def candles(count: int = 60, price: float = 60_000.0, volume: float = 12.5) -> CandleBlock:
    opens = NOW_MS - MINUTE_MS * np.arange(count, 0, -1, dtype=np.int64)
    close = price * (1.0 + 0.0005 * np.sin(np.arange(count)))
    before = np.r_[price, close[:-1]]
    high, low = np.maximum(before, close) * 1.0002, np.minimum(before, close) * 0.9998
    return CandleBlock(opens, before, high, low, close, np.full(count, volume), np.full(count, 40, np.int64))


def market(**changes: Any) -> MarketFacts:
    facts = MarketFacts(
        coin="BTC",
        at_ms=NOW_MS,
        mid=60_000.0,
        bid=59_999.5,
        ask=60_000.5,
        interval=Interval.M1,
        candles=candles(),
        momentum=0.0012,
        imbalance=0.24,
        bought=1_250_000.0,
        sold=800_000.0,
        funding_rate=0.0000125,
        oracle=60_010.0,
        mark=60_002.0,
    )
    return replace(facts, **changes)
