"""The ring of books: what was heard is there, a gap stays a gap, and coarser columns average finer ones."""

from __future__ import annotations

import numpy as np
import pytest

from hlmaster.core.events import Level
from hlmaster.market.flow.grid import PriceGrid
from hlmaster.market.flow.heat import COLUMN_MS, COLUMNS, HeatHistory
from tests.market.facts import NOW, ladder, levels

FIRST = NOW // COLUMN_MS
GRID = PriceGrid(1)


def history(hold_ms: int = 3_000) -> HeatHistory:
    return HeatHistory(GRID, NOW, hold_ms)


def take(heat: HeatHistory, at_ms: int, bid: float = 100.0, size: float = 1.0) -> None:
    heat.take_book(at_ms, levels(ladder(bid, 20, -0.1, size)), levels(ladder(bid + 0.1, 20, 0.1, size)))


def test_a_column_holds_the_book_of_its_time_and_keeps_it_until_the_next() -> None:
    heat = history()
    take(heat, NOW, 100.0)
    take(heat, NOW + 4 * COLUMN_MS, 100.5, 2.0)
    window = heat.window(FIRST, 5, COLUMN_MS, 990, 30, 1)
    assert window.heard.tolist() == [True] * 5
    assert window.bid.tolist() == [100.0] * 4 + [100.5]
    assert window.ask.tolist() == pytest.approx([100.1] * 4 + [100.6])
    assert window.size[0].tolist() == window.size[3].tolist() == [1.0] * 30
    assert window.size[4, 11:].tolist() == [2.0] * 19
    assert window.size[4, 5:16].tolist() == [2.0] * 11


def test_a_book_is_believed_no_longer_than_it_may_be_and_nothing_bridges_the_gap() -> None:
    heat = history(hold_ms=2 * COLUMN_MS)
    take(heat, NOW)
    take(heat, NOW + 9 * COLUMN_MS)
    window = heat.window(FIRST, 10, COLUMN_MS, 990, 10, 1)
    assert window.heard.tolist() == [True] * 3 + [False] * 6 + [True]
    assert np.isnan(window.bid[3:9]).all()
    assert not window.size[3:9].any()


def test_a_lost_line_ends_the_column_at_once() -> None:
    heat = history()
    take(heat, NOW)
    heat.lose()
    heat.pass_time(NOW + 3 * COLUMN_MS)
    take(heat, NOW + 5 * COLUMN_MS)
    assert heat.window(FIRST, 6, COLUMN_MS, 990, 10, 1).heard.tolist() == [True, False, False, False, False, True]


def test_what_was_before_the_start_and_after_the_newest_is_not_heard() -> None:
    heat = history()
    take(heat, NOW)
    assert heat.window(FIRST - 2, 4, COLUMN_MS, 990, 10, 1).heard.tolist() == [False, False, True, False]


def test_coarser_columns_average_sizes_over_time_and_rows_sum_levels() -> None:
    heat = history()
    begun = NOW - NOW % 1000
    heat = HeatHistory(GRID, begun, 3_000)
    heat.take_book(begun, [Level(100.0, 4.0)], [Level(100.1, 2.0), Level(100.3, 6.0)])
    heat.take_book(begun + 500, [Level(100.0, 8.0)], [Level(100.1, 2.0), Level(100.3, 6.0)])
    heat.pass_time(begun + 750)
    window = heat.window(begun // 1000, 1, 1000, 500, 2, 2)
    assert window.size.tolist() == [[8.0, 6.0]]
    assert heat.window(begun // 1000, 1, 1000, 250, 1, 4).size.tolist() == [[14.0]]
    assert window.bid.tolist() == [100.0]


def test_trades_lie_in_the_column_of_their_own_time() -> None:
    heat = history()
    take(heat, NOW)
    for number, (price, size, is_buy) in enumerate([(100.1, 1.0, True), (100.3, 3.0, True), (100.0, 2.0, False)]):
        heat.take_trade(NOW + number, price, size, is_buy)
    heat.take_trade(NOW + 3 * COLUMN_MS, 100.1, 5.0, True)
    heat.take_trade(NOW + COLUMN_MS, 99.9, 7.0, False)
    window = heat.window(FIRST, 4, COLUMN_MS, 990, 10, 1)
    assert window.bought.tolist() == [4.0, 0.0, 0.0, 5.0]
    assert window.sold.tolist() == [2.0, 7.0, 0.0, 0.0]
    assert window.bought_at[0] == pytest.approx(100.25)
    assert np.isnan(window.bought_at[1])
    assert window.heard.all()


def test_a_trade_before_the_ring_is_let_go() -> None:
    heat = history()
    take(heat, NOW)
    heat.take_trade(NOW - COLUMN_MS, 100.0, 1.0, True)
    assert not heat.window(FIRST - 1, 2, COLUMN_MS, 990, 10, 1).bought.any()


def test_the_ring_forgets_the_oldest_and_a_night_asleep_is_one_gap() -> None:
    heat = history()
    take(heat, NOW)
    take(heat, NOW + (COLUMNS + 9) * COLUMN_MS)
    assert heat.oldest == FIRST + 10
    window = heat.window(heat.oldest, COLUMNS, COLUMN_MS, 990, 10, 1)
    assert window.heard.tolist() == [True] * 3 + [False] * (COLUMNS - 4) + [True]


def test_one_book_a_column_is_wanted() -> None:
    heat = history()
    assert heat.wants(NOW)
    take(heat, NOW)
    assert not heat.wants(NOW + COLUMN_MS - 1 - NOW % COLUMN_MS)
    assert heat.wants(NOW + COLUMN_MS)
