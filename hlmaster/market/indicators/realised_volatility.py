"""Realised volatility."""

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
from hlmaster.market.indicators.rolling import NO_SUM, Sum, unknown, window_sum

Moves = tuple[float, Sum]
"""The logarithm before, and the squared log returns."""


@kernel
def step(state: Moves, memory: Memory, row: tuple[float], constants: tuple[int, float]) -> tuple[Moves, Values]:
    """A value that is not positive has no logarithm: it is passed over like a missing one."""
    (x,), (period, horizon), (before, squares) = row, constants, state
    if not x > 0.0:
        return state, (math.nan,)
    now = math.log(x)
    change = now - before
    if change != change:
        return (now, squares), (math.nan,)
    squares, total = window_sum(squares, memory[0], change * change, period)
    return (now, squares), (math.sqrt(total / period * horizon),)


@indicator("realised_volatility")
class RealisedVolatility(Sourced):
    """Realised volatility: root mean square of the log returns, as a fraction over a horizon of so many rows."""

    period: int = whole(1, MAX_PERIOD, "returns in the mean", default=60)
    horizon: float = real(1.0, 1e9, "1 gives it for a row, 525,600 for a year of minutes", unit="rows", default=1.0)
    outputs = ("realised_volatility",)
    bounds = (0.0, math.inf)
    step = staticmethod(step)

    @property
    def warm_up(self) -> int:
        return self.period

    def start(self) -> tuple[State, Memory]:
        return (math.nan, NO_SUM), (unknown(self.period),)

    def constants(self) -> tuple[float, ...]:
        return self.period, float(self.horizon)
