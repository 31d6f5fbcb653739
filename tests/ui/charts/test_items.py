"""After pans another part of the kept picture is seen: it must be what a whole painting would be."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from hlmaster.ui.charts import drawing, scales, still
from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.charts.fill_layer import FillLayer
from hlmaster.ui.charts.fill_marks import Deal
from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.still import StillPicture
from hlmaster.ui.charts.study import PRICE_PANE, Study, Trace
from hlmaster.ui.ink import colour
from tests.ui.charts.made import MINUTE, arrays

COUNT = 1500


@pytest.fixture
def chart(qtbot: QtBot) -> CandleChart:
    chart = CandleChart()
    qtbot.addWidget(chart)
    chart.resize(900, 600)
    candles = arrays(COUNT)
    chart.set_series(*candles, MINUTE)
    close = candles[4]
    wave = 50 + 40 * np.sin(np.arange(COUNT) / 7)
    chart.set_study(Study("mean", "Mean", (Trace("mean", "#ff00ff"),)), [close])
    band = (Trace("up", "#00ff00"), Trace("low", "#00ff00"))
    chart.set_study(Study("band", "Band", band, fill=("up", "low")), [close + 1, close - 1])
    chart.set_study(Study("rsi", "RSI", (Trace("rsi", "#ffff00"),), "rsi", (0, 100), (30, 70)), [wave])
    chart.set_pane("flow", {"flow": wave - 50}, "histogram", ["#00ff00"], falls=["#ff0000"])
    return chart


def differing(one: QImage, other: QImage) -> float:
    """The share of pixels that differ visibly."""
    pixels = [
        np.frombuffer(image.convertToFormat(QImage.Format.Format_RGB32).constBits(), np.uint8).astype(int)
        for image in (one, other)
    ]
    return float(np.mean(np.abs(pixels[0] - pixels[1]) > 24))


@pytest.mark.parametrize("candles", [60, 117, 300, 1400])
def test_a_panned_picture_is_the_one_painted_whole(chart: CandleChart, candles: int) -> None:
    chart.set_auto_scale(False)
    chart.show_latest(candles)
    chart.grab()
    for slots in (-3.3, -0.2, -11.0, 2.5, -1.0, 4.0, -7.7):
        chart.pan(slots)
        chart.grab()
    shifted = chart.grab().toImage()
    chart.set_palette(chart.colours)
    chart.set_candles_shown(False)
    chart.grab()
    chart.set_candles_shown(True)
    whole = chart.grab().toImage()
    assert differing(shifted, whole) < 1e-4


def test_what_is_scaled_anew_is_painted_whole(chart: CandleChart) -> None:
    chart.show_latest(80)
    for slots in (-40.0, -3.0, -200.0, 13.0):
        chart.pan(slots)
        chart.grab()
    shifted = chart.grab().toImage()
    chart.set_candles_shown(False)
    chart.grab()
    chart.set_candles_shown(True)
    assert differing(shifted, chart.grab().toImage()) < 1e-4


@pytest.mark.parametrize("candles", [40, 117, 700])
def test_gaps_and_fills_move_with_the_candles(
    chart: CandleChart, candles: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    times, opened, high, low, close, volume = arrays(COUNT)
    kept = np.setdiff1d(np.arange(COUNT), [*range(1420, 1424), *range(1465, 1470), 1482])
    chart.set_series(times[kept], opened[kept], high[kept], low[kept], close[kept], volume[kept], MINUTE)
    FillLayer(chart).show([Deal(int(times[slot]), slot % 2 == 0, 1.0, 1.0, 0.1) for slot in range(1380, 1490, 7)], ())
    chart.set_auto_scale(False)
    chart.show_latest(candles)
    chart.grab()
    whole: list[str] = []
    paint = drawing.draw_still_pane

    def painted(brush: QPainter, frame: Frame, pane: str) -> None:
        if pane == PRICE_PANE and brush.clipBoundingRect().width() >= chart.frame.price_pane.width():
            whole.append(pane)
        paint(brush, frame, pane)

    monkeypatch.setattr(still, "draw_still_pane", painted)
    for slots in (-3.3, -0.2, -11.0, 2.5, -1.0, 4.0, -7.7, 9.1):
        chart.pan(slots)
        chart.grab()
    assert whole == []
    shifted = chart.grab().toImage()
    chart.set_candles_shown(False)
    chart.grab()
    chart.set_candles_shown(True)
    assert differing(shifted, chart.grab().toImage()) < 1e-4


def painted(picture: StillPicture, chart: CandleChart, ratio: float) -> QImage:
    image = QImage(round(900 * ratio), round(600 * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    painter = QPainter(image)
    picture.draw(painter, chart.frame)
    painter.end()
    return image


@pytest.mark.parametrize(("ratio", "step"), [(1.0, 1), (1.25, 4), (1.5, 2), (2.0, 1)])
def test_pans_at_any_scaling_paint_a_few_strips(
    chart: CandleChart, ratio: float, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``step``: pixels that are whole on the screen too, where the same candles look the same."""
    chart.set_auto_scale(False)
    chart.show_latest(200)
    chart.pan(-300)
    picture = StillPicture()
    strips: list[float] = []
    painted(picture, chart, ratio)
    paint = drawing.draw_still_pane

    def strip(brush: QPainter, frame: Frame, pane: str) -> None:
        strips.extend([frame.view.width] if pane == PRICE_PANE else ())
        paint(brush, frame, pane)

    with monkeypatch.context() as patched:
        patched.setattr(still, "draw_still_pane", strip)
        pixels = [3, 7, 2, 11, 6, 1, 9, 5] * 5 + [-8, -3, -30, 4, -200, 30, -1]
        for moved in (*pixels, step - sum(pixels) % step):
            chart.pan(moved / chart.frame.view.pitch)
            shifted = painted(picture, chart, ratio)
    assert len(strips) < 12
    assert max(strips) < 400
    whole = painted(StillPicture(), chart, ratio)
    plot = QRect(0, 0, int(chart.frame.price_pane.width() * ratio), whole.height())
    assert differing(shifted.copy(plot), whole.copy(plot)) < 1e-4


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_panes_are_parted_at_any_scaling(chart: CandleChart, ratio: float) -> None:
    frame = chart.frame
    image = QImage(round(900 * ratio), round(600 * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(colour(frame.palette.background))
    painter = QPainter(image)
    scales.draw_whole(painter, frame)
    painter.end()
    for top in (*(pane.area.top() for pane in frame.panes.shown), frame.time_scale.top()):
        rows = {image.pixelColor(5, round(top * ratio) + more).name() for more in (-1, 0, 1)}
        assert frame.palette.border in rows


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 1.75, 2.0])
def test_bars_are_equally_wide_at_any_scaling(chart: CandleChart, ratio: float) -> None:
    chart.show_latest(120)
    pane = chart.frame.volume_pane
    image = painted(StillPicture(), chart, ratio)
    row, ground = int((pane.bottom() - 2) * ratio), colour(chart.colours.background).rgb()
    filled = np.array([image.pixel(x, row) != ground for x in range(int(pane.width() * ratio) - 20)])
    begins, ends = (np.flatnonzero(np.diff(filled.astype(int)) == way) for way in (1, -1))
    bars = ends[ends > begins[0]] - begins[: len(ends[ends > begins[0]])]
    assert len(bars) > 100
    assert set(bars.tolist()) == {int(bars[0])}
