from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication

from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.lines import PriceLine
from hlmaster.ui.charts.picture import Picture
from hlmaster.ui.charts.series import FIELDS
from hlmaster.ui.charts.shapes import (
    candle_shapes,
    column_edges,
    histogram_bars,
    latest_bar,
    latest_candle,
    latest_volume,
    volume_bars,
)
from hlmaster.ui.charts.view import View
from tests.ui.charts.made import MINUTE, series


@pytest.fixture
def frame(qapp: QApplication) -> Frame:
    return laid_out(Picture(series=series(3000)))


def laid_out(frame: Frame, width: float = 900, height: float = 600) -> Frame:
    frame.lay_out(width, height)
    frame.view.to_latest(len(frame.series))
    frame.rebuild()
    return frame


def test_another_series_of_the_same_times_has_its_times_marked(frame: Frame) -> None:
    told, known = frame.time_ticks, frame.series
    assert told
    frame.series = series(0)
    frame.rebuild()
    assert frame.time_ticks == []
    frame.series = known
    frame.rebuild()
    assert frame.time_ticks == told


def test_both_panes_and_their_scales_share_their_edges(frame: Frame) -> None:
    assert frame.price_pane.width() == frame.volume_pane.width() == frame.price_scale.left()
    assert frame.price_scale.right() == frame.panes.shown[0].axis.right() == 900
    assert frame.volume_pane.bottom() == frame.time_scale.top()
    assert frame.time_scale.bottom() == 600


def test_a_low_chart_leaves_the_volume_out(qapp: QApplication) -> None:
    assert laid_out(Picture(series=series(100)), height=170).volume_pane.height() == 0


def test_the_price_scale_fits_what_is_visible(frame: Frame) -> None:
    frame.view.pan(-1000, len(frame.series))
    frame.rebuild()
    first, last = frame.view.visible(len(frame.series))
    high, low = frame.series.field("high")[first:last].max(), frame.series.field("low")[first:last].min()
    assert frame.low < low < high < frame.high
    assert 0 <= frame.y_of(high) < frame.y_of(low) <= frame.price_pane.height()
    assert frame.price_at(frame.y_of(high)) == pytest.approx(high)


def test_a_flat_market_has_a_scale_too(qapp: QApplication) -> None:
    frame = Picture()
    frame.series.replace(np.arange(5) * MINUTE, {name: np.full(5, 7.0) for name in FIELDS}, MINUTE)
    assert laid_out(frame).low < 7 < frame.high


@pytest.mark.parametrize("pitch", [0.01, 0.4, 1.0, 2.0, 3.5, 4.0, 7.5, 20.0, 60.0])
def test_candles_are_drawn_from_high_to_low_where_they_lie(frame: Frame, pitch: float) -> None:
    frame.view = View(right=2900, pitch=pitch, width=frame.view.width)
    frame.rebuild()
    shapes = candle_shapes(frame, frame.columns)
    wicks = np.concatenate((shapes.wicks_up, shapes.wicks_down))
    assert len(wicks) == len(frame.columns)
    assert (wicks[:, 2] >= wicks[:, 0]).all()
    assert (wicks[:, 3] >= wicks[:, 1]).all()
    assert wicks[:, 1].min() == round(frame.y_of(float(frame.columns.high.max())))
    assert wicks[:, 3].max() == round(frame.y_of(float(frame.columns.low.min())))
    bodies = np.concatenate((shapes.bodies_up, shapes.bodies_down))
    if len(bodies):
        widths = bodies[:, 2] - bodies[:, 0] + 1
        assert len(set(widths.tolist())) == 1
        assert widths[0] < pitch
        inside = (wicks[:, 0] >= bodies[:, 0]) & (wicks[:, 0] <= bodies[:, 2])
        assert inside.all()


@pytest.mark.parametrize("pitch", [0.03, 0.4, 0.9])
def test_folded_columns_fill_the_width_without_overlap(frame: Frame, pitch: float) -> None:
    frame.view = View(right=2900, pitch=pitch, width=frame.view.width)
    frame.rebuild()
    left, right = column_edges(frame, frame.columns.slot, frame.columns.width)
    assert (left[1:] - right[:-1] == 1).all()


def test_the_live_column_is_the_one_with_the_latest_candle(frame: Frame) -> None:
    assert frame.latest.slot.tolist() == [2999]
    assert len(frame.closed) == len(frame.columns) - 1
    frame.view.pan(-500, 3000)
    frame.rebuild()
    assert len(frame.latest) == 0
    assert len(frame.closed) == len(frame.columns)


def test_a_gap_has_no_candle_and_breaks_an_overlay(qapp: QApplication) -> None:
    frame = Picture(series=series(100, missing=(90, 91)))
    frame.series.set_overlay("mean", np.full(98, 100.0))
    laid_out(frame)
    assert 90 not in frame.columns.slot
    x, y = frame.column_middles(), frame.sampled("mean")
    at_gap = np.abs(x - frame.view.x_of(90.5)).argmin()
    assert np.isnan(y[at_gap])
    assert np.isfinite(y[[at_gap - 1, at_gap + 1]]).all()


def test_an_overlay_may_begin_late(frame: Frame) -> None:
    values = np.full(3000, np.nan)
    values[2990:] = 100.0
    frame.series.set_overlay("late", values)
    y = frame.sampled("late")
    assert np.isfinite(y).sum() == 10


def test_tags_and_labels_of_close_prices_do_not_overlap(frame: Frame) -> None:
    last = float(frame.series.field("close")[-1])
    frame.lines = tuple(PriceLine(last + 0.01 * step, f"stop {step}", "stop", "0.4") for step in range(6))
    frame.countdown = "00:12"
    frame.rebuild()
    assert len(frame.tags) == 7
    edges = sorted((tag.centre - tag.height / 2, tag.centre + tag.height / 2) for tag in frame.tags)
    assert all(above[1] <= below[0] for above, below in pairwise(edges))
    for at_right in (False, True):
        centres = sorted(label.centre for label in frame.labels if label.at_right == at_right)
        assert len(centres) == 6
        assert all(below - above >= 15 for above, below in pairwise(centres))


def test_a_line_beyond_the_scale_has_its_tag_at_the_end_of_it(frame: Frame) -> None:
    frame.lines = (PriceLine(1e9, "far", "order_sell"), PriceLine(1e-3, "stop", "stop"))
    frame.rebuild()
    height = frame.price_pane.height()
    told = {tag.text: (tag.beyond, round(tag.centre)) for tag in frame.tags if tag.beyond}
    assert told["1,000,000,000.00"] == (1, 10)
    assert told["0.00"] == (-1, round(height - 10))
    assert [label.text for label in frame.labels] == ["↑ far", "↓ stop"]


def test_more_lines_than_there_is_room_for_leave_those_that_matter(frame: Frame) -> None:
    last = float(frame.series.field("close")[-1])
    orders = [PriceLine(last * (1 + step / 1e5), f"order {step}", "order_buy") for step in range(200)]
    frame.lines = (*orders, PriceLine(last * 0.5, "stop", "stop"), PriceLine(last, "position", "position"))
    frame.rebuild()
    assert all(0 <= tag.centre <= frame.price_pane.height() for tag in frame.tags)
    assert {"↓ stop", "position", "order 0"} <= {label.text for label in frame.labels}


def test_without_a_cursor_the_latest_candle_is_read(frame: Frame) -> None:
    reading = frame.reading
    assert reading is not None
    assert (reading.slot, reading.cursor_price) == (2999, None)
    close = frame.series.field("close")
    assert reading.change == pytest.approx(close[-1] / close[-2] - 1)


def test_the_cursor_reads_the_candle_and_the_price_under_it(frame: Frame) -> None:
    frame.cursor = (frame.view.x_of(2950.5), 200.0)
    frame.rebuild()
    reading = frame.reading
    assert reading is not None
    assert reading.time_ms == frame.series.time[2950]
    assert (reading.open, reading.high) == (frame.series.field("open")[2950], frame.series.field("high")[2950])
    assert reading.cursor_price == pytest.approx(frame.price_at(200.0))


def test_the_cursor_reads_a_folded_column_as_one_candle(frame: Frame) -> None:
    frame.view = View(right=3000, pitch=0.4, width=frame.view.width)
    frame.cursor = (frame.view.x_of(2000), 100.0)
    frame.rebuild()
    reading, width = frame.reading, frame.columns.width
    assert reading is not None
    inside = slice(reading.slot, reading.slot + width)
    assert width > 1
    assert reading.high == frame.series.field("high")[inside].max()
    assert reading.volume == frame.series.field("volume")[inside].sum()


def test_the_cursor_on_a_gap_reads_how_many_are_missing(qapp: QApplication) -> None:
    frame = laid_out(Picture(series=series(100, missing=(90, 91))))
    frame.cursor = (frame.view.x_of(90.5), 100.0)
    frame.rebuild()
    assert frame.reading is not None
    assert frame.reading.missing == 2


def test_right_of_the_latest_candle_the_cursor_moves_on_and_the_reading_stays(frame: Frame) -> None:
    frame.cursor = (frame.price_pane.width() - 1, 100.0)
    frame.rebuild()
    assert frame.reading is not None
    assert frame.reading.slot == 2999
    assert frame.cursor_slot > 2999


def test_a_tick_leaves_the_still_picture_and_a_new_candle_does_not(frame: Frame) -> None:
    before = frame.still()
    last = {name: float(frame.series.field(name)[-1]) for name in FIELDS}
    frame.series.put(int(frame.series.time[-1]), last | {"close": last["open"]})
    frame.countdown, frame.cursor = "00:01", (10.0, 10.0)
    frame.rebuild()
    assert frame.still() == before
    frame.series.put(int(frame.series.time[-1]) + MINUTE, last)
    frame.rebuild()
    assert frame.still() != before


@pytest.mark.parametrize("pitch", [0.03, 0.4, 1.0, 1.7, 2.0, 3.5, 4.0, 7.5, 20.0, 60.0])
@pytest.mark.parametrize("is_log", [False, True])
def test_the_open_candle_is_painted_as_the_closed_ones_are(frame: Frame, pitch: float, is_log: bool) -> None:
    frame.prices.wants_log = is_log
    frame.series.set_overlay("flow", frame.series.field("close") - 100)
    for right in (3000.0, 3001.3, 3004.9):
        frame.view = View(right=right, pitch=pitch, width=frame.view.width)
        frame.rebuild()
        pane = frame.panes.shown[0]
        shapes = candle_shapes(frame, frame.latest)
        wick, *body = latest_candle(frame)
        assert corners([wick]) == np.concatenate((shapes.wicks_up, shapes.wicks_down)).tolist()
        assert corners(body) == np.concatenate((shapes.bodies_up, shapes.bodies_down)).tolist()
        bars = np.concatenate(volume_bars(frame, pane.scale, frame.latest))
        assert corners(latest_volume(frame, pane.scale)) == bars.tolist()
        pane.scale.low, pane.scale.high = -20.0, 20.0
        bars = np.concatenate(histogram_bars(frame, pane.scale, "flow", slice(len(frame.column_slots) - 1, None)))
        assert corners(latest_bar(frame, pane.scale, "flow")) == bars.tolist()


def corners(bars: list[QRect]) -> list[list[int]]:
    return [[bar.left(), bar.top(), bar.right(), bar.bottom()] for bar in bars]
