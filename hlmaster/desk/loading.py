"""Candle histories that somebody needs soon: begun when they are asked for, tried again when the venue refused."""

from __future__ import annotations

import asyncio
import logging
import math

from hlmaster.core.clock import Clock
from hlmaster.core.errors import VenueError
from hlmaster.core.model import Interval
from hlmaster.core.ports import Turn
from hlmaster.desk.charts import Charts

log = logging.getLogger(__name__)
RELOAD_SECONDS = 30.0
Key = tuple[str, Interval]


class Loading:
    """``turn``: who goes first where the allowance for history is short."""

    def __init__(self, clock: Clock, charts: Charts, turn: Turn) -> None:
        self._clock, self._charts, self._turn = clock, charts, turn
        self.under_way: dict[Key, asyncio.Task[None]] = {}
        self._loaded: set[Key] = set()
        self._again_at: dict[Key, float] = {}

    def want(self, coin: str, interval: Interval) -> bool:
        """Whether it is there; if not, it is on its way or will be tried again."""
        key = (coin, interval)
        if key in self._loaded or self._charts.has(coin, interval):
            return True
        if key not in self.under_way and self._clock.monotonic() >= self._again_at.get(key, -math.inf):
            loop = asyncio.get_running_loop()
            self.under_way[key] = loop.create_task(self._load(key), name=f"{interval} candles of {coin}")
        return False

    async def _load(self, key: Key) -> None:
        coin, interval = key
        try:
            await self._charts.show(coin, interval, self._turn)
            self._loaded.add(key)
        except VenueError as error:
            log.info("%s candles of %s could not be had yet: %s", interval, coin, error)
            self._again_at[key] = self._clock.monotonic() + RELOAD_SECONDS
        finally:
            self.under_way.pop(key, None)

    async def stop(self) -> None:
        tasks = list(self.under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
