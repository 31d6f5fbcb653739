"""A price-time order book on integer ticks and lots: exact, deterministic, and nothing but a book.

It knows neither accounts nor money. Finding a price is O(log n) in the number of prices, everything at a known order is
O(1); prices are kept worst to best, so that the traffic near the touch moves few of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import NamedTuple

SELF_TRADE = "selfTradeCanceled"


class BookOrder:
    """An order in a book or on its way through it. ``owner`` None: nobody's account, never a self-trade."""

    __slots__ = ("is_buy", "lots", "oid", "owner", "sequence", "ticks")

    def __init__(self, oid: int, owner: str | None, is_buy: bool, ticks: int, lots: int) -> None:
        self.oid = oid
        self.owner = owner
        self.is_buy = is_buy
        self.ticks = ticks
        self.lots = lots
        self.sequence = 0
        """Place in time; set when the order comes to rest."""

    def __repr__(self) -> str:
        return f"BookOrder({self.oid}, {self.owner}, {'buy' if self.is_buy else 'sell'} {self.lots} @ {self.ticks})"


class Match(NamedTuple):
    """``lots`` traded with ``maker`` at its price; or, ``canceled`` not empty, the maker left the book for that."""

    maker: BookOrder
    lots: int
    canceled: str


Vet = Callable[[BookOrder, int], str]
"""Asked before an owned maker trades that many lots: empty to allow, else the reason for which it is cancelled."""


class Depth(NamedTuple):
    ticks: int
    lots: int
    orders: int


class _Level:
    __slots__ = ("lots", "queue")

    def __init__(self) -> None:
        self.lots = 0
        self.queue: OrderedDict[int, BookOrder] = OrderedDict()


class _Side:
    """One side: levels by key, keys ascending so that the best is last (bids by ticks, asks by minus ticks)."""

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.keys: list[int] = []
        self.levels: dict[int, _Level] = {}

    @property
    def best(self) -> int | None:
        return self.keys[-1] * self.sign if self.keys else None

    def add(self, order: BookOrder) -> None:
        key = order.ticks * self.sign
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = _Level()
            keys = self.keys
            if keys and key < keys[-1]:
                keys.insert(bisect_left(keys, key), key)
            else:
                keys.append(key)
        level.queue[order.sequence] = order
        level.lots += order.lots

    def shrink(self, order: BookOrder, lots: int) -> None:
        """Take ``lots`` off a resting order; with nothing left it leaves."""
        key = order.ticks * self.sign
        level = self.levels[key]
        level.lots -= lots
        order.lots -= lots
        if order.lots:
            return
        del level.queue[order.sequence]
        if not level.queue:
            del self.levels[key]
            keys = self.keys
            if keys[-1] == key:
                keys.pop()
            else:
                del keys[bisect_left(keys, key)]

    def depth(self) -> Iterator[Depth]:
        for key in reversed(self.keys):
            level = self.levels[key]
            yield Depth(key * self.sign, level.lots, len(level.queue))


class OrderBook:
    """Both sides of one coin. An order is in it by its ``oid``, which must be unique while it rests."""

    def __init__(self) -> None:
        self._bids = _Side(1)
        self._asks = _Side(-1)
        self._orders: dict[int, BookOrder] = {}
        self._sequence = 0

    def __len__(self) -> int:
        return len(self._orders)

    def __contains__(self, oid: int) -> bool:
        return oid in self._orders

    def get(self, oid: int) -> BookOrder | None:
        return self._orders.get(oid)

    @property
    def best_bid(self) -> int | None:
        """Ticks, None when nobody bids."""
        return self._bids.best

    @property
    def best_ask(self) -> int | None:
        return self._asks.best

    def crosses(self, is_buy: bool, ticks: int) -> bool:
        """Would an order at this limit trade at once?"""
        best = self._asks.best if is_buy else self._bids.best
        return best is not None and (best <= ticks if is_buy else best >= ticks)

    def sweep(self, taker: BookOrder, vet: Vet | None = None) -> Iterator[Match]:
        """Trade against the other side up to the taker's limit; ``taker.lots`` shrinks to what is left.

        Lazily, one match at a time, so that the caller settles each before the next maker is vetted; in between it may
        cancel or shrink resting orders. The taker's owner's own resting orders are cancelled on the way.
        """
        side = self._asks if taker.is_buy else self._bids
        limit = taker.ticks * side.sign
        owner = taker.owner
        while taker.lots > 0 and side.keys and side.keys[-1] >= limit:
            maker = next(iter(side.levels[side.keys[-1]].queue.values()))
            lots = min(maker.lots, taker.lots)
            if maker.owner is not None:
                reason = SELF_TRADE if maker.owner == owner else vet(maker, lots) if vet is not None else ""
                if reason:
                    self.remove(maker.oid)
                    yield Match(maker, 0, reason)
                    continue
            side.shrink(maker, lots)
            if not maker.lots:
                del self._orders[maker.oid]
            taker.lots -= lots
            yield Match(maker, lots, "")

    def rest(self, order: BookOrder) -> None:
        """Add behind everything at its price. The caller has swept first: an order that crosses is an error."""
        if order.lots <= 0:
            raise ValueError(f"{order} has nothing to rest")
        if order.oid in self._orders:
            raise ValueError(f"order {order.oid} rests already")
        if self.crosses(order.is_buy, order.ticks):
            raise ValueError(f"{order} would cross the book")
        self._sequence += 1
        order.sequence = self._sequence
        self._orders[order.oid] = order
        self._side(order).add(order)

    def remove(self, oid: int) -> BookOrder | None:
        """Cancel. The returned order keeps the lots it had; None when it does not rest here."""
        order = self._orders.pop(oid, None)
        if order is not None:
            lots = order.lots
            self._side(order).shrink(order, lots)
            order.lots = lots
        return order

    def reduce(self, oid: int, lots: int, new_oid: int | None = None) -> BookOrder:
        """Shrink a resting order to ``lots`` (at most what it has) in its place in the queue, and perhaps rename it."""
        order = self._orders[oid]
        if not 0 < lots <= order.lots:
            raise ValueError(f"{order} cannot become {lots} lots in its place")
        self._side(order).shrink(order, order.lots - lots)
        if new_oid is not None:
            del self._orders[oid]
            order.oid = new_oid
            self._orders[new_oid] = order
        return order

    def depth(self, is_bid: bool) -> Iterator[Depth]:
        """Price levels, best first."""
        return (self._bids if is_bid else self._asks).depth()

    def queue(self) -> Iterator[BookOrder]:
        """All resting orders in time priority."""
        return iter(sorted(self._orders.values(), key=lambda order: order.sequence))

    def impact(self, is_bid: bool, tick_lots: int) -> float | None:
        """Average ticks at which this notional (ticks times lots) could be sold (bid) or bought; None if it cannot."""
        left, lots_taken = tick_lots, 0.0
        for ticks, lots, _ in self.depth(is_bid):
            if ticks * lots >= left:
                return tick_lots / (lots_taken + left / ticks)
            left -= ticks * lots
            lots_taken += lots
        return None

    def _side(self, order: BookOrder) -> _Side:
        return self._bids if order.is_buy else self._asks
