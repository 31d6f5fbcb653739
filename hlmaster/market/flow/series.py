"""Delta and cumulative delta per candle, open interest and funding over time. What was not heard is NaN."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hlmaster.core.candles import Floats, Ints, open_time
from hlmaster.core.clock import DAY_MS
from hlmaster.core.events import AssetContext
from hlmaster.core.model import Interval
from hlmaster.market.flow.cells import PriceCells
from hlmaster.market.flow.grid import weighed
from hlmaster.market.flow.listening import Flags, Listening

SAMPLE_MS = 5_000
MOST_SAMPLES = 17_280
"""A day of market time: 0.6 MB a coin."""


@dataclass(frozen=True, slots=True)
class Deltas:
    """One row a candle, without holes in time. Sizes in coins.

    ``lost``: a gap lies in the candle. The first may be partial: it holds what was traded from ``begun_ms`` on.
    """

    time_ms: Ints
    sold: Floats
    bought: Floats
    lost: Flags
    begun_ms: int

    def __len__(self) -> int:
        return len(self.time_ms)

    @property
    def delta(self) -> Floats:
        return np.asarray(self.bought - self.sold)


def deltas(cells: PriceCells, listening: Listening, interval: Interval, now_ms: int, most: int) -> Deltas:
    """The last ``most`` candles since anybody listened, the open one included. Not for weeks and months."""
    length = interval.ms
    last = open_time(now_ms, interval)
    first = max(open_time(listening.begun_ms, interval), last - (most - 1) * length)
    times = np.arange(first, last + 1, length, dtype=np.int64)
    totals = cells.totals(first)
    at = (totals.time_ms - first) // length
    known = at < len(times)
    return Deltas(
        times,
        weighed(at[known], totals.sold[known], len(times)),
        weighed(at[known], totals.bought[known], len(times)),
        listening.lost(times, times + length, now_ms),
        listening.begun_ms,
    )


def cumulative(columns: Deltas, *, by_session: bool) -> Floats:
    """The running sum of delta: from zero at the start, after every gap, and (``by_session``) at midnight UTC.

    NaN in candles with a gap, so that no line leads over it.
    """
    begins = np.zeros(len(columns), np.bool_)
    begins[:1] = True
    begins[1:] |= columns.lost[:-1]
    if by_session:
        days = columns.time_ms // DAY_MS
        begins[1:] |= days[1:] != days[:-1]
    delta = np.where(columns.lost, 0.0, columns.delta)
    running = np.cumsum(delta)
    starts = np.flatnonzero(begins)
    before = (running - delta)[starts]
    result: Floats = running - np.repeat(before, np.diff(np.r_[starts, len(columns)]))
    result[columns.lost] = np.nan
    return result


@dataclass(frozen=True, slots=True)
class Samples:
    """Rising in ``time_ms``; a row of NaN is a gap. Open interest in coins, funding as a fraction an hour."""

    time_ms: Ints
    open_interest: Floats
    funding: Floats

    def at(self, times: Ints, length_ms: int) -> tuple[Floats, Floats]:
        """Open interest and funding as last heard within each stretch of ``length_ms`` from ``times`` on, else NaN."""
        place = np.searchsorted(self.time_ms, times + length_ms, "left") - 1
        known = place >= 0
        known[known] = self.time_ms[place[known]] >= times[known]
        found = [np.full(len(times), np.nan), np.full(len(times), np.nan)]
        for result, column in zip(found, (self.open_interest, self.funding), strict=True):
            result[known] = column[place[known]]
        return found[0], found[1]


class ContextSamples:
    """One sample every ``SAMPLE_MS``, the newest of its stretch; the last ``MOST_SAMPLES`` of them."""

    def __init__(self) -> None:
        self._times = np.empty(MOST_SAMPLES, np.int64)
        self._values = np.empty((MOST_SAMPLES, 2))
        self._count = 0

    def add(self, now_ms: int, context: AssetContext) -> None:
        self._put(now_ms, context.open_interest, context.funding_rate)

    def miss(self, at_ms: int) -> None:
        self._put(at_ms, np.nan, np.nan)

    def _put(self, at_ms: int, open_interest: float, funding: float) -> None:
        time_ms = at_ms // SAMPLE_MS * SAMPLE_MS
        last = self._count - 1
        if not self._count or time_ms > self._times[last % MOST_SAMPLES]:
            last += 1
            self._count += 1
            self._times[last % MOST_SAMPLES] = time_ms
        self._values[last % MOST_SAMPLES] = open_interest, funding

    def read(self) -> Samples:
        kept = min(self._count, MOST_SAMPLES)
        places = np.arange(self._count - kept, self._count) % MOST_SAMPLES
        return Samples(self._times[places], self._values[places, 0], self._values[places, 1])
