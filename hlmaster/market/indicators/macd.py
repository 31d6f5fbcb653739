"""Moving average convergence / divergence."""

from __future__ import annotations

from hlmaster.market.indicators.ema import NO_MEAN, Mean, ema_weight, smooth
from hlmaster.market.indicators.indicator import MAX_PERIOD, Memory, Sourced, State, Values, indicator, kernel, whole

Averages = tuple[int, Mean, Mean, Mean]
"""Rows by which the fast average waits; fast, slow, signal."""


@kernel
def step(
    state: Averages, memory: Memory, row: tuple[float], constants: tuple[int, int, int, float, float, float]
) -> tuple[Averages, Values]:
    """The fast average begins late, so that both are plain means on the row where the slow one is first known."""
    (x,) = row
    fast, slow, signal, fast_weight, slow_weight, signal_weight = constants
    wait, quick, lagging, trigger = state
    lagging, base = smooth(lagging, x, slow, slow_weight)
    if wait > 0:
        return (wait - 1, quick, lagging, trigger), (base, base, base)
    quick, lead = smooth(quick, x, fast, fast_weight)
    macd = lead - base
    if macd != macd:
        return (0, quick, lagging, trigger), (macd, macd, macd)
    trigger, line = smooth(trigger, macd, signal, signal_weight)
    return (0, quick, lagging, trigger), (macd, line, macd - line)


@indicator("macd")
class Macd(Sourced):
    """Moving average convergence / divergence: a fast average less a slow one, and that difference's own average."""

    fast: int = whole(1, MAX_PERIOD, "period of the fast average", default=12)
    slow: int = whole(2, MAX_PERIOD, "period of the slow average", default=26)
    signal: int = whole(1, MAX_PERIOD, "period of the signal line", default=9)
    outputs = ("macd", "signal", "histogram")
    step = staticmethod(step)

    def misfit(self) -> str:
        return "" if self.fast < self.slow else "the fast period must be shorter than the slow one."

    @property
    def warm_up(self) -> int:
        return self.slow + self.signal - 2

    def start(self) -> tuple[State, Memory]:
        return (self.slow - self.fast, NO_MEAN, NO_MEAN, NO_MEAN), ()

    def constants(self) -> tuple[float, ...]:
        periods = (self.fast, self.slow, self.signal)
        return (*periods, *(ema_weight(period) for period in periods))
