"""The public trades of the coin in focus, newest first."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QToolButton

from hlmaster.core.events import Trade, TradesSeen
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.ink import colour
from hlmaster.ui.market_panel import PaintedPanel, decimals_of

ROW = 17
MARGIN = 10
LEAST_WIDTH_WITH_HOURS = 220
LEAST_NOTIONALS = (0, 100, 1_000, 10_000, 100_000)
MOST_SIZE_DECIMALS = 4
COMPARED = 200
LARGE_QUANTILE = 0.95
"""A trade is large when it is among the largest twentieth of the last ``COMPARED``."""
LEAST_COMPARED = 20


def large_from(trades: list[Trade]) -> float:
    """The notional from which a trade stands out among these; infinite while there are too few to say."""
    if len(trades) < LEAST_COMPARED:
        return float("inf")
    notionals = sorted(trade.price * trade.size for trade in trades)
    return notionals[int(len(notionals) * LARGE_QUANTILE)]


def filter_text(least: int) -> str:
    if not least:
        return "all"
    return f"≥ ${least // 1000}k" if least >= 1000 else f"≥ ${least}"


class TapePanel(PaintedPanel):
    KEY, TITLE = "trades", "Trades"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.setMinimumSize(180, 80)
        self.shown: list[Trade] = []
        """What was painted last, newest first."""
        self.least_notional = 0
        self.filter = QToolButton()
        self.filter.setAccessibleName("Smallest trade shown")
        self.filter.setToolTip("Show only trades worth at least this much")
        self.filter.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.filter.setMenu(self._menu())
        self.header = self.filter
        self.show_only(0)
        context.bridge.on_state(self, TradesSeen, self._redraw)

    def _menu(self) -> QMenu:
        menu = QMenu(self.filter)
        group = QActionGroup(menu)
        for least in LEAST_NOTIONALS:
            action = QAction(filter_text(least), menu, checkable=True, checked=not least)
            action.triggered.connect(lambda _=False, least=least: self.show_only(least))
            group.addAction(action)
            menu.addAction(action)
        return menu

    def show_only(self, least_notional: int) -> None:
        """Hide trades worth less than so many USD."""
        self.least_notional = least_notional
        self.filter.setText(f"{filter_text(least_notional)} ▾")
        self.update()

    def beat(self) -> None:
        """Nothing here ages by itself."""

    def _redraw(self, fact: TradesSeen) -> None:
        if fact.coin == self.coin:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour(self.theme.panel))
        market = self.market
        rows = self.height() // ROW + 1
        tape = [] if market is None else market.trades.recent(len(market.trades) if self.least_notional else COMPARED)
        least = self.least_notional
        self.shown = [trade for trade in reversed(tape) if trade.price * trade.size >= least][:rows]
        if market is None or not self.shown:
            self._paint_empty(painter, bool(tape))
            return
        decimals = decimals_of(market, self.shown[0].price)
        size_decimals = min(market.instrument.size_decimals, MOST_SIZE_DECIMALS)
        self._paint_trades(painter, large_from(tape[-COMPARED:]), decimals, size_decimals)

    def _paint_trades(self, painter: QPainter, large: float, decimals: int, size_decimals: int) -> None:
        theme, width = self.theme, self.width()
        zone = figures.zone(self.context.desk.settings.general.time_zone)
        lift = (ROW - self.ink.height) / 2
        time_right = width - MARGIN
        hours = 0 if width >= LEAST_WIDTH_WITH_HOURS else len("00:")
        size_right = time_right - self.ink.width("00:00:00"[hours:]) - 2 * self.ink.advance
        for row, trade in enumerate(self.shown):
            top = row * ROW
            is_large = trade.price * trade.size >= large
            if is_large:
                painter.fillRect(0, top, width, ROW, colour(theme.up_fill if trade.is_buy else theme.down_fill))
            ink = self.strong_ink if is_large else self.ink
            ink.use(painter, theme.up if trade.is_buy else theme.down)
            ink.left(painter, f"{trade.price:,.{decimals}f}", MARGIN, top + lift)
            painter.setPen(colour(theme.text))
            ink.right(painter, f"{trade.size:,.{size_decimals}f}", size_right, top + lift)
            self.ink.use(painter, theme.muted)
            self.ink.right(painter, figures.clock(trade.time_ms, zone)[hours:], time_right, top + lift)

    def _paint_empty(self, painter: QPainter, some_are_smaller: bool) -> None:
        words = f"No trade in {self.coin} yet."
        if some_are_smaller:
            words = f"No recent trade in {self.coin} was worth ${self.least_notional:,} or more."
        painter.setPen(colour(self.theme.muted))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(self.rect().adjusted(12, 0, -12, 0), flags, words)
