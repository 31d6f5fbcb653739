"""Hidden divergence of price and relative strength: a sign that a trend goes on.

    bullish (1)                              bearish (-1)
    price  two swing lows, the later higher  two swing highs, the later lower
    RSI    at those lows, the later lower    at those highs, the later higher

Two consecutive swings of one kind (see ``swings``) are compared, price at the extreme with the index on the same row.
The sign stands on the row that confirms the later swing, and there only; ``first_row`` and ``last_row`` are the rows
of the two extremes. Equal values are no divergence. A bullish and a bearish one confirmed by one row cancel out.
NaN while the index at the row in question is not known; 0 when it is and there is no divergence.
"""

from __future__ import annotations

import math

from hlmaster.market.indicators.indicator import MAX_PERIOD, Indicator, Memory, State, Values, indicator, kernel, whole
from hlmaster.market.indicators.rolling import unknown
from hlmaster.market.indicators.rsi import NO_STRENGTH, Strength
from hlmaster.market.indicators.rsi import step as strength
from hlmaster.market.indicators.swings import NO_TURNS, Turns, candidate, turn

Divergence = tuple[Turns, Strength, float, float]
"""Swings; relative strength; its value at the latest swing high, and at the latest swing low."""
Constants = tuple[int, float, int, int, int]


@kernel
def step(
    state: Divergence, memory: Memory, row: tuple[float, float, float, float], constants: Constants
) -> tuple[Divergence, Values]:
    (number, high, low, close), (period, weight, left, right, reach) = row, constants
    turns, indices, at_top, at_bottom = state
    _, top, top_row, bottom, bottom_row = turns
    held = memory[3]
    indices, (index,) = strength(indices, memory, (close,), (period, weight))
    held[turns[0]] = index
    turns, new_top, new_bottom = turn(turns, memory, number, high, low, left, right)
    then = held[candidate(turns[0], left, right)]
    bearish = new_top < top and then > at_top and turns[2] - top_row <= reach
    bullish = new_bottom > bottom and then < at_bottom and turns[4] - bottom_row <= reach
    if new_top == new_top:
        at_top = then
    if new_bottom == new_bottom:
        at_bottom = then
    state = (turns, indices, at_top, at_bottom)
    if bullish and not bearish:
        return state, (1.0, bottom_row, turns[4])
    if bearish and not bullish:
        return state, (-1.0, top_row, turns[2])
    return state, (0.0 if then == then else math.nan, math.nan, math.nan)


@indicator("hidden_divergence")
class HiddenDivergence(Indicator):
    """Hidden divergence: price holds a higher low (lower high) while RSI makes a lower low (higher high)."""

    period: int = whole(1, MAX_PERIOD, "period of the relative strength index", default=14)
    left: int = whole(1, 100, "rows before a swing that it stands out from", default=3)
    right: int = whole(1, 100, "rows after it that confirm it", default=3)
    reach: int = whole(1, MAX_PERIOD, "rows that may lie between the two swings", default=60)
    outputs = ("divergence", "first_row", "last_row")
    marks = outputs
    overlay = True
    step = staticmethod(step)

    @property
    def inputs(self) -> tuple[str, ...]:
        return "row", "high", "low", "close"

    @property
    def warm_up(self) -> int:
        return max(self.left, self.period) + self.right

    def start(self) -> tuple[State, Memory]:
        span = self.left + self.right + 1
        return (NO_TURNS, NO_STRENGTH, math.nan, math.nan), tuple(unknown(span) for _ in range(4))

    def constants(self) -> tuple[float, ...]:
        return self.period, 1 / self.period, self.left, self.right, self.reach
