"""A chart with twenty lines of the trader's own and a thousand fills: hovering, dragging, and the picture of it."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

from tests.bench.report import Report

SIZE = (1600, 900)
LINES, FILLS, MOVES, WARM_UP = 20, 1_000, 200, 20


def run(report: Report) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance() or QApplication([])
    bare, _, empty = _measure(lines=0, fills=0)
    hover, drag, painted = _measure(lines=LINES, fills=FILLS)
    report.add(f"chart, {LINES} own lines: mouse move", hover, "ms", baseline=bare)
    report.add(f"chart, {LINES} own lines: mouse move that drags, new lines included", drag, "ms", at_most=3.0)
    report.add(f"chart, {LINES} own lines and {FILLS:,} fills: drag and its picture", painted, "ms", baseline=empty)
    app.processEvents()


def _measure(*, lines: int, fills: int) -> tuple[float, float, float]:
    """Medians in ms: a move over the chart, one that drags a line, the same with its picture (without lines: hovering
    with its picture)."""
    from PySide6.QtCore import QEvent, QObject, QPointF, Qt
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    from hlmaster.ui.charts.candle_chart import CandleChart
    from hlmaster.ui.charts.fill_layer import FillLayer
    from hlmaster.ui.charts.fill_marks import Deal
    from hlmaster.ui.charts.handles import Handles
    from hlmaster.ui.charts.lines import PriceLine
    from hlmaster.ui.charts.owner import Held, Owner
    from hlmaster.ui.charts.pill import Button, Cell, Pill
    from tests.ui.charts.made import MINUTE, arrays

    chart = CandleChart()
    chart.resize(*SIZE)
    chart.show()
    candles = arrays(10_000)
    chart.set_series(*candles, MINUTE)
    chart.show_latest(500)
    frame = chart.frame
    step = (frame.high - frame.low) / (LINES + 2)
    prices = {str(number): frame.low + step * (number + 1) for number in range(lines)}
    cells = (Cell("0.42", "text", 2), Cell("-0.47%", "muted", 1), Cell("-$1.27", "down", 3))

    class Desk(QObject, Owner):
        def held(self, key: str, *, together: bool) -> Held:
            return ((key, prices[key]),)

    def draw() -> None:
        drag = hand.drag
        moved = {} if drag is None else drag.prices
        chart.set_lines(
            [
                PriceLine(moved.get(key, price), "", "stop", pill=Pill(key, "stop", cells, (Button.CANCEL,), True))
                for key, price in prices.items()
            ]
        )

    hand = Handles(chart, Desk(chart))
    hand.pulled.connect(draw)
    layer = FillLayer(chart)
    every = len(candles[0]) // max(fills, 1)
    layer.show(
        [Deal(int(at), n % 2 == 0, 100.0, 1.0 + n % 7, 0.1) for n, at in enumerate(candles[0][::every][:fills])], []
    )
    draw()
    canvas = chart._canvas
    assert canvas is not None
    viewport = canvas.viewport()
    QApplication.processEvents()

    def send(kind: QEvent.Type, y: float, held: Qt.MouseButton) -> None:
        at = QPointF(900, y)
        keys = Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(viewport, QMouseEvent(kind, at, at, held, held, keys))

    free, left = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton

    def hovered(index: int) -> None:
        send(QEvent.Type.MouseMove, 200.0 + index % 300, free)

    def seen(index: int) -> None:
        hovered(index)
        viewport.repaint()

    hover = _timed(hovered)
    if not lines:
        painted = _timed(seen)
        chart.close()
        return hover, 0.0, painted
    start = frame.y_of(prices[str(lines // 2)])
    send(QEvent.Type.MouseButtonPress, start, left)
    drag = _timed(lambda index: send(QEvent.Type.MouseMove, start + 10 + index % 100, left))

    def whole(index: int) -> None:
        send(QEvent.Type.MouseMove, start + 10 + index % 100, left)
        viewport.repaint()

    painted = _timed(whole)
    assert hand.drag is not None
    hand.let_go()
    chart.close()
    return hover, drag, painted


def _timed(act: Callable[[int], None]) -> float:
    for index in range(WARM_UP):
        act(index)
    spent = []
    for index in range(MOVES):
        begun = time.perf_counter()
        act(index)
        spent.append((time.perf_counter() - begun) * 1000)
    return statistics.median(spent)
