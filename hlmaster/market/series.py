"""The candles of one coin and interval, in arrays that grow at the end."""

from __future__ import annotations

from enum import Enum

import numpy as np
from numpy.typing import NDArray

from hlmaster.core.candles import CandleBlock, Floats, Ints, next_open_time
from hlmaster.core.events import CandleRow
from hlmaster.core.model import Interval

MAX_ROWS = 1_000_000
"""Beyond this the oldest quarter is let go."""
FIRST_CAPACITY = 1_024
NOISE = 1e-9
"""Relative rounding that a volume may lose between two statements of it."""


class Change(Enum):
    """What a row did to the series."""

    APPENDED = "the candle before it closed, or it is the first"
    MOVED = "the open candle changed"
    SAME = "the open candle is as it was"
    REGRESSED = "an older state of the open candle; not taken"
    FILLED = "a missing closed candle came late"
    CORRECTED = "a closed candle came again, otherwise"
    REPEATED = "a closed candle came again, the same"


class Series:
    """Open times strictly ascend; the last row is the open candle. Missing candles stay missing, see ``gaps``.

    ``resuming``: set when a connection begins; until a row for the last candle or a newer one arrives, repeats and
    late rows are the expected overlap of a gap fill, and the open candle may be restated smaller.
    """

    __slots__ = ("_count", "_last", "_store", "_view", "coin", "interval", "resuming")

    def __init__(self, coin: str, interval: Interval) -> None:
        self.coin = coin
        self.interval = interval
        self.resuming = False
        self._store = _empty(FIRST_CAPACITY)
        self._count = 0
        self._last: CandleRow | None = None
        self._view: CandleBlock | None = None

    def __len__(self) -> int:
        return self._count

    @property
    def last(self) -> CandleRow | None:
        """The open candle."""
        return self._last

    def block(self) -> CandleBlock:
        """Views of the rows in use, no copy: they show later changes of the open candle, not the candles after it."""
        if self._view is None:
            self._view = self._store.rows(slice(self._count))
        return self._view

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """Missing stretches as (open time of the first missing candle, open time of the next present one)."""
        times = self._store.time_ms[: self._count]
        if self.interval is Interval.MO1:
            expected = np.array([next_open_time(int(t), self.interval) for t in times[:-1]], np.int64)
        else:
            expected = times[:-1] + self.interval.ms
        holes = np.flatnonzero(times[1:] > expected)
        return [(int(expected[i]), int(times[i + 1])) for i in holes]

    def follows(self, open_ms: int) -> int:
        """Open time of the candle after the one that opened at ``open_ms``."""
        return next_open_time(open_ms, self.interval) if self.interval is Interval.MO1 else open_ms + self.interval.ms

    def put(self, row: CandleRow) -> Change:
        """Take one row: in O(1) for the open candle and the next one, else in its place."""
        last = self._last
        if last is None or row.open_ms > last.open_ms:
            self.resuming = False
            self._append(row)
            return Change.APPENDED
        if row.open_ms < last.open_ms:
            return self._put_late(row)
        if row == last:
            self.resuming = False
            return Change.SAME
        if not self.resuming and (row.trades < last.trades or row.volume < last.volume * (1 - NOISE)):
            return Change.REGRESSED
        self.resuming = False
        self._write(self._count - 1, row)
        self._last = row
        return Change.MOVED

    def merge(self, block: CandleBlock) -> None:
        """Take a block (ascending, unique). Of a candle both know, ours stands only if it counts more trades."""
        if not len(block):
            return
        ours = self.block()
        places = np.searchsorted(ours.time_ms, block.time_ms)
        theirs = np.flatnonzero(places < len(ours))
        theirs = theirs[ours.time_ms[places[theirs]] == block.time_ms[theirs]]
        mine = places[theirs]
        further = ours.trades[mine] > block.trades[theirs]
        ours, block = _without(ours, mine[~further]), _without(block, theirs[further])
        order = np.argsort(np.concatenate([ours.time_ms, block.time_ms]), kind="stable")[-MAX_ROWS:]
        store = _empty(_room(len(order)))
        for target, left, right in zip(store.columns, ours.columns, block.columns, strict=True):
            target[: len(order)] = np.concatenate([left, right])[order]
        self._store, self._count, self._view = store, len(order), None
        self._last = self.row(-1)

    def row(self, index: int) -> CandleRow:
        """One row as a fact; negative indices count from the end. Raises IndexError."""
        i, s = range(self._count)[index], self._store
        return CandleRow(
            self.coin,
            self.interval,
            int(s.time_ms[i]),
            float(s.open[i]),
            float(s.high[i]),
            float(s.low[i]),
            float(s.close[i]),
            float(s.volume[i]),
            int(s.trades[i]),
        )

    def _append(self, row: CandleRow) -> None:
        self._make_room()
        self._write(self._count, row)
        self._count += 1
        self._last = row
        self._view = None

    def _put_late(self, row: CandleRow) -> Change:
        times = self._store.time_ms[: self._count]
        position = int(np.searchsorted(times, row.open_ms))
        if times[position] == row.open_ms:
            if self.row(position) == row:
                return Change.REPEATED
            self._write(position, row)
            return Change.CORRECTED
        self._make_room()
        position = int(np.searchsorted(self._store.time_ms[: self._count], row.open_ms))
        for column in self._store.columns:
            column[position + 1 : self._count + 1] = column[position : self._count]
        self._write(position, row)
        self._count += 1
        self._view = None
        return Change.FILLED

    def _write(self, position: int, row: CandleRow) -> None:
        s = self._store
        s.time_ms[position] = row.open_ms
        s.open[position] = row.open
        s.high[position] = row.high
        s.low[position] = row.low
        s.close[position] = row.close
        s.volume[position] = row.volume
        s.trades[position] = row.trades

    def _make_room(self) -> None:
        if self._count < len(self._store):
            return
        first = self._count // 4 if self._count >= MAX_ROWS else 0
        kept = self._store.rows(slice(first, self._count))
        store = _empty(_room(len(kept)))
        for target, source in zip(store.columns, kept.columns, strict=True):
            target[: len(kept)] = source
        self._store, self._count, self._view = store, len(kept), None


def _room(count: int) -> int:
    return max(FIRST_CAPACITY, min(MAX_ROWS, count * 3 // 2))


def _empty(capacity: int) -> CandleBlock:
    def numbers() -> Floats:
        return np.empty(capacity, np.float64)

    def whole() -> Ints:
        return np.empty(capacity, np.int64)

    return CandleBlock(whole(), numbers(), numbers(), numbers(), numbers(), numbers(), whole())


def _without(block: CandleBlock, positions: NDArray[np.intp]) -> CandleBlock:
    if not len(positions):
        return block
    kept = np.ones(len(block), np.bool_)
    kept[positions] = False
    return block.rows(kept)
