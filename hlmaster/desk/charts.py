"""Candle history for whoever draws it: loaded once, kept live, extended backwards on request."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from weakref import WeakValueDictionary

from hlmaster.core.clock import Clock
from hlmaster.core.model import Interval
from hlmaster.core.ports import MarketData, Turn
from hlmaster.market.feed import Feed

FIRST_ROWS = 1_500
OLDER_ROWS = 2_000
KEPT = 6
"""Series that a viewer went away from and that stay live: who goes back and forth waits once."""
Key = tuple[str, Interval]
ALWAYS = "desk"
"""Holds what is needed for as long as the desk runs."""


class Charts:
    """Owns the candle streams: each lives while somebody holds it. A ``viewer`` looks at one series at a time."""

    def __init__(self, clock: Clock, market_data: MarketData, feed: Feed) -> None:
        self._clock, self._market_data, self._feed = clock, market_data, feed
        self._loading: WeakValueDictionary[tuple[str, Interval, Turn], asyncio.Lock] = WeakValueDictionary()
        """Each is there for as long as somebody has it or waits for it."""
        self._holders: dict[Key, set[Hashable]] = {}
        self._views: dict[Hashable, Key] = {}
        self._left: dict[Key, None] = {}
        """Held by nobody any more, in the order in which they were left."""
        self._loaded: set[Key] = set()
        self._exhausted: set[Key] = set()
        self._groupings: dict[Hashable, tuple[str, int, int]] = {}

    async def show(
        self, coin: str, interval: Interval, turn: Turn = Turn.SIGHT, *, viewer: Hashable | None = None
    ) -> None:
        """Subscribe the candle stream and load its recent history, once; a second time where somebody whose turn comes
        first would wait behind another. Without a viewer it stays for good. Raises VenueError."""
        key = (coin, interval)
        if viewer is None:
            self.hold(ALWAYS, coin, interval)
        elif self._views.get(viewer) != key:
            self.leave(viewer)
            self.hold(viewer, coin, interval)
            self._views[viewer] = key
        async with self._loading.setdefault((*key, turn), asyncio.Lock()):
            if key in self._loaded:
                return
            now = self._clock.now_ms()
            block = await self._market_data.candles(coin, interval, max(0, now - FIRST_ROWS * interval.ms), now, turn)
            self._feed.load_series(coin, interval, block)
            if key in self._holders:
                self._loaded.add(key)

    def leave(self, viewer: Hashable) -> None:
        """It looks at nothing any more; what it saw stays live until ``KEPT`` others have been left."""
        key = self._views.pop(viewer, None)
        if key is None:
            return
        self._holders[key].discard(viewer)
        if not self._holders[key]:
            self._left[key] = None
            while len(self._left) > KEPT:
                self._end(next(iter(self._left)))

    def hold(self, who: Hashable, coin: str, interval: Interval) -> None:
        """Keep a stream subscribed. Raises VenueRefused for a coin that is not listed."""
        self._market_data.watch_candles(coin, interval)
        self._left.pop((coin, interval), None)
        self._holders.setdefault((coin, interval), set()).add(who)

    def release(self, who: Hashable, coin: str, interval: Interval) -> None:
        """``who`` needs a stream no longer."""
        holders = self._holders.get((coin, interval), set())
        holders.discard(who)
        if not holders and (coin, interval) not in self._left:
            self._end((coin, interval))

    def _end(self, key: Key) -> None:
        self._left.pop(key, None)
        self._loaded.discard(key)
        self._exhausted.discard(key)
        if self._holders.pop(key, None) is not None:
            self._market_data.unwatch_candles(*key)
            self._feed.forget_series(*key)

    def has(self, coin: str, interval: Interval) -> bool:
        """Its recent history is there; a stream alone may have begun a minute ago."""
        return (coin, interval) in self._loaded

    def group_book(self, coin: str, grouping: tuple[int, int] | None, viewer: Hashable = "book") -> None:
        """Have the venue sum one book (significant figures, mantissa), or none. Of several ladders the one that chose
        last has it, for there is but one; the others sum what they see. Raises VenueRefused."""
        wanted = None if grouping is None else (coin, *grouping)
        if self._groupings.get(viewer) == wanted:
            return
        self._groupings.pop(viewer, None)
        if wanted is not None:
            self._groupings[viewer] = wanted
        if self._groupings:
            self._market_data.watch_grouped(*next(reversed(self._groupings.values())))
        else:
            self._market_data.unwatch_grouped()

    async def settled(self) -> None:
        """Return when every history that is being fetched now is there."""
        for lock in tuple(self._loading.values()):
            async with lock:
                pass

    async def funding(self, coin: str, start_ms: int) -> list[tuple[int, float]]:
        """(time in ms, rate of the hour before) from ``start_ms`` to now, oldest first. Raises VenueError."""
        found = await self._market_data.funding_history(coin, max(0, start_ms), self._clock.now_ms())
        return [(time_ms, rate) for time_ms, rate, _ in found]

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
