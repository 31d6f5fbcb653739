"""A profile counts trades where all of them were heard, and candles elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from hlmaster.core.candles import CandleBlock
from hlmaster.core.model import Interval
from hlmaster.market.flow.cells import PriceCells
from hlmaster.market.flow.grid import PriceGrid
from hlmaster.market.flow.listening import Listening
from hlmaster.market.flow.profile import profile
from tests.market.facts import MINUTE, NOW

GRID = PriceGrid(0)


def candles(count: int) -> CandleBlock:
    times = NOW + np.arange(count) * MINUTE
    price = np.full(count, 100.0)
    return CandleBlock(times, price, price + 9, price, price, np.full(count, 10.0), np.full(count, 5, np.int64))


def test_without_anybody_who_listened_it_is_made_of_candles() -> None:
    rows = profile(candles(4), Interval.M1, GRID, 5, None, NOW)
    assert rows.volume.tolist() == pytest.approx([20.0, 20.0])
    assert rows.sided_share == 0.0


def test_whole_candles_count_by_their_trades_and_the_others_by_their_range() -> None:
    cells, heard = PriceCells(), Listening(NOW + MINUTE)
    for minute in range(1, 4):
        cells.add(NOW + minute * MINUTE, 107, 8.0, True)
    heard.miss(NOW + 2 * MINUTE, NOW + 2 * MINUTE + 1)
    rows = profile(candles(4), Interval.M1, GRID, 5, (cells, heard), NOW + 4 * MINUTE)
    assert rows.bought.tolist() == [0.0, 16.0]
    assert rows.unsided.tolist() == pytest.approx([10.0, 10.0])
    assert rows.sided_share == pytest.approx(16 / 36)


def test_no_candles_make_no_profile() -> None:
    heard = (PriceCells(), Listening(NOW))
    assert len(profile(CandleBlock.empty(), Interval.M1, GRID, 5, heard, NOW)) == 0
