"""How far each coin moves in a day, from candles that are fetched beside everything else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from decimal import Decimal

from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import HOUR_MS, Clock
from hlmaster.core.errors import HlError
from hlmaster.core.model import Interval
from hlmaster.core.rounding import to_decimal
from hlmaster.trading.risk.swing import day_swing

log = logging.getLogger(__name__)
History = Callable[[str, Interval, int, int], Awaitable[CandleBlock]]
DAYS = 60
DECIMALS = 6
FRESH_MS = 4 * HOUR_MS
AGAIN_SECONDS = 30.0
"""Wall seconds until a coin whose past could not be had is asked for again."""


class Swings:
    """``look`` has the past of the coins that matter fetched, one after the other; ``changed`` hears of news."""

    def __init__(self, clock: Clock, history: History, changed: Callable[[], None] = lambda: None) -> None:
        self._clock, self._history, self._changed = clock, history, changed
        self._known: dict[str, tuple[int, Decimal]] = {}
        self._again: dict[str, float] = {}
        self._wanted: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def __call__(self, coin: str) -> Decimal | None:
        known = self._known.get(coin)
        return None if known is None else known[1]

    def want(self, coin: str) -> None:
        """From now on this coin's past matters."""
        self._wanted.add(coin)

    def look(self) -> None:
        if self._task is not None and not self._task.done():
            return
        now, wall = self._clock.now_ms(), self._clock.monotonic()
        for coin in sorted(self._wanted):
            known = self._known.get(coin)
            if (known is None or now - known[0] > FRESH_MS) and self._again.get(coin, wall) <= wall:
                self._again[coin] = wall + AGAIN_SECONDS
                self._task = asyncio.get_running_loop().create_task(self._fetch(coin), name=f"past of {coin}")
                return

    async def _fetch(self, coin: str) -> None:
        now = self._clock.now_ms()
        try:
            block = await self._history(coin, Interval.H1, max(0, now - DAYS * 24 * HOUR_MS), now)
        except HlError as error:
            log.info("the past of %s could not be had yet: %s", coin, error)
            return
        swing = day_swing(block.close[:-1])  # the last hour is still open
        if swing is not None:
            self._known[coin] = (now, to_decimal(swing, DECIMALS))
            self._changed()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
