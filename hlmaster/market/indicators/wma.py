"""Weighted moving average."""

from __future__ import annotations

from hlmaster.market.indicators.indicator import MAX_PERIOD, Memory, Sourced, State, Values, indicator, kernel, whole
from hlmaster.market.indicators.rolling import unknown

Weighted = tuple[int, float, float]
"""Place in the block, the block's plain sum, and its weighted one."""


@kernel
def step(state: Weighted, memory: Memory, row: tuple[float], constants: tuple[int, float]) -> tuple[Weighted, Values]:
    """Blocks as in ``rolling``: a row takes one off the weight of each value of the block, and its own is ``period``.

    Of the block before, what is held at k is the sum over j ≥ k of (j - k + 1) times value j.
    """
    (x,), (period, share), held = row, constants, memory[0]
    place, plain, weighted = state
    weighted += period * x - plain
    plain += x
    held[place] = x
    place += 1
    if place < period:
        return (place, plain, weighted), ((held[place] + weighted) * share,)
    tail = heavy = 0.0
    for k in range(period - 1, 0, -1):
        tail += held[k]
        heavy += tail
        held[k] = heavy
    return (0, 0.0, 0.0), (weighted * share,)


@indicator("wma")
class Wma(Sourced):
    """Weighted moving average: weights fall off in a straight line, from the period down to one."""

    period: int = whole(1, MAX_PERIOD, "values in the mean", default=20)
    outputs = ("wma",)
    overlay = True
    step = staticmethod(step)

    @property
    def warm_up(self) -> int:
        return self.period - 1

    def start(self) -> tuple[State, Memory]:
        return (0, 0.0, 0.0), (unknown(self.period),)

    def constants(self) -> tuple[float, ...]:
        return self.period, 2 / (self.period * (self.period + 1))
