"""Where the heat map's columns and rows lie, and how hands move them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF

from hlmaster.ui.flow.heat_frame import USUAL_ZOOM, ZOOMS, HeatFrame
from tests.market.facts import NOW

PLOT = QRectF(0, 0, 400, 300)


def laid_out(zoom: int = USUAL_ZOOM) -> HeatFrame:
    frame = HeatFrame(zoom)
    frame.lay_out(PLOT, NOW)
    frame.fit(400, 10)
    frame.follow(34_340)
    return frame


def test_the_newest_column_ends_at_the_right_edge() -> None:
    frame = laid_out()
    assert frame.view.last == NOW // frame.step_ms
    assert frame.x_of(frame.view.last + 1, PLOT) == PLOT.right()
    assert frame.column_at(PLOT.right() - 1, PLOT) == frame.view.last


def test_rows_are_so_high_that_the_book_fills_its_share_and_stay_so() -> None:
    frame = laid_out()
    rows = frame.row_units
    frame.fit(40_000, 10)
    assert frame.row_units == rows
    assert 400 / frame.row_units <= frame.rows


def test_prices_and_pixels_are_each_others_inverse() -> None:
    frame = laid_out()
    assert frame.units_at(frame.y_of(34_337, PLOT), PLOT) == pytest.approx(34_337)


def test_the_map_follows_the_price_until_a_hand_moves_it() -> None:
    frame = laid_out()
    frame.follow(35_340)
    middle = frame.units_at(PLOT.center().y(), PLOT)
    assert middle == pytest.approx(35_340, abs=2 * frame.row_units)
    frame.pan(0, 3, 0)
    low = frame.low
    frame.follow(36_340)
    assert frame.low == low
    frame.to_now()
    frame.follow(36_340)
    assert frame.low != low


def test_the_past_is_reached_as_far_as_it_is_held_and_now_again() -> None:
    frame = laid_out()
    frame.pan(20, 0, frame.newest - 1_000)
    assert frame.view.last == frame.newest - 20
    frame.pan(10_000, 0, frame.newest - 1_000)
    assert frame.view.last == frame.newest - 1_000 + frame.count // 4
    frame.pan(-20_000, 0, frame.newest - 1_000)
    assert frame.anchor is None


def test_zooming_keeps_the_moment_and_the_middle_and_ends_at_both_ends() -> None:
    frame = laid_out()
    frame.pan(100, 0, 0)
    at = frame.view.last * frame.step_ms
    frame.zoom_time(closer=False)
    assert frame.view.last * frame.step_ms == pytest.approx(at, abs=frame.step_ms)
    middle = frame.units_at(PLOT.center().y(), PLOT)
    frame.zoom_price(closer=True, tick=10)
    assert frame.units_at(PLOT.center().y(), PLOT) == pytest.approx(middle, abs=frame.row_units)
    for _ in range(30):
        frame.zoom_time(closer=False)
        frame.zoom_price(closer=True, tick=10)
    assert (frame.zoom, frame.row_units) == (len(ZOOMS) - 1, 10)
