"""Average true range after Wilder (New Concepts in Technical Trading Systems, 1978)."""

from __future__ import annotations

import math

from hlmaster.core.candles import Floats
from hlmaster.market.indicators.indicator import (
    MAX_PERIOD,
    Indicator,
    Memory,
    State,
    Values,
    indicator,
    kernel,
    over,
    whole,
)

PERIOD = 14
Range = tuple[int, float, float]
"""True ranges folded, as in ``ema``; the close before; their mean."""
NO_RANGE: Range = (0, math.nan, 0.0)


@kernel
def true_range(before: float, high: float, low: float) -> float:
    """The row's range, stretched to the close before it."""
    top = before if before > high else high
    return top - (before if before < low else low)


@kernel
def step(
    state: Range, memory: Memory, row: tuple[float, float, float], constants: tuple[int, float]
) -> tuple[Range, Values]:
    """The first row gives no range, for a true range needs the close before it."""
    (high, low, close), (period, weight), (count, before, mean) = row, constants, state
    if count < period:
        if before != before:
            return (0, close, 0.0), (math.nan,)
        count += 1
        weight = 1.0 / count
    mean = weight * true_range(before, high, low) + (1.0 - weight) * mean
    return (count, close, mean), (mean if count >= period else math.nan,)


@indicator("atr")
class Atr(Indicator):
    """Average true range: how far the price moves in a row, gaps included, smoothed after Wilder."""

    period: int = whole(1, MAX_PERIOD, "ranges smoothed over", default=PERIOD)
    outputs = ("atr",)
    step = staticmethod(step)

    @property
    def inputs(self) -> tuple[str, ...]:
        return "high", "low", "close"

    @property
    def warm_up(self) -> int:
        return self.period

    def start(self) -> tuple[State, Memory]:
        return NO_RANGE, ()

    def constants(self) -> tuple[float, ...]:
        return self.period, 1 / self.period


def atr(high: Floats, low: Floats, close: Floats, period: int = PERIOD) -> Floats:
    """The value after each closed candle; NaN for the first ``period`` of them."""
    values: Floats = over(Atr(period), {"high": high, "low": low, "close": close})[0]
    return values
