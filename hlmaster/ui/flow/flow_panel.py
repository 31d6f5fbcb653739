"""What heat map and footprint have in common: painted at their own pace, dragged, and read under the mouse."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QWheelEvent

from hlmaster.market.coin_market import CoinMarket
from hlmaster.market.flow.coin_flow import CoinFlow
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.ink import colour
from hlmaster.ui.market_panel import PaintedPanel, decimals_of
from hlmaster.ui.teaching import Lesson, write_lesson

WRAPPED = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap


class FlowPanel(PaintedPanel):
    """``FRAME_SECONDS``: between two pictures. ``LEAST_AXIS``, ``FOOT``: pixels beside and under the plot."""

    FRAME_SECONDS = 0.25
    LEAST_AXIS, FOOT = 48, 20

    def __init__(self, context: Context) -> None:
        self.hover: QPointF | None = None
        self._dragged: QPointF | None = None
        self._painted = float("-inf")
        self._flow: CoinFlow | None = None
        super().__init__(context)

    def help_page(self) -> str:
        return "order_flow"

    def zoom(self, closer: bool) -> None:
        """Show a shorter time, or a longer one."""

    def zoom_rows(self, closer: bool) -> None:
        """Finer price rows, or coarser ones."""

    # --- painting ---

    def _redraw(self, fact: Any) -> None:
        """Prices come many times a second; the picture follows at its own pace."""
        if fact.coin == self.coin and self.context.desk.clock.monotonic() - self._painted >= self.FRAME_SECONDS:
            self.update()

    @property
    def _price(self) -> float | None:
        market = self.market
        return None if market is None else market.mid or market.mark

    @property
    def plot(self) -> QRectF:
        """All but the price axis, as wide as its figures, and the foot."""
        market, price = self.market, self._price
        decimals = 2 if market is None or price is None else decimals_of(market, price)
        axis = max(self.small_ink.width(figures.fixed(price or 0.0, decimals)) + 11, self.LEAST_AXIS)
        return QRectF(0, 0, max(int(self.width() - axis), 20), max(self.height() - self.FOOT, 20))

    def _begin(self, painter: QPainter) -> tuple[CoinMarket | None, CoinFlow | None]:
        """The ground of a picture, and what it is of; where either is not known there is none."""
        painter.fillRect(self.rect(), colour(self.theme.panel))
        desk = self.context.desk
        self._painted = desk.clock.monotonic()
        self._flow = desk.flow.look(self.coin)
        return self.market, self._flow

    def _teach(self, painter: QPainter, lesson: Lesson) -> None:
        write_lesson(painter, self.rect(), lesson, muted=self.theme.muted, faint=self.theme.faint)

    # --- the mouse ---

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y()
        if notches and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_rows(notches > 0)
        elif notches:
            self.zoom(notches > 0)
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self.hover = None
        self.update()
