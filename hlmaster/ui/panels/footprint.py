"""Footprints: within each candle, how much was sold and how much was bought at each price."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from hlmaster.core.events import TradesSeen
from hlmaster.core.model import Interval
from hlmaster.market.coin_market import CoinMarket
from hlmaster.market.flow.coin_flow import CoinFlow
from hlmaster.ui import figures
from hlmaster.ui.actions import Action
from hlmaster.ui.candle_view import CandleView
from hlmaster.ui.coming import market_lesson
from hlmaster.ui.context import Context
from hlmaster.ui.flow.flow_panel import FlowPanel
from hlmaster.ui.flow.footprint_frame import FOOT, PITCHES, FootprintFrame
from hlmaster.ui.flow.footprint_painter import FootprintPainter
from hlmaster.ui.ink import Ink
from hlmaster.ui.market_panel import decimals_of
from hlmaster.ui.theme import Theme, number_font

INTERVALS = (Interval.M1, Interval.M3, Interval.M5, Interval.M15, Interval.M30, Interval.H1, Interval.H4)
GROUP = "Footprint"
TEACHING = "It shows who bought and who sold at each price of a candle, and begins with the first trade."
TOO_LONG = (
    "No footprint in candles this long",
    "They are kept for two days: choose a timeframe of four hours or less.",
)


class FootprintPanel(FlowPanel):
    KEY, TITLE = "footprint", "Footprint"
    LEAST_AXIS, FOOT = 54, FOOT

    def __init__(self, context: Context) -> None:
        self.frame = FootprintFrame()
        super().__init__(context)
        # Where there is no history cells stand without their shapes; the chart tells of the same trouble.
        self._view = CandleView(context, self, lambda *_: None, self.update)
        self.setMinimumSize(220, 140)
        self.setAccessibleDescription(
            "For each candle and price: what was sold at the left, what was bought at the right."
        )
        self._make_header()
        self._make_actions()
        context.bridge.on_state(self, TradesSeen, self._redraw)
        self.link_changed.connect(self._tell)
        self.interval_changed.connect(lambda _: self._tell())
        self._tell()

    def _make_header(self) -> None:
        self.header = QWidget()
        row = QHBoxLayout(self.header)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addStretch(1)
        self.timeframe, self.row_size = QToolButton(), QToolButton()
        for button, name, tip, fill in (
            (self.timeframe, "Timeframe of the footprint", "The candles' length", self._fill_intervals),
            (self.row_size, "Height of the price rows", "How many prices are summed in a row", self._fill_rows),
        ):
            button.setAccessibleName(name)
            button.setToolTip(tip)
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            menu = QMenu(button)
            menu.aboutToShow.connect(lambda menu=menu, fill=fill: fill(menu))
            button.setMenu(menu)
            row.addWidget(button)
        for text, name, key, closer in (
            ("−", "Show more candles", "-", False),
            ("+", "Show fewer and wider candles", "+", True),
        ):
            step = QToolButton()
            step.setText(text)
            step.setAccessibleName(f"Footprint: {name.lower()}")
            step.setToolTip(f"{name} ({key})")
            step.clicked.connect(lambda _=False, closer=closer: self.zoom(closer))
            row.addWidget(step)

    def _make_actions(self) -> None:
        for key, title, run, hint in (
            ("closer", "Footprint: fewer and wider candles", lambda: self.zoom(True), "mouse wheel"),
            ("further", "Footprint: more candles", lambda: self.zoom(False), "mouse wheel"),
            ("finer_rows", "Footprint: finer price rows", lambda: self.zoom_rows(True), "Ctrl and mouse wheel"),
            (
                "coarser_rows",
                "Footprint: coarser price rows",
                lambda: self.zoom_rows(False),
                "Ctrl and mouse wheel",
            ),
            ("auto_rows", "Footprint: price rows by themselves", self.auto_rows, ""),
            ("latest", "Footprint: back to the open candle", self.to_latest, "double click"),
        ):
            self.context.actions.add(Action(f"footprint.{key}", title, GROUP, run, hint=hint), owner=self)

    def dress(self, theme: Theme) -> None:
        super().dress(theme)
        self.small_strong = Ink(number_font(theme.font_pixels - 1, strong=True))

    # --- header ---

    def _tell(self) -> None:
        self.timeframe.setText(f"{self.interval.value} ▾")
        market, flow = self.market, self._flow
        text = "rows"
        if market is not None and flow is not None and self.frame.step:
            text = figures.plain(flow.grid.price(self.frame.step))
        text = f"{text} ▾" if self.frame.is_fixed else f"auto {text} ▾"
        if text != self.row_size.text():
            self.row_size.setText(text)

    def _fill_intervals(self, menu: QMenu) -> None:
        menu.clear()
        shared = QAction("As the chart", menu, checkable=True, checked=self.shares_interval)
        shared.triggered.connect(lambda: self.share_interval(True))
        menu.addAction(shared)
        for interval in INTERVALS:
            chosen = not self.shares_interval and interval is self.interval
            action = QAction(interval.value, menu, checkable=True, checked=chosen)
            action.triggered.connect(lambda _=False, interval=interval: self.choose(interval))
            menu.addAction(action)

    def _fill_rows(self, menu: QMenu) -> None:
        menu.clear()
        auto = QAction("As the candles need", menu, checkable=True, checked=not self.frame.is_fixed)
        auto.triggered.connect(self.auto_rows)
        menu.addAction(auto)
        menu.addAction("Finer", lambda: self.zoom_rows(True))
        menu.addAction("Coarser", lambda: self.zoom_rows(False))

    def choose(self, interval: Interval) -> None:
        """A timeframe of its own."""
        self.share_interval(False)
        self.choose_interval(interval)

    # --- what is shown ---

    def show_coin(self) -> None:
        self.frame = FootprintFrame(zoom=self.frame.zoom)
        self.hover = None
        self._load()
        self.update()

    def show_interval(self) -> None:
        self.show_coin()

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self._load()

    def _load(self) -> None:
        """The candles' shapes, where the chart has not fetched them already."""
        market = self.market
        if self.isVisible() and market is not None and market.series(self.interval) is None:
            self._view.show(self.coin, self.interval)

    def release(self) -> None:
        super().release()
        self._view.end()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        market, flow = self._begin(painter)
        if market is None or flow is None:
            self._teach(painter, market_lesson(self.context.desk, self.coin, "trades", TEACHING))
        elif self.interval not in INTERVALS and self.interval.ms > INTERVALS[-1].ms:
            self._teach(painter, TOO_LONG)
        else:
            self._paint(painter, flow, market)

    def _paint(self, painter: QPainter, flow: CoinFlow, market: CoinMarket) -> None:
        price = market.mid or market.mark or 1.0
        tick = flow.grid.tick(price, market.instrument.size_decimals)
        series, now_ms = market.series(self.interval), self.context.desk.clock.now_ms()
        self.frame.lay_out(self.plot, flow, series, self.interval, now_ms, tick)
        self._painting(painter, flow, market).paint(self.hover)

    def _painting(self, painter: QPainter, flow: CoinFlow, market: CoinMarket) -> FootprintPainter:
        return FootprintPainter(
            painter,
            self.theme,
            self.small_ink,
            self.small_strong,
            self.frame,
            flow.grid,
            self.plot,
            self.width(),
            decimals_of(market, market.mid or market.mark or 1.0),
            figures.zone(self.context.desk.settings.general.time_zone),
            market.mid,
        )

    def beat(self) -> None:
        self._tell()
        self.update()

    # --- hands ---

    def zoom(self, closer: bool) -> None:
        self.frame.zoom_by(closer)
        self.update()
        self.memory_changed.emit()

    def zoom_rows(self, closer: bool) -> None:
        market, flow, price = self.market, self._flow, self._price
        if market is not None and flow is not None and price is not None and self.frame.step:
            self.frame.choose_rows(finer=closer, tick=flow.grid.tick(price, market.instrument.size_decimals))
            self._tell()
            self.update()

    def auto_rows(self) -> None:
        self.frame.is_fixed, self.frame.step = False, 0
        self.update()

    def to_latest(self) -> None:
        self.frame.back = 0
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom(True)
            case Qt.Key.Key_Minus:
                self.zoom(False)
            case Qt.Key.Key_Left | Qt.Key.Key_Right as key:
                self.frame.pan(1 if key == Qt.Key.Key_Left else -1)
                self.update()
            case Qt.Key.Key_End:
                self.to_latest()
            case _:
                super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._dragged = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._dragged is not None and event.buttons() & Qt.MouseButton.LeftButton:
            candles = int((at.x() - self._dragged.x()) / self.frame.pitch)
            if candles:
                self.frame.pan(candles)
                self._dragged += QPointF(candles * self.frame.pitch, 0)
        self.hover = at
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.to_latest()

    # --- memory ---

    def save_state(self) -> dict[str, Any]:
        return {"zoom": self.frame.zoom}

    def restore_state(self, state: dict[str, Any]) -> None:
        zoom = state.get("zoom")
        if isinstance(zoom, int) and 0 <= zoom < len(PITCHES):
            self.frame.zoom = zoom
