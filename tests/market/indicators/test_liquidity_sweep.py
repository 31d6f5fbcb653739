"""A sweep reaches beyond a confirmed swing and closes back inside; each level serves once."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hlmaster.market.indicators.indicator import over
from hlmaster.market.indicators.liquidity_sweep import LiquiditySweep

nan = math.nan
BEFORE = [(98.0, 97.0, 97.5), (100.0, 97.0, 98.0), (98.0, 97.0, 97.5)]
"""(high, low, close): a swing high at 100 on row 1, confirmed on row 2; equal lows make no swing low."""
CASES = {
    "beyond and back is a sweep": ([(100.6, 97.0, 99.8)], [(-1.0, 100.0)]),
    "a close beyond is a break": ([(100.6, 97.0, 100.2)], [(0.0, nan)]),
    "a close on the level is no sweep": ([(100.6, 97.0, 100.0)], [(0.0, nan)]),
    "touching the level is no sweep": ([(100.0, 97.0, 99.0)], [(0.0, nan)]),
    "a level that was touched still serves": ([(100.0, 97.0, 99.0), (100.1, 97.0, 99.0)], [(0.0, nan), (-1.0, 100.0)]),
    "a swept level serves no second time": ([(100.6, 97.0, 99.8), (101.0, 97.0, 99.0)], [(-1.0, 100.0), (0.0, nan)]),
    "a broken level serves no more": ([(100.6, 97.0, 100.2), (100.4, 97.0, 99.0)], [(0.0, nan), (0.0, nan)]),
    "a stale level is none": ([(99.0, 97.0, 98.0)] * 9 + [(100.6, 97.0, 99.0)], [(0.0, nan)] * 10),
    "the swing that a row confirms is no level of that row": ([], []),
}


@pytest.mark.parametrize("case", CASES)
def test_sweeps(case: str) -> None:
    rows, expected = CASES[case]
    high, low, close = np.array(BEFORE + rows).T
    number = np.arange(len(high), dtype=np.float64)
    values = over(LiquiditySweep(1, 1, 10), {"row": number, "high": high, "low": low, "close": close})
    assert np.isnan(values[0, :3]).all()
    assert np.array_equal(values[:, 3:].T, np.array(expected).reshape(-1, 2), equal_nan=True)
    mirrored = over(LiquiditySweep(1, 1, 10), {"row": number, "high": -low, "low": -high, "close": -close})
    assert np.array_equal(mirrored, -values, equal_nan=True)


def test_a_row_that_sweeps_both_sides_names_none() -> None:
    rows = [(98.0, 97.0), (100.0, 95.0), (98.0, 97.0), (101.0, 94.0)]
    high, low = np.array(rows).T
    values = over(LiquiditySweep(1, 1), {"row": np.arange(4.0), "high": high, "low": low, "close": np.full(4, 97.5)})
    assert values[0, 3] == 0.0
    assert np.isnan(values[1, 3])


def test_the_latest_swing_is_the_level() -> None:
    highs = [98.0, 105.0, 98.0, 100.0, 98.0, 101.0]
    columns = {"row": np.arange(6.0), "high": np.array(highs), "low": np.full(6, 90.0), "close": np.full(6, 97.0)}
    assert over(LiquiditySweep(1, 1), columns)[:, 5].tolist() == [-1.0, 100.0]
