"""The candle chart's picture in pyqtgraph's scene, and the gestures upon it."""

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from hlmaster.ui.charts import drawing, scales
from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.items import Layer, Pane, PriceScale, StillLayer

# pyqtgraph drops mouse moves that come fast, and so the last one before the hand stops; painting is coalesced anyway.
pg.setConfigOption("mouseRateLimit", 0)


class Canvas(pg.GraphicsView):  # type: ignore[misc]
    """Shows a frame that somebody else works out, and says what the mouse wants of it; keys are left to the parent."""

    dragged = Signal(float, float)
    scrolled = Signal(float)
    zoomed = Signal(float, float)
    stretched = Signal(float)
    released = Signal()
    hovered = Signal(object)
    """Where the mouse is, as a QPointF, None when it has left."""
    painting = Signal()

    def __init__(self, frame: Frame, parent: QWidget) -> None:
        super().__init__(parent, background=None)
        self._frame = frame
        self._placed: tuple[object, ...] = ()
        self.setCacheMode(self.CacheModeFlag.CacheNone)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        # Nearly every change touches the whole width; reckoning which regions it spared costs more than painting them.
        self.setViewportUpdateMode(self.ViewportUpdateMode.FullViewportUpdate)
        self._build_layers()

    def _build_layers(self) -> None:
        frame, scene = self._frame, self.scene()
        self.price_pane, self.volume_pane = Pane(), Pane()
        self._still = StillLayer(frame, scales.draw_still)
        in_price = (drawing.draw_live_prices, scales.draw_read_out)
        self._in_price = [Layer(frame, draw, self.price_pane) for draw in in_price]
        self._in_volume = [Layer(frame, drawing.draw_live_volumes, self.volume_pane)]
        self._price_scale = PriceScale(frame)
        self._volume_scale = Layer(frame, scales.draw_volume_scale)
        self._crosshair = Layer(frame, scales.draw_crosshair)
        self._notice = Layer(frame, scales.draw_notice, when_empty=True)
        for item in (self._still, self._crosshair, self._notice):
            item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        for item in (self.price_pane, self.volume_pane, self._price_scale, self._volume_scale):
            scene.addItem(item)
        for z, item in ((-1000, self._still), (10, self._crosshair), (20, self._notice)):
            scene.addItem(item)
            item.setZValue(z)
        for pane in (self.price_pane, self.volume_pane):
            pane.dragged.connect(self.dragged)
            pane.scrolled.connect(self.scrolled)
            pane.zoomed.connect(self.zoomed)
        self._price_scale.stretched.connect(self.stretched)
        self._price_scale.released.connect(self.released)
        scene.sigPrepareForPaint.connect(self.painting)
        scene.sigMouseMoved.connect(self.hovered)

    def show_frame(self) -> None:
        """Move the items to where the frame has them, if that is somewhere else than before, and paint."""
        self._place()
        self.viewport().update()

    def _place(self) -> None:
        frame = self._frame
        x = (frame.view.left, frame.view.right)
        placed = (frame.time_scale, frame.price_pane, x, frame.low, frame.high, frame.volume_high)
        if placed == self._placed:
            return
        self._placed = placed
        for pane, area, inside in (
            (self.price_pane, frame.price_pane, self._in_price),
            (self.volume_pane, frame.volume_pane, self._in_volume),
        ):
            pane.setGeometry(area)
            for layer in inside:
                layer.cover(QRectF(QPointF(0, 0), area.size()))
        self._price_scale.cover(frame.price_scale)
        self._volume_scale.cover(frame.volume_scale)
        for layer in (self._still, self._crosshair, self._notice):
            layer.cover(QRectF(0, 0, frame.time_scale.width(), frame.time_scale.bottom()))
        self.price_pane.setRange(xRange=x, yRange=(frame.low, frame.high), padding=0, disableAutoRange=False)
        self.volume_pane.setRange(xRange=x, yRange=(0, frame.volume_high), padding=0, disableAutoRange=False)

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        ev.ignore()

    def leaveEvent(self, ev: QEvent) -> None:
        super().leaveEvent(ev)
        self.hovered.emit(None)
