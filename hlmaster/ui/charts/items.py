"""The chart's items in pyqtgraph's scene: surfaces that report gestures, and layers that paint the frame.

A tick moves one candle and a few labels, the mouse only a cross. So what lies still (grid, closed candles and volume,
overlays, times) is painted into a pixmap that is kept until something of it changes, and the rest goes on top of it. A
pan shifts what is there and paints the strip that came into sight.
"""

import math
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from hlmaster.ui.charts.axis import axis_of, draw_words
from hlmaster.ui.charts.drawing import draw_still_pane
from hlmaster.ui.charts.frame import FUZZ, Frame
from hlmaster.ui.charts.layers import Draw
from hlmaster.ui.charts.scales import draw_still, draw_time_scale
from hlmaster.ui.charts.tag import Word
from hlmaster.ui.ink import colour

WHEEL_NOTCH = 120
ZOOM_PER_NOTCH = 1.18
SEAM = 3.0
"""Pixels painted again beside a strip: a line that ended at the old edge had no neighbour there."""


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


class StillLayer(Layer):
    """An opaque picture of the whole chart. Of each pane only what is new is painted: nothing while `Frame.still_parts`
    are as they were, after a pan the strip that came into sight, else all of it."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame, draw_still, when_empty=True)
        self._picture = QPixmap()
        self._looks: tuple[object, ...] = ()
        self._panes: dict[str, tuple[object, ...]] = {}
        self._words: dict[str, tuple[Word, ...]] = {}
        self._edge = 0.0
        """The view's right edge, in pixels from the first slot."""

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        frame, ratio = self._frame, painter.device().devicePixelRatio()
        shared, panes = frame.still_parts()
        looks, edge = (*shared, ratio), frame.view.right * frame.view.pitch
        words = frame.axis_words
        if (looks, edge, panes, words) != (self._looks, self._edge, self._panes, self._words):
            if looks != self._looks or panes.keys() != self._panes.keys():
                self._paint_all(ratio)
            else:
                self._paint_new(panes, edge - self._edge, ratio)
            self._looks, self._edge, self._panes, self._words = looks, edge, panes, words
        painter.drawPixmap(0, 0, self._picture)

    def _paint_all(self, ratio: float) -> None:
        size = (self._area.size() * ratio).toSize()
        if self._picture.size() != size:
            self._picture = QPixmap(size)
        self._picture.setDevicePixelRatio(ratio)
        self._picture.fill(colour(self._frame.palette.background))
        brush = QPainter(self._picture)
        draw_still(brush, self._frame, self._area)
        brush.end()

    def _paint_new(self, panes: dict[str, tuple[object, ...]], moved: float, ratio: float) -> None:
        frame, steps = self._frame, round(moved)
        whole = abs(moved - steps) < FUZZ and ratio == int(ratio)
        shifts = whole and abs(steps) < frame.price_pane.width()
        shifted = [
            pane for pane, key in panes.items() if shifts and key == self._panes[pane] and frame.layers.can_shift(pane)
        ]
        parts = [(frame.area_of(pane), [pane]) for pane in panes if pane not in shifted]
        for area in _joined([frame.area_of(pane) for pane in shifted]) if steps else ():
            device = QRectF(area.topLeft() * ratio, area.size() * ratio).toAlignedRect()
            self._picture.scroll(-int(steps * ratio), 0, device)
            left = area.right() - steps - SEAM if steps > 0 else area.left()
            parts.append((QRectF(left, area.top(), abs(steps) + SEAM, area.height()), shifted))
        brush = QPainter(self._picture)
        for area, names in parts:
            brush.setClipRect(area)
            brush.fillRect(area, colour(frame.palette.background))
            for pane in names:
                draw_still_pane(brush, frame, pane)
        for pane, words in frame.axis_words.items():
            if words != self._words.get(pane) or panes[pane][1:3] != self._panes[pane][1:3]:
                axis = axis_of(frame, pane)
                brush.setClipRect(axis)
                brush.fillRect(axis, colour(frame.palette.background))
                draw_words(brush, frame, pane)
        if moved:
            brush.setClipRect(frame.time_scale)
            brush.fillRect(frame.time_scale, colour(frame.palette.background))
            draw_time_scale(brush, frame, frame.time_scale)
        brush.end()


def _joined(areas: list[QRectF]) -> list[QRectF]:
    """Areas of one width, from top to bottom: those that touch made one."""
    result: list[QRectF] = []
    for area in areas:
        if result and result[-1].bottom() == area.top():
            result[-1] = result[-1].united(area)
        else:
            result.append(area)
    return result


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
