"""The chart's items in pyqtgraph's scene: surfaces that report gestures, and layers that paint the frame.

A tick moves one candle and a few labels, the mouse only a cross. So what lies still (grid, closed candles and volume,
overlays, times) is painted into a pixmap that is kept until something of it changes, and the rest goes on top of it.
"""

import math
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.layers import Draw

WHEEL_NOTCH = 120
ZOOM_PER_NOTCH = 1.18


class Layer(pg.GraphicsObject):  # type: ignore[misc]
    """One painting function as an item, working in the pixels of the whole chart."""

    def __init__(self, frame: Frame, draw: Draw, *, when_empty: bool = False) -> None:
        super().__init__()
        self._frame, self._draw, self._when_empty = frame, draw, when_empty
        self._area = QRectF()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def cover(self, area: QRectF) -> None:
        if area != self._area:
            self.prepareGeometryChange()
            self._area = area

    def boundingRect(self) -> QRectF:
        return self._area

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self._when_empty or len(self._frame.series):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            self._draw(painter, self._frame, self._area)


class StillLayer(Layer):
    """An opaque picture of the whole chart, painted again only when `Frame.still` differs."""

    def __init__(self, frame: Frame, draw: Draw) -> None:
        super().__init__(frame, draw, when_empty=True)
        self._picture = QPixmap()
        self._shown: tuple[object, ...] = ()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        ratio = painter.device().devicePixelRatio()
        still = (*self._frame.still(), ratio)
        if still != self._shown:
            size = (self._area.size() * ratio).toSize()
            if self._picture.size() != size:
                self._picture = QPixmap(size)
                self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(QColor(self._frame.palette.background))
            brush = QPainter(self._picture)
            super().paint(brush, option)
            brush.end()
            self._shown = still
        painter.drawPixmap(0, 0, self._picture)


class Surface(pg.GraphicsObject):  # type: ignore[misc]
    """A part of the chart that paints nothing and reports gestures; what they move is the chart's matter."""

    dragged = Signal(float, float)
    scrolled = Signal(float)
    zoomed = Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
        self._area = QRectF()

    def cover(self, area: QRectF) -> None:
        if area != self._area:
            self.prepareGeometryChange()
            self._area = area

    def boundingRect(self) -> QRectF:
        return self._area

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Nothing."""

    def mouseDragEvent(self, ev: Any) -> None:
        if ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            moved = ev.pos() - ev.lastPos()
            self.dragged.emit(moved.x(), moved.y())
        else:
            ev.ignore()

    def wheelEvent(self, ev: Any) -> None:
        ev.accept()
        notches = ev.delta() / WHEEL_NOTCH
        if ev.orientation() == Qt.Orientation.Horizontal:
            self.scrolled.emit(notches)
        else:
            self.zoomed.emit(ZOOM_PER_NOTCH**notches, ev.pos().x())


class PriceAxis(Surface):
    """Dragging it stretches the scale, a double click lets it fit itself again."""

    stretched = Signal(float)
    released = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        self.dragged.connect(lambda _, y: self.stretched.emit(math.exp(y / 150)))

    def mouseClickEvent(self, ev: Any) -> None:
        if ev.double():
            ev.accept()
            self.released.emit()


class Border(Surface):
    """The upper edge of a pane, which can be dragged."""

    moved = Signal(str, float)
    """(pane, the mouse's pixel row)."""

    def __init__(self) -> None:
        super().__init__()
        self.key = ""
        self.setCursor(Qt.CursorShape.SplitVCursor)

    def mouseDragEvent(self, ev: Any) -> None:
        if ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            self.moved.emit(self.key, ev.pos().y())
        else:
            ev.ignore()
