"""Volume-weighted moving average."""

from __future__ import annotations

import math

from hlmaster.market.indicators.indicator import MAX_PERIOD, Memory, Sourced, State, Values, indicator, kernel, whole
from hlmaster.market.indicators.rolling import NO_SUM, Sum, unknown, window_sum

Pair = tuple[Sum, Sum]
"""Sums of value x volume, and of volume."""
NO_PAIR: Pair = (NO_SUM, NO_SUM)


@kernel
def weigh(
    state: Pair, held: list[float], volumes: list[float], x: float, volume: float, period: int
) -> tuple[Pair, float]:
    """NaN too where the window has no volume."""
    traded, amount = window_sum(state[0], held, x * volume, period)
    weights, weight = window_sum(state[1], volumes, volume, period)
    return (traded, weights), amount / weight if weight > 0.0 else math.nan


@kernel
def step(state: Pair, memory: Memory, row: tuple[float, float], constants: tuple[int]) -> tuple[Pair, Values]:
    state, mean = weigh(state, memory[0], memory[1], row[0], row[1], constants[0])
    return state, (mean,)


@indicator("vwma")
class Vwma(Sourced):
    """Volume-weighted moving average: each value weighs as much as was traded in its row."""

    period: int = whole(1, MAX_PERIOD, "values in the mean", default=20)
    outputs = ("vwma",)
    overlay = True
    step = staticmethod(step)

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.source, "volume"

    @property
    def warm_up(self) -> int:
        return self.period - 1

    def start(self) -> tuple[State, Memory]:
        return NO_PAIR, (unknown(self.period), unknown(self.period))
