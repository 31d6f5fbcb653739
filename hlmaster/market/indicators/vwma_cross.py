"""Cross of two volume-weighted moving averages."""

from __future__ import annotations

import math

from hlmaster.market.indicators.indicator import MAX_PERIOD, Memory, Sourced, State, Values, indicator, kernel, whole
from hlmaster.market.indicators.rolling import unknown
from hlmaster.market.indicators.vwma import NO_PAIR, Pair, weigh

Crossing = tuple[Pair, Pair, float]
"""Fast, slow, and the side of the slow one on which the fast one last was: 1, -1, NaN."""


@kernel
def step(
    state: Crossing, memory: Memory, row: tuple[float, float], constants: tuple[int, int]
) -> tuple[Crossing, Values]:
    """While the averages are equal the side stays what it was; the first side ever is no cross."""
    (x, volume), (fast, slow) = row, constants
    quick, lead = weigh(state[0], memory[0], memory[1], x, volume, fast)
    lagging, base = weigh(state[1], memory[2], memory[3], x, volume, slow)
    side = state[2]
    if lead != lead or base != base:
        return (quick, lagging, side), (lead, base, math.nan)
    now = 1.0 if lead > base else -1.0 if lead < base else side
    cross = now if now * side < 0.0 else 0.0
    return (quick, lagging, now), (lead, base, cross)


@indicator("vwma_cross")
class VwmaCross(Sourced):
    """VWMA cross: 1 where the fast volume-weighted average rises over the slow one, -1 where it falls under it."""

    fast: int = whole(1, MAX_PERIOD, "period of the fast average", default=10)
    slow: int = whole(2, MAX_PERIOD, "period of the slow average", default=30)
    outputs = ("fast", "slow", "cross")
    marks = ("cross",)
    overlay = True
    step = staticmethod(step)

    def misfit(self) -> str:
        return "" if self.fast < self.slow else "the fast period must be shorter than the slow one."

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.source, "volume"

    @property
    def warm_up(self) -> int:
        return self.slow - 1

    def start(self) -> tuple[State, Memory]:
        sizes = (self.fast, self.fast, self.slow, self.slow)
        return (NO_PAIR, NO_PAIR, math.nan), tuple(unknown(size) for size in sizes)
