"""Exponential moving average, begun with a plain mean."""

from __future__ import annotations

import math

from hlmaster.market.indicators.indicator import MAX_PERIOD, Memory, Sourced, State, Values, indicator, kernel, whole

Mean = tuple[int, float]
"""Values folded, no longer counted after ``period`` of them, and their mean."""
NO_MEAN: Mean = (0, 0.0)


@kernel
def step(state: Mean, memory: Memory, row: tuple[float], constants: tuple[int, float]) -> tuple[Mean, Values]:
    """The first ``period`` values weigh alike, every later one ``weight``.

    This pattern is written out in the steps that smooth several values: a call would cost as much as it does.
    """
    (x,), (period, weight), (count, mean) = row, constants, state
    if count < period:
        count += 1
        weight = 1.0 / count
    mean = weight * x + (1.0 - weight) * mean
    return (count, mean), (mean if count >= period else math.nan,)


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
