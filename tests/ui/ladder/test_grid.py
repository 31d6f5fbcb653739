"""Rows stand at prices the venue takes, grouped as the venue groups."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hlmaster.core.clock import ManualClock
from hlmaster.core.events import BookSnapshot, Level
from hlmaster.core.model import Side
from hlmaster.core.rounding import is_valid_price, tick_size
from hlmaster.market.book import Book
from hlmaster.market.staleness import Receipts
from hlmaster.ui.ladder.grid import GROUPS, Grid, groups, prices_around, step_text
from hlmaster.ui.ladder.rows import Book as Shown
from hlmaster.ui.ladder.rows import book_rows, ladder_rows

SIZE_DECIMALS = st.integers(0, 5)


@st.composite
def valid_prices(draw: st.DrawFn) -> tuple[float, int]:
    """A price that the venue takes, and the market's size decimals."""
    size_decimals = draw(SIZE_DECIMALS)
    figures, exponent = draw(st.integers(1, 99_999)), draw(st.integers(-(6 - size_decimals), 1))
    return float(Decimal(figures).scaleb(exponent)), size_decimals


@pytest.mark.parametrize(
    ("price", "size_decimals", "steps"),
    [
        (3434.6, 4, [0.1, 0.2, 0.5, 1, 10, 100]),
        (97_412.0, 5, [1, 2, 5, 10, 100, 1000]),
        (123_456.0, 5, [1, 10, 20, 50, 100, 1000, 10_000]),
        (0.38911, 0, [0.00001, 0.00002, 0.00005, 0.0001, 0.001, 0.01]),
        (0.012345, 2, [0.0001, 0.001]),
        (0.0000123, 0, [0.000001]),
    ],
)
def test_grouping_offers_the_venues_steps_from_the_tick_up(
    price: float, size_decimals: int, steps: list[float]
) -> None:
    tick = Grid(size_decimals).step(price)
    found = [tick, *(Grid(size_decimals, group).step(price) for group in groups(price, tick))]
    assert found == pytest.approx(steps)


@given(valid_prices())
def test_the_finest_step_is_the_venues_tick(market: tuple[float, int]) -> None:
    price, size_decimals = market
    assert Grid(size_decimals).step(price) == pytest.approx(float(tick_size(Decimal(repr(price)), size_decimals)))


@given(valid_prices(), st.integers(0, 60))
def test_every_row_is_a_valid_price_and_the_rows_fall(market: tuple[float, int], rows: int) -> None:
    price, size_decimals = market
    prices = prices_around(Grid(size_decimals), price, rows, rows)
    assert price in prices
    assert all(high > low for high, low in pairwise(prices))
    assert all(is_valid_price(Decimal(repr(one)), size_decimals) for one in prices)


@given(valid_prices(), st.sampled_from((None, *GROUPS)), st.integers(1, 40))
def test_up_and_down_again_is_the_same_row(market: tuple[float, int], group: tuple[int, int] | None, rows: int) -> None:
    price, size_decimals = market
    grid = Grid(size_decimals, group)
    start = grid.above(price)
    assert grid.moved(grid.moved(start, rows), -rows) == start


def test_the_rows_cross_a_power_of_ten_with_the_step_that_each_side_has() -> None:
    assert prices_around(Grid(0), 10.0, 2, 2) == (10.002, 10.001, 10.0, 9.9999, 9.9998)
    assert prices_around(Grid(0), 0.000002, 1, 5) == (0.000003, 0.000002, 0.000001)


@pytest.mark.parametrize(
    ("price", "side", "row"),
    [
        (3434.56, Side.BUY, 3434.0),
        (3434.56, Side.SELL, 3435.0),
        (3434.0, Side.BUY, 3434.0),
        (3434.0, Side.SELL, 3434.0),
    ],
)
def test_bids_are_grouped_down_and_asks_up(price: float, side: Side, row: float) -> None:
    assert Grid(4, (4, 1)).of(price, side) == row


def test_steps_are_written_without_noise() -> None:
    assert [step_text(step) for step in (0.1 + 1e-17, 0.00001, 1.0, 1000.0)] == ["0.1", "0.00001", "1", "1,000"]


@st.composite
def books(draw: st.DrawFn) -> tuple[list[Level], list[Level], int]:
    """Bids and asks, best first and not crossed, on the ticks of a market."""
    price, size_decimals = draw(valid_prices())
    grid = Grid(size_decimals)
    sizes = st.floats(0.001, 1e6)
    bids, asks, at = [], [], price
    for gap in draw(st.lists(st.integers(1, 9), max_size=20)):
        bids.append(Level(at, draw(sizes), 1))
        lower = grid.moved(at, -gap)
        if lower == at:
            break
        at = lower
    at = price
    for gap in draw(st.lists(st.integers(1, 9), max_size=20)):
        at = grid.moved(at, gap)
        asks.append(Level(at, draw(sizes), 1))
    return bids, asks, size_decimals


@settings(max_examples=50)
@given(books(), st.sampled_from(GROUPS))
def test_grouped_rows_sum_the_fine_levels_side_by_side_and_lose_nothing(
    book: tuple[list[Level], list[Level], int], group: tuple[int, int]
) -> None:
    bids, asks, size_decimals = book
    grid = Grid(size_decimals, group)
    whole = Book(Receipts(ManualClock(0)))
    whole.apply(BookSnapshot("ETH", 1, bids, asks))
    grouped_bids, grouped_asks = whole.aggregate(*group)
    expected: dict[tuple[float, Side], float] = {}
    for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
        for level in levels:
            key = grid.of(level.price, side), side
            expected[key] = expected.get(key, 0.0) + level.size
    every = (*bids, *asks)
    fine = Grid(size_decimals)
    assume(every and all(grid.step(level.price) > fine.step(level.price) * 1.01 for level in every))
    shown = Shown(grid, grouped_bids, grouped_asks)
    rows = {(row.price, row.side): row.size for row in book_rows(shown, 50, 17, 0, 34)}
    assert rows == pytest.approx(expected)
    top = max(price for price, _ in expected)
    prices = prices_around(grid, top, 0, 400)
    found = {(row.price, row.side): row.size for row in ladder_rows(shown, prices, 17, 0) if row.size}
    assert found == pytest.approx({key: size for key, size in expected.items() if key[0] >= prices[-1]})
