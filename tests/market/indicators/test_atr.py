"""Wilder's average true range, a candle at a time and over arrays."""

from __future__ import annotations

import math

import numpy as np

from hlmaster.market.indicators.atr import Atr, atr
from hlmaster.market.indicators.indicator import Live


def test_it_is_unknown_until_fourteen_ranges_are_in() -> None:
    live = Live(Atr())
    for number in range(14):
        assert math.isnan(live.advance((11.0, 9.0, 10.0))[0]), number
    assert live.advance((11.0, 9.0, 10.0)) == (2.0,)


def test_a_gap_counts_into_the_range() -> None:
    live = Live(Atr(1))
    live.advance((10.0, 10.0, 10.0))
    assert live.advance((20.0, 19.0, 20.0)) == (10.0,)
    assert live.advance((9.0, 8.0, 8.0)) == (12.0,)


def test_true_range_is_not_the_step_of_the_last_price() -> None:
    """Closes that do not move still have a range."""
    high, low, close = np.full(20, 11.0), np.full(20, 9.0), np.full(20, 10.0)
    assert atr(high, low, close)[-1] == 2.0
