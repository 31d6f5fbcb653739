"""Candle arithmetic: bucket bounds, aggregation, and the column block that candles travel in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hlmaster.core.intervals import MONDAY_MS, next_open_time, open_time
from hlmaster.core.model import Interval

__all__ = ["MONDAY_MS", "CandleBlock", "aggregate", "next_open_time", "open_time"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CandleBlock:
    """Columns of equal length, ascending and unique in ``time_ms`` (open times). ``volume`` in coins."""

    time_ms: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    trades: Ints

    def __len__(self) -> int:
        return len(self.time_ms)

    @staticmethod
    def empty() -> CandleBlock:
        none, count = np.empty(0, np.float64), np.empty(0, np.int64)
        return CandleBlock(count, none, none, none, none, none, count)

    @property
    def columns(self) -> tuple[Ints | Floats, ...]:
        """All columns in the order of the constructor."""
        return (self.time_ms, self.open, self.high, self.low, self.close, self.volume, self.trades)

    def rows(self, selection: slice | NDArray[np.intp] | NDArray[np.bool_]) -> CandleBlock:
        """Some of the rows: a view for a slice, a copy for indices or a mask."""
        return CandleBlock(
            self.time_ms[selection],
            self.open[selection],
            self.high[selection],
            self.low[selection],
            self.close[selection],
            self.volume[selection],
            self.trades[selection],
        )

    def between(self, start_ms: int, end_ms: int) -> CandleBlock:
        """Rows whose open time lies in [start, end)."""
        lo, hi = np.searchsorted(self.time_ms, [start_ms, end_ms])
        return self.rows(slice(int(lo), int(hi)))


def aggregate(block: CandleBlock, interval: Interval) -> CandleBlock:
    """Coarser candles from finer ones: first open, highest high, lowest low, last close, summed volume and trades.

    The last row may be unfinished, as its source is; missing source rows are simply not in the sums.
    """
    if not len(block):
        return block
    opens = np.fromiter((open_time(int(t), interval) for t in block.time_ms), np.int64, len(block))
    starts = np.flatnonzero(np.r_[True, opens[1:] != opens[:-1]])
    ends = np.r_[starts[1:], len(block)] - 1
    return CandleBlock(
        opens[starts],
        block.open[starts],
        np.maximum.reduceat(block.high, starts),
        np.minimum.reduceat(block.low, starts),
        block.close[ends],
        np.add.reduceat(block.volume, starts),
        np.add.reduceat(block.trades, starts),
    )
