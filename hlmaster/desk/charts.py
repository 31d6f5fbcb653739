"""Candle history for whoever draws it: loaded once, kept live, extended backwards on request."""

from __future__ import annotations

import asyncio

from hlmaster.core.clock import Clock
from hlmaster.core.model import Interval
from hlmaster.core.ports import MarketData, Turn
from hlmaster.market.feed import Feed

FIRST_ROWS = 1_500
OLDER_ROWS = 2_000


class Charts:
    def __init__(self, clock: Clock, market_data: MarketData, feed: Feed) -> None:
        self._clock, self._market_data, self._feed = clock, market_data, feed
        self._loading: dict[tuple[str, Interval, Turn], asyncio.Lock] = {}
        self._shown: set[tuple[str, Interval]] = set()
        self._loaded: set[tuple[str, Interval]] = set()
        self._exhausted: set[tuple[str, Interval]] = set()

    async def show(self, coin: str, interval: Interval, turn: Turn = Turn.SIGHT) -> None:
        """Subscribe the candle stream and load its recent history, once; a second time where somebody whose turn comes
        first would wait behind another. Raises VenueError."""
        key = (coin, interval)
        async with self._loading.setdefault((*key, turn), asyncio.Lock()):
            self._shown.add(key)
            self._market_data.watch_candles(coin, interval)
            if key in self._loaded:
                return
            now = self._clock.now_ms()
            block = await self._market_data.candles(coin, interval, max(0, now - FIRST_ROWS * interval.ms), now, turn)
            self._feed.load_series(coin, interval, block)
            self._loaded.add(key)

    def has(self, coin: str, interval: Interval) -> bool:
        """Its recent history is there; a stream alone may have begun a minute ago."""
        return (coin, interval) in self._loaded

    def shows(self, coin: str, interval: Interval) -> bool:
        """Its stream is needed here, though its history may still be on its way."""
        return (coin, interval) in self._shown

    def group_book(self, coin: str, grouping: tuple[int, int] | None) -> None:
        """Have the venue sum one book (significant figures, mantissa), or none. Raises VenueRefused."""
        if grouping is None:
            self._market_data.unwatch_grouped()
        else:
            self._market_data.watch_grouped(coin, *grouping)

    async def settled(self) -> None:
        """Return when every history that is being fetched now is there."""
        for lock in tuple(self._loading.values()):
            async with lock:
                pass

    async def older(self, coin: str, interval: Interval) -> int:
        """Rows added before the oldest one held; 0 when the venue has no more. Raises VenueError."""
        key = (coin, interval)
        async with self._loading.setdefault((*key, Turn.SIGHT), asyncio.Lock()):
            series = self._feed.market(coin).series(interval)
            if series is None or not len(series) or key in self._exhausted:
                return 0
            oldest = int(series.block().time_ms[0])
            start = max(0, oldest - OLDER_ROWS * interval.ms)
            block = await self._market_data.candles(coin, interval, start, oldest - 1, Turn.SIGHT)
            block = block.between(0, oldest)
            if len(block):
                self._feed.prepend(coin, interval, block)
            else:
                self._exhausted.add(key)
            return len(block)
