"""Supertrend."""

from __future__ import annotations

import math

from hlmaster.market.indicators.atr import NO_RANGE, Range
from hlmaster.market.indicators.atr import step as average_range
from hlmaster.market.indicators.indicator import (
    MAX_PERIOD,
    Indicator,
    Memory,
    State,
    Values,
    indicator,
    kernel,
    real,
    whole,
)

Trend = tuple[Range, float, float, float]
"""True ranges; the lower and the upper band; the direction, NaN while none is known."""


@kernel
def step(
    state: Trend, memory: Memory, row: tuple[float, float, float], constants: tuple[int, float, float]
) -> tuple[Trend, Values]:
    """A band only tightens until a close crosses it. No direction is known before the first such close."""
    (high, low, close), (period, weight, width) = row, constants
    ranges, below, above, direction = state
    before = ranges[1]
    ranges, (atr,) = average_range(ranges, memory, row, (period, weight))
    if atr != atr:
        return (ranges, below, above, direction), (math.nan, math.nan)
    middle, half = 0.5 * (high + low), width * atr
    floor, ceiling = middle - half, middle + half
    if floor < below and before >= below:
        floor = below
    if ceiling > above and before <= above:
        ceiling = above
    if close > ceiling and not direction > 0.0:
        direction = 1.0
    elif close < floor and not direction < 0.0:
        direction = -1.0
    if direction != direction:
        return (ranges, floor, ceiling, direction), (math.nan, math.nan)
    return (ranges, floor, ceiling, direction), (floor if direction > 0.0 else ceiling, direction)


@indicator("supertrend")
class Supertrend(Indicator):
    """Supertrend: a trailing band of average true ranges that changes sides when a close crosses it."""

    period: int = whole(1, MAX_PERIOD, "period of the average true range", default=10)
    width: float = real(0.1, 20.0, "distance of the band", unit="average true ranges", default=3.0)
    outputs = ("supertrend", "direction")
    marks = ("direction",)
    overlay = True
    step = staticmethod(step)

    @property
    def inputs(self) -> tuple[str, ...]:
        return "high", "low", "close"

    @property
    def warm_up(self) -> int:
        return self.period

    def start(self) -> tuple[State, Memory]:
        return (NO_RANGE, math.nan, math.nan, math.nan), ()

    def constants(self) -> tuple[float, ...]:
        return self.period, 1 / self.period, float(self.width)
