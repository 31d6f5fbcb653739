"""Order flow: a book into its history, a trade into its sums, and frames of heat map, footprint and profile."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.bench.report import Report, median_seconds

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

FRAMES, WARM_UP = 100, 10
HEARD_SECONDS = 400
BOOKS, TRADES = 1_000, 5_000


def run(report: Report) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication, QWidget

    from hlmaster.core.model import Interval
    from hlmaster.ui import theme
    from hlmaster.ui.bridge import Bridge
    from hlmaster.ui.context import Context
    from hlmaster.ui.panels.footprint import FootprintPanel
    from hlmaster.ui.panels.heatmap import HeatmapPanel
    from tests.ui.flow.scene import followed, go_on
    from tests.ui.market_desk import NOW, history

    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication([])
    theme.load_fonts()
    theme.apply(app, theme.theme("dark"))
    _appends(report)
    scene, _ = followed(seconds=HEARD_SECONDS)
    scene.desk.feed.load_series("ETH", Interval.M1, history("ETH", Interval.M1, NOW - 3_600_000, NOW))
    bridge = Bridge(scene.bus)
    context = Context(scene.desk, bridge, theme.theme("dark"))
    context.select("ETH")
    context.choose_interval(Interval.M1)
    empty = QWidget()
    empty.resize(800, 600)
    nothing = _frames(empty, lambda index: None)
    heat = HeatmapPanel(context)
    heat.resize(800, 600)
    moving = _frames(heat, lambda index: go_on(scene, seconds=1))
    report.add("heat map 800x600: a frame with a new column, median", moving, "ms", at_most=4.0)
    report.add("heat map against an empty widget", moving, "ms", baseline=nothing)
    heat.zoom(True)
    anew = _frames(heat, lambda index: heat.zoom_rows(bool(index % 2)))
    report.add("heat map 800x600: a frame made anew, median", anew, "ms", at_most=16.0)
    footprint = FootprintPanel(context)
    footprint._load = lambda: None  # type: ignore[method-assign]
    footprint.resize(800, 600)
    cells = _frames(footprint, lambda index: go_on(scene, seconds=1))
    report.add("footprint 800x600: a frame, median", cells, "ms", at_most=8.0)
    report.add("footprint against an empty widget", cells, "ms", baseline=nothing)
    bridge.close()


def _appends(report: Report) -> None:
    from hlmaster.core.events import Trade
    from hlmaster.market.flow.coin_flow import CoinFlow
    from hlmaster.market.flow.grid import PriceGrid
    from hlmaster.market.flow.heat import COLUMN_MS
    from tests.market.facts import NOW, ladder, levels

    flow = CoinFlow("BTC", PriceGrid(1), NOW, 3_000)
    bids, asks = levels(ladder(97_000.0, 25, -1.0)), levels(ladder(97_001.0, 25, 1.0))
    clock = iter(range(NOW, NOW + 10**9, COLUMN_MS))
    book = median_seconds(lambda: flow.take_book(next(clock), bids, asks), calls=BOOKS)
    report.add("a book of 50 levels into its history", book * 1e6, "us", at_most=50.0)
    trades = iter(
        [
            Trade("BTC", NOW + 100 * number, 97_000.0 + number % 40, 0.1, number % 2 == 0, number)
            for number in range(TRADES * 11)
        ]
    )
    one = median_seconds(lambda: flow.take_trades([next(trades)]), calls=TRADES)
    report.add("a trade into its sums", one * 1e6, "us", at_most=10.0)


def _frames(widget: QWidget, change: Callable[[int], object]) -> float:
    """Median milliseconds of the processor for a repaint; ``change`` runs before each and is not counted.

    Painting has one thread, so this is what a frame costs, whatever else the machine does.
    """
    from PySide6.QtWidgets import QApplication

    widget.show()
    QApplication.processEvents()
    taken = []
    for index in range(FRAMES + WARM_UP):
        change(index)
        begun = time.process_time()
        widget.repaint()
        taken.append((time.process_time() - begun) * 1e3)
    widget.hide()
    return statistics.median(taken[WARM_UP:])
