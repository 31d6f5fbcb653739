"""The watched coins at a glance: course, mark, day change, momentum and funding; it says which coin is in focus."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip

from hlmaster.core.candles import Floats
from hlmaster.core.errors import VenueError
from hlmaster.core.events import ContextChanged, QuoteChanged
from hlmaster.core.model import Interval
from hlmaster.core.ports import Turn
from hlmaster.market.coin_market import CoinMarket
from hlmaster.market.staleness import CONTEXT, MID
from hlmaster.ui import figures
from hlmaster.ui.charts.sparkline import paint_sparkline
from hlmaster.ui.context import Context
from hlmaster.ui.ink import colour
from hlmaster.ui.market_panel import PaintedPanel, decimals_of, market_of
from hlmaster.ui.theme import text_font

log = logging.getLogger(__name__)
ROW, HEAD, MARGIN, GAP = 26, 24, 8, 10
REPAINT_MS = 250
COURSE_CANDLES = 120
RETRY_SECONDS = 30.0
MOMENTUM_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Column:
    """``characters`` wide; 0 takes what the others leave. ``value`` sorts, None sorts last.

    ``spare``: left out of a panel too narrow for all, the highest first; the tooltip still tells it.
    """

    title: str
    characters: int
    value: Callable[[CoinMarket], float | None] | None
    help: str
    spare: int = 0


COIN = Column("COIN", 5, None, "Coin. Click: the order of the settings.")
COURSE = Column("", 0, None, "The last two hours.", 1)
COLUMNS = (
    COIN,
    COURSE,
    Column("MARK", 8, lambda market: market.mark, "Mark price, which margin and stops go by."),
    Column("24H", 6, lambda market: market.day_change_fraction, "Change of the mark price over 24 hours."),
    Column("5S", 6, lambda market: market.momentum(MOMENTUM_SECONDS), "Momentum: change of the mid over 5 seconds.", 3),
    Column("FUND", 8, lambda market: market.context.funding_rate if market.context else None, "Funding per hour.", 2),
)
LEAST_COURSE = 28


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column is painted: left and right edge."""

    column: Column
    left: int
    right: int


class WatchlistPanel(PaintedPanel):
    KEY, TITLE = "watchlist", "Watchlist"
    IS_MANY = False
    first_painted = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.setMinimumSize(200, HEAD + 3 * ROW)
        self.sorted_by: str | None = None
        self.descending = True
        self.rows: list[str] = list(context.desk.settings.market.watchlist)
        """Coins, top to bottom."""
        self._letters: dict[str, int] = {}
        """By column, of the longest that stands in it."""
        self._hovered: str | None = None
        self._scrolled = 0
        self._mids: dict[str, deque[float]] = {}
        self._held: set[str] = set()
        """Coins whose candles stay live for this panel."""
        self._loading = False
        self._retry_at = 0.0
        self._painted = False
        self._measure()
        self._soon = QTimer(self, singleShot=True, interval=REPAINT_MS)
        self._soon.timeout.connect(self.update)
        context.bridge.on_state(self, ContextChanged, self._redraw)
        context.bridge.on_state(self, QuoteChanged, self._redraw)

    # --- what is shown ---

    def _redraw(self, fact: ContextChanged | QuoteChanged) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def show_coin(self) -> None:
        self._keep_in_sight()
        self.update()

    def beat(self) -> None:
        """Sample mids for coins without candles, keep the order, and fetch the courses one coin after the other."""
        for coin in self.rows:
            market = market_of(self.context.desk, coin)
            if market is not None and market.mid is not None:
                self._mids.setdefault(coin, deque(maxlen=COURSE_CANDLES)).append(market.mid)
        if not self.underMouse():
            self.rows = self._in_order()
        self._let_go({*self._held, *self._mids} - set(self.context.desk.settings.market.watchlist))
        if self._painted and not self._loading and self.context.desk.clock.monotonic() >= self._retry_at:
            wanted = [coin for coin in self.rows if self._lacks_candles(coin)]
            if wanted:
                self._loading = True
                self.context.run(self._load_courses(wanted), "Loading the watchlist's courses")
        self.setAccessibleDescription(self._describe(self.coin))
        self._measure()
        self.update()

    def _measure(self) -> None:
        markets = (market_of(self.context.desk, coin) for coin in self.rows)
        marks = (_text("MARK", market.mark, market) for market in markets if market is not None)
        self._letters = {"COIN": max(map(len, self.rows), default=0), "MARK": max(map(len, marks), default=0)}

    def _let_go(self, gone: set[str]) -> None:
        for coin in gone:
            self._mids.pop(coin, None)
            self._held.discard(coin)
            self.context.desk.charts.leave((self.KEY, coin))

    def _lacks_candles(self, coin: str) -> bool:
        desk = self.context.desk
        return market_of(desk, coin) is not None and not desk.charts.has(coin, Interval.M1)

    async def _load_courses(self, coins: list[str]) -> None:
        """One after the other, so that the chart's own question never waits behind a crowd."""
        self._retry_at = self.context.desk.clock.monotonic() + RETRY_SECONDS
        try:
            for coin in coins:
                self._held.add(coin)
                await self.context.desk.charts.show(coin, Interval.M1, Turn.STUDY, viewer=(self.KEY, coin))
                self.update()
        except VenueError as error:
            # The mids seen so far stand in until the next try, and the connection's state is told elsewhere
            log.info("the courses of the watchlist could not be loaded: %s", error)
        finally:
            self._loading = False

    def _in_order(self) -> list[str]:
        coins = list(self.context.desk.settings.market.watchlist)
        column = next((column for column in COLUMNS if column.title == self.sorted_by), None)
        if column is None or column.value is None:
            return coins
        values: dict[str, float] = {}
        for coin in coins:
            market = market_of(self.context.desk, coin)
            value = None if market is None else column.value(market)
            if value is not None:
                values[coin] = -value if self.descending else value
        return sorted(coins, key=lambda coin: values.get(coin, float("inf")))

    def sort_by(self, title: str) -> None:
        """Largest first, then smallest first, then as in the settings."""
        if title != self.sorted_by:
            self.sorted_by, self.descending = title, True
        elif self.descending:
            self.descending = False
        else:
            self.sorted_by = None
        if title == "COIN":
            self.sorted_by = None
        self.rows = self._in_order()
        self.update()

    def course(self, coin: str) -> Floats:
        """Closes of the last two hours, or the mids seen since the start, or nothing."""
        market = market_of(self.context.desk, coin)
        series = None if market is None else market.series(Interval.M1)
        if series is not None and len(series) > 2:
            return series.block().close[-COURSE_CANDLES:]
        return np.array(self._mids.get(coin, ()), np.float64)

    # --- painting ---

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour(self.theme.panel))
        places = self._places()
        for row, coin in enumerate(self.rows[self._scrolled :]):
            top = HEAD + row * ROW
            if top > self.height():
                break
            self._paint_row(painter, coin, top, places)
        self._paint_head(painter, places)
        if not self._painted:
            self._painted = True
            self.first_painted.emit()

    def _spare(self, columns: Sequence[Column]) -> int:
        """Pixels that no column of a fixed width takes."""
        taken = sum(self._width(column) + GAP for column in columns) - GAP
        return int(self.width() - 2 * MARGIN - taken)

    def _width(self, column: Column) -> float:
        return max(column.characters, self._letters.get(column.title, 0)) * self.ink.advance

    def _places(self) -> list[Place]:
        columns = list(COLUMNS)
        while COURSE in columns and self._spare(columns) < LEAST_COURSE:
            columns.remove(max(columns, key=lambda column: column.spare))
        left_over = self._spare(columns)  # without a course the coin's name has the room, or gives way
        places, left = [], float(MARGIN)
        for column in columns:
            width = left_over if column is COURSE else self._width(column)
            if column is COIN and COURSE not in columns:
                width += left_over
            places.append(Place(column, int(left), int(left + width)))
            left += width + GAP
        return places

    def _paint_head(self, painter: QPainter, places: list[Place]) -> None:
        theme = self.theme
        painter.fillRect(0, 0, self.width(), HEAD, colour(theme.panel))
        painter.setFont(text_font(theme.caption_pixels))
        for place in places:
            column = place.column
            is_sorted = column.title == self.sorted_by
            painter.setPen(colour(theme.text if is_sorted else theme.muted))
            arrow = (" ↓" if self.descending else " ↑") if is_sorted else ""
            side = Qt.AlignmentFlag.AlignLeft if column.value is None else Qt.AlignmentFlag.AlignRight
            painter.drawText(
                QRect(place.left, 0, place.right - place.left, HEAD).adjusted(-GAP if column.value else 0, 0, 0, 0),
                side | Qt.AlignmentFlag.AlignVCenter,
                column.title + arrow,
            )

    def _paint_row(self, painter: QPainter, coin: str, top: int, places: list[Place]) -> None:
        theme = self.theme
        if coin == self.coin:
            painter.fillRect(0, top, self.width(), ROW, colour(theme.selected))
        elif coin == self._hovered:
            painter.fillRect(0, top, self.width(), ROW, colour(theme.raised))
        middle = top + (ROW - self.ink.height) / 2
        market = market_of(self.context.desk, coin)
        is_cut_off = self.context.desk.feed.cut_off is not None
        stale = market is None or is_cut_off or not {CONTEXT, MID}.isdisjoint(market.stale_streams)
        self.strong_ink.use(painter, theme.muted if stale else theme.text)
        room = int((places[0].right - places[0].left + 1) / self.strong_ink.advance)
        self.strong_ink.left(painter, figures.shortened(coin, room), places[0].left, middle)
        for place in places[1:]:
            column = place.column
            if column.value is None:
                box = QRect(place.left, top + 6, place.right - place.left, ROW - 12)
                self._paint_course(painter, coin, box, stale)
                continue
            value = None if market is None else column.value(market)
            text = _text(column.title, value, market)
            self.ink.use(painter, theme.faint if stale or value is None else self._tone(column.title, text))
            self.ink.right(painter, text, place.right, middle)

    def _paint_course(self, painter: QPainter, coin: str, place: QRect, stale: bool) -> None:
        course = self.course(coin)
        if len(course) > 1:
            tone = self.theme.up if course[-1] >= course[0] else self.theme.down
            paint_sparkline(painter, place, course, colour(self.theme.faint if stale else tone))

    def _tone(self, title: str, text: str) -> str:
        """By what is written: a change that rounds to nothing has no sign, and no colour."""
        theme = self.theme
        if title == "MARK":
            return theme.text
        if title == "FUND":
            return theme.muted
        return {"+": theme.up, "-": theme.down}.get(text[0], theme.muted)

    # --- hands ---

    def _column_at(self, x: float) -> Column | None:
        return next((place.column for place in self._places() if place.left - GAP <= x <= place.right), None)

    def coin_at(self, y: float) -> str | None:
        row = int(y - HEAD) // ROW + self._scrolled
        return self.rows[row] if y >= HEAD and row < len(self.rows) else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if at.y() < HEAD:
            column = self._column_at(at.x())
            if column is not None and column.title:
                self.sort_by(column.title)
            return
        coin = self.coin_at(at.y())
        if coin is not None:
            self.select(coin)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Home: -len(self.rows),
            Qt.Key.Key_End: len(self.rows),
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        at = self.rows.index(self.coin) if self.coin in self.rows else 0
        self.select(self.rows[min(max(at + step, 0), len(self.rows) - 1)])

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._scroll_to(self._scrolled - round(event.angleDelta().y() / 40))

    @property
    def _fitting(self) -> int:
        return max(1, (self.height() - HEAD) // ROW)

    def _scroll_to(self, row: int) -> None:
        fitting = self._fitting
        self._scrolled = max(0, min(row, len(self.rows) - fitting))
        self.update()

    def _keep_in_sight(self) -> None:
        if self.coin in self.rows:
            at, fitting = self.rows.index(self.coin), self._fitting
            self._scroll_to(min(max(self._scrolled, at - fitting + 1), at))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.coin_at(event.position().y()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def _hover(self, coin: str | None) -> None:
        if coin != self._hovered:
            self._hovered = coin
            self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.explain(event.pos().x(), event.pos().y()), self)
            return True
        return super().event(event)

    def explain(self, x: float, y: float) -> str:
        """The tooltip at this place."""
        if y < HEAD:
            column = self._column_at(x)
            return "" if column is None else column.help
        coin = self.coin_at(y)
        return "" if coin is None else self._describe(coin)

    def _describe(self, coin: str) -> str:
        market = market_of(self.context.desk, coin)
        if market is None:
            return f"{coin}: the exchange has not listed it yet, or does not know it."
        lines = [f"{coin}: {_text(c.title, c.value(market), market)}  {c.help}" for c in COLUMNS if c.value is not None]
        stale = market.stale_for_entries
        return "\n".join([*lines, stale] if stale else lines)


def _text(title: str, value: float | None, market: CoinMarket | None) -> str:
    if value is None or market is None:
        return figures.UNKNOWN
    if title == "MARK":
        return figures.fixed(value, decimals_of(market, value))
    return figures.percent(value, 4 if title == "FUND" else 2, signed=True)
