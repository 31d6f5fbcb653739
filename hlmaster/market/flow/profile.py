"""Volume profiles of a stretch of time: from trades where they were heard, else from candles, and it says how much."""

from __future__ import annotations

import numpy as np

from hlmaster.core.candles import CandleBlock, Ints, next_open_time
from hlmaster.core.model import Interval
from hlmaster.market.flow.cells import PriceCells
from hlmaster.market.flow.grid import PriceGrid
from hlmaster.market.flow.listening import Listening
from hlmaster.market.flow.rows import Rows, joined, rows_of, rows_of_candles


def profile(
    block: CandleBlock,
    interval: Interval,
    grid: PriceGrid,
    step: int,
    heard: tuple[PriceCells, Listening] | None,
    now_ms: int,
) -> Rows:
    """Rows of ``step`` units over all candles of ``block``. A candle of which every trade was heard counts by its
    trades, any other by its volume spread evenly over its range (``unsided``)."""
    if heard is None or not len(block):
        return rows_of_candles(block, grid, step)
    cells, listening = heard
    opens, closes = block.time_ms, _closes(block.time_ms, interval)
    whole = (opens >= listening.begun_ms) & ~listening.lost(opens, closes, now_ms)
    rows = rows_of_candles(block.rows(~whole), grid, step)
    edges = np.flatnonzero(np.diff(np.r_[False, whole, False].astype(np.int8)))
    for first, last in edges.reshape(-1, 2).tolist():
        rows = joined(rows, rows_of(cells.between(int(opens[first]), int(closes[last - 1])), step))
    return rows


def _closes(opens: Ints, interval: Interval) -> Ints:
    if interval is Interval.MO1:
        return np.array([next_open_time(int(t), interval) for t in opens], np.int64)
    return opens + interval.ms
