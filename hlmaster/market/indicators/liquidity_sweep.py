"""Liquidity sweep: a row reaches beyond a swing, where stops rest, and closes back inside.

    swing high at 100 confirmed earlier;  row: high 100.6, close 99.8   ->  -1, level 100  (bearish)
    swing low  at  90 confirmed earlier;  row: low   89.5, close 90.3   ->   1, level  90  (bullish)

Levels are the latest confirmed swing high and swing low (see ``swings``), known before the row. Each serves once: a row
that trades beyond it takes it, and is a sweep only if it also closes strictly inside. A level older than ``reach`` rows
is none. A row that sweeps both levels says nothing about the side: 0. NaN until a first swing is confirmed.
"""

from __future__ import annotations

import math

from hlmaster.market.indicators.indicator import Indicator, Memory, State, Values, indicator, kernel, whole
from hlmaster.market.indicators.rolling import unknown
from hlmaster.market.indicators.swings import NO_TURNS, Turns, turn

Levels = tuple[Turns, float, float]
"""Swings; the untaken level above, and the one below, NaN where there is none."""


@kernel
def step(
    state: Levels, memory: Memory, row: tuple[float, float, float, float], constants: tuple[int, int, int]
) -> tuple[Levels, Values]:
    (number, high, low, close), (left, right, reach) = row, constants
    turns, above, below = state
    known = turns[2] == turns[2] or turns[4] == turns[4]
    sweep, level = 0.0, math.nan
    if high > above and number - turns[2] <= reach and close < above:
        sweep, level = -1.0, above
    if low < below and number - turns[4] <= reach and close > below:
        sweep, level = (1.0, below) if sweep == 0.0 else (0.0, math.nan)
    if high > above:
        above = math.nan
    if low < below:
        below = math.nan
    turns, new_top, new_bottom = turn(turns, memory, number, high, low, left, right)
    if new_top == new_top:
        above = new_top
    if new_bottom == new_bottom:
        below = new_bottom
    return (turns, above, below), (sweep if known else math.nan, level)


@indicator("liquidity_sweep")
class LiquiditySweep(Indicator):
    """Liquidity sweep: the price dips below a swing low and closes above it (1), or the reverse at a high (-1)."""

    left: int = whole(1, 100, "rows before a swing that it stands out from", default=3)
    right: int = whole(1, 100, "rows after it that confirm it", default=3)
    reach: int = whole(1, 100_000, "rows for which a swing stays a level", default=500)
    outputs = ("sweep", "level")
    marks = outputs
    overlay = True
    step = staticmethod(step)

    @property
    def inputs(self) -> tuple[str, ...]:
        return "row", "high", "low", "close"

    @property
    def warm_up(self) -> int:
        return self.left + self.right + 1

    def start(self) -> tuple[State, Memory]:
        span = self.left + self.right + 1
        return (NO_TURNS, math.nan, math.nan), (unknown(span), unknown(span), unknown(span))
