"""The charts, offscreen at 1600x900: panning, ticking and loading against an empty pyqtgraph plot in the same run.

All in processor time: what is painted is painted by one thread, and other work on the machine is none of the chart's.
"""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.bench.report import Report

if TYPE_CHECKING:
    from hlmaster.core.candles import CandleBlock
    from hlmaster.ui.charts.series import Floats, Times
    from hlmaster.ui.studies.engine import StudyEngine

SIZE = (1600, 900)
FRAMES = 240
WARM_UP = 20
ROUNDS = 3
MINUTE = 60_000


def run(report: Report) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance() or QApplication([])
    empty = _empty_plot()
    report.add("chart: pan of an empty pyqtgraph plot, median", empty, "ms")
    at_ten_thousand = 0.0
    for count in (10_000, 100_000, 1_000_000):
        load, pan, tick, hover, everything = _measure(count)
        name = f"chart, {count:,} candles"
        middle, late = statistics.median(pan), _percentile(pan)
        at_ten_thousand = at_ten_thousand or middle
        report.add(f"{name}: load and first picture", load, "s", at_most=0.2)
        report.add(f"{name}: pan of 500, median", middle, "ms", at_most=5.0)
        report.add(f"{name}: pan of 500, 95th percentile", late, "ms", at_most=8.3)
        report.add(f"{name}: pan of 500, to an empty plot", middle, "ms", baseline=empty, at_most=2.0)
        report.add(f"{name}: pan of 500, to 10,000 candles", middle, "ms", baseline=at_ten_thousand, at_most=1.3)
        report.add(f"{name}: new tick, 500 visible, median", statistics.median(tick), "ms", at_most=1.5)
        report.add(f"{name}: mouse move, 500 visible, median", statistics.median(hover), "ms")
        report.add(f"{name}: pan with all visible, median", statistics.median(everything), "ms", baseline=empty)
    _five(report)
    app.processEvents()


def _five(report: Report) -> None:
    """The same chart with nothing on its candles and with five indicators, four of them in three panes."""
    from PySide6.QtCore import QPointF

    from hlmaster.ui.charts.candle_chart import CandleChart

    count = 100_000
    pans: dict[bool, list[float]] = {False: [], True: []}
    chart = CandleChart()
    chart.resize(*SIZE)
    chart.show()
    paint = _painter(chart._canvas, chart._prepare)
    block = _block(count)
    chart.set_series(*_candles(count), MINUTE)
    chart.show_latest(500)
    engine = _engine(chart, block)

    def pan(index: int) -> None:
        chart.pan(-3 if index % 2 else -1)
        paint()

    last = count - 1
    opened, high, low, close = (float(c[last]) for c in (block.open, block.high, block.low, block.close))

    def tick(index: int) -> None:
        chart.update_last(int(block.time_ms[last]), opened, high, low, close + index % 7 * 0.1, 100.0)
        engine.step(block, last, opens=False)
        paint()

    def second(index: int) -> None:
        chart.set_now(int(block.time_ms[last]) + index % 50 * 1000)
        paint()

    def move(index: int) -> None:
        chart._hover(QPointF(200 + index * 4, 200 + index))
        paint()

    for _ in range(ROUNDS):  # in turns: the machine's mood is in both
        for on in (False, True):
            _switch(engine, on)
            pans[on] += _timed(pan, FRAMES // ROUNDS)
            chart.go_to_latest()
    ticks, seconds, moves = _timed(tick), _timed(second), _timed(move)
    bare, full = statistics.median(pans[False]), statistics.median(pans[True])
    report.add("chart, five indicators: pan of 500, median", full, "ms", at_most=5.0)
    report.add("chart, five indicators: pan of 500, 95th percentile", _percentile(pans[True]), "ms", at_most=8.3)
    report.add("chart, five indicators: pan of 500, to none", full, "ms", baseline=bare, at_most=1.5)
    for name, taken, goal in (
        ("new tick with their values", ticks, 1.5),
        ("countdown to the close", seconds, 1.5),
        ("mouse move", moves, 5.0),
    ):
        report.add(f"chart, five indicators: {name}, median", statistics.median(taken), "ms", at_most=goal)
    chart.close()


def _engine(chart: Any, block: CandleBlock) -> StudyEngine:
    from hlmaster.ui.studies.engine import StudyEngine

    return StudyEngine(chart, lambda: block, chart)


def _switch(engine: StudyEngine, on: bool) -> None:
    """Put the five on, or take them off."""
    from PySide6.QtWidgets import QApplication

    from hlmaster.market.indicators.catalogue import INDICATORS
    from hlmaster.ui.studies.chosen import Chosen

    for tone, name in enumerate(("ema", "bollinger", "rsi", "macd", "atr")):
        if on:
            engine.put(Chosen(name, INDICATORS[name](), tone))
        else:
            engine.remove(name)
    while engine.is_busy:
        QApplication.processEvents()


def _measure(count: int) -> tuple[float, list[float], list[float], list[float], list[float]]:
    """Seconds to load; milliseconds of each pan, tick, mouse move, and pan with everything visible.

    Two overlays and three price lines are drawn throughout, as on a trader's chart.
    """
    from PySide6.QtCore import QCoreApplication, QEvent, QPointF

    from hlmaster.ui.charts.candle_chart import CandleChart
    from hlmaster.ui.charts.lines import PriceLine
    from hlmaster.ui.charts.study import Study, Trace

    candles = _candles(count)
    loads = []
    for _ in range(ROUNDS):  # a machine that has never given out so much memory takes its time to, once
        chart = CandleChart()
        chart.resize(*SIZE)
        chart.show()
        paint = _painter(chart._canvas, chart._prepare)
        gc.collect()
        begun = time.process_time()
        chart.set_series(*candles, MINUTE)
        paint()
        loads.append(time.process_time() - begun)
        if len(loads) < ROUNDS:
            chart.close()
            chart.deleteLater()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            del chart, paint
    load = statistics.median(loads)

    time_ms, close = candles[0], candles[4]
    last = float(close[-1])
    for name, share in (("fast", 1.001), ("slow", 0.999)):
        chart.set_study(Study(name, name, (Trace(name, "#6ea8fe"),)), [close * share])
    kinds = ("position", "stop", "take_profit")
    chart.set_lines([PriceLine(last * (1 + 1e-4 * n), "0.42", kind) for n, kind in enumerate(kinds)])  # type: ignore[arg-type]
    chart.show_latest(500)

    def pan(index: int) -> None:
        chart.pan(-3 if index % 2 else -1)
        paint()

    panned = _timed(pan)
    chart.go_to_latest()

    def tick(index: int) -> None:
        at = int(time_ms[-1]) + index // 20 * MINUTE
        price = last + index % 7 * 0.1
        chart.update_last(at, last, last + 1, last - 1, price, 100.0 + index % 20)
        chart.set_last_values("fast", [price])
        paint()

    ticked = _timed(tick)

    def move(index: int) -> None:
        chart._hover(QPointF(200 + index * 4, 200 + index))
        paint()

    moved = _timed(move)
    chart._hover(None)
    chart.show_latest(count)
    all_visible = _timed(pan)
    chart.close()
    return load, panned, ticked, moved, all_visible


def _empty_plot() -> float:
    import pyqtgraph as pg

    plot = pg.PlotWidget()
    plot.resize(*SIZE)
    plot.show()
    plot.setYRange(3000, 3500)
    paint = _painter(plot)

    def pan(index: int) -> None:
        plot.setXRange(index, index + 500, padding=0)
        paint()

    result = statistics.median(_timed(pan))
    plot.close()
    return result


def _painter(view: Any, prepare: Callable[[], object] = lambda: None) -> Callable[[], None]:
    """Paints what of a shown view has changed, as the event loop would, but at once.

    A window that is not exposed yet paints nothing, which would flatter the figures.
    """
    from PySide6.QtCore import QCoreApplication
    from PySide6.QtWidgets import QApplication

    QApplication.processEvents()
    painted = [0]
    view.scene().sigPrepareForPaint.connect(lambda: painted.__setitem__(0, painted[0] + 1))

    def paint() -> None:
        before = painted[0]
        prepare()
        QCoreApplication.sendPostedEvents()
        if painted[0] == before:
            raise RuntimeError("The chart was not painted, so its figures would mean nothing.")

    return paint


def _timed(step: Callable[[int], None], frames: int = FRAMES) -> list[float]:
    """Milliseconds of processor time of each step, after a few that are not counted."""
    result = []
    for index in range(frames + WARM_UP):
        begun = time.process_time()
        step(index)
        result.append((time.process_time() - begun) * 1e3)
    return result[WARM_UP:]


def _percentile(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def _block(count: int) -> CandleBlock:
    from hlmaster.core.candles import CandleBlock

    return CandleBlock(*_candles(count), np.ones(count, np.int64))


def _candles(count: int) -> tuple[Times, Floats, Floats, Floats, Floats, Floats]:
    random = np.random.default_rng(7)
    close = 3400 * np.exp(np.cumsum(random.normal(0, 2e-4, count)))
    opened = np.concatenate(([3400.0], close[:-1]))
    high = np.maximum(opened, close) * (1 + random.random(count) * 2e-4)
    low = np.minimum(opened, close) * (1 - random.random(count) * 2e-4)
    time_ms = 1_600_000_000_000 // MINUTE * MINUTE + MINUTE * np.arange(count, dtype=np.int64)
    return time_ms, opened, high, low, close, random.gamma(2, 40, count)
