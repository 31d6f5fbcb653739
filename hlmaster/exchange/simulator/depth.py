"""A book as it is shown: levels in prices and sizes, perhaps aggregated to fewer significant figures."""

from __future__ import annotations

from collections.abc import Iterator

from hlmaster.exchange.simulator.events import LevelRow
from hlmaster.exchange.simulator.grid import Grid
from hlmaster.exchange.simulator.matching import Depth, OrderBook


def shown(
    book: OrderBook, grid: Grid, is_bid: bool, depth: int, n_sig_figs: int | None, mantissa: int | None
) -> tuple[LevelRow, ...]:
    """At most ``depth`` levels, best first; aggregated bids round down, asks up."""
    levels = book.depth(is_bid)
    if n_sig_figs is not None:
        levels = _aggregated(levels, is_bid, n_sig_figs, mantissa or 1, depth)
    rows = (LevelRow(grid.price(ticks), grid.size(lots), orders) for ticks, lots, orders in levels)
    return tuple(row for row, _ in zip(rows, range(depth), strict=False))


def _aggregated(levels: Iterator[Depth], is_bid: bool, n_sig_figs: int, mantissa: int, depth: int) -> Iterator[Depth]:
    at, lots, orders, count = 0, 0, 0, 0
    for level in levels:
        step = 10 ** max(0, len(str(level.ticks)) - n_sig_figs) * mantissa
        rounded = level.ticks // step * step if is_bid else -(-level.ticks // step) * step
        if rounded != at and orders:
            yield Depth(at, lots, orders)
            lots, orders, count = 0, 0, count + 1
            if count == depth:
                return
        at, lots, orders = rounded, lots + level.lots, orders + level.orders
    if orders:
        yield Depth(at, lots, orders)


def touch(book: OrderBook, grid: Grid, is_bid: bool) -> LevelRow | None:
    """The best level."""
    level = next(book.depth(is_bid), None)
    return None if level is None else LevelRow(grid.price(level.ticks), grid.size(level.lots), level.orders)
