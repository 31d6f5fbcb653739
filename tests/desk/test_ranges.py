"""The range is of closed candles alone, on the timeframe that was asked for, and known only when it is."""

from __future__ import annotations

import numpy as np

from hlmaster.core.bus import Bus
from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import VenueUnreachable
from hlmaster.core.model import Interval
from hlmaster.core.ports import Turn
from hlmaster.desk.charts import Charts
from hlmaster.desk.loading import RELOAD_SECONDS
from hlmaster.desk.ranges import Range, Ranges
from hlmaster.market.feed import Feed
from tests.desk.desks import MemoryMarket
from tests.trading.scenes import ETH, NOW, D


class Candles(MemoryMarket):
    """``rows`` closed candles of ten dollars each, and an open one that has gone wild."""

    down, rows = False, 200

    async def candles(
        self, coin: str, interval: Interval, start_ms: int, end_ms: int, turn: Turn = Turn.STUDY
    ) -> CandleBlock:
        if self.down:
            raise VenueUnreachable("No line.")
        times = NOW // interval.ms * interval.ms + interval.ms * np.arange(-self.rows, 1, dtype=np.int64)
        level = np.full(self.rows + 1, 3000.0)
        reach = np.r_[np.full(self.rows, 5.0), 500.0]
        return CandleBlock(times, level, level + reach, level - reach, level, level, np.ones(self.rows + 1, np.int64))


def made(rows: int = 200) -> tuple[Ranges, Candles, ManualClock]:
    bus, clock = Bus(), ManualClock(NOW)
    market = Candles(bus, clock)
    market.rows = rows
    feed = Feed(bus, clock, {"ETH": ETH})
    return Ranges(clock, Charts(clock, market, feed), feed), market, clock


async def test_asking_loads_and_a_failed_load_is_tried_again_after_a_while() -> None:
    ranges, market, clock = made()
    market.down = True
    assert ranges("ETH", Interval.M5) is None
    await ranges.loading.under_way["ETH", Interval.M5]
    market.down = False
    assert ranges("ETH", Interval.M5) is None
    assert not ranges.loading.under_way, "not at once"
    clock.advance(int(RELOAD_SECONDS * 1000))
    ranges("ETH", Interval.M5)
    await ranges.loading.under_way["ETH", Interval.M5]
    assert ranges("ETH", Interval.M5) == Range(D(10), D(10))
    await ranges.stop()


async def test_timeframes_are_apart_and_what_is_usual_needs_a_hundred() -> None:
    ranges, _, _ = made(rows=60)
    ranges("ETH", Interval.H1)
    await ranges.loading.under_way["ETH", Interval.H1]
    assert ranges("ETH", Interval.H1) == Range(D(10), None)
    assert ranges("ETH", Interval.M1) is None
    await ranges.stop()


async def test_too_few_candles_are_no_range() -> None:
    ranges, _, _ = made(rows=14)
    ranges("ETH", Interval.M1)
    await ranges.loading.under_way["ETH", Interval.M1]
    assert ranges("ETH", Interval.M1) is None
    await ranges.stop()
