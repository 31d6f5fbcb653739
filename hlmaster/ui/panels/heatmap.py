"""The heat map: the book over time as light, with the best prices, the trades and the trader's own orders on it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSlider, QToolButton, QWidget

from hlmaster.core.events import BookChanged, OrderChanged, TradesSeen
from hlmaster.core.model import Side
from hlmaster.core.rounding import to_float
from hlmaster.market.coin_market import CoinMarket
from hlmaster.market.flow.coin_flow import CoinFlow
from hlmaster.market.flow.heat import COLUMN_MS
from hlmaster.ui import figures
from hlmaster.ui.actions import Action
from hlmaster.ui.coming import market_lesson
from hlmaster.ui.context import Context
from hlmaster.ui.flow.flow_panel import FlowPanel
from hlmaster.ui.flow.heat_frame import TIME_HEIGHT, ZOOMS, HeatFrame
from hlmaster.ui.flow.heat_painter import HeatPainter
from hlmaster.ui.flow.heat_picture import HeatPicture
from hlmaster.ui.flow.ramp import pixel, ramp
from hlmaster.ui.market_panel import decimals_of
from hlmaster.ui.theme import Theme

BRIGHTEST = 50
"""Of the slider, to either side of what is set by itself; a fifth of it doubles the brightness."""
GROUP = "Heat map"
TEACHING = "It shows where orders wait over time, and begins with the first book; the exchange keeps no past of it."
CLICK_PIXELS = 4


class HeatmapPanel(FlowPanel):
    KEY, TITLE = "heatmap", "Heatmap"
    FRAME_SECONDS = 0.1
    """Columns are a quarter of a second at least: more frames would show nothing more."""
    FOOT = TIME_HEIGHT

    def __init__(self, context: Context) -> None:
        self.frame = HeatFrame()
        self.picture = HeatPicture()
        self._pressed: QPointF | None = None
        super().__init__(context)
        self.setMinimumSize(160, 120)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleDescription("The order book over time: the brighter, the more rests at that price.")
        self._make_header()
        self._make_actions()
        context.bridge.on_state(self, BookChanged, self._redraw)
        context.bridge.on_state(self, TradesSeen, self._redraw)
        context.bridge.on_fact(self, OrderChanged, lambda fact: self._redraw(fact.order.order))

    def _make_header(self) -> None:
        self.brightness = QSlider(Qt.Orientation.Horizontal)
        self.brightness.setRange(-BRIGHTEST, BRIGHTEST)
        self.brightness.setFixedWidth(70)
        self.brightness.setAccessibleName("Brightness of the heat map")
        self.brightness.setToolTip("Brightness; in the middle it is set by itself")
        self.brightness.valueChanged.connect(self.update)
        self.brightness.valueChanged.connect(lambda _: self.memory_changed.emit())
        self.header = QWidget()
        row = QHBoxLayout(self.header)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addStretch(1)
        row.addWidget(self.brightness)
        self.further, self.closer = QToolButton(), QToolButton()
        for button, text, name, key, closer in (
            (self.further, "−", "Show a longer time", "-", False),
            (self.closer, "+", "Show a shorter time", "+", True),
        ):
            button.setText(text)
            button.setAccessibleName(f"Heat map: {name.lower()}")
            button.setToolTip(f"{name} ({key})")
            button.clicked.connect(lambda _=False, closer=closer: self.zoom(closer))
            row.addWidget(button)

    def _make_actions(self) -> None:
        add = self.context.actions.add
        for key, title, run, hint in (
            ("closer", "Heat map: show a shorter time", lambda: self.zoom(True), "mouse wheel"),
            ("further", "Heat map: show a longer time", lambda: self.zoom(False), "mouse wheel"),
            ("finer_rows", "Heat map: finer price rows", lambda: self.zoom_rows(True), "Ctrl and mouse wheel"),
            ("coarser_rows", "Heat map: coarser price rows", lambda: self.zoom_rows(False), "Ctrl and mouse wheel"),
            ("latest", "Heat map: back to now and to the price", self.to_now, "double click"),
            ("brighter", "Heat map: brighter", lambda: self._brighten(5), ""),
            ("darker", "Heat map: darker", lambda: self._brighten(-5), ""),
            ("auto", "Heat map: brightness by itself", lambda: self.brightness.setValue(0), ""),
        ):
            add(Action(f"heatmap.{key}", title, GROUP, run, hint=hint), owner=self)

    def dress(self, theme: Theme) -> None:
        super().dress(theme)
        self.picture.dress(ramp(theme.heat), pixel(theme.raised))

    # --- what is shown ---

    def show_coin(self) -> None:
        self.frame = HeatFrame(zoom=self.frame.zoom)
        self.hover = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        market, flow = self._begin(painter)
        if market is None or flow is None:
            self._teach(painter, market_lesson(self.context.desk, self.coin, "book", TEACHING))
            return
        self._follow_now(flow, market)
        self._painting(painter, flow, market).paint(self._own_orders(), self.hover)

    def _follow_now(self, flow: CoinFlow, market: CoinMarket) -> None:
        """Which part of the history is seen, and its pixels."""
        frame, price = self.frame, market.mid or market.mark or 1.0
        tick = flow.grid.tick(price, market.instrument.size_decimals)
        bids, asks = market.book.bids, market.book.asks
        frame.lay_out(self.plot, self.context.desk.clock.now_ms())
        span = flow.grid.units(asks[-1].price - bids[-1].price) if bids and asks else 0
        frame.fit(span, tick)
        frame.follow(flow.grid.units(price))
        self.picture.show(flow.heat, frame.view, 2.0 ** (self.brightness.value() * 5 / BRIGHTEST))

    def _painting(self, painter: QPainter, flow: CoinFlow, market: CoinMarket) -> HeatPainter:
        return HeatPainter(
            painter,
            self.theme,
            self.small_ink,
            flow,
            self.frame,
            self.picture,
            self.plot,
            self.width(),
            decimals_of(market, market.mid or market.mark or 1.0),
            figures.zone(self.context.desk.settings.general.time_zone),
        )

    def _own_orders(self) -> list[tuple[float, bool]]:
        return [
            (to_float(tracked.order.price), tracked.order.side is Side.BUY)
            for tracked in self.context.desk.orders.live(self.coin)
            if tracked.order.trigger is None
        ]

    # --- moving ---

    def zoom(self, closer: bool) -> None:
        self.frame.zoom_time(closer)
        self.further.setEnabled(self.frame.zoom < len(ZOOMS) - 1)
        self.closer.setEnabled(self.frame.zoom > 0)
        self.update()
        self.memory_changed.emit()

    def zoom_rows(self, closer: bool) -> None:
        market, flow = self.market, self._flow
        if market is not None and flow is not None and self.frame.is_fitted:
            price = market.mid or market.mark or 1.0
            self.frame.zoom_price(closer, flow.grid.tick(price, market.instrument.size_decimals))
            self.update()

    def to_now(self) -> None:
        self.frame.to_now()
        self.update()

    def pan(self, columns: int, rows: int) -> None:
        if self._flow is not None:
            self.frame.pan(columns, rows, self._flow.heat.oldest * COLUMN_MS // self.frame.step_ms)
            self.update()

    def _brighten(self, by: int) -> None:
        self.brightness.setValue(self.brightness.value() + by)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom(True)
            case Qt.Key.Key_Minus:
                self.zoom(False)
            case Qt.Key.Key_Left | Qt.Key.Key_Right as key:
                self.pan(self.frame.count // 10 * (1 if key == Qt.Key.Key_Left else -1), 0)
            case Qt.Key.Key_Up | Qt.Key.Key_Down as key:
                self.pan(0, -4 if key == Qt.Key.Key_Up else 4)
            case Qt.Key.Key_End | Qt.Key.Key_Home:
                self.to_now()
            case _:
                super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._pressed = self._dragged = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._dragged is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self._drag(at)
        self.hover = at
        self.update()

    def _drag(self, at: QPointF) -> None:
        assert self._dragged is not None
        frame, height = self.frame, self.plot.height() / self.frame.rows
        columns = int((at.x() - self._dragged.x()) / frame.pitch)
        rows = -int((at.y() - self._dragged.y()) / height)
        if columns or rows:
            self.pan(columns, -rows)
            self._dragged += QPointF(columns * frame.pitch, -rows * height)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed, self._dragged = self._pressed, None, None
        market, flow = self.market, self._flow
        if pressed is None or market is None or flow is None or not self.plot.contains(event.position()):
            return
        if (event.position() - pressed).manhattanLength() < CLICK_PIXELS:
            units = self.frame.units_at(event.position().y(), self.plot)
            tick = flow.grid.tick(market.mid or market.mark or 1.0, market.instrument.size_decimals)
            self.context.price_picked.emit(self.coin, flow.grid.price(round(units / tick) * tick))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.to_now()

    # --- memory ---

    def save_state(self) -> dict[str, Any]:
        return {"zoom": self.frame.zoom, "brightness": self.brightness.value()}

    def restore_state(self, state: dict[str, Any]) -> None:
        zoom, brightness = state.get("zoom"), state.get("brightness")
        if isinstance(zoom, int) and 0 <= zoom < len(ZOOMS):
            self.frame.zoom = zoom
        if isinstance(brightness, int):
            self.brightness.setValue(brightness)
