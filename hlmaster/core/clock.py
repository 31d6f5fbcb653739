"""Time. Nothing else in the product asks the operating system what time it is.

Market time is ``start_ms + speed * (wall - wall_ms)``: on the real exchange speed is 1 and market time is UTC; the
embedded exchange may run faster. Stamps, nonces, candles, funding and the day's roll are market time; sockets, back-off
and the window are wall time.
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from typing import Protocol

SECOND_MS = 1_000
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000


_SLEEPLESS: int | None = getattr(
    time, {"linux": "CLOCK_BOOTTIME", "darwin": "CLOCK_MONOTONIC"}.get(sys.platform, ""), None
)
"""The clock that also runs while the computer sleeps. ``monotonic`` stands still then, except on Windows."""


class Clock(Protocol):
    speed: float

    def now_ms(self) -> int:
        """Market time, integer UTC milliseconds."""

    def wall_ms(self) -> int:
        """This computer's time, integer UTC milliseconds."""

    def monotonic(self) -> float:
        """Seconds that only go forward, for ages, deadlines and latencies."""

    def wall_jump_ms(self) -> int:
        """By how much wall time has parted from the monotonic clock: sleep, time set by hand or by the network."""

    async def sleep(self, wall_seconds: float) -> None:
        """Wait in wall time."""


class SystemClock:
    """Market time from the operating system, scaled from an anchor.

    The anchor is held against clocks that only go forward, so a wall clock set back an hour moves neither market time
    nor ages; ``wall_jump_ms`` tells by how much wall and monotonic time have parted since the start. An embedded
    exchange sleeps with this computer, so its time does too; the real one lives on, and market time with it.
    """

    def __init__(self, start_ms: int | None = None, wall_ms: int | None = None, speed: float = 1.0) -> None:
        self.anchor(start_ms, wall_ms, speed)

    def anchor(self, start_ms: int | None, wall_ms: int | None, speed: float) -> None:
        """Market time was ``start_ms`` when this computer's time was ``wall_ms``; without them it is UTC."""
        wall_now = self.wall_ms()
        self.speed = speed
        self._wall_anchor = wall_now
        self._mono_anchor = time.monotonic()
        self._sleeps = start_ms is not None
        self._tick_anchor = self._ticks()
        since = 0 if wall_ms is None else wall_now - wall_ms
        self._market_anchor = float(wall_now) if start_ms is None else start_ms + since * speed

    def now_ms(self) -> int:
        return int(self._market_anchor + self.speed * 1000.0 * (self._ticks() - self._tick_anchor))

    def _ticks(self) -> float:
        return time.monotonic() if self._sleeps or _SLEEPLESS is None else time.clock_gettime(_SLEEPLESS)

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    def wall_jump_ms(self) -> int:
        return int(self.wall_ms() - self._wall_anchor - 1000.0 * (time.monotonic() - self._mono_anchor))

    async def sleep(self, wall_seconds: float) -> None:
        await asyncio.sleep(wall_seconds)


@dataclass(slots=True)
class ManualClock:
    """A clock that stands still until moved: tests, research and the simulator's own stepping."""

    market_ms: int = 1_700_000_000_000
    speed: float = 1.0
    elapsed: float = 0.0

    def now_ms(self) -> int:
        return self.market_ms

    def wall_ms(self) -> int:
        return self.market_ms

    def monotonic(self) -> float:
        return self.elapsed

    def wall_jump_ms(self) -> int:
        return 0

    def advance(self, ms: int) -> None:
        self.market_ms += ms
        self.elapsed += ms / 1000.0 / self.speed

    async def sleep(self, wall_seconds: float) -> None:
        self.advance(int(wall_seconds * 1000 * self.speed))
        await asyncio.sleep(0)


performance_ns = time.perf_counter_ns
"""Nanoseconds for measuring a stretch of our own work."""
