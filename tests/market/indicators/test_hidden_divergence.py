"""Hidden divergence: the price holds, the index does not; told when the later swing is confirmed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hlmaster.core.candles import Floats
from hlmaster.market.indicators.hidden_divergence import HiddenDivergence
from hlmaster.market.indicators.indicator import over
from hlmaster.market.indicators.rsi import Rsi

RISE_THEN_HIGHER_LOW = [100, 101, 102, 103, 104, 105, 104.6, 106, 108, 110, 108, 106, 104.8, 106, 107]
"""A shallow low on row 6 after a rise (index high), then a deep fall to a higher low on row 12 (index low)."""


def run(closes: list[float], **parameters: int) -> Floats:
    close = np.array(closes, np.float64)
    chosen = HiddenDivergence(**({"period": 3, "left": 1, "right": 1} | parameters))
    row = np.arange(50, 50 + len(close), dtype=np.float64)
    return over(chosen, {"row": row, "high": close + 0.1, "low": close - 0.1, "close": close})


def test_a_higher_low_with_a_lower_index_is_bullish_on_the_row_that_confirms_it() -> None:
    values = run(RISE_THEN_HIGHER_LOW)
    index = over(Rsi(3), {"close": np.array(RISE_THEN_HIGHER_LOW, np.float64)})[0]
    assert index[12] < index[6]
    assert values[:, 13].tolist() == [1.0, 56.0, 62.0]
    assert values[0, 4:13].tolist() == [0.0] * 9
    assert values[0, 14] == 0.0
    assert np.isnan(values[1:, 14]).all()


def test_the_mirrored_market_is_bearish() -> None:
    values = run([200 - x for x in RISE_THEN_HIGHER_LOW])
    assert values[:, 13].tolist() == [-1.0, 56.0, 62.0]


@pytest.mark.parametrize("last", [104.6, 104.0])
def test_a_low_that_is_not_higher_is_no_hidden_divergence(last: float) -> None:
    closes = [*RISE_THEN_HIGHER_LOW[:12], last, 106.0, 107.0]
    assert set(run(closes)[0, 4:].tolist()) == {0.0}


def test_a_higher_low_with_a_higher_index_is_none() -> None:
    closes = [100, 98, 96, 94, 92, 90, 94, 98, 102, 106, 105.5, 108, 110]
    values = run(closes)
    assert set(values[0, 4:].tolist()) == {0.0}


def test_swings_too_far_apart_are_not_compared() -> None:
    assert run(RISE_THEN_HIGHER_LOW, reach=6)[0, 13] == 1.0
    assert run(RISE_THEN_HIGHER_LOW, reach=5)[0, 13] == 0.0


def test_it_is_unknown_while_the_index_at_the_swing_is() -> None:
    values = run(RISE_THEN_HIGHER_LOW)
    assert np.isnan(values[0, :4]).all()
    assert all(math.isnan(x) for x in run([100.0] * 12)[0])
