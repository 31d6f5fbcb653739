"""The default arrangement of the panels: the picture's columns above, tables and equity below."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow

BELOW = ("orders", "fills", "signals", "risk", "strategies", "journal", "history", "reconciliation", "log")
"""Tabs beside the positions."""

TALL = 900
"""Pixels from which a window has room for cards, analyst and sentiment under each other; else the last two share a
place, for a card needs its buttons in sight."""
ANALYST_HEIGHT, SENTIMENT_HEIGHT = 196, 88
ANALYST_LOW = 156


def arrange(window: QMainWindow, docks: Mapping[str, QDockWidget]) -> None:
    top, bottom = Qt.DockWidgetArea.TopDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea
    for dock in docks.values():
        dock.setFloating(False)
        dock.show()
    window.addDockWidget(top, docks["watchlist"])
    window.addDockWidget(top, docks["chart"])
    window.splitDockWidget(docks["watchlist"], docks["chart"], Qt.Orientation.Horizontal)
    window.splitDockWidget(docks["chart"], docks["book"], Qt.Orientation.Horizontal)
    window.splitDockWidget(docks["book"], docks["approvals"], Qt.Orientation.Horizontal)
    window.splitDockWidget(docks["book"], docks["trades"], Qt.Orientation.Vertical)
    window.addDockWidget(bottom, docks["positions"])
    window.splitDockWidget(docks["positions"], docks["equity"], Qt.Orientation.Horizontal)
    for key in BELOW:
        window.tabifyDockWidget(docks["positions"], docks[key])
    window.splitDockWidget(docks["watchlist"], docks["opportunities"], Qt.Orientation.Vertical)
    window.splitDockWidget(docks["approvals"], docks["analyst"], Qt.Orientation.Vertical)
    if window.height() >= TALL:
        window.splitDockWidget(docks["analyst"], docks["sentiment"], Qt.Orientation.Vertical)
    else:
        window.tabifyDockWidget(docks["analyst"], docks["sentiment"])
    for key in ("ticket", "tools"):
        window.tabifyDockWidget(docks["approvals"], docks[key])
    for key in ("positions", "approvals", "analyst"):
        docks[key].raise_()
    size(window, docks)


def size(window: QMainWindow, docks: Mapping[str, QDockWidget]) -> None:
    """How wide and high each is in a window of this size."""
    width, height = window.width(), window.height()
    row = [docks[key] for key in ("watchlist", "chart", "book", "approvals")]
    sides = [300, 0, 226, 284] if width >= 1400 else [262, 0, 196, 264]
    sides[1] = max(300, width - sum(sides) - 30)
    window.resizeDocks(row, sides, Qt.Orientation.Horizontal)
    below = max(170, round((height - 90) * 0.26))
    above = height - 90 - below
    window.resizeDocks([docks["chart"], docks["positions"]], [above, below], Qt.Orientation.Vertical)
    window.resizeDocks([docks["positions"], docks["equity"]], [width - 300, 284], Qt.Orientation.Horizontal)
    advice = {"analyst": ANALYST_HEIGHT, "sentiment": SENTIMENT_HEIGHT} if height >= TALL else {"analyst": ANALYST_LOW}
    heights = {"approvals": above - sum(advice.values()), **advice}
    window.resizeDocks([docks[key] for key in heights], list(heights.values()), Qt.Orientation.Vertical)
    window.resizeDocks(
        [docks["book"], docks["trades"]], [round(above * 0.72), round(above * 0.28)], Qt.Orientation.Vertical
    )
