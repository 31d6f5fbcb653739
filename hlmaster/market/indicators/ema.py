"""Exponential moving average, begun with a plain mean."""

from __future__ import annotations

import math

from hlmaster.market.indicators.indicator import MAX_PERIOD, Memory, Sourced, State, Values, indicator, kernel, whole

Mean = tuple[int, float]
"""Values folded, and their sum, or the average once ``period`` of them are in."""
NO_MEAN: Mean = (0, 0.0)


@kernel
def smooth(state: Mean, x: float, period: int, weight: float) -> tuple[Mean, float]:
    """The mean of the first ``period`` values, then ``weight * x + (1 - weight) * mean``; NaN before."""
    count, mean = state
    if count >= period:
        mean = weight * x + (1.0 - weight) * mean
        return (count, mean), mean
    count += 1
    mean += x
    if count < period:
        return (count, mean), math.nan
    mean /= period
    return (count, mean), mean


@kernel
def step(state: Mean, memory: Memory, row: tuple[float], constants: tuple[int, float]) -> tuple[Mean, Values]:
    (x,), (period, weight) = row, constants
    state, mean = smooth(state, x, period, weight)
    return state, (mean,)


def ema_weight(period: int) -> float:
    return 2 / (period + 1)


@indicator("ema")
class Ema(Sourced):
    """Exponential moving average: recent values weigh more, and the weights fall off by a constant factor."""

    period: int = whole(1, MAX_PERIOD, "the newest value weighs 2 / (period + 1)", default=20)
    outputs = ("ema",)
    overlay = True
    step = staticmethod(step)

    @property
    def warm_up(self) -> int:
        return self.period - 1

    def start(self) -> tuple[State, Memory]:
        return NO_MEAN, ()

    def constants(self) -> tuple[float, ...]:
        return self.period, ema_weight(self.period)
