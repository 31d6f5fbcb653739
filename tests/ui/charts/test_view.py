from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.ui.charts.view import KEPT_SLOTS, MIN_SLOTS, View


def test_visible_are_the_slots_of_which_a_part_is_on_the_screen() -> None:
    view = View(right=100.5, pitch=10, width=200)
    assert view.visible(1000) == (80, 101)
    assert view.visible(90) == (80, 90)
    assert view.visible(50) == (0, 0)


@given(x=st.floats(0, 800), factor=st.floats(0.5, 2.0))
def test_zoom_keeps_what_is_under_the_cursor(x: float, factor: float) -> None:
    view = View(right=5000, pitch=8, width=800)
    held = view.left + x / view.pitch
    view.zoom(factor, x, 10_000)
    assert view.left + x / view.pitch == pytest.approx(held)


@given(st.integers(1, 100_000), st.lists(st.one_of(st.floats(-1e6, 1e6), st.floats(0.01, 100)), max_size=20))
def test_some_candles_stay_in_sight_whatever_is_done(count: int, moves: list[float]) -> None:
    view = View(width=900)
    view.to_latest(count)
    for index, move in enumerate(moves):
        if index % 2 and move > 0:
            view.zoom(min(move, 100.0), 300, count)
        else:
            view.pan(move, count)
        first, last = view.visible(count)
        assert last - first >= min(KEPT_SLOTS, count)
        assert view.span >= MIN_SLOTS - 1e-9


def test_columns_are_at_least_a_pixel_wide() -> None:
    assert View(pitch=3, width=900).column_width() == 1
    assert View(pitch=1, width=900).column_width() == 1
    assert View(pitch=0.3, width=900).column_width() == 4


def test_a_wider_window_shows_more_history_at_the_same_zoom() -> None:
    view = View(width=500)
    view.to_latest(5000)
    right, pitch = view.right, view.pitch
    view.resize(900, 5000)
    assert (view.right, view.pitch) == (right, pitch)


def test_the_zoom_of_a_long_series_is_taken_back_for_a_short_one() -> None:
    view = View(width=900)
    view.show(1_000_000, 1_000_000)
    view.to_latest(100)
    assert view.span < 111


def test_home_shows_the_first_candle_and_end_the_last() -> None:
    view = View(width=900)
    view.to_oldest(5000)
    assert view.visible(5000)[0] == 0
    assert not view.shows_latest(5000)
    view.to_latest(5000)
    assert view.shows_latest(5000)
