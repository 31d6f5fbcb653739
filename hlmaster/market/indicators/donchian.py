"""Donchian channel."""

from __future__ import annotations

from hlmaster.market.indicators.indicator import MAX_PERIOD, Indicator, Memory, State, Values, indicator, kernel, whole
from hlmaster.market.indicators.rolling import NO_PEAK, Sum, unknown, window_max

Channel = tuple[Sum, Sum]


@kernel
def step(state: Channel, memory: Memory, row: tuple[float, float], constants: tuple[int]) -> tuple[Channel, Values]:
    (high, low), (period,) = row, constants
    tops, top = window_max(state[0], memory[0], high, period)
    bottoms, bottom = window_max(state[1], memory[1], -low, period)
    return (tops, bottoms), (top, -bottom, 0.5 * (top - bottom))


@indicator("donchian")
class Donchian(Indicator):
    """Donchian channel: the highest high and the lowest low of the last rows, this one included."""

    period: int = whole(1, MAX_PERIOD, "rows in the channel", default=20)
    outputs = ("upper", "lower", "middle")
    overlay = True
    step = staticmethod(step)

    @property
    def inputs(self) -> tuple[str, ...]:
        return "high", "low"

    @property
    def warm_up(self) -> int:
        return self.period - 1

    def start(self) -> tuple[State, Memory]:
        return (NO_PEAK, NO_PEAK), (unknown(self.period), unknown(self.period))
