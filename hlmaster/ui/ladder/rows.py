"""What stands on each row of the book: sizes of the market, one's own orders, volume traded, and marked prices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from hlmaster.core.events import Level
from hlmaster.core.model import Side
from hlmaster.ui.ladder.grid import Grid
from hlmaster.ui.ladder.queue import Place


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """``price`` is the trigger's for an order that waits for one; ``place`` is None where no queue is known."""

    client_order_id: str
    side: Side
    price: float
    size: float
    kind: str
    is_trigger: bool = False
    place: Place | None = None
    is_exit: bool = False
    """It only reduces."""


@dataclass(frozen=True, slots=True)
class Own:
    """One's orders of one side on one row, in the order in which they were placed."""

    side: Side
    orders: tuple[OwnOrder, ...]

    @property
    def size(self) -> float:
        """Coins that rest in the book."""
        return sum(order.size for order in self.orders if not order.is_trigger)

    @property
    def waiting(self) -> float:
        """Coins of orders that wait for a trigger."""
        return sum(order.size for order in self.orders if order.is_trigger)

    @property
    def place(self) -> Place | None:
        """Of the order that stands first in the queue."""
        known = [order.place for order in self.orders if order.place is not None]
        return min(known, key=lambda place: float("inf") if place.ahead is None else place.ahead, default=None)


Owned = Mapping[tuple[float, Side], Own]


def owned(orders: Iterable[OwnOrder], grid: Grid) -> Owned:
    """By the row's price and their side."""
    found: dict[tuple[float, Side], list[OwnOrder]] = {}
    for order in orders:
        found.setdefault((grid.of(order.price, order.side), order.side), []).append(order)
    return {key: Own(key[1], tuple(some)) for key, some in found.items()}


@dataclass(frozen=True, slots=True)
class Marks:
    """Prices that are shown on their rows; None where there is none."""

    last: float | None = None
    entry: float | None = None
    liquidation: float | None = None


class Row(NamedTuple):
    """``size`` rests here and ``total`` from the best price to here, in the unit shown; ``side`` is None between bids
    and asks. A tuple, for forty are made and compared for each picture.

    ``is_known`` is False further out than the book that was heard: nothing shown there is not nothing resting there.
    """

    price: float
    side: Side | None
    size: float = 0.0
    total: float = 0.0
    top: int = 0
    is_known: bool = True
    buys: Own | None = None
    sells: Own | None = None
    traded: float = 0.0
    is_last: bool = False
    is_entry: bool = False
    is_liquidation: bool = False

    @property
    def mine(self) -> tuple[Own, ...]:
        return tuple(own for own in (self.buys, self.sells) if own is not None)


@dataclass(frozen=True, slots=True)
class Book:
    """Both sides, best first, already grouped by ``grid``, and what is marked among them."""

    grid: Grid
    bids: Sequence[Level]
    asks: Sequence[Level]
    own: Owned = field(default_factory=dict)
    marks: Marks = field(default_factory=Marks)
    traded: Mapping[float, float] = field(default_factory=dict)
    """Coins by the row's price."""


def book_rows(book: Book, rows: int, pitch: int, top: int, gap: int) -> tuple[Row, ...]:
    """Asks over bids, so many levels of each, with ``gap`` pixels between them; only levels that hold something."""
    middle = top + rows * pitch
    asks = _levels(book, Side.SELL, book.asks[:rows], middle - pitch, -pitch)
    return (*reversed(asks), *_levels(book, Side.BUY, book.bids[:rows], middle + gap, pitch))


def _levels(book: Book, side: Side, levels: Sequence[Level], top: int, pitch: int) -> list[Row]:
    totals = accumulate(level.size for level in levels)
    marked = _marked(book)
    return [
        Row(
            level.price,
            side,
            level.size,
            total,
            top + pitch * index,
            True,
            book.own.get((level.price, Side.BUY)),
            book.own.get((level.price, Side.SELL)),
            book.traded.get(level.price, 0.0),
            *_marks_of(level.price, marked),
        )
        for index, (level, total) in enumerate(zip(levels, totals, strict=True))
    ]


def ladder_rows(book: Book, prices: Sequence[float], pitch: int, top: int) -> tuple[Row, ...]:
    """One row for each price (falling), whether or not anything rests there."""
    bids, asks = _summed(book.bids), _summed(book.asks)
    best_bid = book.bids[0].price if book.bids else 0.0
    best_ask = book.asks[0].price if book.asks else float("inf")
    lowest = book.bids[-1].price if book.bids else best_bid
    highest = book.asks[-1].price if book.asks else best_ask
    own, traded, marked, nothing = book.own, book.traded, _marked(book), (0.0, 0.0)
    rows = []
    for index, price in enumerate(prices):
        side = Side.BUY if price <= best_bid else Side.SELL if price >= best_ask else None
        size, total = nothing if side is None else (bids if side is Side.BUY else asks).get(price, nothing)
        rows.append(
            Row(
                price,
                side,
                size,
                total,
                top + pitch * index,
                lowest <= price <= highest,
                own.get((price, Side.BUY)),
                own.get((price, Side.SELL)),
                traded.get(price, 0.0),
                *_marks_of(price, marked),
            )
        )
    return tuple(rows)


def _summed(levels: Sequence[Level]) -> dict[float, tuple[float, float]]:
    totals = accumulate(level.size for level in levels)
    return {level.price: (level.size, total) for level, total in zip(levels, totals, strict=True)}


def _marked(book: Book) -> tuple[float | None, float | None, float | None]:
    """The rows' prices that hold the marked ones; a last trade stands where its side of the book is."""
    last, grid = book.marks.last, book.grid
    if last is not None:
        is_offered = bool(book.asks) and grid.above(last) >= book.asks[0].price
        last = grid.above(last) if is_offered else grid.below(last)
    entry, end = book.marks.entry, book.marks.liquidation
    return last, None if entry is None else grid.nearest(entry), None if end is None else grid.nearest(end)


def _marks_of(price: float, marked: tuple[float | None, float | None, float | None]) -> tuple[bool, bool, bool]:
    return price == marked[0], price == marked[1], price == marked[2]
