"""Prices as whole units, and the heights that rows may have."""

from __future__ import annotations

import pytest

from hlmaster.market.flow.grid import PriceGrid, row_step, step_after


@pytest.mark.parametrize(
    ("price", "size_decimals", "decimals", "tick"),
    [(97_412.0, 5, 1, 10), (3_434.6, 4, 2, 10), (0.38911, 0, 6, 10), (0.000123, 0, 6, 1), (123_456.0, 0, 1, 10)],
)
def test_a_unit_is_a_tenth_of_the_tick_where_the_venue_may_use_it(
    price: float, size_decimals: int, decimals: int, tick: int
) -> None:
    grid = PriceGrid.around(price, size_decimals)
    assert grid.decimals == decimals
    assert grid.tick(price, size_decimals) == tick
    assert grid.price(grid.units(price)) == price


def test_rows_are_a_tick_times_one_two_or_five() -> None:
    assert [row_step(span, 20, 10) for span in (10, 200, 210, 900, 1_200, 10_000)] == [10, 10, 20, 50, 100, 500]


def test_the_next_step_is_one_finer_or_coarser_and_never_below_a_tick() -> None:
    assert [step_after(step, 10, finer=True) for step in (50, 20, 10)] == [20, 10, 10]
    assert [step_after(step, 10, finer=False) for step in (50, 20, 10)] == [100, 50, 20]
