"""The order book as a ladder: asks over bids, depth behind the figures, the trader's own orders on their levels."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QAction, QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QToolButton, QToolTip

from hlmaster.core.events import BookChanged, ContextChanged, Level, OrderChanged, StalenessChanged
from hlmaster.core.model import Side
from hlmaster.core.rounding import to_float
from hlmaster.market.book import figure_step
from hlmaster.market.coin_market import CoinMarket
from hlmaster.market.staleness import FAST_BOOK, SLOW_BOOK
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.ink import Ink, colour
from hlmaster.ui.market_panel import PaintedPanel, decimals_of
from hlmaster.ui.theme import Theme, number_font

ROW, HEAD, MIDDLE = 17, 18, 34
MARGIN = 10
SIZE_SHARE = 0.65
"""Where the size column ends, as a share of the width."""
MOST_SIZE_DECIMALS, TOTAL_DECIMALS = 4, 2
GROUPS = ((5, 1), (5, 2), (5, 5), (4, 1), (3, 1), (2, 1))
"""Significant figures and mantissa, as the venue groups its books."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One painted level; ``total`` in coins from the best price on, ``mine`` the trader's own size there."""

    side: Side
    price: float
    size: float
    total: float
    top: float
    mine: float


def groups(price: float, tick: float) -> list[tuple[int, int]]:
    """Of ``GROUPS`` those that are coarser than ``tick`` near ``price``, rising."""
    return [group for group in GROUPS if figure_step(price, *group) > tick * 1.01]


def group_steps(price: float, tick: float) -> list[float]:
    """Price steps a book near ``price`` can be grouped by, the tick first, each once, rising."""
    return [tick, *(figure_step(price, *group) for group in groups(price, tick))]


def step_text(step: float) -> str:
    return figures.plain(float(f"{step:.6g}"))


class LadderPanel(PaintedPanel):
    KEY, TITLE = "book", "Book"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.rungs: list[Rung] = []
        """What was painted last, top to bottom."""
        self._group = 0
        self._hovered: float | None = None
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumSize(180, 120)
        self.grouping = QToolButton()
        self.grouping.setAccessibleName("Price grouping")
        self.grouping.setToolTip("Group the book's prices by this step")
        self.grouping.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.grouping)
        menu.aboutToShow.connect(self._fill_menu)
        self.grouping.setMenu(menu)
        self.header = self.grouping
        bridge = context.bridge
        bridge.on_state(self, BookChanged, self._redraw)
        bridge.on_state(self, ContextChanged, self._redraw)
        bridge.on_fact(self, OrderChanged, self._order_changed)
        bridge.on_fact(self, StalenessChanged, self._redraw)
        self.show_coin()

    def dress(self, theme: Theme) -> None:
        self.big_ink = Ink(number_font(theme.font_pixels + 3, strong=True))
        super().dress(theme)

    # --- what is shown ---

    def show_coin(self) -> None:
        self._group = 0
        self._hovered = None
        self._show_grouping()
        self.update()

    def beat(self) -> None:
        self._show_grouping()
        if self._age_text(self.market):
            self.update()

    def _redraw(self, fact: BookChanged | ContextChanged | StalenessChanged) -> None:
        if fact.coin == self.coin:
            self.update()

    def _order_changed(self, fact: OrderChanged) -> None:
        if fact.order.order.coin == self.coin:
            self.update()

    # --- grouping ---

    @property
    def steps(self) -> list[float]:
        market = self.market
        price = None if market is None else market.mid or market.mark
        if market is None or price is None:
            return []
        return group_steps(price, 10.0 ** -decimals_of(market, price))

    def choose_group(self, index: int) -> None:
        """The n-th of ``steps``; 0 is the book as it is."""
        self._group = index
        self._show_grouping()
        self.update()

    def _show_grouping(self) -> None:
        steps = self.steps
        self._group = min(self._group, max(0, len(steps) - 1))
        text = f"{step_text(steps[self._group])} ▾" if steps else figures.UNKNOWN
        if text != self.grouping.text():
            self.grouping.setText(text)
        self.context.desk.charts.group_book(self.coin, self._chosen_group)

    @property
    def _chosen_group(self) -> tuple[int, int] | None:
        """Significant figures and mantissa; None for the book as it is."""
        market, steps = self.market, self.steps
        if market is None or not 0 < self._group < len(steps):
            return None
        return groups(market.mid or market.mark or steps[0], steps[0])[self._group - 1]

    def _fill_menu(self) -> None:
        menu = self.grouping.menu()
        menu.clear()
        for index, step in enumerate(self.steps):
            action = QAction(step_text(step), menu, checkable=True, checked=index == self._group)
            action.triggered.connect(lambda _=False, index=index: self.choose_group(index))
            menu.addAction(action)

    # --- painting ---

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = self.theme
        painter.fillRect(self.rect(), colour(theme.panel))
        market = self.market
        self.rungs = [] if market is None else self._lay_out(market)
        self._paint_head(painter)
        if market is None or not self.rungs:
            self._paint_empty(painter, market)
            return
        price_decimals = decimals_of(market, self.rungs[0].price)
        self._paint_rungs(painter, price_decimals, min(market.instrument.size_decimals, MOST_SIZE_DECIMALS))
        age = self._age_text(market)
        if age:
            veil = QColor(theme.panel)
            veil.setAlphaF(0.65)
            painter.fillRect(self.rect(), veil)
        self._paint_middle(painter, market, price_decimals, age)

    @property
    def _rows_each(self) -> int:
        return max(1, (self.height() - HEAD - MIDDLE) // (2 * ROW))

    @property
    def _middle_top(self) -> int:
        return HEAD + self._rows_each * ROW

    def _lay_out(self, market: CoinMarket) -> list[Rung]:
        steps = self.steps
        step, group = steps[min(self._group, len(steps) - 1)] if steps else 0.0, self._chosen_group
        bids, asks = (market.book.bids, market.book.asks) if group is None else market.grouped(*group)
        top = self._middle_top
        upper = self._side(Side.SELL, asks, step, top - ROW, -ROW)
        return upper[::-1] + self._side(Side.BUY, bids, step, top + MIDDLE, ROW)

    def _side(self, side: Side, levels: list[Level], step: float, top: int, pitch: int) -> list[Rung]:
        levels = levels[: self._rows_each]
        totals = accumulate(level.size for level in levels)
        mine = self._own_sizes(side)
        return [
            Rung(side, level.price, level.size, total, top + pitch * row, _within(mine, level.price, step, side))
            for row, (level, total) in enumerate(zip(levels, totals, strict=True))
        ]

    def _own_sizes(self, side: Side) -> list[tuple[float, float]]:
        """Prices and remaining sizes of our resting orders on this side."""
        return [
            (to_float(tracked.order.price), to_float(tracked.remaining))
            for tracked in self.context.desk.orders.live(self.coin)
            if tracked.order.side is side and tracked.order.trigger is None
        ]

    def _paint_head(self, painter: QPainter) -> None:
        width = self.width()
        ink = self.small_ink
        ink.use(painter, self.theme.faint)
        ink.left(painter, "Price", MARGIN, 2)
        ink.right(painter, "Size", width * SIZE_SHARE, 2)
        ink.right(painter, "Total", width - MARGIN, 2)

    def _paint_rungs(self, painter: QPainter, price_decimals: int, size_decimals: int) -> None:
        theme, ink, width = self.theme, self.ink, self.width()
        lift = (ROW - ink.height) / 2
        total_decimals = min(size_decimals, TOTAL_DECIMALS)
        most = max(rung.total for rung in self.rungs)
        fills = {Side.BUY: colour(theme.up_fill), Side.SELL: colour(theme.down_fill)}
        for rung in self.rungs:
            share = rung.total / most if most > 0 else 0.0
            painter.fillRect(QRectF(width * (1 - share), rung.top, width * share, ROW), fills[rung.side])
            if rung.price == self._hovered:
                painter.fillRect(QRectF(0, rung.top, width, ROW), colour(theme.selected))
            if rung.mine:
                painter.fillRect(QRectF(0, rung.top + 1, 3, ROW - 2), colour(theme.accent))
        for side, pen in ((Side.SELL, theme.down), (Side.BUY, theme.up)):
            ink.use(painter, pen)
            for rung in self.rungs:
                if rung.side is side:
                    ink.left(painter, f"{rung.price:,.{price_decimals}f}", MARGIN, rung.top + lift)
        ink.use(painter, theme.text)
        size_right, total_right = width * SIZE_SHARE, width - MARGIN
        for rung in self.rungs:
            ink.right_once(painter, f"{rung.size:,.{size_decimals}f}", size_right, rung.top + lift)
            ink.right_once(painter, f"{rung.total:,.{total_decimals}f}", total_right, rung.top + lift)

    def _paint_middle(self, painter: QPainter, market: CoinMarket, decimals: int, age: str) -> None:
        """The mark, and beside it spread and skew, or how old they are."""
        theme, top, big, small = self.theme, self._middle_top, self.big_ink, self.small_ink
        text = figures.fixed(market.mark or market.mid, decimals)
        falls = (market.momentum() or 0.0) < 0
        big.use(painter, theme.faint if age else theme.down if falls else theme.up)
        big.left(painter, text, MARGIN, top + (MIDDLE - big.height) / 2)
        left = MARGIN + big.width(text) + small.advance * 1.5
        small.use(painter, theme.warning if age else theme.muted)
        parts = [age] if age else _spread_and_skew(market, decimals)
        if left + small.width(" · ".join(parts)) <= self.width() - MARGIN:
            small.left(painter, " · ".join(parts), left, top + (MIDDLE - small.height) / 2 + 1)
        else:
            for row, part in enumerate(parts):
                small.left(painter, part, left, top + 3 + row * (small.height - 1))

    def _paint_empty(self, painter: QPainter, market: CoinMarket | None) -> None:
        painter.setPen(colour(self.theme.muted))
        words = f"Waiting for the book of {self.coin} …"
        if market is not None and (market.book.slow or market.book.fast):
            words = f"Nobody bids or offers {self.coin} now."
        painter.setFont(self.font())
        painter.drawText(self.rect().adjusted(12, 0, -12, 0), Qt.AlignmentFlag.AlignCenter | _WRAP, words)

    def _age_text(self, market: CoinMarket | None) -> str:
        """How old the book is, if it is too old to be trusted."""
        if market is None or FAST_BOOK not in market.stale_streams:
            return ""
        ages = [age for age in map(market.age_seconds, (FAST_BOOK, SLOW_BOOK)) if age is not None]
        return f"{min(ages):.0f} s old" if ages and SLOW_BOOK in market.stale_streams else ""

    # --- hands ---

    def rung_at(self, y: float) -> Rung | None:
        return next((rung for rung in self.rungs if rung.top <= y < rung.top + ROW), None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        rung = self.rung_at(event.position().y())
        if rung is not None and event.button() is Qt.MouseButton.LeftButton:
            self.context.price_picked.emit(self.coin, rung.price)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def _hover(self, at: QPointF | None) -> None:
        rung = None if at is None else self.rung_at(at.y())
        hovered = None if rung is None else rung.price
        if hovered != self._hovered:
            self._hovered = hovered
            self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.explain(event.pos().y()), self)
            return True
        return super().event(event)

    def explain(self, y: float) -> str:
        """The tooltip at this height."""
        rung, market = self.rung_at(y), self.market
        if rung is None or market is None:
            return "Mark price, spread, and how much deeper the bids (+) or asks (−) of the five best levels are."
        notional = figures.money(rung.total * rung.price)
        text = (
            f"{figures.plain(rung.size)} {self.coin} here, {notional} up to here. Click: use this price in the ticket."
        )
        return f"{text}\nYour own orders here: {figures.plain(rung.mine)} {self.coin}." if rung.mine else text


_WRAP = Qt.TextFlag.TextWordWrap


def _within(orders: list[tuple[float, float]], price: float, step: float, side: Side) -> float:
    """Summed size of the orders that a level at ``price`` holds: bids are grouped down, asks up."""
    if not orders:
        return 0.0
    slack = step * 1e-6
    return sum(size for at, size in orders if -slack <= (at - price) * side.sign < step - slack)


def _spread_and_skew(market: CoinMarket, decimals: int) -> list[str]:
    parts = []
    spread = market.book.spread
    if spread is not None:
        parts.append(f"spread {spread:,.{decimals}f}")
    ratio = market.book.imbalance()
    if ratio is not None:
        parts.append(f"skew {figures.percent((ratio - 1) / (ratio + 1), 0, signed=True)}")
    return parts
