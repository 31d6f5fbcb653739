"""What all owners need of a coin together, and the part of a higher timeframe that a window may see."""

from __future__ import annotations

import numpy as np

from hlmaster.core.candles import Floats, Ints
from hlmaster.market.grid.rows import Demand, Rows
from hlmaster.market.window import FrameNeeds, Grid, HigherFrame, Needs


def frame_rows(frame: FrameNeeds) -> int:
    return frame.lookback + max((indicator.warm_up for indicator in frame.indicators), default=0)


def demands(needs: list[Needs]) -> dict[Grid, Demand]:
    found: dict[Grid, Demand] = {}
    for one in needs:
        demand = found.setdefault(one.grid, Demand())
        demand.decides = True
        demand.rows = max(demand.rows, one.warm_up)
        demand.columns |= dict.fromkeys(one.columns)
        demand.indicators |= dict.fromkeys(one.indicators)
        demand.frames |= dict.fromkeys(frame.interval for frame in one.frames)
        for frame in one.frames:
            above = found.setdefault(Grid.of(frame.interval), Demand())
            above.rows = max(above.rows, frame_rows(frame) + one.grid.ms * one.lookback // frame.interval.ms)
            above.indicators |= dict.fromkeys(frame.indicators)
    return found


def higher(frame: FrameNeeds, row_ms: Ints, known_ms: Floats, rows: Rows, names: tuple[str, ...]) -> HigherFrame:
    """The part of a higher frame that a window with these as-of times may see."""
    table = rows.table
    times = table.times[: len(table)]
    at: Ints = np.searchsorted(times, np.nan_to_num(known_ms, nan=-1.0).astype(np.int64), side="right") - 1
    first = max(0, int(at[0]) - frame.lookback + 1)
    chosen = slice(first, int(at[-1]) + 1)
    places = at - first if first else at
    return HigherFrame.seen(frame.interval, row_ms, times[chosen], table.columns(names, chosen), places)
