"""Everybody else on the floor: generated order flow or a recording, acting on the real books without accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from hlmaster.exchange.simulator.engine import Engine
from hlmaster.exchange.simulator.flow import FlowOrder
from hlmaster.exchange.simulator.listing import Listing
from hlmaster.exchange.simulator.market import Market
from hlmaster.exchange.simulator.matching import BookOrder, OrderBook

if TYPE_CHECKING:
    from hlmaster.exchange.simulator.replay import Recording
    from hlmaster.exchange.simulator.track import BookImage, RecordedTrade

HIGHEST_TICKS = 1 << 62


class Participants(Protocol):
    def open(self, coin: str, now_ms: int) -> None:
        """Fill a book for the first time."""

    def step(self, coin: str, from_ms: int, to_ms: int) -> None:
        """Act in (from, to]."""

    def oracle_ticks(self, coin: str) -> float: ...

    def on_hit(self, coin: str, maker: BookOrder) -> None:
        """A resting order of theirs was (partly) filled."""


class FlowParticipants:
    """The generated market. An order of the flow rests under the negative of its own id."""

    def __init__(
        self, market: Market, listings: Mapping[str, Listing], books: Mapping[str, OrderBook], engine: Engine
    ) -> None:
        self._market = market
        self._listings = listings
        self._books = books
        self._floor = engine.floor
        self._settlement = engine.settlement

    def open(self, coin: str, now_ms: int) -> None:
        self._apply(coin, self._market.flow(coin).seed_book(now_ms))

    def step(self, coin: str, from_ms: int, to_ms: int) -> None:
        self._floor.now_ms = to_ms
        book = self._books[coin]
        flow = self._market.flow(coin)
        self._apply(coin, flow.step(to_ms, to_ms - from_ms, book.best_bid, book.best_ask))

    def _apply(self, coin: str, orders: Iterable[FlowOrder]) -> None:
        book, settlement = self._books[coin], self._settlement
        for order in orders:
            if order.kind == "cancel":
                book.remove(-order.order_id)
                continue
            limit = order.kind == "limit"
            ticks = order.ticks if limit else HIGHEST_TICKS if order.is_buy else 0
            taker = BookOrder(-order.order_id, None, order.is_buy, ticks, order.lots)
            if not limit or book.crosses(order.is_buy, ticks):
                settlement.take(coin, taker)
            if not limit:
                continue
            if taker.lots:
                book.rest(taker)
            if taker.lots < order.lots:
                self._market.flow(coin).on_filled(order.order_id, taker.lots)

    def oracle_ticks(self, coin: str) -> float:
        return self._market.flow(coin).oracle_price * self._listings[coin].ticks_per_unit

    def on_hit(self, coin: str, maker: BookOrder) -> None:
        self._market.flow(coin).on_filled(-maker.oid, maker.lots)


@dataclass(slots=True)
class _Image:
    """The recorded levels of one side as they rest here: price to the orders that make it up, oldest first."""

    levels: dict[int, list[BookOrder]] = field(default_factory=dict)


class RecordedParticipants:
    """A recording. Its book images are applied as differences, so users keep their place in the queue; its trades take
    what users offer at the price or better, then the recorded level, and print in full whatever was left here."""

    def __init__(
        self, recording: Recording, listings: Mapping[str, Listing], books: Mapping[str, OrderBook], engine: Engine
    ) -> None:
        self._recording = recording
        self._books = books
        self._floor = engine.floor
        self._settlement = engine.settlement
        self._images = {coin: (_Image(), _Image()) for coin in books}
        self._prices = {coin: float(one.ticks(one.start_price)) for coin, one in listings.items()}
        self._last_id = 0

    def open(self, coin: str, now_ms: int) -> None:
        self._play(coin, now_ms, now_ms)

    def step(self, coin: str, from_ms: int, to_ms: int) -> None:
        self._play(coin, from_ms, to_ms)

    def oracle_ticks(self, coin: str) -> float:
        return self._prices[coin]

    def on_hit(self, coin: str, maker: BookOrder) -> None:
        if not maker.lots:
            self._drop(coin, maker)

    def _play(self, coin: str, from_ms: int, to_ms: int) -> None:
        from hlmaster.exchange.simulator.track import BookImage  # here, for it brings numpy

        for event in self._recording.step(coin, from_ms, to_ms):
            self._floor.now_ms = max(self._floor.now_ms, event.time_ms)
            if isinstance(event, BookImage):
                self._show(coin, event)
            else:
                self._trade(coin, event)

    def _show(self, coin: str, image: BookImage) -> None:
        wanted = (dict(image.bids), dict(image.asks))
        for side, levels in zip(self._images[coin], wanted, strict=True):
            for ticks in list(side.levels):
                self._shrink(coin, side, ticks, levels.get(ticks, 0))
        for is_buy, side, levels in zip((True, False), self._images[coin], wanted, strict=True):
            for ticks, lots in levels.items():
                have = sum(order.lots for order in side.levels.get(ticks, ()))
                if lots > have:
                    self._add(coin, side, is_buy, ticks, lots - have)
        if image.bids and image.asks:
            self._prices[coin] = (image.bids[0][0] + image.asks[0][0]) / 2

    def _shrink(self, coin: str, side: _Image, ticks: int, lots: int) -> None:
        """Down to ``lots``, the newest orders first."""
        book, orders = self._books[coin], side.levels[ticks]
        excess = sum(order.lots for order in orders) - lots
        while excess > 0:
            newest = orders[-1]
            if newest.lots > excess:
                book.reduce(newest.oid, newest.lots - excess)
                return
            excess -= newest.lots
            book.remove(newest.oid)
            orders.pop()
        if not orders:
            del side.levels[ticks]

    def _add(self, coin: str, side: _Image, is_buy: bool, ticks: int, lots: int) -> None:
        self._last_id -= 1
        order = BookOrder(self._last_id, None, is_buy, ticks, lots)
        self._settlement.take(coin, order)
        if order.lots:
            self._books[coin].rest(order)
            side.levels.setdefault(ticks, []).append(order)

    def _drop(self, coin: str, order: BookOrder) -> None:
        side = self._images[coin][0 if order.is_buy else 1]
        orders = side.levels[order.ticks]
        orders.remove(order)
        if not orders:
            del side.levels[order.ticks]

    def _trade(self, coin: str, trade: RecordedTrade) -> None:
        stale = self._images[coin][1 if trade.is_buy else 0]
        for ticks in list(stale.levels):
            if ticks < trade.ticks if trade.is_buy else ticks > trade.ticks:
                self._shrink(coin, stale, ticks, 0)
        self._last_id -= 1
        taker = BookOrder(self._last_id, None, trade.is_buy, trade.ticks, trade.lots)
        self._settlement.take(coin, taker)
        if taker.lots:
            self._settlement.print_trade(coin, taker, BookOrder(self._last_id, None, False, trade.ticks, 0), taker.lots)
        if not (self._books[coin].best_bid and self._books[coin].best_ask):
            self._prices[coin] = float(trade.ticks)
