"""Moving average convergence / divergence."""

from __future__ import annotations

import math

from hlmaster.market.indicators.ema import ema_weight
from hlmaster.market.indicators.indicator import MAX_PERIOD, Memory, Sourced, State, Values, indicator, kernel, whole

Averages = tuple[int, float, float, float]
"""Rows folded, no longer counted when all is known; the fast and the slow average; the signal line."""


@kernel
def share(number: int, period: int, weight: float) -> float:
    """Weight of the value of this number in an average that begins with number 1; those before leave no trace."""
    return weight if number > period else 1.0 / number if number > 0 else 1.0


@kernel
def step(
    state: Averages, memory: Memory, row: tuple[float], constants: tuple[int, int, int, float, float, float]
) -> tuple[Averages, Values]:
    """The fast average begins late, so that both are plain means on the row where the slow one is first known."""
    (x,), (count, quick, lagging, line) = row, state
    fast, slow, signal, a, b, c = constants
    if count < slow + signal:
        count += 1
        a, b, c = share(count - slow + fast, fast, a), share(count, slow, b), share(count - slow + 1, signal, c)
    quick = a * x + (1.0 - a) * quick
    lagging = b * x + (1.0 - b) * lagging
    macd = quick - lagging
    line = c * macd + (1.0 - c) * line
    state = (count, quick, lagging, line)
    if count >= slow + signal - 1:
        return state, (macd, line, macd - line)
    return state, (macd if count >= slow else math.nan, math.nan, math.nan)


@indicator("macd")
class Macd(Sourced):
    """Moving average convergence / divergence: a fast average less a slow one, and that difference's own average."""

    fast: int = whole(1, MAX_PERIOD, "period of the fast average", default=12)
    slow: int = whole(2, MAX_PERIOD, "period of the slow average", default=26)
    signal: int = whole(1, MAX_PERIOD, "period of the signal line", default=9)
    outputs = ("macd", "signal", "histogram")
    step = staticmethod(step)

    def misfit(self) -> str:
        return "" if self.fast < self.slow else "the fast period must be shorter than the slow one."

    @property
    def warm_up(self) -> int:
        return self.slow + self.signal - 2

    def start(self) -> tuple[State, Memory]:
        return (0, 0.0, 0.0, 0.0), ()

    def constants(self) -> tuple[float, ...]:
        periods = (self.fast, self.slow, self.signal)
        return (*periods, *(ema_weight(period) for period in periods))
