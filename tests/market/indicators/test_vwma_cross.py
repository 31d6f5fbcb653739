"""A cross is told on its row, once, and decided by volume."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hlmaster.market.indicators.indicator import over
from hlmaster.market.indicators.vwma_cross import VwmaCross

CROSSES = {
    "a rise after a fall": ([9, 8, 7, 6, 9, 12], [None, None, 0, 0, 1, 0]),
    "a fall after a rise": ([6, 7, 8, 9, 6, 3], [None, None, 0, 0, -1, 0]),
    "the first side is no cross": ([5, 5, 5, 9, 9, 9], [None, None, 0, 0, 0, 0]),
    "equal for a while and on is no cross": ([1, 2, 3, 3, 3, 4], [None, None, 0, 0, 0, 0]),
}


@pytest.mark.parametrize("case", CROSSES)
def test_crosses(case: str) -> None:
    closes, expected = CROSSES[case]
    columns = {"close": np.array(closes, np.float64), "volume": np.ones(6)}
    wanted = [math.nan if x is None else float(x) for x in expected]
    fast, slow, cross = over(VwmaCross(2, 3), columns)
    assert np.array_equal(cross, wanted, equal_nan=True)
    assert np.array_equal(np.isnan(slow), np.isnan(cross))
    assert fast[2] == (closes[1] + closes[2]) / 2


def test_volume_decides_where_the_averages_cross() -> None:
    close = np.array([10.0, 9.0, 8.0, 9.5, 9.5])
    quiet = over(VwmaCross(2, 4), {"close": close, "volume": np.ones(5)})
    heavy = over(VwmaCross(2, 4), {"close": close, "volume": np.array([1.0, 1.0, 1.0, 99.0, 99.0])})
    assert quiet[2, 4] == 1.0
    assert heavy[0, 4] > heavy[1, 4]
