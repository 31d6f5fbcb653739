"""Average true range after Wilder (New Concepts in Technical Trading Systems, 1978), over closed candles only."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from hlmaster.core.candles import Floats

PERIOD = 14


class AtrState(NamedTuple):
    """``ranges`` true ranges folded so far; ``mean`` in units of price, of fewer than the period at first."""

    ranges: int = -1
    mean: float = 0.0
    previous_close: float = math.nan


EMPTY = AtrState()


def step(state: AtrState, high: float, low: float, close: float, period: int = PERIOD) -> AtrState:
    """Fold one closed candle. The first gives no range, for a true range needs the close before it.

    Plain mean of the first ``period`` ranges, then ``mean += (range - mean) / period``.
    """
    if state.ranges < 0:
        return AtrState(0, 0.0, close)
    count = state.ranges + 1
    before = state.previous_close
    true_range = max(high - low, abs(high - before), abs(low - before))
    return AtrState(count, state.mean + (true_range - state.mean) / min(count, period), close)


def value(state: AtrState, period: int = PERIOD) -> float:
    """NaN until ``period`` ranges are in."""
    return state.mean if state.ranges >= period else math.nan


def atr(high: Floats, low: Floats, close: Floats, period: int = PERIOD) -> Floats:
    """The value after each candle; NaN for the first ``period`` of them."""
    out = np.empty(len(close), np.float64)
    state = EMPTY
    for i, candle in enumerate(zip(high.tolist(), low.tolist(), close.tolist(), strict=True)):
        state = step(state, *candle, period)
        out[i] = value(state, period)
    return out
