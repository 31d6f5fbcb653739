"""Average directional index."""

from __future__ import annotations

import math

from hlmaster.market.indicators.atr import true_range
from hlmaster.market.indicators.ema import NO_MEAN, Mean
from hlmaster.market.indicators.ema import step as smooth
from hlmaster.market.indicators.indicator import MAX_PERIOD, Indicator, Memory, State, Values, indicator, kernel, whole

Movement = tuple[int, float, float, float, float, float, float, Mean]
"""Rows folded; high, low and close before; decaying sums of rises, falls and ranges; the mean of their contrast."""


@kernel
def step(
    state: Movement, memory: Memory, row: tuple[float, float, float], constants: tuple[int, float]
) -> tuple[Movement, Values]:
    """Sums are plain over the first ``period - 1`` moves, then ``sum += move - sum / period``, as Wilder's worksheets.

    Where nothing moved one way or the other there is no contrast: it is left out of the mean, which stays.
    """
    (high, low, close), (period, weight) = row, constants
    count, high_before, low_before, close_before, rises, falls, ranges, contrast = state
    if count == 0:
        return (1, high, low, close, 0.0, 0.0, 0.0, contrast), (math.nan, math.nan, math.nan)
    up, down = high - high_before, low_before - low
    up, down = up if up > down and up > 0.0 else 0.0, down if down > up and down > 0.0 else 0.0
    decay = 1.0 if count < period else 1.0 - weight
    rises, falls = decay * rises + up, decay * falls + down
    ranges = decay * ranges + true_range(close_before, high, low)
    mean = contrast[1] if contrast[0] >= period else math.nan
    if count < period:
        count += 1
        return (count, high, low, close, rises, falls, ranges, contrast), (math.nan, math.nan, math.nan)
    moved = rises + falls
    if moved > 0.0:
        contrast, (mean,) = smooth(contrast, memory, (abs(rises - falls) / moved,), constants)
    share = 100.0 / ranges if ranges > 0.0 else math.nan
    return (count, high, low, close, rises, falls, ranges, contrast), (100.0 * mean, share * rises, share * falls)


@indicator("adx")
class Adx(Indicator):
    """Average directional index: how strongly the price trends, whichever way, with the strength of each way."""

    period: int = whole(2, MAX_PERIOD, "moves smoothed over", default=14)
    outputs = ("adx", "plus", "minus")
    bounds = (0.0, 100.0)
    step = staticmethod(step)

    @property
    def inputs(self) -> tuple[str, ...]:
        return "high", "low", "close"

    @property
    def warm_up(self) -> int:
        return 2 * self.period - 1

    def start(self) -> tuple[State, Memory]:
        return (0, *(math.nan,) * 3, 0.0, 0.0, 0.0, NO_MEAN), ()

    def constants(self) -> tuple[float, ...]:
        return self.period, 1 / self.period
