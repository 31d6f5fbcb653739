from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hlmaster.ui.charts.equity_chart import EquityChart, drawdown, fold
from hlmaster.ui.charts.palette import ChartPalette
from hlmaster.ui.charts.trade_dots import ClosedTrade
from tests.ui.charts.seen import seen

START = 1_760_000_000_000


@pytest.fixture
def chart(qtbot: QtBot) -> EquityChart:
    chart = EquityChart()
    qtbot.addWidget(chart)
    chart.resize(400, 260)
    chart.set_points(START + 60_000 * np.arange(100, dtype=np.int64), 10_000 + np.arange(100.0))
    return chart


def colours(chart: EquityChart) -> list[QColor]:
    image = seen(chart)
    return [QColor(image.pixel(x, y)) for x in range(400) for y in range(260)]


def test_the_drawdown_is_measured_from_the_best_so_far() -> None:
    assert drawdown(np.array([100.0, 120.0, 90.0, 120.0, 60.0])).tolist() == [0, 0, -0.25, 0, -0.5]


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(-1e6, 1e6)), min_size=1, max_size=300))
def test_folding_keeps_the_extremes_of_every_pixel(points: list[tuple[float, float]]) -> None:
    points.sort()
    x, y = np.array([point[0] for point in points]), np.array([point[1] for point in points])
    folded_x, folded_y = fold(x, y)
    assert len(folded_x) == len(folded_y) <= len(x)
    for pixel in np.unique(np.floor(x)):
        before, after = y[np.floor(x) == pixel], folded_y[np.floor(folded_x) == pixel]
        assert (before.min(), before.max()) == (after.min(), after.max())


def test_a_point_is_added_and_the_latest_replaced(chart: EquityChart) -> None:
    for index in range(1000):
        chart.append_point(START + 6_000_000 + index * 1000, float(index))
    chart.append_point(START + 6_000_000 + 999_000, 5.0)
    assert len(chart.time) == 1100
    assert chart.equity[-2:].tolist() == [998.0, 5.0]


def test_a_point_before_the_latest_is_refused(chart: EquityChart) -> None:
    with pytest.raises(ValueError, match="already ends"):
        chart.append_point(START, 1.0)


def test_broken_arrays_are_refused(chart: EquityChart) -> None:
    with pytest.raises(ValueError, match="2 values for 3 times"):
        chart.set_points(np.arange(3), np.zeros(2))
    with pytest.raises(ValueError, match="rise strictly"):
        chart.set_points(np.array([1, 1]), np.zeros(2))


def test_the_curve_and_the_shading_are_painted(chart: EquityChart) -> None:
    chart.append_point(START + 6_000_000, 10_010.0)
    found = colours(chart)
    assert QColor(ChartPalette().accent).name() in {colour.name() for colour in found}
    assert any(colour.red() > 2 * colour.green() for colour in found)
    chart.set_drawdown_shown(False)
    chart.set_points(chart.time[:-1], chart.equity[:-1])
    assert not any(colour.red() > 2 * colour.green() for colour in colours(chart))


@pytest.mark.parametrize("equity", [[], [5.0], [5.0, 5.0], [0.0, 0.0, 1.0], [1e9, 1e-3]])
def test_any_curve_can_be_painted(chart: EquityChart, equity: list[float]) -> None:
    chart.set_points(START + np.arange(len(equity), dtype=np.int64), np.array(equity))
    for width, height in ((160, 90), (400, 260), (1200, 150)):
        chart.resize(width, height)
        assert not chart.grab().isNull()


def test_the_mouse_reads_the_nearest_point(chart: EquityChart, qtbot: QtBot) -> None:
    chart.show()
    heard: list[tuple[int, float, float] | None] = []
    chart.crosshair_moved.connect(heard.append)
    QTest.mouseMove(chart, QPoint(0, 100))
    assert heard[-1] == (START, 10_000.0, 0.0)
    chart.grab()


def test_trades_are_dots_in_the_colour_of_what_they_made_and_say_it_under_the_mouse(chart: EquityChart) -> None:
    palette = ChartPalette()
    before = [colour.name() for colour in colours(chart)]
    middle, late = START + 60_000 * 50, START + 60_000 * 80
    chart.set_trades(
        [ClosedTrade(late, -5.0, "ETH SHORT"), ClosedTrade(middle, 12.5, "ETH LONG"), ClosedTrade(1, 9, "")]
    )
    after = [colour.name() for colour in colours(chart)]
    assert after.count(palette.up) > before.count(palette.up)
    assert palette.down in after
    chart.show()
    at = QPoint(round(float(chart._x_of(np.array([middle]))[0])), 100)
    QTest.mouseMove(chart, at + QPoint(60, 0))
    bare = chart.grab(QRect(0, 26, 300, 24)).toImage()
    QTest.mouseMove(chart, at)
    box = chart.grab(QRect(0, 26, 300, 24)).toImage()
    assert box != bare
    assert palette.up in {QColor(box.pixel(x, y)).name() for x in range(box.width()) for y in range(box.height())}
