"""Stochastic oscillator (slow)."""

from __future__ import annotations

import math

from hlmaster.market.indicators.indicator import MAX_PERIOD, Indicator, Memory, State, Values, indicator, kernel, whole
from hlmaster.market.indicators.rolling import NO_PEAK, NO_SUM, Sum, known_sum, unknown, window_max

Place = tuple[Sum, Sum, Sum, Sum]
"""Highs, lows, raw places smoothed to k, and k smoothed to d."""


@kernel
def step(
    state: Place, memory: Memory, row: tuple[float, float, float], constants: tuple[int, int, int]
) -> tuple[Place, Values]:
    """A row whose window has no range has no place in it: it yields NaN and is left out of the means."""
    (high, low, close), (period, smooth, d_period) = row, constants
    highs, lows, places, means = state
    highs, top = window_max(highs, memory[0], high, period)
    lows, bottom = window_max(lows, memory[1], -low, period)
    span = top + bottom
    place = (close + bottom) / span if span > 0.0 else math.nan
    places, k = known_sum(places, memory[2], place, smooth)
    k *= 100.0 / smooth
    means, d = known_sum(means, memory[3], k, d_period)
    return (highs, lows, places, means), (k, d / d_period)


@indicator("stochastic")
class Stochastic(Indicator):
    """Stochastic oscillator: where the close lies between the lowest low and the highest high, smoothed twice."""

    period: int = whole(1, MAX_PERIOD, "rows in the range", default=14)
    smooth: int = whole(1, MAX_PERIOD, "places in the mean that is k", default=3)
    d_period: int = whole(1, MAX_PERIOD, "values of k in the mean that is d", default=3)
    outputs = ("k", "d")
    bounds = (0.0, 100.0)
    step = staticmethod(step)

    @property
    def inputs(self) -> tuple[str, ...]:
        return "high", "low", "close"

    @property
    def warm_up(self) -> int:
        return self.period + self.smooth + self.d_period - 3

    def start(self) -> tuple[State, Memory]:
        sizes = (self.period, self.period, self.smooth, self.d_period)
        return (NO_PEAK, NO_PEAK, NO_SUM, NO_SUM), tuple(unknown(size) for size in sizes)
