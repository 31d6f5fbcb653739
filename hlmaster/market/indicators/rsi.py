"""Relative strength index."""

from __future__ import annotations

import math

from hlmaster.market.indicators.ema import NO_MEAN, Mean, smooth
from hlmaster.market.indicators.indicator import MAX_PERIOD, Memory, Sourced, State, Values, indicator, kernel, whole

Strength = tuple[float, Mean, Mean]
"""The value before; means of rises and of falls."""
NO_STRENGTH: Strength = (math.nan, NO_MEAN, NO_MEAN)


@kernel
def step(state: Strength, memory: Memory, row: tuple[float], constants: tuple[int, float]) -> tuple[Strength, Values]:
    (x,), (period, weight), (before, rises, falls) = row, constants, state
    change = x - before
    if change != change:  # the first value
        return (x, rises, falls), (math.nan,)
    rise = change if change > 0.0 else 0.0
    rises, up = smooth(rises, rise, period, weight)
    falls, down = smooth(falls, rise - change, period, weight)
    moved = up + down
    return (x, rises, falls), (100.0 * up / moved if moved > 0.0 else math.nan,)


@indicator("rsi")
class Rsi(Sourced):
    """Relative strength index: the share of rises in all recent movement, smoothed after Wilder."""

    period: int = whole(1, MAX_PERIOD, "changes smoothed over", default=14)
    outputs = ("rsi",)
    bounds = (0.0, 100.0)
    step = staticmethod(step)

    @property
    def warm_up(self) -> int:
        return self.period

    def start(self) -> tuple[State, Memory]:
        return NO_STRENGTH, ()

    def constants(self) -> tuple[float, ...]:
        return self.period, 1 / self.period
