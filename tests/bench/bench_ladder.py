"""The painted market panels, offscreen under the theme: a repaint of ladder (both layouts), tape and watchlist."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.bench.report import Report

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

FRAMES = 300
WARM_UP = 30
LEVELS = 20
"""Of each side: forty rows of three columns."""


def run(report: Report) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication, QWidget

    from hlmaster.core.model import Side
    from hlmaster.ui import theme
    from hlmaster.ui.bridge import Bridge
    from hlmaster.ui.context import Context
    from hlmaster.ui.ladder.options import Layout
    from hlmaster.ui.panels.ladder import LadderPanel
    from hlmaster.ui.panels.tape import TapePanel
    from hlmaster.ui.panels.watchlist import WatchlistPanel
    from tests.ui.market_desk import PRICES, MarketScene

    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication([])
    theme.load_fonts()
    theme.apply(app, theme.theme("dark"))
    scene = MarketScene()
    scene.connect()
    for coin in PRICES:
        scene.tell_context(coin)
        scene.tell_book(coin)
    scene.tell_trades((3434.0 + n % 9 / 10, 0.1 + n % 50, n % 3 == 0) for n in range(200))
    for price in ("3434.4", "3434.0", "3433.8"):
        scene.tell_order(Side.BUY, price)
    scene.tell_order(Side.SELL, "3435.0")
    bridge = Bridge(scene.bus)
    context = Context(scene.desk, bridge, theme.theme("dark"))
    context.select("ETH")

    ladder = LadderPanel(context)
    look = ladder.scene.look
    blank = QWidget()
    for layout in Layout:
        ladder.options.layout = layout
        ladder.options_changed()
        extra = look.middle if layout is Layout.BOOK else 0
        ladder.resize(230, look.head + extra + 2 * LEVELS * look.row + look.strip)
        blank.resize(ladder.size())
        empty = _repaints(blank, lambda index: None)
        same = _repaints(ladder, lambda index: None)
        assert len(ladder.rows) == 2 * LEVELS
        moved = _repaints(ladder, lambda index: scene.tell_book(seed=index))
        unchanged = _median(ladder.refresh)
        report.add(f"{layout}: repaint of 40 rows, the same sizes, median", same, "ms", at_most=1.0)
        report.add(f"{layout}: repaint of 40 rows, every size new, median", moved, "ms", at_most=1.0)
        report.add(f"{layout}: the same beside an empty widget's repaint", moved, "ms", baseline=max(empty, 1e-3))
        report.add(f"{layout}: a book that changes nothing in sight, median", unchanged, "ms")
    tape = TapePanel(context)
    tape.resize(230, 700)
    report.add("tape: repaint of 41 trades, median", _repaints(tape, lambda index: None), "ms", at_most=1.0)
    watchlist = WatchlistPanel(context)
    watchlist.resize(300, 700)
    report.add("watchlist: repaint of 8 coins, median", _repaints(watchlist, lambda index: None), "ms")
    bridge.close()


def _median(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(FRAMES):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(taken)


def _repaints(widget: QWidget, change: Callable[[int], None]) -> float:
    """Median milliseconds of a repaint; ``change`` runs before each and is not counted."""
    from PySide6.QtWidgets import QApplication

    widget.show()
    QApplication.processEvents()
    taken = []
    for index in range(FRAMES + WARM_UP):
        change(index)
        begun = time.perf_counter()
        widget.repaint()
        taken.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(taken[WARM_UP:])
