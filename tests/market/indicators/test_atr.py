"""Wilder's average true range equals an independent implementation, forwards and step by step."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.market.indicators.atr import EMPTY, atr, step, value

talib = pytest.importorskip("talib")


def candles(seed: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.01, count)))
    high = close * (1 + np.abs(random.normal(0, 0.005, count)))
    low = close * (1 - np.abs(random.normal(0, 0.005, count)))
    return high, low, close


@given(st.integers(0, 2**31), st.integers(2, 400), st.integers(2, 60))
def test_it_equals_the_reference(seed: int, count: int, period: int) -> None:
    high, low, close = candles(seed, count)
    assert np.allclose(atr(high, low, close, period), talib.ATR(high, low, close, period), equal_nan=True, rtol=1e-12)


@given(st.integers(0, 2**31), st.integers(1, 200))
def test_a_longer_history_changes_no_earlier_row(seed: int, cut: int) -> None:
    high, low, close = candles(seed, 200)
    whole = atr(high, low, close)
    assert np.array_equal(atr(high[:cut], low[:cut], close[:cut]), whole[:cut], equal_nan=True)


def test_it_is_unknown_until_fourteen_ranges_are_in() -> None:
    state = EMPTY
    for number in range(15):
        assert math.isnan(value(state)), number
        state = step(state, 11.0, 9.0, 10.0)
    assert value(state) == 2.0


def test_a_gap_counts_into_the_range() -> None:
    state = step(step(EMPTY, 10.0, 10.0, 10.0, 1), 20.0, 19.0, 20.0, 1)
    assert value(state, 1) == 10.0
