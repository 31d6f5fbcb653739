"""What anybody can ask of the past: candles and funding rates. Pages as long as there are pages."""

from __future__ import annotations

from hlmaster.core.candles import next_open_time
from hlmaster.core.clock import Clock
from hlmaster.core.model import Interval
from hlmaster.core.ports import Turn
from hlmaster.exchange.hyperliquid import codec, wire
from hlmaster.exchange.hyperliquid.budget import Priority
from hlmaster.exchange.hyperliquid.client import Client
from hlmaster.exchange.hyperliquid.queries import PAGE

MOST_CANDLES = 5_000
"""Of one coin and timeframe; the venue has no older ones."""
PRIORITIES = {Turn.MEASURE: Priority.MEASURE, Turn.SIGHT: Priority.SIGHT, Turn.STUDY: Priority.STUDY}


class MarketQueries:
    """Queries about one coin, from ``start_ms`` to ``end_ms``, both included. All raise VenueError."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def candles(self, coin: str, interval: Interval, start_ms: int, end_ms: int, turn: Turn) -> list[wire.Candle]:
        """By open time, the unfinished one included."""
        priority = PRIORITIES[turn]
        with self._client.budget.claim(priority):
            return await self._candles(coin, interval, start_ms, end_ms, priority)

    async def _candles(
        self, coin: str, interval: Interval, start_ms: int, end_ms: int, priority: Priority
    ) -> list[wire.Candle]:
        rows: list[wire.Candle] = []
        cursor = start_ms
        while cursor <= end_ms:
            request = {"coin": coin, "interval": interval.value, "startTime": cursor, "endTime": end_ms}
            due = self._due(interval, cursor, end_ms)
            raw = await self._client.info("candleSnapshot", priority=priority, rows=due, req=request)
            page = codec.CANDLES.read(raw)
            self._client.charge_rows("candleSnapshot", len(page), due)
            fresh = [row for row in page if cursor <= row.t <= end_ms]
            rows += fresh
            if len(page) < PAGE or not fresh:
                break
            cursor = next_open_time(max(row.t for row in fresh), interval)
            if cursor > self._clock.now_ms():
                break
        return rows

    def _due(self, interval: Interval, start_ms: int, end_ms: int) -> int:
        """How many candles there are at most."""
        end_ms = min(end_ms, self._clock.now_ms())
        return min(MOST_CANDLES, max(0, (end_ms - start_ms) // interval.ms + 1))

    async def funding_history(self, coin: str, start_ms: int, end_ms: int) -> list[tuple[int, float, float]]:
        """(time_ms, hourly rate, premium), ascending."""
        found: dict[int, tuple[int, float, float]] = {}
        cursor = start_ms
        while cursor <= end_ms:
            raw = await self._client.info("fundingHistory", coin=coin, startTime=cursor, endTime=end_ms)
            page = codec.FUNDING_HISTORY.read(raw)
            self._client.charge_rows("fundingHistory", len(page))
            found |= {row.time: (row.time, row.funding_rate, row.premium) for row in page}
            if len(page) < PAGE:
                break
            cursor = max(row.time for row in page) + 1
        return [found[time_ms] for time_ms in sorted(found)]
