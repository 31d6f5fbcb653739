"""Swing points, reported when they are certain and not before.

    row      0    1    2    3    4          left = 2, right = 2
    high    10   11   13   12   11
                       |         |
              the extreme        the row on which it is confirmed

Row 2 is a swing high: strictly above the ``left`` rows before it and not below the ``right`` rows after it, so that of
equal highs side by side the first is the swing. It becomes known when row 4 has closed: from row 4 on ``high`` is 13
and ``high_row`` is 2, until a newer swing high is confirmed. On row 4 itself ``high_row`` changes; that is the event.
Swing lows mirror this. One row may be both.
"""

from __future__ import annotations

import math

from hlmaster.market.indicators.indicator import Indicator, Memory, State, Values, indicator, kernel, whole
from hlmaster.market.indicators.rolling import unknown

Turns = tuple[int, float, float, float, float]
"""Place in the buffers; price and row of the latest swing high, and of the latest swing low."""
NO_TURNS: Turns = (0, math.nan, math.nan, math.nan, math.nan)


@kernel
def candidate(place: int, left: int, right: int) -> int:
    """Where a buffer holds the row ``right`` before its newest; ``place`` is that of the oldest."""
    at = place + left
    return at - left - right - 1 if at > left + right else at


@kernel
def peak(held: list[float], place: int, left: int, right: int) -> float:
    """The candidate's value if it is a swing, else NaN. Lows are held negated."""
    top = held[candidate(place, left, right)]
    k = place
    for j in range(left + right + 1):
        x = held[k]
        if not x <= top or (x == top and j < left):
            return math.nan
        k += 1
        if k > left + right:
            k = 0
    return top


@kernel
def turn(
    state: Turns, memory: Memory, row: float, high: float, low: float, left: int, right: int
) -> tuple[Turns, float, float]:
    """The state after a row, and the swing high and low confirmed by it, NaN where none is."""
    place, top, top_row, bottom, bottom_row = state
    highs, lows, rows = memory[0], memory[1], memory[2]
    highs[place], lows[place], rows[place] = high, -low, row
    place = 0 if place == left + right else place + 1
    new_top, new_bottom = peak(highs, place, left, right), -peak(lows, place, left, right)
    turned = rows[candidate(place, left, right)]
    if new_top == new_top:
        top, top_row = new_top, turned
    if new_bottom == new_bottom:
        bottom, bottom_row = new_bottom, turned
    return (place, top, top_row, bottom, bottom_row), new_top, new_bottom


@kernel
def step(
    state: Turns, memory: Memory, row: tuple[float, float, float], constants: tuple[int, int]
) -> tuple[Turns, Values]:
    state, _, _ = turn(state, memory, row[0], row[1], row[2], constants[0], constants[1])
    return state, (state[1], state[2], state[3], state[4])


@indicator("swings")
class Swings(Indicator):
    """Swing points: the latest high and low that stand out from their neighbours, once both sides have closed."""

    left: int = whole(1, 100, "rows before the extreme that it stands out from", default=3)
    right: int = whole(1, 100, "rows after it that confirm it", default=3)
    outputs = ("high", "high_row", "low", "low_row")
    marks = ("high_row", "low_row")
    overlay = True
    step = staticmethod(step)

    @property
    def inputs(self) -> tuple[str, ...]:
        return "row", "high", "low"

    @property
    def warm_up(self) -> int:
        return self.left + self.right

    def start(self) -> tuple[State, Memory]:
        span = self.left + self.right + 1
        return NO_TURNS, (unknown(span), unknown(span), unknown(span))
