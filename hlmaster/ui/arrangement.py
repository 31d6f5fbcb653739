"""The default arrangement of the panels: the picture's columns above, tables and equity below."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow

BELOW = ("orders", "fills", "signals", "risk", "strategies", "journal", "history", "reconciliation", "log")
"""Tabs beside the positions."""

ANALYST_HEIGHT, SENTIMENT_HEIGHT = 216, 106
ANALYST_LOW, SENTIMENT_LOW = 182, 88
"""In a window that is not high."""


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
    window.splitDockWidget(docks["analyst"], docks["sentiment"], Qt.Orientation.Vertical)
    for key in ("ticket", "tools"):
        window.tabifyDockWidget(docks["approvals"], docks[key])
    for key in ("positions", "approvals"):
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
    advice = [ANALYST_HEIGHT, SENTIMENT_HEIGHT] if height >= 900 else [ANALYST_LOW, SENTIMENT_LOW]
    column = [docks[key] for key in ("approvals", "analyst", "sentiment")]
    window.resizeDocks(column, [above - sum(advice), *advice], Qt.Orientation.Vertical)
    window.resizeDocks(
        [docks["book"], docks["trades"]], [round(above * 0.72), round(above * 0.28)], Qt.Orientation.Vertical
    )
