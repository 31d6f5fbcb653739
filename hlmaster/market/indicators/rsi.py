"""Relative strength index."""

from __future__ import annotations

import math

from hlmaster.market.indicators.indicator import MAX_PERIOD, Memory, Sourced, State, Values, indicator, kernel, whole

Strength = tuple[int, float, float, float]
"""Changes folded, as in ``ema``; the value before; means of rises and of falls."""
NO_STRENGTH: Strength = (0, math.nan, 0.0, 0.0)


@kernel
def step(state: Strength, memory: Memory, row: tuple[float], constants: tuple[int, float]) -> tuple[Strength, Values]:
    (x,), (period, weight), (count, before, rises, falls) = row, constants, state
    if count < period:
        if before != before:  # the first value
            return (0, x, 0.0, 0.0), (math.nan,)
        count += 1
        weight = 1.0 / count
    change = x - before
    rise = change if change > 0.0 else 0.0
    keep = 1.0 - weight
    rises = weight * rise + keep * rises
    falls = weight * (rise - change) + keep * falls
    moved = rises + falls
    known = count >= period and moved > 0.0
    return (count, x, rises, falls), (100.0 * rises / moved if known else math.nan,)


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
