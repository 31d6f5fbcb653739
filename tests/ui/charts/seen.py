"""A widget as it looks, and a mouse over it, whatever the screen: a pixel may be several of the device's, and a window
larger than the screen."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget


def seen(widget: QWidget) -> QImage:
    """One pixel for each of the widget's."""
    image = widget.grab().toImage()
    image.setDevicePixelRatio(1.0)
    return image.scaled(widget.size())


def point(widget: QWidget, at: QPoint) -> None:
    """Move the mouse there."""
    none, on_screen = Qt.MouseButton.NoButton, QPointF(widget.mapToGlobal(at))
    moved = QMouseEvent(QEvent.Type.MouseMove, QPointF(at), on_screen, none, none, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, moved)
