"""A tab is torn out by the mouse, and what is torn out never becomes part of a panel that floats.

Qt tears tabs out of windows with ``GroupedDragging`` alone. In such a window it also puts what is dropped over a
floating dock into a window of its own together with that, and crashes there (6.11, with title bars of our own). So a
window has the option from the press on its tabs until something floats or the button is up.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QTabBar

GROUPED = QMainWindow.DockOption.GroupedDragging
TORN = "tornLast"
"""A property of tabs: the last time the button was down on them, one was torn out."""


class Tearing(QObject):
    """Of the tabs of one window, which owns it."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window

    def watch(self, bar: QTabBar) -> None:
        """Once or more."""
        bar.installEventFilter(self)
        # What the bar leaves goes on to the window, which looks for a separator there and, of a layout that a tab is
        # just being torn out of, now and then crashes.
        bar.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.MouseButtonPress:
            if isinstance(watched, QTabBar) and watched.property(TORN):
                watched.setProperty(TORN, False)
                _wake(watched)
            self._window.setDockOptions(self._window.dockOptions() | GROUPED)
        elif event.type() is QEvent.Type.MouseButtonRelease:
            watched.setProperty(TORN, not self._window.dockOptions() & GROUPED)
            end(self._window)
        return False


def _wake(bar: QTabBar) -> None:
    """Tabs of which one was torn out still take themselves for dragged, and miss the next click: this one."""
    at = QPointF(bar.tabRect(bar.currentIndex()).center())
    for kind, held in (
        (QEvent.Type.MouseButtonPress, Qt.MouseButton.LeftButton),
        (QEvent.Type.MouseButtonRelease, Qt.MouseButton.NoButton),
    ):
        event = QMouseEvent(
            kind, at, bar.mapToGlobal(at), Qt.MouseButton.LeftButton, held, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(bar, event)


def end(window: QMainWindow) -> None:
    """It is torn out, or stays: from here on it is dragged as one that floated before."""
    window.setDockOptions(window.dockOptions() & ~GROUPED)
