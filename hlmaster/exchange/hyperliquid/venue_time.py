"""How far the venue's clock is from ours, told by its answers; no single answer may move it far."""

from __future__ import annotations

import logging
from collections import deque

from hlmaster.core.clock import HOUR_MS, Clock

log = logging.getLogger(__name__)
KEPT_SECONDS = 600.0
"""Readings may lag and never lead: of those of so long, the latest by the clock is believed."""
JUMP_SECONDS = 10.0
"""A reading that is further (wall seconds) from what is known is believed once others agree with it."""
WITNESSES = 3
"""How many readings in a row, the first included, that takes."""
FURTHEST_MS = 20 * HOUR_MS
"""Never believed beyond this: the venue refuses nonces a day ahead of its time, and a nonce cannot be taken back."""


class VenueTime:
    """``offset_ms``: venue time minus ours, None before the first reading; until then our own clock counts."""

    def __init__(self, clock: Clock) -> None:
        self.offset_ms: float | None = None
        self._clock = clock
        self._believed: deque[tuple[float, float]] = deque()
        """When (monotonic seconds) and by how much; falling, for a reading is forgotten once a later one is ahead."""
        self._doubted: list[float] = []

    def learn(self, venue_ms: int, asked_ms: int) -> bool:
        """False for a reading that wants confirming: ask again.

        The stamp was made between the asking and now; its middle is the best guess.
        """
        now_ms = self._clock.now_ms()
        offset, doubt = venue_ms - (asked_ms + now_ms) / 2, (now_ms - asked_ms) / 2
        if self._is_near(offset, self.offset_ms or 0.0, doubt):
            self._doubted.clear()
        elif not self._is_confirmed(offset, doubt):
            # One that is behind what is known is a reader that lags: nothing to ask about.
            return self.offset_ms is not None and offset < self.offset_ms
        now = self._clock.monotonic()
        while self._believed and self._believed[-1][1] <= offset:
            self._believed.pop()
        self._believed.append((now, offset))
        while now - self._believed[0][0] > KEPT_SECONDS:
            self._believed.popleft()
        self.offset_ms = self._believed[0][1]
        return True

    def _is_near(self, one: float, other: float, doubt: float) -> bool:
        return abs(one - other) <= JUMP_SECONDS * 1000 * self._clock.speed + doubt

    def _is_confirmed(self, offset: float, doubt: float) -> bool:
        """By doubted ones that agree with it, with none that is believed in between."""
        self._doubted = [known for known in self._doubted if self._is_near(known, offset, doubt)] + [offset]
        seconds = offset / 1000
        if abs(offset) > FURTHEST_MS:
            log.warning("the exchange's time is %+.0f s from this computer's, which is not believed", seconds)
            return False
        if len(self._doubted) < WITNESSES:
            log.info("the exchange's time is %+.0f s from this computer's; it is asked again", seconds)
            return False
        log.warning("the exchange's time is %+.0f s from this computer's, by %d answers", seconds, WITNESSES)
        self._doubted.clear()
        return True
