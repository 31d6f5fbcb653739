"""How far prices move in a candle: the average true range of a coin on any timeframe, and what is usual for it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from hlmaster.core.clock import Clock
from hlmaster.core.model import Interval
from hlmaster.core.ports import Turn
from hlmaster.core.rounding import to_decimal
from hlmaster.desk.charts import Charts
from hlmaster.desk.loading import Key, Loading
from hlmaster.market.feed import Feed
from hlmaster.market.indicators.atr import PERIOD, atr
from hlmaster.trading.sizing import MEDIAN_BARS

DECIMALS = 10
ROWS = 400
"""Closed candles looked at: what Wilder's smoothing still knows of older ones is beyond the last digit shown."""


@dataclass(frozen=True, slots=True)
class Range:
    """USD. ``median``: of the last 100 values of the ATR; None while there are fewer."""

    atr: Decimal
    median: Decimal | None


class Ranges:
    """Of closed candles alone. Asking for one that is not loaded begins to load it."""

    def __init__(self, clock: Clock, charts: Charts, feed: Feed) -> None:
        self._feed, self.loading = feed, Loading(clock, charts, Turn.MEASURE)
        self._known: dict[Key, tuple[int, Range | None]] = {}

    def __call__(self, coin: str, interval: Interval) -> Range | None:
        key = (coin, interval)
        if not self.loading.want(coin, interval):
            return None
        series = self._feed.market(coin).series(interval)
        if series is None or len(series) < 2:
            return None
        last = int(series.block().time_ms[-2])
        if self._known.get(key, (None, None))[0] != last:
            closed = series.block().rows(slice(max(0, len(series) - 1 - ROWS), len(series) - 1))
            values = atr(closed.high, closed.low, closed.close)[PERIOD:]
            self._known[key] = (last, _range(values))
        return self._known[key][1]

    def closed(self, coin: str, interval: Interval) -> int:
        """How many closed candles are known."""
        series = self._feed.market(coin).series(interval) if coin in self._feed.coins else None
        return 0 if series is None else max(0, len(series) - 1)

    async def stop(self) -> None:
        await self.loading.stop()


def _range(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Range | None:
    if not len(values) or not values[-1] > 0:
        return None
    usual = float(np.median(values[-MEDIAN_BARS:])) if len(values) >= MEDIAN_BARS else None
    return Range(to_decimal(float(values[-1]), DECIMALS), None if usual is None else to_decimal(usual, DECIMALS))
