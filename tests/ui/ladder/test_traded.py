"""Traded volume is summed by rows as the book is grouped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.events import Trade
from hlmaster.ui.ladder.grid import Grid
from hlmaster.ui.ladder.traded import MOST_PRICES, Traded

FINE, COARSE = Grid(4), Grid(4, (4, 1))


def trade(price: float, size: float, is_buy: bool) -> Trade:
    return Trade("ETH", 1, price, size, is_buy, 1)


def test_what_bought_stood_among_the_asks_and_what_sold_among_the_bids() -> None:
    traded = Traded()
    traded.take([trade(3434.6, 1.0, True), trade(3434.6, 2.0, False)])
    assert traded.rows(FINE) == {3434.6: 3.0}
    assert traded.rows(COARSE) == {3435.0: 1.0, 3434.0: 2.0}


@given(st.lists(st.tuples(st.integers(34_000, 34_400), st.floats(0.01, 100), st.booleans()), max_size=60))
def test_no_volume_is_lost_however_it_is_grouped_and_told(trades: list[tuple[int, float, bool]]) -> None:
    traded = Traded()
    for index, (tenths, size, is_buy) in enumerate(trades):
        traded.take([trade(tenths / 10, size, is_buy)])
        traded.rows(COARSE if index % 3 else FINE)
    whole = sum(size for _, size, _ in trades)
    for grid in (FINE, COARSE):
        assert sum(traded.rows(grid).values()) == pytest.approx(whole)


def test_it_keeps_the_prices_near_the_last_trade() -> None:
    traded = Traded()
    traded.rows(FINE)
    traded.take(trade(round(1000 + tick / 10, 1), 1.0, True) for tick in range(MOST_PRICES + 1))
    rows = traded.rows(FINE)
    assert len(rows) == MOST_PRICES // 2
    assert min(rows) > 1000
