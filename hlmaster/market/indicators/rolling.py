"""Sums and extremes of the last ``period`` values, without drift and in constant time on average.

Rows are taken in blocks of ``period``. A window is the end of one block and the beginning of the next: what the
beginning adds up to grows by one value a row, and when a block is full each of its places is overwritten, backwards,
by what it and its successors add up to (van Herk, Pattern Recognition Letters 13, 1992; Gil and Werman, 1993). Nothing
is ever subtracted, so a sum carries no rounding of values that have left the window.

A buffer starts as NaN, ``unknown(period)``, which makes every window before the first full one NaN.
"""

from __future__ import annotations

import math

from hlmaster.market.indicators.indicator import kernel

Sum = tuple[int, float]
"""Place in the block, and what the block adds up to so far."""
NO_SUM: Sum = (0, 0.0)
NO_PEAK: Sum = (0, -math.inf)


def unknown(period: int) -> list[float]:
    return [math.nan] * period


@kernel
def window_sum(state: Sum, held: list[float], x: float, period: int) -> tuple[Sum, float]:
    place, head = state
    head += x
    held[place] = x
    place += 1
    if place < period:
        return (place, head), held[place] + head
    tail = 0.0
    for k in range(period - 1, 0, -1):
        tail += held[k]
        held[k] = tail
    return (0, 0.0), head


@kernel
def known_sum(state: Sum, held: list[float], x: float, period: int) -> tuple[Sum, float]:
    """Of the last known values: NaN is passed over."""
    if x != x:
        return state, math.nan
    return window_sum(state, held, x, period)


@kernel
def window_max(state: Sum, held: list[float], x: float, period: int) -> tuple[Sum, float]:
    """The least is ``-window_max(..., -x, ...)``."""
    place, peak = state
    if peak < x:
        peak = x
    held[place] = x
    place += 1
    if place < period:
        before = held[place]
        return (place, peak), peak if before < peak else before
    top = -math.inf
    for k in range(period - 1, 0, -1):
        if top < held[k]:
            top = held[k]
        held[k] = top
    return (0, -math.inf), peak
