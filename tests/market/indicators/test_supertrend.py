"""The supertrend against a plain reading of its rules."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.candles import Floats
from hlmaster.market.indicators.atr import atr
from hlmaster.market.indicators.indicator import over
from hlmaster.market.indicators.supertrend import Supertrend
from tests.market.indicators.markets import Columns, market


def supertrend(columns: Columns, period: int, width: float) -> tuple[Floats, Floats]:
    """As charting programs have it, which begin with a fall for want of better knowledge."""
    high, low, close = columns["high"], columns["low"], columns["close"]
    reach = width * atr(high, low, close, period)
    lower, upper = (high + low) / 2 - reach, (high + low) / 2 + reach
    line, direction = np.full(len(close), math.nan), np.full(len(close), -1.0)
    for i in range(period + 1, len(close)):
        lower[i] = lower[i] if lower[i] > lower[i - 1] or close[i - 1] < lower[i - 1] else lower[i - 1]
        upper[i] = upper[i] if upper[i] < upper[i - 1] or close[i - 1] > upper[i - 1] else upper[i - 1]
        was = direction[i - 1]
        direction[i] = (1.0 if close[i] > upper[i] else -1.0) if was < 0 else (-1.0 if close[i] < lower[i] else 1.0)
        line[i] = lower[i] if direction[i] > 0 else upper[i]
    return line, direction


@given(st.integers(0, 2**31), st.integers(1, 20), st.floats(0.5, 4.0))
def test_the_supertrend_is_the_usual_one_once_a_direction_is_known(seed: int, period: int, width: float) -> None:
    columns = market(seed, 200)
    line, direction = over(Supertrend(period, width), columns)
    usual_line, usual = supertrend(columns, period, width)
    known = ~np.isnan(direction)
    turned = int(np.argmax(usual > 0)) if (usual > 0).any() else 200
    known[:turned] = False  # until then the usual one guesses a fall
    assert known[turned:].all()
    assert np.array_equal(direction[known], usual[known])
    assert line[known] == pytest.approx(usual_line[known])


def test_no_direction_is_known_before_a_close_leaves_the_bands() -> None:
    close = np.array([100.0] * 20 + [120.0])
    values = over(Supertrend(5, 2.0), {"high": close + 1, "low": close - 1, "close": close})
    assert np.isnan(values[:, :20]).all()
    assert values[1, 20] == 1.0
    assert values[0, 20] < 120.0
