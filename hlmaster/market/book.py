"""The order book of one coin, merged from a slow deep snapshot, a fast shallow one and the best quote."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np

from hlmaster.core.candles import Floats
from hlmaster.core.events import BestQuote, BookSnapshot, Level
from hlmaster.core.model import Side
from hlmaster.market.staleness import FAST_BOOK, LIMITS, QUOTE, SLOW_BOOK, Receipts

FAST_LEVELS = 5
"""A fast side with fewer levels than this is the whole side."""
SAME = 1e-9
"""Relative distance under which a float quotient counts as whole: far finer than a price's five figures."""


@dataclass(frozen=True, slots=True)
class Depth:
    """One side, best first: prices, sizes in coins, and sizes summed from the best price on."""

    price: Floats
    size: Floats
    cumulative: Floats


@dataclass(frozen=True, slots=True)
class Sweep:
    """What taking a size from the shown book would give."""

    average_price: float
    worst_price: float
    levels: int


class Book:
    """The newest source gives the top; older ones add only what lies beyond it, so the view is never crossed.

    ``slow``, ``fast`` and ``quote`` are what was last accepted of each; the merged sides are built when asked for.
    """

    __slots__ = ("_merged", "_receipts", "fast", "quote", "slow")

    def __init__(self, receipts: Receipts) -> None:
        self._receipts = receipts
        self.slow: BookSnapshot | None = None
        self.fast: BookSnapshot | None = None
        self.quote: BestQuote | None = None
        self._merged: tuple[list[Level], list[Level]] | None = None

    def apply(self, snapshot: BookSnapshot) -> None:
        if snapshot.fast:
            self.fast = snapshot
        else:
            self.slow = snapshot
        self._merged = None

    def apply_quote(self, quote: BestQuote) -> None:
        self.quote = quote
        self._merged = None

    # --- ages, seconds since receipt; None when never heard ---

    @property
    def slow_age(self) -> float | None:
        return self._receipts.age(SLOW_BOOK)

    @property
    def fast_age(self) -> float | None:
        return self._receipts.age(FAST_BOOK)

    @property
    def quote_age(self) -> float | None:
        return self._receipts.age(QUOTE)

    # --- the merged view ---

    @property
    def bids(self) -> list[Level]:
        """Best first. Belongs to the book: read, do not change."""
        if self._merged is None:
            self._merged = self._merge()
        return self._merged[0]

    @property
    def asks(self) -> list[Level]:
        """Best first. Belongs to the book: read, do not change."""
        if self._merged is None:
            self._merged = self._merge()
        return self._merged[1]

    def side(self, side: Side) -> list[Level]:
        """BUY: the bids, SELL: the asks."""
        return self.bids if side is Side.BUY else self.asks

    @property
    def best_bid(self) -> Level | None:
        return self.bids[0] if self.bids else None

    @property
    def best_ask(self) -> Level | None:
        return self.asks[0] if self.asks else None

    @property
    def spread(self) -> float | None:
        """Best ask minus best bid; None with an empty side."""
        bids, asks = self.bids, self.asks
        return asks[0].price - bids[0].price if bids and asks else None

    @property
    def mid(self) -> float | None:
        bids, asks = self.bids, self.asks
        return (asks[0].price + bids[0].price) / 2 if bids and asks else None

    def depth(self, side: Side) -> Depth:
        """The merged side as arrays."""
        levels = self.side(side)
        sizes = np.array([level.size for level in levels], np.float64)
        return Depth(np.array([level.price for level in levels], np.float64), sizes, np.cumsum(sizes))

    def imbalance(self, levels: int = FAST_LEVELS, basis_points: float | None = None) -> float | None:
        """Bid depth over ask depth (coins) in the fast book's first levels, within ``basis_points`` of its mid.

        None when the fast book is stale or a side is empty: unknown is not balanced.
        """
        fast, age = self.fast, self.fast_age
        if fast is None or age is None or age > LIMITS[FAST_BOOK] or not fast.bids or not fast.asks:
            return None
        bids, asks = fast.bids[:levels], fast.asks[:levels]
        if basis_points is not None:
            mid = (bids[0].price + asks[0].price) / 2
            reach = mid * basis_points / 10_000
            bids = [level for level in bids if level.price >= mid - reach]
            asks = [level for level in asks if level.price <= mid + reach]
        bought, sold = sum(level.size for level in bids), sum(level.size for level in asks)
        return bought / sold if bought > 0 and sold > 0 else None

    def sweep(self, side: Side, size: float) -> Sweep | None:
        """A market order of ``size`` coins on ``side`` (BUY takes asks); None when that is deeper than shown."""
        left, paid = size, 0.0
        for count, level in enumerate(self.side(side.opposite), start=1):
            taken = min(left, level.size)
            paid += taken * level.price
            left -= taken
            if left <= size * SAME:
                return Sweep(paid / (size - left), level.price, count)
        return None

    def aggregate(self, significant_figures: int, mantissa: int = 1) -> tuple[list[Level], list[Level]]:
        """Bids and asks grouped as the venue groups them: bids down, asks up, sizes and orders summed.

        By significant figures, 2 to 5; ``mantissa`` 1, 2 or 5 with five of them.
        """

        def width(price: float) -> float:
            return figure_step(price, significant_figures, mantissa)

        return (
            _grouped([(_onto(level.price, width(level.price), up=False), level) for level in self.bids]),
            _grouped([(_onto(level.price, width(level.price), up=True), level) for level in self.asks]),
        )

    def _merge(self) -> tuple[list[Level], list[Level]]:
        slow, fast, quote = self.slow, self.fast, self.quote
        bids: list[Level] = slow.bids if slow else []
        asks: list[Level] = slow.asks if slow else []
        newest = slow.time_ms if slow else 0
        if fast is not None and fast.time_ms >= newest:
            newest = fast.time_ms
            bids = _patched(fast.bids, bids, Side.BUY)
            asks = _patched(fast.asks, asks, Side.SELL)
        if quote is not None and quote.time_ms >= newest:
            bids = _topped(quote.bid, bids, Side.BUY)
            asks = _topped(quote.ask, asks, Side.SELL)
        return bids, asks


def figure_step(price: float, significant_figures: int, mantissa: int = 1) -> float:
    """The price step that keeps so many figures of ``price``: 105,055 at 3 figures goes in steps of 1,000."""
    exponent = floor(log10(price) + SAME) - significant_figures + 1
    return mantissa * (10.0**exponent)


def continued(near: list[Level], far: list[Level], side: Side) -> list[Level]:
    """Groups of ``near`` while they are whole, then those of ``far``: the last group of a book that ends may be cut."""
    if not near:
        return near
    whole = near[:-1]
    if not whole:
        return far if far and far[0].price == near[0].price else near + _beyond(far, near[0].price, side)
    rest = _beyond(far, whole[-1].price, side)
    return whole + rest if rest else near


def _beyond(levels: list[Level], price: float, side: Side) -> list[Level]:
    """The part of a side that is worse than ``price``."""
    if side is Side.BUY:
        return [level for level in levels if level.price < price]
    return [level for level in levels if level.price > price]


def _patched(fresh: list[Level], old: list[Level], side: Side) -> list[Level]:
    if len(fresh) < FAST_LEVELS:
        return fresh
    return fresh + _beyond(old, fresh[-1].price, side)


def _topped(best: Level | None, old: list[Level], side: Side) -> list[Level]:
    return [] if best is None else [best, *_beyond(old, best.price, side)]


def _onto(price: float, step: float, *, up: bool) -> float:
    quotient = price / step
    whole = round(quotient)
    if abs(quotient - whole) > SAME * max(1.0, quotient):
        whole = ceil(quotient) if up else floor(quotient)
    inverse = round(1 / step)
    # 3 * 0.1 is not 0.3, but 3 / 10 is: dividing by a whole number gives the float nearest to the decimal price
    return whole / inverse if inverse and abs(inverse * step - 1) < SAME else whole * step


def _grouped(priced: list[tuple[float, Level]]) -> list[Level]:
    groups: dict[float, tuple[float, int]] = {}
    for price, level in priced:
        size, orders = groups.get(price, (0.0, 0))
        groups[price] = (size + level.size, orders + level.orders)
    return [Level(price, size, orders) for price, (size, orders) in groups.items()]
