"""Window sums and extremes equal the plain ones, whatever has left the window."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.market.indicators.rolling import NO_PEAK, NO_SUM, unknown, window_max, window_sum

values = st.lists(st.floats(-1e6, 1e6), max_size=80)
periods = st.integers(1, 20)


@given(values, periods)
def test_a_window_sum_is_the_sum_of_the_window(xs: list[float], period: int) -> None:
    state, held = NO_SUM, unknown(period)
    for i, x in enumerate(xs):
        state, total = window_sum(state, held, x, period)
        window = xs[max(0, i + 1 - period) : i + 1]
        if len(window) < period:
            assert math.isnan(total)
        else:
            assert math.isclose(total, math.fsum(window), rel_tol=0.0, abs_tol=1e-12 * sum(map(abs, window)) + 1e-300)


@given(values, periods)
def test_a_window_extreme_is_exactly_that_of_the_window(xs: list[float], period: int) -> None:
    state, held = NO_PEAK, unknown(period)
    for i, x in enumerate(xs):
        state, top = window_max(state, held, x, period)
        window = xs[max(0, i + 1 - period) : i + 1]
        assert math.isnan(top) if len(window) < period else top == max(window)


def test_a_huge_value_leaves_nothing_behind() -> None:
    state, held = NO_SUM, unknown(5)
    for x in np.concatenate([np.full(7, 1e18), np.full(9, 0.1)]).tolist():
        state, total = window_sum(state, held, x, 5)
    assert math.isclose(total, 0.5, rel_tol=1e-15)
