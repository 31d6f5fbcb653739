"""Keltner channel."""

from __future__ import annotations

from hlmaster.market.indicators.atr import NO_RANGE, Range
from hlmaster.market.indicators.atr import step as average_range
from hlmaster.market.indicators.ema import NO_MEAN, Mean, ema_weight
from hlmaster.market.indicators.ema import step as smooth
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

Channel = tuple[Mean, Range]


@kernel
def step(
    state: Channel,
    memory: Memory,
    row: tuple[float, float, float],
    constants: tuple[int, float, int, float, float],
) -> tuple[Channel, Values]:
    period, weight, atr_period, atr_weight, width = constants
    average, (middle,) = smooth(state[0], memory, (row[2],), (period, weight))
    ranges, (atr,) = average_range(state[1], memory, row, (atr_period, atr_weight))
    half = width * atr
    return (average, ranges), (middle, middle + half, middle - half)


@indicator("keltner")
class Keltner(Indicator):
    """Keltner channel: an exponential average and so many average true ranges above and below it."""

    period: int = whole(1, MAX_PERIOD, "period of the average of the close", default=20)
    atr_period: int = whole(1, MAX_PERIOD, "period of the average true range", default=10)
    width: float = real(0.1, 20.0, "distance of the bands", unit="average true ranges", default=2.0)
    outputs = ("middle", "upper", "lower")
    overlay = True
    step = staticmethod(step)

    @property
    def inputs(self) -> tuple[str, ...]:
        return "high", "low", "close"

    @property
    def warm_up(self) -> int:
        return max(self.period - 1, self.atr_period)

    def start(self) -> tuple[State, Memory]:
        return (NO_MEAN, NO_RANGE), ()

    def constants(self) -> tuple[float, ...]:
        return self.period, ema_weight(self.period), self.atr_period, 1 / self.atr_period, float(self.width)
