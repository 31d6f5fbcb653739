"""The queue estimates of all own resting orders, kept from the facts whether or not a ladder is in sight."""

from __future__ import annotations

from PySide6.QtCore import QObject

from hlmaster.core.events import BookChanged, OrderChanged, StalenessChanged, TrackedOrder, TradesSeen
from hlmaster.core.model import Side
from hlmaster.core.orders import OrderStatus
from hlmaster.core.rounding import to_float
from hlmaster.market.book import Book
from hlmaster.market.staleness import FAST_BOOK, LIMITS, SLOW_BOOK
from hlmaster.ui.context import Context
from hlmaster.ui.ladder.queue import Place, after_book, after_trade, doubted, first, placed
from hlmaster.ui.market_panel import market_of


class Queues(QObject):
    """One for all ladders of a context: ``Queues.of(context)``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context = context
        self._clock = context.desk.clock
        self._places: dict[str, Place] = {}
        self._numbers: dict[str, int | None] = {}
        """The venue's number that each place belongs to: an order that was changed has another, and stands last."""
        self._coins: dict[str, set[str]] = {}
        bridge = context.bridge
        bridge.on_fact(self, OrderChanged, self._order_changed)
        bridge.on_fact(self, BookChanged, self._book_changed)
        bridge.on_fact(self, TradesSeen, self._traded)
        bridge.on_fact(self, StalenessChanged, self._stale)
        for tracked in context.desk.orders.live():
            self._order_changed(OrderChanged(tracked))

    @staticmethod
    def of(context: Context) -> Queues:
        return context.findChild(Queues) or Queues(context)

    def place(self, client_order_id: str) -> Place | None:
        """None for an order that does not rest in the book."""
        return self._places.get(client_order_id)

    def _order_changed(self, fact: OrderChanged) -> None:
        tracked, key = fact.order, fact.order.client_order_id
        coin = tracked.order.coin
        if tracked.order.trigger is not None or tracked.status is not OrderStatus.RESTING:
            if self._places.pop(key, None) is not None:
                self._numbers.pop(key, None)
                self._coins[coin].discard(key)
            return
        known, price = self._places.get(key), to_float(tracked.order.price)
        if known is None or known.price != price or self._numbers.get(key) != tracked.order_id:
            known = self._placed(tracked, price)
            self._numbers[key] = tracked.order_id
            self._coins.setdefault(coin, set()).add(key)
        self._places[key] = first(known) if tracked.filled_size else known

    def _placed(self, tracked: TrackedOrder, price: float) -> Place:
        side, market = tracked.order.side, market_of(self._context.desk, tracked.order.coin)
        reach = LIMITS[FAST_BOOK] * 1000 * self._clock.speed
        is_new = self._clock.now_ms() - tracked.updated_ms <= reach and tracked.updated_ms - tracked.created_ms <= reach
        if market is None or not is_new or FAST_BOOK in market.stale_streams:
            return placed(side, price, None, 0)
        level, time_ms = level_at(market.book, side, price)
        if level is not None and time_ms > tracked.updated_ms:
            level = max(0.0, level - to_float(tracked.remaining))
        return placed(side, price, level, time_ms)

    def _book_changed(self, fact: BookChanged) -> None:
        keys = self._coins.get(fact.coin)
        market = market_of(self._context.desk, fact.coin) if keys else None
        if not keys or market is None:
            return
        sums: dict[tuple[Side, float], float] = {}
        for key in keys:
            order = self._context.desk.orders.get(key)
            if order is not None:
                at = order.order.side, to_float(order.order.price)
                sums[at] = sums.get(at, 0.0) + to_float(order.remaining)
        for key in keys:
            place = self._places[key]
            level, time_ms = level_at(market.book, place.side, place.price)
            self._places[key] = after_book(place, level, sums.get((place.side, place.price), 0.0), time_ms)

    def _traded(self, fact: TradesSeen) -> None:
        for key in self._coins.get(fact.coin, ()):
            place = self._places[key]
            for trade in fact.trades:
                place = after_trade(place, trade.price, trade.size, trade.is_buy, trade.time_ms)
            self._places[key] = place

    def _stale(self, fact: StalenessChanged) -> None:
        if fact.stale and fact.stream in (FAST_BOOK, SLOW_BOOK):
            for key in self._coins.get(fact.coin, ()):
                self._places[key] = doubted(self._places[key])


def level_at(book: Book, side: Side, price: float) -> tuple[float | None, int]:
    """What rests at a price, 0.0 for nothing, None for further out than the book; and the time of what says so."""
    levels = book.side(side)
    sources = [snapshot for snapshot in (book.fast, book.slow) if snapshot is not None]
    if not levels or not sources or (levels[-1].price - price) * side.sign > 0:
        return None, 0
    size = next((level.size for level in levels if level.price == price), 0.0)
    for snapshot in sources:
        told = snapshot.bids if side is Side.BUY else snapshot.asks
        if told and (price - told[-1].price) * side.sign >= 0:
            return size, snapshot.time_ms
    return size, sources[-1].time_ms
