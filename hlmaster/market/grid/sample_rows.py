"""Rows every so many milliseconds of market time: the mid's course and what was traded since the row before."""

from __future__ import annotations

import math

from hlmaster.market.grid.rows import Rows

UNKNOWN = (math.nan,) * 4


class SampleRows(Rows):
    """``close`` is the mid as the row closed, ``open`` the one before; all are unknown without a fresh mid.

    ``volume`` is what takers traded, in coins. Nothing is invented for a moment that passed unseen: its row is absent,
    and what was traded meanwhile counts into the next.
    """

    least_rows = 1_024

    def see_mid(self) -> None:
        mid = self.known.market.mid
        if mid is not None:
            self.since.see_mid(mid)

    def close(self, due_ms: int, now_ms: int, monotonic: float) -> None:
        known, since = self.known, self.since
        known.look(now_ms, monotonic)
        mid = known.mid
        since.see_mid(mid)
        prices = (since.open, since.high, since.low, mid) if mid == mid else UNKNOWN
        volume = math.nan if since.broken or known.is_deaf else since.bought + since.sold
        self._append(due_ms, since.start_ms or due_ms - self.grid.ms, (*prices, volume))
