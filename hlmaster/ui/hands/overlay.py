"""A frame that lies over its window for a moment: it takes the keys, and gives them back when it goes."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QWidget
from shiboken6 import isValid


class Overlay(QFrame):
    """A child of the window and no window itself: it opens at once, and the window's own keys go on working.

    It goes with Esc, and when the keys go anywhere else within the program.
    """

    closed = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setProperty("role", "overlay")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.came_from: QWidget | None = None
        """What had the keys before; None while it is hidden."""
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._on_focus)
        self.hide()

    def come(self, first: QWidget) -> None:
        """Shown over everything, with the keys in ``first``."""
        if not self.isVisible():
            self.came_from = QApplication.focusWidget()
        self.show()
        self.raise_()
        first.setFocus(Qt.FocusReason.PopupFocusReason)

    def go(self) -> None:
        """Hidden, with the keys where they were before."""
        came_from = self.came_from
        has_keys = self._holds(QApplication.focusWidget())
        self.hide()
        if has_keys and came_from is not None and isValid(came_from) and came_from.isVisible():
            came_from.setFocus(Qt.FocusReason.PopupFocusReason)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.came_from = None
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.go()
        else:
            # What nobody here wants is not for the window behind.
            event.accept()

    def _holds(self, widget: QWidget | None) -> bool:
        return widget is not None and (widget is self or self.isAncestorOf(widget))

    def _on_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        if self.isVisible() and now is not None and not self._holds(now):
            self.hide()
