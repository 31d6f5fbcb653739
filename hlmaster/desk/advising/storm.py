"""Advisers that take away one idea after the other: a person is told, for silence would look like a quiet market."""

from __future__ import annotations

from collections import deque

from hlmaster.core.bus import Bus
from hlmaster.core.clock import MINUTE_MS, Clock
from hlmaster.core.events import Notice, Severity

MANY, WITHIN_MS = 5, 10 * MINUTE_MS


class Storm:
    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus, self._clock = bus, clock
        self._taken: deque[int] = deque()
        self._told_ms: int | None = None

    @property
    def lately(self) -> int:
        """Ideas that were taken away in the last ten minutes."""
        since = self._clock.now_ms() - WITHIN_MS
        while self._taken and self._taken[0] < since:
            self._taken.popleft()
        return len(self._taken)

    def took(self, cards: int) -> None:
        now = self._clock.now_ms()
        self._taken.extend([now] * cards)
        if not cards or self.lately < MANY or (self._told_ms is not None and now - self._told_ms < WITHIN_MS):
            return
        self._told_ms = now
        text = f"The advisers took away {self.lately} ideas within ten minutes."
        cure = "Look at what the analyst and the news say, or switch their advice off in the analyst's settings."
        self._bus.publish(Notice(Severity.WARNING, text, "ANA-102", cure))
