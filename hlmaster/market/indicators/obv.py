"""On-balance volume."""

from __future__ import annotations

import math

from hlmaster.market.indicators.indicator import Memory, Sourced, State, Values, indicator, kernel

Balance = tuple[float, float]
"""The value before, and the balance."""


@kernel
def step(state: Balance, memory: Memory, row: tuple[float, float], constants: tuple[()]) -> tuple[Balance, Values]:
    (x, volume), (before, balance) = row, state
    if x > before or before != before:
        balance += volume
    elif x < before:
        balance -= volume
    return (x, balance), (balance,)


@indicator("obv")
class Obv(Sourced):
    """On-balance volume: volume of rising rows less that of falling ones, from the anchor; its level means nothing."""

    outputs = ("obv",)
    step = staticmethod(step)

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.source, "volume"

    @property
    def warm_up(self) -> int:
        return 0

    def start(self) -> tuple[State, Memory]:
        return (math.nan, 0.0), ()
