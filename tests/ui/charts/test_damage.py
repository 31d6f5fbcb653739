"""A tick repaints a part of the picture: whatever it changed must lie in there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QImage, QRegion
from pytestqt.qtbot import QtBot

from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.charts.damage import damage, seen
from hlmaster.ui.charts.lines import PriceLine
from hlmaster.ui.charts.marks import Mark
from hlmaster.ui.charts.study import Study, Trace
from hlmaster.ui.charts.tag import Quote
from tests.ui.charts.made import arrays, chart_of

COUNT = 400
CANDLES = arrays(COUNT)
LAST = float(CANDLES[4][-1])


@pytest.fixture
def chart(qtbot: QtBot) -> CandleChart:
    chart = chart_of(qtbot, CANDLES)
    close = CANDLES[4]
    wave = 40 * np.sin(np.arange(COUNT) / 7)
    band = (Trace("up", "#00ff00", width=3.0), Trace("low", "#00ff00", kind="steps"))
    chart.set_study(Study("band", "Band", band, fill=("up", "low")), [close + 1, close - 1])
    chart.set_study(Study("turn", "Turn", (Trace("turn", "#ff00ff", kind="events"),)), [np.sign(wave)])
    chart.set_study(Study("rsi", "RSI", (Trace("rsi", "#ffff00"),), "rsi", (0, 100), (30, 70)), [wave + 50])
    chart.set_pane("flow", {"flow": wave}, "histogram", ["#00ff00"], falls=["#ff0000"])
    chart.set_lines([PriceLine(LAST * 1.001, "0.5", "stop", "-3.2"), PriceLine(LAST * 1.01, "1", "position")])
    chart.set_quotes([Quote("M", LAST * 1.0005, "#ff8800")])
    chart.set_now(int(CANDLES[0][-1]) + 10_000)
    return chart


def tick(chart: CandleChart, share: float) -> None:
    price = LAST * share
    _, opened, high, low, _, volume = (float(column[-1]) for column in CANDLES)
    chart.update_last(int(CANDLES[0][-1]), opened, max(high, price), min(low, price), price, volume * 0.9)
    chart.set_last_values("band", [price + 1, price - 1])
    chart.set_last_values("turn", [1.0 if share > 1 else -1.0])
    chart.set_last_values("rsi", [50 + (share - 1) * 9e3])
    chart.set_last_values("flow", [(share - 1) * 9e3])


def changed(one: QImage, other: QImage) -> np.ndarray:
    """(x, y) of the pixels of the chart that differ, by more than a kept picture's rounding."""
    pixels = [
        np.frombuffer(image.convertToFormat(QImage.Format.Format_RGB32).constBits(), np.uint8).astype(int)
        for image in (one, other)
    ]
    differs = (np.abs(pixels[0] - pixels[1]) > 2).reshape(one.height(), one.width(), 4).any(axis=2)
    return np.unique((np.argwhere(differs)[:, ::-1] // one.devicePixelRatio()).astype(int), axis=0)


def look(chart: CandleChart) -> QImage:
    chart.frame  # noqa: B018 (worked out before it is painted, as on the screen)
    return chart.grab().toImage()


@pytest.mark.parametrize("candles", [30, 120, 400])
@pytest.mark.parametrize("cursor", [None, QPointF(200, 150)])
def test_what_a_tick_changes_is_painted_again(chart: CandleChart, candles: int, cursor: QPointF | None) -> None:
    chart.show_latest(candles)
    if cursor is not None:
        chart._hover(cursor)
    image, shown = look(chart), seen(chart.frame)
    regions: list[QRegion] = []
    for second, share in enumerate((1.0004, 0.9997, 1.0011, 1.0, 1.0002)):
        tick(chart, share)
        chart.set_now(int(CANDLES[0][-1]) + 11_000 + 1000 * second)
        after, now = look(chart), seen(chart.frame)
        region = damage(shown, now, chart.frame)
        if region is not None:
            regions.append(region)
            assert [tuple(at) for at in changed(image, after).tolist() if not region.contains(QPoint(*at))] == []
        image, shown = after, now
    assert regions
    painted = max(sum(rect.width() * rect.height() for rect in region) for region in regions)  # type: ignore[attr-defined]
    assert painted < 0.4 * chart.width() * chart.height()


CHANGES: list[Callable[[CandleChart], object]] = [
    lambda chart: chart.pan(-3),
    lambda chart: chart.set_lines([PriceLine(LAST, "0.5", "stop")]),
    lambda chart: chart.set_marks([Mark(int(CANDLES[0][-5]), rising=True, text="up")]),
    lambda chart: chart._hover(QPointF(100, 100)),
    lambda chart: chart.set_stale("The link is down."),
    lambda chart: chart.remove_study("rsi"),
    lambda chart: chart.set_candles_shown(False),
    lambda chart: chart.repaint_layers(),
    lambda chart: tick(chart, 1.5),
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_more_than_a_tick_repaints_everything(
    chart: CandleChart, change: Callable[[CandleChart], object]
) -> None:
    before = seen(chart.frame)
    change(chart)
    assert damage(before, seen(chart.frame), chart.frame) is None


def test_a_layer_that_does_not_say_what_it_looks_like_is_painted_at_every_tick(chart: CandleChart) -> None:
    looks = ["one"]
    said = chart.add_layer(lambda *_: None, live=lambda _: looks[0])
    before = seen(chart.frame)
    tick(chart, 1.0002)
    now = seen(chart.frame)
    assert damage(before, now, chart.frame) is not None
    looks[0] = "other"
    assert damage(now, seen(chart.frame), chart.frame) is None
    chart.remove_layer(said)
    chart.add_layer(lambda *_: None)
    before = seen(chart.frame)
    assert damage(before, seen(chart.frame), chart.frame) is None
