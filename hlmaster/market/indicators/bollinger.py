"""Bollinger bands."""

from __future__ import annotations

import math

from hlmaster.market.indicators.indicator import (
    MAX_PERIOD,
    Memory,
    Sourced,
    State,
    Values,
    indicator,
    kernel,
    real,
    whole,
)
from hlmaster.market.indicators.rolling import unknown

Spread = tuple[int, float, float, float]
"""Place in the block, the centre, and the block's sums of distances from it and of their squares."""


@kernel
def step(
    state: Spread, memory: Memory, row: tuple[float], constants: tuple[int, float, float]
) -> tuple[Spread, Values]:
    """Blocks as in ``rolling``. Distances are taken from the last block's mean: squares of prices would cancel."""
    (x,), (period, share, width), (held, squares) = row, constants, memory
    place, centre, plain, squared = state
    if centre != centre:
        centre = x
    distance = x - centre
    plain += distance
    squared += distance * distance
    held[place] = x
    place += 1
    if place < period:
        total, total_squares = held[place] + plain, squares[place] + squared
        state = (place, centre, plain, squared)
        mean = centre + total * share
    else:
        total, total_squares = plain, squared
        mean = centre + total * share
        tail = tail_squares = 0.0
        for k in range(period - 1, 0, -1):
            distance = held[k] - mean
            tail += distance
            tail_squares += distance * distance
            held[k] = tail
            squares[k] = tail_squares
        state = (0, mean, 0.0, 0.0)
    variance = (total_squares - total * total * share) * share
    half = width * math.sqrt(variance) if variance > 0.0 else 0.0
    return state, (mean, mean + half, mean - half)


@indicator("bollinger")
class Bollinger(Sourced):
    """Bollinger bands: a simple average and so many standard deviations above and below it."""

    period: int = whole(2, MAX_PERIOD, "values in the mean and the deviation", default=20)
    width: float = real(0.1, 20.0, "distance of the bands", unit="standard deviations", default=2.0)
    outputs = ("middle", "upper", "lower")
    overlay = True
    step = staticmethod(step)

    @property
    def warm_up(self) -> int:
        return self.period - 1

    def start(self) -> tuple[State, Memory]:
        return (0, math.nan, 0.0, 0.0), (unknown(self.period), unknown(self.period))

    def constants(self) -> tuple[float, ...]:
        return self.period, 1 / self.period, float(self.width)
