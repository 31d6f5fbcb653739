"""Since when something was heard, and where nobody can say whether all of it was."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from hlmaster.core.candles import Ints

MOST_GAPS = 512
Flags = NDArray[np.bool_]


class Listening:
    """Times in market milliseconds. Stretches are half open, [start, end).

    Of more than ``MOST_GAPS`` gaps the oldest is forgotten together with everything before it.
    """

    __slots__ = ("_gaps", "_lost_since", "begun_ms")

    def __init__(self, begun_ms: int) -> None:
        self.begun_ms = begun_ms
        self._gaps: deque[tuple[int, int]] = deque()
        self._lost_since: int | None = None

    @property
    def is_lost(self) -> bool:
        return self._lost_since is not None

    def lose(self, since_ms: int) -> None:
        """Nothing is sure from then on, until ``regain``."""
        if self._lost_since is None:
            self._lost_since = since_ms

    def regain(self, at_ms: int) -> None:
        if self._lost_since is not None:
            since, self._lost_since = self._lost_since, None
            self.miss(since, at_ms)

    def miss(self, start_ms: int, end_ms: int) -> None:
        """Something in this stretch was not heard."""
        gaps, end_ms = self._gaps, max(end_ms, start_ms + 1)
        if gaps and start_ms <= gaps[-1][1]:
            start_ms, end_ms = min(start_ms, gaps[-1][0]), max(end_ms, gaps[-1][1])
            gaps.pop()
        gaps.append((start_ms, end_ms))
        if len(gaps) > MOST_GAPS:
            self.forget(gaps[0][1])

    def forget(self, before_ms: int) -> None:
        """What was heard before then is not kept any more."""
        self.begun_ms = max(self.begun_ms, before_ms)
        while self._gaps and self._gaps[0][1] <= self.begun_ms:
            self._gaps.popleft()

    def gaps(self, now_ms: int) -> list[tuple[int, int]]:
        """Oldest first; the last one may still go on."""
        if self._lost_since is None:
            return list(self._gaps)
        return [*self._gaps, (self._lost_since, max(now_ms, self._lost_since + 1))]

    def lost(self, starts: Ints, ends: Ints, now_ms: int) -> Flags:
        """Which of the stretches a gap reaches into; starts and ends rise."""
        result = np.zeros(len(starts), np.bool_)
        for start, end in self.gaps(now_ms):
            first, last = np.searchsorted(ends, start, "right"), np.searchsorted(starts, end, "left")
            result[first:last] = True
        return result

    def is_whole(self, start_ms: int, end_ms: int, now_ms: int) -> bool:
        """Everything between the two was heard, as far as it has happened."""
        if start_ms < self.begun_ms:
            return False
        return all(end <= start_ms or start >= end_ms for start, end in self.gaps(now_ms))
