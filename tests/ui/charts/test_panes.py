"""Panes share the height, are dragged at their borders, and are remembered."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.charts.lines import PriceLine
from hlmaster.ui.charts.palette import ChartPalette, Typefaces
from hlmaster.ui.charts.panes import LEAST_PANE, LEAST_PRICES, Panes
from hlmaster.ui.charts.scales import on_one_line
from hlmaster.ui.charts.study import Study, Trace
from hlmaster.ui.charts.tag import TAG_HEIGHT, Quote
from tests.ui.charts.made import MINUTE, arrays
from tests.ui.charts.seen import point, seen

COUNT = 400


@pytest.fixture
def chart(qtbot: QtBot) -> CandleChart:
    chart = CandleChart()
    qtbot.addWidget(chart)
    chart.resize(900, 600)
    chart.show()
    qtbot.waitExposed(chart)
    chart.set_series(*arrays(COUNT), MINUTE)
    chart.set_pane("flow", {"delta": np.sin(np.arange(COUNT))}, "histogram")
    return chart


@pytest.mark.parametrize("height", [60, 179, 200, 300, 560, 1400])
@pytest.mark.parametrize("count", [0, 1, 4, 12])
def test_panes_and_prices_fill_the_height_and_none_is_too_low(height: float, count: int) -> None:
    panes = Panes()
    for number in range(count):
        panes.open(f"pane {number}")
    prices = panes.lay_out(800, 70, height)
    assert prices + sum(pane.area.height() for pane in panes.all) == height
    assert prices >= min(height, LEAST_PRICES)
    assert all(pane.area.height() >= LEAST_PANE for pane in panes.shown)


def test_a_dragged_border_takes_from_one_side_and_gives_to_the_other() -> None:
    panes = Panes()
    panes.open("a")
    prices = panes.lay_out(800, 70, 600)
    first, second = (pane.area.height() for pane in panes.shown)
    panes.drag_border("a", -20, prices)
    assert panes.lay_out(800, 70, 600) == prices
    assert [pane.area.height() for pane in panes.shown] == [first - 20, second + 20]
    panes.drag_border("volume", 1e9, prices)
    panes.lay_out(800, 70, 600)
    assert panes.shown[0].area.height() == LEAST_PANE
    memory = Panes()
    memory.set_shares(panes.shares(), dragged=True)
    memory.open("a")
    memory.lay_out(800, 70, 600)
    assert [pane.area for pane in memory.shown] == [pane.area for pane in panes.shown]


def test_a_border_is_dragged_with_the_mouse(chart: CandleChart) -> None:
    pane = chart.frame.panes.shown[1]
    top, surface = int(pane.area.top()), chart.focusProxy().viewport()  # type: ignore[union-attr]
    QTest.mouseMove(surface, QPoint(300, top))
    QTest.mousePress(surface, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(300, top))
    for step in range(1, 9):
        QTest.mouseMove(surface, QPoint(300, top - 4 * step))
    QTest.mouseRelease(surface, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(300, top - 32))
    assert chart.frame.panes.shown[1].area.top() == pytest.approx(top - 32, abs=6)


def test_a_pane_closes_with_its_last_study_and_the_volume_can_be_closed(chart: CandleChart) -> None:
    assert [pane.key for pane in chart.frame.panes.shown] == ["volume", "flow"]
    chart.remove_study("flow")
    chart.set_volume_shown(False)
    assert chart.frame.panes.shown == []
    assert not chart.grab().isNull()


def test_the_cursor_reads_every_study_and_a_hole_as_a_dash(chart: CandleChart) -> None:
    values = np.full(COUNT, np.nan)
    values[-1] = 101.25
    chart.set_study(Study("late", "Late", (Trace("late", "#ff00ff"),)), [values])
    shown = {cell.key: cell.values for cell in chart.frame.legend if cell.key}
    assert shown["late"] == (("101.25", "#ff00ff"),)
    chart.frame.cursor = (200.0, 100.0)
    chart.set_stale("old")
    shown = {cell.key: cell.values for cell in chart.frame.legend if cell.key}
    assert shown["late"][0][0] == "–"
    assert {"volume", "flow"} <= shown.keys()


def test_the_legends_buttons_name_the_study_under_the_mouse(chart: CandleChart) -> None:
    closed: list[str] = []
    chart.study_closed.connect(closed.append)
    box = next(cell.box for cell in chart.frame.legend if cell.key == "flow")
    point(chart.focusProxy().viewport(), box.center().toPoint())  # type: ignore[union-attr]
    assert chart._buttons.isVisible()
    assert chart._buttons.cross.accessibleName() == "Remove FLOW"
    QTest.mouseClick(chart._buttons.cross, Qt.MouseButton.LeftButton)
    assert closed == ["flow"]


def test_quotes_have_tags_that_overlap_nothing(chart: CandleChart) -> None:
    last = chart.frame.last_price
    chart.set_quotes([Quote(letter, last * (1 + n / 1e6), "#ffffff") for n, letter in enumerate("MOBA")])
    tags = sorted(chart.frame.tags, key=lambda tag: tag.centre)
    assert {tag.letter for tag in tags} == {"", *"MOBA"}
    for above, below in pairwise(tags):
        assert above.centre + above.height / 2 <= below.centre - below.height / 2


@pytest.mark.parametrize("factor", [1.0, 1e-7, 1e3])
def test_a_logarithmic_scale_maps_there_and_back(chart: CandleChart, factor: float) -> None:
    time_ms, *prices, volume = arrays(COUNT)
    wide = np.geomspace(1, 50, COUNT)
    opened, high, low, close = (price * wide * factor for price in prices)
    chart.set_price_decimals(9 if factor < 1 else 2)
    chart.set_series(time_ms, opened, high, low, close, volume, MINUTE)
    chart.set_log_scale(True)
    chart.show_latest(COUNT)
    frame = chart.frame
    assert frame.prices.is_log
    assert len(frame.price_ticks) >= 3
    for price in (frame.low * 1.01, frame.price_ticks[0], frame.high * 0.99):
        assert frame.price_at(frame.y_of(price)) == pytest.approx(price)
        assert frame.rows_of(np.array([price]))[0] == pytest.approx(frame.y_of(price))
    doubled = frame.y_of(frame.low * 2) - frame.y_of(frame.low * 4)
    assert frame.y_of(frame.low * 4) - frame.y_of(frame.low * 8) == pytest.approx(doubled)
    assert not chart.grab().isNull()


def test_a_layer_is_painted_where_it_was_asked_for_and_kept_while_its_state_is_the_same(chart: CandleChart) -> None:
    painted: list[str] = []
    state = ["a"]
    kept = chart.add_layer(lambda *_: painted.append("kept"), z=-1.0, state=lambda: state[0])
    live = chart.add_layer(lambda *_: painted.append("live"), "flow")
    chart.grab()
    chart.grab()
    assert painted.count("kept") == 1
    assert painted.count("live") == 2
    state[0] = "b"
    chart.repaint_layers()
    chart.grab()
    assert painted.count("kept") == 2
    for layer in (kept, live):
        chart.remove_layer(layer)
    chart.grab()
    assert len(painted) == 5
    with pytest.raises(ValueError, match="needs a state"):
        chart.add_layer(lambda *_: None, z=-1.0)
    QApplication.processEvents()


def test_an_empty_chart_has_no_volume_on_its_scale(qtbot: QtBot) -> None:
    empty = CandleChart()
    qtbot.addWidget(empty)
    empty.resize(500, 300)
    assert empty.frame.panes.shown
    assert not any(empty.frame.axis_words.values())


def test_panes_leave_the_prices_about_half_of_the_chart(qtbot: QtBot) -> None:
    panes = Panes()
    for key in ("rsi", "macd", "atr", "flow"):
        panes.open(key)
    assert panes.lay_out(900, 80, 600) >= 0.45 * 600


def test_the_latest_price_keeps_its_tag_beside_its_line_among_others(chart: CandleChart) -> None:
    last = chart.frame.last_price
    chart.set_lines([PriceLine(last * (1 - n / 1e5), f"{n}", "order_buy") for n in range(1, 5)])
    frame = chart.frame
    tag = next(tag for tag in frame.tags if tag.text == frame.price_text(last))
    assert abs(tag.centre - frame.y_of(last)) < TAG_HEIGHT / 2


def test_a_bounded_pane_names_its_levels_where_the_latest_value_leaves_room(chart: CandleChart) -> None:
    chart.set_study(Study("rsi", "RSI", (Trace("rsi", "#ffff00"),), "rsi", (0, 100), (30, 70)), [np.full(COUNT, 68.0)])
    frame = chart.frame
    pane = frame.panes.get("rsi")
    assert pane is not None
    assert pane.ticks == [30, 70]
    assert [word.text for word in frame.axis_words["rsi"]] == ["30"]
    assert [value.text for value in frame.axis_values["rsi"]] == ["68"]
    chart.set_study(Study("rsi", "RSI", (Trace("rsi", "#ffff00"),), "rsi", (0, 100), (20,)), [np.full(COUNT, 68.0)])
    assert chart.frame.panes.get("rsi").ticks == [20]  # type: ignore[union-attr]


def test_the_crosshairs_labels_leave_no_half_of_a_word_beside_them(chart: CandleChart) -> None:
    chart.show_latest(120)
    frame = chart.frame
    tick = frame.time_ticks[len(frame.time_ticks) // 2]
    middle, half = frame.view.x_of(tick.slot + 0.5), frame.fonts.small_digit * len(tick.text) / 2
    row, ground = int(frame.time_scale.center().y()), chart.colours.background
    before = seen(chart)
    label = frame.fonts.small_digit * len("Thu 9 Oct 18:13") / 2 + 8
    chart._hover(QPointF(middle + half + label - 6, 100))
    after = seen(chart)
    left = [QPoint(int(middle - half + x), row + y) for x in range(int(2 * half) - 12) for y in range(-4, 5)]
    assert any(before.pixelColor(at).name() != ground for at in left)
    assert {after.pixelColor(at).name() for at in left} == {ground}


@pytest.mark.parametrize(("width", "whole"), [(800, True), (500, True), (300, False)])
def test_a_stale_chart_says_so_on_one_line(qapp: QApplication, width: int, whole: bool) -> None:
    sentence = "The order book of BTC is 12 s old, more than 5 s; entries wait for a fresh one."
    font, text = on_one_line(Typefaces(ChartPalette()).words, sentence, width)
    assert (text == sentence) is whole
    assert text == sentence or text == "The order book of BTC is 12 s old, more than 5 s"
    assert QFontMetricsF(font).horizontalAdvance(text) <= width
