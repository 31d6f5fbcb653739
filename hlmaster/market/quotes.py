"""The mid price of one coin and its recent course."""

from __future__ import annotations

from collections import deque

from hlmaster.core.clock import Clock

SAMPLE_EVERY_MS = 100
HISTORY_MS = 60_000
SUMMARY_SKEW_MS = 10_000
"""Our clock may run this far ahead of the venue's stamps; a longer step back is a new start of the history."""
EXACT_SECONDS = 1.0
"""How long a mid from a quote or book outranks one from a summary frame, which was made a little earlier."""


class MidPrice:
    """The newest mid heard and samples of the last minute of market time.

    Quotes and books give it exactly and say when; summaries (all mids, contexts) fill in when those have gone quiet.
    While the newest quote or book has an empty side there is no mid, whatever a summary puts in its place.
    """

    __slots__ = ("_clock", "_exact_at", "_history", "_one_sided", "_time_ms", "value")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.value: float | None = None
        self._time_ms = 0
        self._exact_at = float("-inf")
        self._one_sided = False
        self._history: deque[tuple[int, float]] = deque(maxlen=HISTORY_MS // SAMPLE_EVERY_MS)

    def exact(self, value: float | None, time_ms: int, monotonic: float) -> None:
        """From a quote or book of venue time ``time_ms``; None when a side was empty."""
        if time_ms < self._time_ms:
            return
        self._time_ms = time_ms
        self._exact_at = monotonic
        self._one_sided = value is None
        self.value = value
        if value is not None:
            self._sample(value, time_ms)

    def summary(self, value: float, monotonic: float) -> bool:
        """From a frame without a venue time of its own; returns whether it could be used."""
        if self._one_sided:
            return False
        if monotonic - self._exact_at > EXACT_SECONDS:
            self.value = value
            self._sample(value, self._clock.now_ms())
        return True

    def restart(self) -> None:
        """A new connection may begin with an older venue time than the last one ended with."""
        self._time_ms = 0

    def _sample(self, value: float, time_ms: int) -> None:
        history = self._history
        if history:
            elapsed = time_ms - history[-1][0]
            if 0 <= elapsed < SAMPLE_EVERY_MS:
                return
            if elapsed < -SUMMARY_SKEW_MS:
                history.clear()
            elif elapsed < 0:
                return
        history.append((time_ms, value))

    def momentum(self, seconds: float = 5.0) -> float | None:
        """Change of the mid over the last seconds of market time, as a fraction; None without a mid that long ago."""
        if self.value is None:
            return None
        then = self._clock.now_ms() - seconds * 1000
        for time_ms, past in reversed(self._history):
            if time_ms <= then:
                return self.value / past - 1
        return None
