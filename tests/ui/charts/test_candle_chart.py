from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.ui.charts.buttons import ChartButton
from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.charts.lines import PriceLine
from hlmaster.ui.charts.palette import ChartPalette
from hlmaster.ui.charts.reading import Reading
from hlmaster.ui.charts.series import Floats
from hlmaster.ui.charts.study import Study, Trace
from tests.ui.charts.made import MINUTE, START, arrays
from tests.ui.charts.seen import point, seen

COUNT = 1000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def chart(qtbot: QtBot) -> CandleChart:
    chart = CandleChart()
    qtbot.addWidget(chart)
    chart.resize(900, 600)
    chart.show()
    qtbot.waitExposed(chart)
    give(chart, COUNT)
    return chart


def overlay(chart: CandleChart, values: Floats, colour: str = "#ff00ff") -> None:
    chart.set_study(Study("mean", "Mean", (Trace("mean", colour),)), [values])


def give(chart: CandleChart, count: int) -> None:
    chart.set_series(*arrays(count), MINUTE)


def canvas(chart: CandleChart) -> QWidget:
    found = chart.focusProxy()
    assert found is not None
    return found.viewport()  # type: ignore[attr-defined, no-any-return]


def window(chart: CandleChart) -> tuple[float, float]:
    return chart.frame.view.left, chart.frame.view.right


def drag(chart: CandleChart, start: QPoint, end: QPoint) -> None:
    surface = canvas(chart)
    QTest.mouseMove(surface, start)
    QTest.mousePress(surface, LEFT, Qt.KeyboardModifier.NoModifier, start)
    for step in range(1, 9):
        QTest.mouseMove(surface, start + (end - start) * step / 8)
    QTest.mouseRelease(surface, LEFT, Qt.KeyboardModifier.NoModifier, end)


def colours(chart: CandleChart) -> set[str]:
    image = seen(chart)
    return {QColor(image.pixel(x, y)).name() for x in range(0, 900, 1) for y in range(50, 470, 7)}


def press(chart: CandleChart, key: Qt.Key) -> None:
    QTest.keyClick(canvas(chart), key)


def tick(chart: CandleChart, minutes_on: int, price: float = 100.0) -> None:
    chart.update_last(START + (COUNT - 1 + minutes_on) * MINUTE, price, price + 1, price - 1, price + 0.5, 5.0)


def test_candles_are_painted_in_the_colours_of_the_palette(chart: CandleChart) -> None:
    palette = ChartPalette()
    assert {palette.background, palette.up, palette.down} <= colours(chart)


def test_another_palette_repaints_everything(chart: CandleChart) -> None:
    colours(chart)
    other = replace(ChartPalette(), background="#ffffff", up="#0000ff", down="#ff8800")
    chart.set_palette(other)
    found = colours(chart)
    assert {"#ffffff", "#0000ff", "#ff8800"} <= found
    assert ChartPalette().up not in found


def test_the_latest_candles_are_shown_first(chart: CandleChart) -> None:
    assert chart.frame.view.shows_latest(COUNT)
    assert chart.frame.columns.slot[-1] == COUNT - 1


def test_a_new_candle_moves_the_window_along_when_the_latest_is_in_sight(chart: CandleChart) -> None:
    left, right = window(chart)
    tick(chart, 1)
    assert window(chart) == (left + 1, right + 1)
    tick(chart, 1, 101)
    assert window(chart) == (left + 1, right + 1)


def test_a_new_candle_leaves_the_window_alone_when_looking_at_the_past(chart: CandleChart) -> None:
    chart.pan(-300)
    before = window(chart)
    tick(chart, 1)
    assert window(chart) == before


def test_the_first_candle_ever_may_come_as_a_tick(qtbot: QtBot) -> None:
    chart = CandleChart()
    qtbot.addWidget(chart)
    chart.update_last(START, 1, 2, 0.5, 1.5, 3)
    assert len(chart.frame.columns) == 1


def test_prepended_history_does_not_move_what_is_seen(chart: CandleChart) -> None:
    chart.pan(-500)
    seen = chart.frame.series.time_at(int(chart.frame.view.left))
    chart.prepend(*arrays(400, start=START - 400 * MINUTE))
    assert len(chart.frame.series) == COUNT + 400
    assert chart.frame.series.time_at(int(chart.frame.view.left)) == seen


def test_older_candles_are_asked_for_once_until_they_come(chart: CandleChart, qtbot: QtBot) -> None:
    asked: list[int] = []
    chart.older_wanted.connect(asked.append)
    chart.pan(-200)
    assert asked == []
    chart.pan(-700)
    chart.pan(-10)
    assert asked == [START]
    chart.prepend(*arrays(10, start=START - 10 * MINUTE))
    chart.pan(-10)
    assert asked == [START, START - 10 * MINUTE]


def test_an_empty_answer_ends_the_asking(chart: CandleChart) -> None:
    asked: list[int] = []
    chart.older_wanted.connect(asked.append)
    press(chart, Qt.Key.Key_Home)
    nothing = np.empty(0)
    chart.prepend(np.empty(0, np.int64), nothing, nothing, nothing, nothing, nothing)
    chart.pan(-5)
    assert len(asked) == 1


def test_dragging_moves_the_candles_with_the_mouse(chart: CandleChart) -> None:
    left, _ = window(chart)
    drag(chart, QPoint(300, 200), QPoint(450, 260))
    moved = left - window(chart)[0]
    assert moved * chart.frame.view.pitch == pytest.approx(150, abs=12)
    assert chart.frame.auto_scale


def test_the_wheel_zooms_about_the_cursor(chart: CandleChart) -> None:
    at = QPointF(400, 200)
    slot, pitch = chart.frame.view.slot_at(400), chart.frame.view.pitch
    surface = canvas(chart)
    no = Qt.MouseButton.NoButton
    event = QWheelEvent(
        at, QPointF(surface.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 120), no,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(surface, event)
    assert chart.frame.view.pitch > pitch
    assert chart.frame.view.slot_at(400) == slot


def test_dragging_the_price_axis_stretches_it_until_a_double_click(chart: CandleChart) -> None:
    x = int(chart.frame.price_scale.center().x())
    span = chart.frame.high - chart.frame.low
    drag(chart, QPoint(x, 150), QPoint(x, 300))
    assert chart.frame.high - chart.frame.low > span * 1.5
    for send in (QTest.mousePress, QTest.mouseRelease, QTest.mouseDClick, QTest.mouseRelease):
        send(canvas(chart), LEFT, Qt.KeyboardModifier.NoModifier, QPoint(x, 200))
    assert chart.frame.auto_scale
    assert chart.frame.high - chart.frame.low == pytest.approx(span)


def test_a_free_scale_follows_the_drag_up_and_down(chart: CandleChart) -> None:
    chart.set_auto_scale(False)
    before = chart.frame.price_at(200)
    drag(chart, QPoint(300, 200), QPoint(300, 300))
    assert chart.frame.price_at(300) == pytest.approx(before, rel=0.01)


def test_keys_move_and_zoom(chart: CandleChart) -> None:
    _, right = window(chart)
    press(chart, Qt.Key.Key_Left)
    assert window(chart)[1] < right
    press(chart, Qt.Key.Key_Right)
    assert window(chart)[1] == pytest.approx(right)
    pitch = chart.frame.view.pitch
    press(chart, Qt.Key.Key_Plus)
    assert chart.frame.view.pitch > pitch
    press(chart, Qt.Key.Key_Minus)
    assert chart.frame.view.pitch == pytest.approx(pitch)
    press(chart, Qt.Key.Key_Home)
    assert chart.frame.view.visible(COUNT)[0] == 0
    press(chart, Qt.Key.Key_End)
    assert chart.frame.view.shows_latest(COUNT)


def test_the_way_back_is_offered_only_when_the_latest_is_out_of_sight(chart: CandleChart, qtbot: QtBot) -> None:
    button = next(found for found in chart.findChildren(ChartButton) if "Latest" in found.text())
    qtbot.waitUntil(lambda: not button.isVisible())
    chart.pan(-200)
    qtbot.waitUntil(button.isVisible)
    QTest.mouseClick(button, LEFT)
    assert chart.frame.view.shows_latest(COUNT)
    assert not button.isVisible()


def test_the_mouse_reads_candles_and_leaves(chart: CandleChart) -> None:
    heard: list[Reading | None] = []
    chart.crosshair_moved.connect(heard.append)
    point(canvas(chart), QPoint(400, 200))
    assert heard[-1] is not None
    assert heard[-1].slot == chart.frame.view.slot_at(400)
    assert heard[-1].cursor_price == pytest.approx(chart.frame.price_at(200))
    point(canvas(chart), QPoint(895, 200))
    assert heard[-1] is None


def test_the_countdown_runs_to_the_close_of_the_open_candle(chart: CandleChart) -> None:
    chart.set_now(START + (COUNT - 1) * MINUTE + 18_000)
    assert chart.frame.countdown == "00:42"
    assert "00:42" in [tag.below for tag in chart.frame.tags]
    tick(chart, 1)
    assert chart.frame.countdown == "01:42"


def test_lines_and_studies_survive_a_new_series_and_values_do_not(chart: CandleChart) -> None:
    chart.set_lines([PriceLine(100.0, "LONG 1", "position")])
    overlay(chart, np.full(COUNT, 100.0))
    give(chart, 50)
    assert chart.frame.lines[0].label == "LONG 1"
    assert list(chart.frame.studies) == ["mean"]
    assert chart.frame.series.overlays == ()
    chart.grab()


def test_an_overlay_is_painted_in_its_colour(chart: CandleChart) -> None:
    middle = (chart.frame.low + chart.frame.high) / 2
    overlay(chart, np.full(COUNT, middle))
    image = seen(chart)
    y = round(chart.frame.y_of(middle))
    assert any(
        QColor(image.pixel(x, row)).red() > 150 and QColor(image.pixel(x, row)).blue() > 150
        for x in range(0, 800, 3) for row in (y - 1, y, y + 1)
    )  # fmt: skip
    chart.remove_study("mean")
    assert chart.frame.studies == {}
    assert chart.frame.series.overlays == ()


def test_an_empty_and_a_stale_chart_say_so(qtbot: QtBot, chart: CandleChart) -> None:
    empty = CandleChart()
    qtbot.addWidget(empty)
    empty.resize(400, 300)
    image = seen(empty)
    assert len({image.pixel(x, y) for x in range(400) for y in range(130, 170)}) > 2
    fresh = colours(chart)
    chart.set_stale("No candle for 14 s: the connection is silent.")
    stale = colours(chart)
    assert ChartPalette().up in fresh
    assert ChartPalette().up not in stale
    assert ChartPalette().warning in stale
    chart.set_stale(None)
    assert colours(chart) == fresh


def test_many_changes_are_painted_once(chart: CandleChart, qtbot: QtBot) -> None:
    for _ in range(10):
        QApplication.processEvents()
    painted: list[int] = []
    chart.focusProxy().scene().sigPrepareForPaint.connect(lambda: painted.append(1))  # type: ignore[union-attr]
    for index in range(20):
        tick(chart, 0, 100.0 + index)
    chart.set_now(START + COUNT * MINUTE)
    for _ in range(5):
        QApplication.processEvents()
    assert len(painted) == 1


def test_another_size_is_painted_once(chart: CandleChart, qtbot: QtBot) -> None:
    for _ in range(10):
        QApplication.processEvents()
    painted: list[int] = []
    chart.focusProxy().scene().sigPrepareForPaint.connect(lambda: painted.append(1))  # type: ignore[union-attr]
    chart.resize(780, 520)
    for _ in range(5):
        QApplication.processEvents()
    assert len(painted) == 1
    assert chart.shown.whole.size().toSize() == chart.size()


def test_any_size_can_be_painted(chart: CandleChart) -> None:
    overlay(chart, np.full(COUNT, np.nan))
    chart.set_lines([PriceLine(float("1e-9"), "", "mark")])
    for width, height in ((240, 160), (2400, 200), (300, 1400)):
        chart.resize(width, height)
        chart.show_latest(COUNT)
        assert not chart.grab().isNull()


@pytest.fixture
def early(qtbot: QtBot) -> CandleChart:
    chart = CandleChart(early=True)
    qtbot.addWidget(chart)
    chart.resize(900, 600)
    return chart


def test_an_early_chart_paints_the_same_picture(chart: CandleChart, early: CandleChart, qtbot: QtBot) -> None:
    for made in (chart, early):
        give(made, COUNT)
        overlay(made, arrays(COUNT)[4])
        made.set_pane("flow", {"delta": np.sin(np.arange(COUNT))}, "histogram")
        made.set_lines([PriceLine(made.frame.high * 0.99, "0.42", "position")])
    early.show()
    qtbot.waitExposed(early)
    assert not early.is_whole
    assert early.grab().toImage() == chart.grab().toImage()


def test_an_early_chart_asks_for_its_canvas_once_it_has_been_seen(early: CandleChart, qtbot: QtBot) -> None:
    with qtbot.waitSignal(early.canvas_wanted):
        early.show()
    with qtbot.assertNotEmitted(early.canvas_wanted, wait=50):
        early.repaint()


def test_a_canvas_that_comes_later_shows_what_was_there(early: CandleChart, qtbot: QtBot) -> None:
    early.show()
    give(early, COUNT)
    early.pan(-100)
    before, picture = window(early), early.grab().toImage()
    early.add_canvas()
    early.add_canvas()
    assert early.is_whole
    assert window(early) == before
    assert early.grab().toImage() == picture
    drag(early, QPoint(300, 200), QPoint(400, 200))
    assert window(early) != before
