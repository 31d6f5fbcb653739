"""The public trades of a coin, newest first; still while the mouse is over them."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QAction, QActionGroup, QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QToolButton

from hlmaster.core.events import LinkChanged, StalenessChanged, Trade, TradesSeen
from hlmaster.market.coin_market import CoinMarket
from hlmaster.market.staleness import MID
from hlmaster.market.trades import KEPT
from hlmaster.ui import figures
from hlmaster.ui.actions import Action
from hlmaster.ui.coming import market_lesson
from hlmaster.ui.context import Context
from hlmaster.ui.flow.prints import Print, large_from, prints
from hlmaster.ui.ink import colour
from hlmaster.ui.market_panel import PaintedPanel, decimals_of
from hlmaster.ui.teaching import write_lesson

ROW = 17
MARGIN = 10
LEAST_WIDTH_WITH_HOURS, LEAST_WIDTH_WITH_WORTH = 208, 420
"""Pixels: narrower, a time is told without its hour; a wide tape tells in dollars too what a trade was worth."""
SIZE_SHARE, WORTH_SHARE = 0.42, 0.70
"""Of a wide tape, where sizes and dollars end."""
LEAST_NOTIONALS = (0, 100, 1_000, 10_000, 50_000, 100_000, 500_000)
MOST_SIZE_DECIMALS = 4
COMPARED = 200
"""Lines that a large one is compared with."""
OLD = 0.45
"""Opacity of what is not the market's any more."""
HUGE = 3.0
"""Times as large as what is large: those have their side's colour all over."""
GROUP = "Trades"
TEACHING = "Each deal of the market comes here as it is struck, in the colour of who took it: buyer or seller."
SMALLER = "Smaller ones are hidden; the menu above shows them."


def filter_text(least: int) -> str:
    if not least:
        return "all"
    return f"≥ ${least // 1000}k" if least >= 1000 else f"≥ ${least}"


class TapePanel(PaintedPanel):
    """``least_notional`` is the coin's own; ``shown`` and ``waiting`` are what was painted last."""

    KEY, TITLE = "trades", "Trades"

    def __init__(self, context: Context) -> None:
        self.shown: list[Print] = []
        """Newest first."""
        self.waiting = 0
        """Trades that came since the mouse holds the tape still."""
        self.is_grouped = True
        self._least: dict[str, int] = {}
        self._held: list[Trade] | None = None
        super().__init__(context)
        self.setMinimumSize(180, 80)
        self.setAccessibleDescription("Public trades, newest first; still while the mouse is over them.")
        self.filter = QToolButton()
        self.filter.setAccessibleName("Smallest trade shown")
        self.filter.setToolTip("Show only trades worth at least this much, and what one order took as one line")
        self.filter.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.filter.setMenu(self._menu())
        self.header = self.filter
        self._tell()
        self._make_actions()
        context.bridge.on_state(self, TradesSeen, self._redraw)
        context.bridge.on_fact(self, LinkChanged, lambda _: self.update())
        context.bridge.on_fact(self, StalenessChanged, lambda _: self.update())

    def _menu(self) -> QMenu:
        menu = QMenu(self.filter)
        group = QActionGroup(menu)
        self._choices: dict[int, QAction] = {}
        for least in LEAST_NOTIONALS:
            action = QAction(filter_text(least), menu, checkable=True, checked=not least)
            action.triggered.connect(lambda _=False, least=least: self.show_only(least))
            group.addAction(action)
            menu.addAction(action)
            self._choices[least] = action
        menu.addSeparator()
        self.grouping = QAction("One line for what one order took", menu, checkable=True, checked=True)
        self.grouping.triggered.connect(self.group)
        menu.addAction(self.grouping)
        return menu

    def _make_actions(self) -> None:
        for key, title, run in (
            ("larger", "Trades: only larger ones", lambda: self._step(1)),
            ("smaller", "Trades: smaller ones too", lambda: self._step(-1)),
            ("all", "Trades: all sizes", lambda: self.show_only(0)),
            ("group", "Trades: one line for what one order took, or not", lambda: self.group(not self.is_grouped)),
        ):
            self.context.actions.add(Action(f"trades.{key}", title, GROUP, run), owner=self)

    # --- what is shown ---

    @property
    def least_notional(self) -> int:
        return self._least.get(self.coin, 0)

    def show_only(self, least_notional: int) -> None:
        """Hide trades of this coin worth less than so many USD."""
        self._least[self.coin] = least_notional
        self._tell()
        self.update()

    def _step(self, by: int) -> None:
        place = min(range(len(LEAST_NOTIONALS)), key=lambda at: abs(LEAST_NOTIONALS[at] - self.least_notional)) + by
        self.show_only(LEAST_NOTIONALS[min(max(place, 0), len(LEAST_NOTIONALS) - 1)])

    def group(self, on: bool) -> None:
        self.is_grouped = on
        self.grouping.setChecked(on)
        self.update()

    def _tell(self) -> None:
        self.filter.setText(f"{filter_text(self.least_notional)} ▾")
        if self.least_notional in self._choices:
            self._choices[self.least_notional].setChecked(True)

    def show_coin(self) -> None:
        self._held = self._tape() if self._held is not None else None
        self._tell()
        self.update()

    def beat(self) -> None:
        """Nothing here ages by itself."""

    @property
    def is_old(self) -> bool:
        """The link is down, or the coin's prices are beyond their age: no trade of now would be here."""
        market = self.market
        return self.context.desk.feed.cut_off is not None or (market is not None and MID in market.stale_streams)

    def _redraw(self, fact: TradesSeen) -> None:
        if fact.coin == self.coin:
            self.update()

    def _tape(self) -> list[Trade]:
        market = self.market
        return [] if market is None else market.trades.recent(KEPT)

    # --- held still ---

    def enterEvent(self, event: QEnterEvent) -> None:
        self._held = self._tape()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._held = None
        self.update()
        super().leaveEvent(event)

    def _came_since(self, held: list[Trade], market: CoinMarket) -> int:
        if not held:
            return len(market.trades)
        last = (held[-1].time_ms, held[-1].trade_id)
        tape = reversed(market.trades.recent(KEPT))
        return next((count for count, trade in enumerate(tape) if (trade.time_ms, trade.trade_id) == last), KEPT)

    # --- painting ---

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour(self.theme.panel))
        market = self.market
        rows = self.height() // ROW + 1
        tape = self._tape() if self._held is None else self._held
        self.waiting = 0 if self._held is None or market is None else self._came_since(self._held, market)
        lines = prints(reversed(tape), grouped=self.is_grouped)
        least = self.least_notional
        compared: list[float] = []
        self.shown = []
        for line in lines:
            if len(compared) < COMPARED:
                compared.append(line.notional)
            if line.notional >= least and len(self.shown) < rows:
                self.shown.append(line)
            if len(self.shown) >= rows and len(compared) >= COMPARED:
                break
        if market is None or not self.shown:
            self._paint_empty(painter, bool(tape))
        else:
            decimals = decimals_of(market, self.shown[0].price)
            size_decimals = min(market.instrument.size_decimals, MOST_SIZE_DECIMALS)
            painter.setOpacity(OLD if self.is_old else 1.0)
            self._paint_lines(painter, large_from(compared), decimals, size_decimals)
            painter.setOpacity(1.0)
        if self.waiting:
            self._paint_waiting(painter)

    def _paint_lines(self, painter: QPainter, large: float, decimals: int, size_decimals: int) -> None:
        theme, width = self.theme, self.width()
        zone = figures.zone(self.context.desk.settings.general.time_zone)
        lift = (ROW - self.ink.height) / 2
        time_right = width - MARGIN
        hours = 0 if width >= LEAST_WIDTH_WITH_HOURS else len("00:")
        is_wide = width >= LEAST_WIDTH_WITH_WORTH
        size_right = time_right - self.ink.width("00:00:00"[hours:]) - 2 * self.ink.advance
        size_right = width * SIZE_SHARE if is_wide else size_right
        for row, line in enumerate(self.shown):
            top = row * ROW
            is_large, is_huge = line.notional >= large, line.notional >= HUGE * large
            tone, quiet, words = theme.up if line.is_buy else theme.down, theme.muted, theme.text
            if is_huge:
                painter.fillRect(0, top, self.width(), ROW - 1, colour(tone))
                tone = quiet = words = theme.on_colour
            elif is_large:
                painter.fillRect(0, top, self.width(), ROW, colour(theme.up_fill if line.is_buy else theme.down_fill))
            ink = self.strong_ink if is_large else self.ink
            price, size = f"{line.price:,.{decimals}f}", f"{line.size:,.{size_decimals}f}"
            ink.use(painter, tone)
            ink.left(painter, price, MARGIN, top + lift)
            painter.setPen(colour(words))
            ink.right(painter, size, size_right, top + lift)
            if is_wide:
                ink.right(painter, f"${line.notional:,.0f}", width * WORTH_SHARE, top + lift)
            if line.fills > 1:
                self._paint_fills(
                    painter, line.fills, MARGIN + ink.width(price), size_right - ink.width(size), top, quiet
                )
            self.ink.use(painter, quiet)
            self.ink.right(painter, figures.clock(line.time_ms, zone)[hours:], time_right, top + lift)

    def _paint_fills(self, painter: QPainter, fills: int, left: float, right: float, top: float, tone: str) -> None:
        """How many trades a line sums, where there is room for it."""
        text = f"×{fills}"
        if right - left > self.small_ink.width(text) + 10:
            self.small_ink.use(painter, tone)
            self.small_ink.left(painter, text, left + 5, top + (ROW - self.small_ink.height) / 2)

    def _paint_waiting(self, painter: QPainter) -> None:
        """A strip over the foot: the tape stands still, and how much has come."""
        more = "+" if self.waiting >= KEPT else ""
        text = f"still · {self.waiting:,}{more} new"
        width = self.small_ink.width(text) + 16
        box = QRectF((self.width() - width) / 2, self.height() - 24, width, 19)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(self.theme.accent))
        painter.drawRoundedRect(box, 4, 4)
        self.small_ink.use(painter, self.theme.on_colour)
        self.small_ink.left(painter, text, box.left() + 8, box.top() + (19 - self.small_ink.height) / 2)

    def _paint_empty(self, painter: QPainter, some_are_smaller: bool) -> None:
        lesson = market_lesson(self.context.desk, self.coin, "trades", TEACHING)
        if some_are_smaller:
            lesson = f"No recent trade of ${self.least_notional:,} or more", SMALLER
        write_lesson(painter, self.rect(), lesson, muted=self.theme.muted, faint=self.theme.faint)

    # --- memory ---

    def save_state(self) -> dict[str, Any]:
        return {"least": {coin: least for coin, least in self._least.items() if least}, "grouped": self.is_grouped}

    def help_page(self) -> str:
        return "order_flow"

    def restore_state(self, state: dict[str, Any]) -> None:
        least = state.get("least")
        if isinstance(least, dict):
            self._least = {str(coin): value for coin, value in least.items() if isinstance(value, int) and value >= 0}
        self.group(state.get("grouped") is not False)
        self._tell()
        self.update()
