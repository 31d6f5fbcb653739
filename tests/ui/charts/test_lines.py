from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.ui.charts.lines import line_colour, spread
from hlmaster.ui.charts.palette import ChartPalette


@given(st.lists(st.tuples(st.floats(-100, 1100), st.floats(10, 40)), max_size=20))
def test_labels_never_overlap_stay_inside_and_keep_their_order(wanted: list[tuple[float, float]]) -> None:
    centres, heights = [centre for centre, _ in wanted], [height for _, height in wanted]
    result = spread(centres, heights, 0, 1000)
    order = sorted(range(len(wanted)), key=lambda index: centres[index])
    for above, below in pairwise(order):
        assert result[above] + heights[above] / 2 <= result[below] - heights[below] / 2 + 1e-6
    for centre, height in zip(result, heights, strict=True):
        assert height / 2 - 1e-6 <= centre <= 1000 - height / 2 + 1e-6


def test_a_label_with_room_stays_where_it_is() -> None:
    assert spread([50.0, 200.0], [20.0, 20.0], 0, 300) == [50.0, 200.0]


def test_two_labels_at_one_price_move_apart_evenly() -> None:
    assert spread([100.0, 100.0], [20.0, 20.0], 0, 300) == [90.0, 110.0]


def test_labels_without_room_are_stacked_from_the_top() -> None:
    assert spread([5.0, 5.0, 5.0], [20.0] * 3, 0, 40) == [10.0, 30.0, 50.0]


def test_sides_and_dangers_have_their_own_colours() -> None:
    palette = ChartPalette()
    assert line_colour("order_buy", palette) == palette.up
    assert line_colour("stop", palette) == palette.down
    assert line_colour("liquidation", palette) == palette.warning


def test_what_weighs_more_stays_where_it_is() -> None:
    moved = spread([100.0, 100.0, 100.0], [20.0] * 3, 0, 300, [1.0, 1000.0, 1.0])
    assert moved[1] == pytest.approx(100, abs=0.1)
    assert moved[0] == pytest.approx(80, abs=0.1)
    assert moved[2] == pytest.approx(120, abs=0.1)
