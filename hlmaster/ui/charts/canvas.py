"""The candle chart's picture in pyqtgraph's scene, and the gestures upon it."""

from functools import partial

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QWidget

from hlmaster.ui.charts import scales
from hlmaster.ui.charts.damage import Seen, damage, seen
from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.hands import Hands
from hlmaster.ui.charts.items import Border, Layer, PriceAxis, StillLayer, Surface
from hlmaster.ui.charts.legend import KeptLegend

# pyqtgraph drops mouse moves that come fast, and so the last one before the hand stops; painting is coalesced anyway.
pg.setConfigOption("mouseRateLimit", 0)
BORDER = 7.0
"""Pixels in height that take a pane's border."""
STILL_Z, MOVING_Z, BORDER_Z, NOTICE_Z = -1000, 0, 5, 20


class Canvas(pg.GraphicsView):  # type: ignore[misc]
    """Shows a frame that somebody else works out, and says what the mouse wants of it; keys are left to the parent."""

    dragged = Signal(float, float)
    scrolled = Signal(float)
    zoomed = Signal(float, float)
    stretched = Signal(float)
    released = Signal()
    border_moved = Signal(str, float)
    """(pane, pixel row) to which its upper border is dragged."""
    hovered = Signal(object)
    """Where the mouse is, as a QPointF, None when it has left."""
    painting = Signal()

    def __init__(self, frame: Frame, parent: QWidget) -> None:
        super().__init__(parent, background=None)
        for layer in (self, self.viewport()):
            layer.setAccessibleName("Candle chart")
        self._frame = frame
        self.hands = Hands()
        self._cursor: Qt.CursorShape | None = None
        self._placed: tuple[object, ...] = ()
        self._seen: Seen | None = None
        self._borders: list[Border] = []
        self.setCacheMode(self.CacheModeFlag.CacheNone)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        # Of the scene's items none moves by itself: what a change spares is known from the frame alone, and the scene
        # would have all of it painted again after each new size.
        self.setViewportUpdateMode(self.ViewportUpdateMode.NoViewportUpdate)
        self._build_items()

    def _build_items(self) -> None:
        frame, scene = self._frame, self.scene()
        self._still = StillLayer(frame)
        self._layers = (
            (STILL_Z, self._still),
            (MOVING_Z, Layer(frame, partial(scales.draw_moving, legend=KeptLegend()))),
            (NOTICE_Z, Layer(frame, scales.draw_notice, when_empty=True)),
        )
        for z, item in self._layers:
            scene.addItem(item)
            item.setZValue(z)
        self._plot, self._price_axis = Surface(), PriceAxis()
        for surface in (self._plot, self._price_axis):
            scene.addItem(surface)
        self._plot.dragged.connect(self.dragged)
        self._plot.scrolled.connect(self.scrolled)
        self._plot.zoomed.connect(self.zoomed)
        self._price_axis.stretched.connect(self.stretched)
        self._price_axis.released.connect(self.released)
        scene.sigPrepareForPaint.connect(self.painting)
        scene.sigMouseMoved.connect(self.hovered)

    def show_frame(self) -> None:
        """Move the items to where the frame has them, if that is somewhere else than before, and paint what is new."""
        self._place()
        shown = seen(self._frame)
        region = damage(self._seen, shown, self._frame)
        self._seen = shown
        if region is None:
            self.viewport().update()
        else:
            self.viewport().update(region)

    def _place(self) -> None:
        frame = self._frame
        tops = tuple((pane.key, pane.area.top()) for pane in frame.panes.shown)
        placed = (frame.time_scale, frame.price_pane, tops)
        if placed == self._placed:
            return
        self._placed = placed
        for _, layer in self._layers:
            layer.cover(frame.whole)
        self._plot.cover(QRectF(0, 0, frame.price_pane.width(), frame.time_scale.top()))
        self._price_axis.cover(frame.price_scale)
        while len(self._borders) < len(tops):
            self._borders.append(self._new_border())
        for border in self._borders[len(tops) :]:
            border.hide()
        for border, (key, top) in zip(self._borders, tops, strict=False):
            border.key = key
            border.cover(QRectF(0, top - BORDER / 2, frame.time_scale.width(), BORDER))
            border.show()

    def _new_border(self) -> Border:
        border = Border()
        border.moved.connect(self.border_moved)
        border.setZValue(BORDER_Z)
        self.scene().addItem(border)
        return border

    def mousePressEvent(self, ev: QMouseEvent) -> None:
        if not self.hands.press(ev):
            super().mousePressEvent(ev)
        self._take_cursor()

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        if self.hands.move(ev):
            self.hovered.emit(None)  # no crosshair through what says itself where it is
        else:
            super().mouseMoveEvent(ev)
        self._take_cursor()

    def mouseReleaseEvent(self, ev: QMouseEvent) -> None:
        if not self.hands.release(ev):
            super().mouseReleaseEvent(ev)
        self._take_cursor()

    def contextMenuEvent(self, ev: QContextMenuEvent) -> None:
        """Of the keyboard alone: the mouse has its own way, for a press may become a drag."""
        if ev.reason() == QContextMenuEvent.Reason.Keyboard:
            self.hands.menu(self.mapToGlobal(ev.pos()))

    def _take_cursor(self) -> None:
        shape = self.hands.cursor
        if shape != self._cursor:
            self._cursor = shape
            self.viewport().unsetCursor() if shape is None else self.viewport().setCursor(shape)

    def paintEvent(self, ev: QPaintEvent) -> None:
        self._still.exposed = ev.region()
        super().paintEvent(ev)
        self._still.exposed = None

    def event(self, ev: QEvent) -> bool:
        if ev.type() is QEvent.Type.ShortcutOverride and isinstance(ev, QKeyEvent) and self.hands.wants(ev.key()):
            ev.accept()
            return True
        return bool(super().event(ev))

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        ev.setAccepted(self.hands.key(ev.key(), is_down=True))

    def keyReleaseEvent(self, ev: QKeyEvent) -> None:
        ev.setAccepted(self.hands.key(ev.key(), is_down=False))

    def leaveEvent(self, ev: QEvent) -> None:
        super().leaveEvent(ev)
        self.hands.leave()
        self.hovered.emit(None)
