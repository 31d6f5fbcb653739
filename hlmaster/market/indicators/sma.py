"""Simple moving average."""

from __future__ import annotations

from hlmaster.market.indicators.indicator import MAX_PERIOD, Memory, Sourced, State, Values, indicator, kernel, whole
from hlmaster.market.indicators.rolling import NO_SUM, Sum, unknown, window_sum


@kernel
def step(state: Sum, memory: Memory, row: tuple[float], constants: tuple[int]) -> tuple[Sum, Values]:
    (x,), (period,) = row, constants
    state, total = window_sum(state, memory[0], x, period)
    return state, (total / period,)


@indicator("sma")
class Sma(Sourced):
    """Simple moving average: the plain mean of the last values."""

    period: int = whole(1, MAX_PERIOD, "values in the mean", default=20)
    outputs = ("sma",)
    overlay = True
    step = staticmethod(step)

    @property
    def warm_up(self) -> int:
        return self.period - 1

    def start(self) -> tuple[State, Memory]:
        return NO_SUM, (unknown(self.period),)
