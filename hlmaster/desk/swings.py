"""How far each coin moves in a day, from candles that are fetched beside everything else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Protocol

from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import HOUR_MS, Clock
from hlmaster.core.errors import HlError
from hlmaster.core.model import Interval
from hlmaster.core.ports import Turn
from hlmaster.core.rounding import to_decimal
from hlmaster.trading.risk.swing import day_swing

log = logging.getLogger(__name__)
DAYS = 60
DECIMALS = 6
FRESH_MS = 4 * HOUR_MS
AGAIN_SECONDS = 30.0
"""Wall seconds until a coin whose past could not be had is asked for again."""
FORESEEN = 8
"""Coins whose past is asked for before anybody has an idea about them, and before any chart."""


class History(Protocol):
    async def __call__(
        self, coin: str, interval: Interval, start_ms: int, end_ms: int, turn: Turn = Turn.STUDY, /
    ) -> CandleBlock: ...


class Swings:
    """``look`` has the past of the coins that matter fetched, one after the other; ``changed`` hears of news.

    ``foreseen``: coins that strategies may want to trade, foremost first. Nothing trades a coin by itself whose swing
    is not known, so an idea should not be the first to ask.
    """

    def __init__(self, clock: Clock, history: History, changed: Callable[[], None] = lambda: None) -> None:
        self._clock, self._history, self._changed = clock, history, changed
        self.foreseen: Callable[[], Iterable[str]] = tuple
        self._known: dict[str, tuple[int, Decimal | None]] = {}
        self._again: dict[str, float] = {}
        self._wanted: dict[str, None] = {}
        """A set that keeps its order."""
        self._task: asyncio.Task[None] | None = None

    def __call__(self, coin: str) -> Decimal | None:
        known = self._known.get(coin)
        return None if known is None else known[1]

    def want(self, coin: str) -> None:
        """From now on this coin's past matters."""
        self._wanted[coin] = None

    def look(self) -> None:
        if (self._task is None or self._task.done()) and self._due() is not None:
            self._task = asyncio.get_running_loop().create_task(self._fetch_all(), name="past of coins")

    def _due(self) -> tuple[str, Turn] | None:
        """The coin that is next, and how urgently."""
        now, wall = self._clock.now_ms(), self._clock.monotonic()
        for place, coin in enumerate(dict.fromkeys((*self._wanted, *self.foreseen()))):
            known = self._known.get(coin)
            if (known is None or now - known[0] > _keeps(known[1])) and self._again.get(coin, wall) <= wall:
                urgent = coin in self._wanted or place < len(self._wanted) + FORESEEN
                return coin, Turn.MEASURE if urgent else Turn.STUDY
        return None

    async def _fetch_all(self) -> None:
        while (due := self._due()) is not None:
            coin, turn = due
            self._again[coin] = self._clock.monotonic() + AGAIN_SECONDS
            await self._fetch(coin, turn)

    async def _fetch(self, coin: str, turn: Turn) -> None:
        now = self._clock.now_ms()
        try:
            block = await self._history(coin, Interval.H1, max(0, now - DAYS * 24 * HOUR_MS), now, turn)
        except HlError as error:
            log.info("the past of %s could not be had yet: %s", coin, error)
            return
        swing = day_swing(block.close[:-1])  # the last hour is still open
        if swing is None:
            self._known[coin] = (now, self(coin))
        else:
            self._known[coin] = (now, to_decimal(swing, DECIMALS))
            self._changed()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


def _keeps(swing: Decimal | None) -> int:
    """For how long an answer holds: a past that is too short does not grow before the hour is over."""
    return HOUR_MS if swing is None else FRESH_MS
