"""A swing is known on the row that confirms it, with the row of its extreme."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.market.indicators.indicator import over
from hlmaster.market.indicators.swings import Swings
from tests.market.indicators.markets import market

nan = math.nan
HIGH_CASES = {
    "a peak is known two rows later": ([10, 11, 13, 12, 11, 10], [nan, nan, nan, nan, 2, 2]),
    "a rise has no swing high": ([10, 11, 12, 13, 14, 15], [nan] * 6),
    "the first of equal highs is the swing": ([10, 11, 13, 13, 12, 11], [nan, nan, nan, nan, 2, 2]),
    "an equal high before forbids it": ([13, 11, 13, 12, 11, 10], [nan] * 6),
    "a higher high within the right side forbids it": ([10, 11, 13, 12, 14, 10], [nan] * 6),
    "an equal high at the end of the right side does not": ([10, 11, 13, 12, 13, 10], [nan, nan, nan, nan, 2, 2]),
    "the newest swing replaces the one before": (
        [1, 2, 9, 3, 2, 8, 1, 1, 1],
        [nan, nan, nan, nan, 2, 2, 2, 5, 5],
    ),
    "the first row has no left side": ([13, 12, 11, 10, 9, 8], [nan] * 6),
}


@pytest.mark.parametrize("case", HIGH_CASES)
def test_swing_highs(case: str) -> None:
    highs, rows = HIGH_CASES[case]
    high = np.array(highs, np.float64)
    row = np.arange(len(high), dtype=np.float64) + 100
    values = over(Swings(2, 2), {"row": row, "high": high, "low": np.zeros(len(high))})
    assert np.array_equal(values[1], np.array(rows, np.float64) + 100, equal_nan=True)
    assert np.array_equal(values[0], [nan if math.isnan(r) else high[int(r)] for r in rows], equal_nan=True)
    mirrored = over(Swings(2, 2), {"row": row, "high": np.full(len(high), 99.0), "low": -high})
    assert np.array_equal(mirrored[3], values[1], equal_nan=True)
    assert np.array_equal(mirrored[2], -values[0], equal_nan=True)


def test_one_row_may_be_both() -> None:
    columns = {"row": np.arange(3.0), "high": np.array([5.0, 9.0, 5.0]), "low": np.array([4.0, 1.0, 4.0])}
    assert over(Swings(1, 1), columns)[:, 2].tolist() == [9.0, 1.0, 1.0, 1.0]


def test_rows_passed_over_count_in_the_row_of_the_extreme() -> None:
    high = np.array([1.0, 2.0, nan, 5.0, 3.0, 2.0])
    assert over(Swings(2, 2), {"row": np.arange(6.0), "high": high, "low": np.zeros(6)})[1, -1] == 3.0


@given(st.integers(0, 2**31), st.integers(1, 5), st.integers(1, 5))
def test_every_swing_stands_out_and_none_is_missed(seed: int, left: int, right: int) -> None:
    columns = market(seed, 120)
    high = columns["high"]
    found = over(Swings(left, right), columns)[1]
    latest = nan
    for i in range(120):
        at = i - right
        if at >= left and high[at] > high[at - left : at].max() and high[at] >= high[at + 1 : i + 1].max():
            latest = float(at)
        assert found[i] == latest or (math.isnan(latest) and math.isnan(found[i]))
