"""The chart's items in pyqtgraph's scene: surfaces that report gestures, and layers that paint the frame."""

import math
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QRegion
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.layers import Draw
from hlmaster.ui.charts.still import StillPicture

WHEEL_NOTCH = 120
ZOOM_PER_NOTCH = 1.18


class Area(pg.GraphicsObject):  # type: ignore[misc]
    """A part of the chart as an item, in the pixels of the whole chart."""

    def __init__(self) -> None:
        super().__init__()
        self._area = QRectF()

    def cover(self, area: QRectF) -> None:
        if area != self._area:
            self.prepareGeometryChange()
            self._area = area

    def boundingRect(self) -> QRectF:
        return self._area


class Layer(Area):
    """One painting function as an item."""

    def __init__(self, frame: Frame, draw: Draw, *, when_empty: bool = False) -> None:
        super().__init__()
        self._frame, self._draw, self._when_empty = frame, draw, when_empty
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setFlag(self.GraphicsItemFlag.ItemUsesExtendedStyleOption)  # to be told what is exposed

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self._when_empty or len(self._frame.series):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setClipRect(option.exposedRect)
            self._draw(painter, self._frame, self._area)


class StillLayer(Area):
    """The opaque picture under all else."""

    def __init__(self, frame: Frame) -> None:
        super().__init__()
        self._frame, self._picture = frame, StillPicture()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.exposed: QRegion | None = None
        """Where it is painted now, if that is not everywhere."""

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        self._picture.draw(painter, self._frame, self.exposed)


class Surface(Area):
    """A part of the chart that paints nothing and reports gestures; what they move is the chart's matter."""

    dragged = Signal(float, float)
    scrolled = Signal(float)
    zoomed = Signal(float, float)

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
