"""Cumulative volume delta."""

from __future__ import annotations

from hlmaster.market.indicators.indicator import Indicator, Memory, State, Values, indicator, kernel


@kernel
def step(
    state: tuple[float], memory: Memory, row: tuple[float, float], constants: tuple[()]
) -> tuple[tuple[float], Values]:
    delta = row[0] - row[1]
    total = state[0] + delta
    return (total,), (total, delta)


@indicator("cvd")
class Cvd(Indicator):
    """Cumulative volume delta: what takers bought less what they sold, from the anchor; its level means nothing.

    From trades only. A candle does not say who took, and no guess is made from its shape.
    """

    outputs = ("cvd", "delta")
    step = staticmethod(step)

    @property
    def inputs(self) -> tuple[str, ...]:
        return "buy_volume", "sell_volume"

    @property
    def warm_up(self) -> int:
        return 0

    def start(self) -> tuple[State, Memory]:
        return (0.0,), ()
