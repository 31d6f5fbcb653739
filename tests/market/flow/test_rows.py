"""Rows of volume: point of control and value area, candles spread over their range, rows added together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.candles import CandleBlock
from hlmaster.market.flow.cells import Cells
from hlmaster.market.flow.grid import PriceGrid
from hlmaster.market.flow.rows import Rows, joined, rows_of, rows_of_candles
from tests.market.facts import NOW

GRID = PriceGrid(1)


def rows(*volume: float) -> Rows:
    bought = np.array(volume)
    return Rows(1, 0, np.zeros(len(bought)), bought, np.zeros(len(bought)))


def block(*ranges: tuple[float, float, float]) -> CandleBlock:
    low, high, volume = (np.array(column) for column in zip(*ranges, strict=True))
    times = NOW + np.arange(len(ranges)) * 60_000
    return CandleBlock(times, low, high, low, high, volume, np.ones(len(ranges), np.int64))


def test_the_value_area_grows_from_the_fullest_row_to_the_fuller_neighbour() -> None:
    assert rows(1, 2, 10, 6, 1, 1).value_area() == (2, 2, 3)
    assert rows(5).value_area() == (0, 0, 0)
    assert rows(0, 0).value_area() is None
    assert rows().value_area() is None


def test_a_candle_is_spread_over_its_range_and_one_without_a_range_lies_in_its_row() -> None:
    made = rows_of_candles(block((10.0, 10.9, 10.0), (10.5, 10.5, 3.0)), GRID, 5)
    assert made.first == 20
    assert made.unsided.tolist() == pytest.approx([5.0, 8.0])
    assert made.sided_share == 0.0


@given(
    st.lists(
        st.tuples(st.integers(1, 500), st.integers(0, 300), st.floats(0.0, 1e6)).map(
            lambda row: (row[0] / 10, (row[0] + row[1]) / 10, row[2])
        ),
        min_size=1,
        max_size=20,
    ),
    st.integers(1, 60),
)
def test_spreading_candles_conserves_their_volume(ranges: list[tuple[float, float, float]], step: int) -> None:
    made = rows_of_candles(block(*ranges), GRID, step)
    assert made.total == pytest.approx(sum(volume for _, _, volume in ranges), rel=1e-9, abs=1e-9)
    assert (made.unsided >= 0).all()


CELLS = st.lists(st.tuples(st.integers(1, 90), st.integers(0, 50), st.integers(0, 50)), max_size=20).map(
    lambda told: Cells(*(np.array([row[i] for row in told], kind) for i, kind in enumerate((np.int64, float, float))))
)


@given(CELLS, CELLS)
def test_joining_adds_row_by_row(one: Cells, other: Cells) -> None:
    together = joined(rows_of(one, 4), rows_of(other, 4))
    both = Cells(*(np.r_[getattr(one, name), getattr(other, name)] for name in ("units", "sold", "bought")))
    assert together.volume.tolist() == rows_of(both, 4).volume.tolist()
    assert together.delta.tolist() == rows_of(both, 4).delta.tolist()


def test_rows_of_different_heights_are_not_added() -> None:
    with pytest.raises(ValueError, match="cannot be added"):
        joined(rows(1.0), rows(1.0).regrouped(2))


def test_the_share_that_comes_from_trades_is_told() -> None:
    assert joined(rows(3.0), Rows(1, 0, np.zeros(1), np.zeros(1), np.ones(1))).sided_share == 0.75
    assert rows().sided_share == 1.0
