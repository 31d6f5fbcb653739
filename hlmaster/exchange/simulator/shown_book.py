"""Somebody else's book, as far as it is shown, with our own orders standing in it on paper.

Takers walk the shown levels, and what they took is gone until the level is shown again. A resting order fills when a
trade prints through its price, when the shown other side reaches it, or at its price by what trades there beyond the
size that stood before it. That size is the level's when the order came; it shrinks as the level trades or thins out,
and stays unknown (nothing fills at the price) while the price lies deeper than what is shown.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from hlmaster.core.events import BestQuote, BookSnapshot, Level, Trade
from hlmaster.exchange.simulator.grid import Grid
from hlmaster.exchange.simulator.matching import SELF_TRADE, BookOrder, Match, Vet

FAST_FRESH_MS = 3_000
SLOW_FRESH_MS = 12_000
"""Quotes and fast books come at least twice a second, whole books every five; older than this they prove nothing."""
KEPT_TRADE_IDS = 500
ANYBODY = -1


class _Queued:
    """One of our resting orders; ``ahead`` lots stand before it, None while nobody can say."""

    __slots__ = ("ahead", "order", "since_ms")

    def __init__(self, order: BookOrder, ahead: int | None, since_ms: int) -> None:
        self.order = order
        self.ahead = ahead
        self.since_ms = since_ms


class ShownBook:
    """One coin. Facts carry the venue's times; freshness is judged by ours, in market milliseconds."""

    def __init__(self, grid: Grid, speed: float = 1.0) -> None:
        self._grid = grid
        self._speed = speed
        self._sides: dict[bool, dict[int, int]] = {True: {}, False: {}}
        """Lots by ticks, bids under True."""
        self._queue: dict[int, _Queued] = {}
        self._venue_ms = 0
        self._seen: deque[tuple[int, int]] = deque(maxlen=KEPT_TRADE_IDS)
        self._fast_ms: int | None = None
        self._slow_ms: int | None = None
        self._due: list[tuple[BookOrder, int]] = []

    # --- facts ---

    def on_book(self, book: BookSnapshot, now_ms: int) -> None:
        if book.time_ms < self._venue_ms and not book.fast:
            self._slow_ms = now_ms
            return
        self._venue_ms = max(self._venue_ms, book.time_ms)
        for is_bid, levels in ((True, book.bids), (False, book.asks)):
            self._show(is_bid, levels, whole=not book.fast)
        if book.fast:
            self._fast_ms = now_ms
        else:
            self._slow_ms = now_ms
        self._recount()

    def on_quote(self, quote: BestQuote, now_ms: int) -> None:
        if quote.time_ms < self._venue_ms:
            return
        self._venue_ms = quote.time_ms
        for is_bid, level in ((True, quote.bid), (False, quote.ask)):
            self._show(is_bid, [] if level is None else [level], whole=level is None)
        self._fast_ms = now_ms
        self._recount()

    def _show(self, is_bid: bool, levels: list[Level], *, whole: bool) -> None:
        """Replace everything down to the deepest level that is shown, or the whole side."""
        shown = {round(level.price * self._grid.ticks_per_unit): self._lots(level.size) for level in levels}
        side = self._sides[is_bid]
        if whole:
            side.clear()
        elif shown:
            deepest = min(shown) if is_bid else max(shown)
            for ticks in [ticks for ticks in side if (ticks >= deepest if is_bid else ticks <= deepest)]:
                del side[ticks]
        side.update((ticks, lots) for ticks, lots in shown.items() if lots > 0)

    def _lots(self, size: float) -> int:
        return round(size * self._grid.lots_per_coin)

    def _recount(self) -> None:
        """Queues thin out with their level, and a price that comes into view gets a queue."""
        for queued in self._queue.values():
            shown = self._shown_at(queued.order)
            if shown is not None:
                queued.ahead = shown if queued.ahead is None else min(queued.ahead, shown)

    def _shown_at(self, order: BookOrder) -> int | None:
        side = self._sides[order.is_buy]
        if order.ticks in side:
            return side[order.ticks]
        deepest = (min if order.is_buy else max)(side, default=None)
        if deepest is None:
            return None
        return 0 if (order.ticks > deepest if order.is_buy else order.ticks < deepest) else None

    def is_fresh(self, now_ms: int) -> bool:
        fast, slow = self._fast_ms, self._slow_ms
        return (fast is not None and now_ms - fast <= FAST_FRESH_MS * self._speed) or (
            slow is not None and now_ms - slow <= SLOW_FRESH_MS * self._speed
        )

    def age(self, now_ms: int) -> str:
        """How long ago anything of the book was heard, in words."""
        heard = [ms for ms in (self._fast_ms, self._slow_ms) if ms is not None]
        return f"the last is {(now_ms - max(heard)) / 1000:.0f} s old" if heard else "none was seen yet"

    # --- what of ours is filled ---

    def reached_by_quotes(self) -> bool:
        """Queue fills for orders that the shown other side has reached; True when there are any."""
        for queued in self._in_time_order():
            order = queued.order
            other = self._sides[not order.is_buy]
            left = order.lots
            for ticks in self._best_first(not order.is_buy):
                if not left or (ticks > order.ticks if order.is_buy else ticks < order.ticks):
                    break
                lots = min(left, other[ticks])
                other[ticks] -= lots
                left -= lots
                if lots:
                    self._due.append((order, lots))
        return bool(self._due)

    def reached_by_trades(self, trades: Iterable[Trade]) -> bool:
        """Queue fills for what new trades prove; the first frame of a subscription repeats old ones."""
        for trade in trades:
            key = (trade.time_ms, trade.trade_id)
            if key in self._seen:
                continue
            self._seen.append(key)
            ticks, lots = round(trade.price * self._grid.ticks_per_unit), self._lots(trade.size)
            for queued in self._in_time_order():
                if trade.time_ms >= queued.since_ms:
                    lots -= self._passed(queued, ticks, lots)
            self._venue_ms = max(self._venue_ms, trade.time_ms)
        return bool(self._due)

    def _passed(self, queued: _Queued, ticks: int, lots: int) -> int:
        """One trade at one of our orders; returns lots of it that ours used up at its own price."""
        order = queued.order
        promised = sum(due for one, due in self._due if one is order)
        left = order.lots - promised
        if left <= 0 or (ticks > order.ticks if order.is_buy else ticks < order.ticks):
            return 0
        if ticks != order.ticks:
            self._due.append((order, left))
            return 0
        if queued.ahead is None:
            return 0
        beyond = min(left, max(0, lots - queued.ahead))
        queued.ahead = max(0, queued.ahead - lots)
        if beyond:
            self._due.append((order, beyond))
        return beyond

    def _in_time_order(self) -> list[_Queued]:
        return list(self._queue.values())

    # --- the floor's book ---

    def _best_first(self, is_bid: bool) -> list[int]:
        return sorted((ticks for ticks, lots in self._sides[is_bid].items() if lots > 0), reverse=is_bid)

    @property
    def best_bid(self) -> int | None:
        return max((ticks for ticks, lots in self._sides[True].items() if lots > 0), default=None)

    @property
    def best_ask(self) -> int | None:
        return min((ticks for ticks, lots in self._sides[False].items() if lots > 0), default=None)

    def get(self, oid: int) -> BookOrder | None:
        queued = self._queue.get(oid)
        return None if queued is None else queued.order

    def crosses(self, is_buy: bool, ticks: int) -> bool:
        best = self.best_ask if is_buy else self.best_bid
        return best is not None and (best <= ticks if is_buy else best >= ticks)

    def sweep(self, taker: BookOrder, vet: Vet | None = None) -> Iterator[Match]:
        """A taker of ours walks the shown levels; an anonymous one stands for the market and fills what is due."""
        if taker.owner is None:
            return self._fill_due(vet)
        return self._walk(taker)

    def _walk(self, taker: BookOrder) -> Iterator[Match]:
        for queued in self._in_time_order():
            own = queued.order
            crossed = own.ticks <= taker.ticks if taker.is_buy else own.ticks >= taker.ticks
            if own.is_buy != taker.is_buy and crossed and own.oid in self._queue:
                self.remove(own.oid)
                yield Match(own, 0, SELF_TRADE)
        side = self._sides[not taker.is_buy]
        for ticks in self._best_first(not taker.is_buy):
            if not taker.lots or (ticks > taker.ticks if taker.is_buy else ticks < taker.ticks):
                return
            lots = min(taker.lots, side[ticks])
            side[ticks] -= lots
            taker.lots -= lots
            yield Match(BookOrder(ANYBODY, None, not taker.is_buy, ticks, side[ticks]), lots, "")

    def _fill_due(self, vet: Vet | None) -> Iterator[Match]:
        while self._due:
            order, lots = self._due.pop(0)
            if order.oid not in self._queue:
                continue
            lots = min(lots, order.lots)
            reason = vet(order, lots) if vet is not None else ""
            if reason:
                self.remove(order.oid)
                yield Match(order, 0, reason)
                continue
            order.lots -= lots
            if not order.lots:
                del self._queue[order.oid]
            yield Match(order, lots, "")

    def rest(self, order: BookOrder) -> None:
        self._queue[order.oid] = _Queued(order, self._shown_at(order), self._venue_ms)

    def remove(self, oid: int) -> BookOrder | None:
        queued = self._queue.pop(oid, None)
        return None if queued is None else queued.order

    def reduce(self, oid: int, lots: int, new_oid: int | None = None) -> BookOrder:
        queued = self._queue[oid]
        queued.order.lots = lots
        if new_oid is not None:
            queued.order.oid = new_oid
            self._queue = {queue.order.oid: queue for queue in self._queue.values()}
        return queued.order
