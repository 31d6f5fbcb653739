"""One recorded coin on the venue's integer grid, as events in time order."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import DAY_MS
from hlmaster.core.model import Interval
from hlmaster.core.rounding import PERP_MAX_DECIMALS
from hlmaster.exchange.simulator.listing import Listing, listing
from hlmaster.exchange.simulator.noise import Floats, Ints
from hlmaster.exchange.simulator.recorded import Books, Trades
from hlmaster.exchange.simulator.sketch import book_around, path_in_candle

Levels = list[tuple[int, int]]
LEAST_TICKS = 1000
"""A coin nobody knows gets a size grid coarse enough for its price to have so many ticks."""


@dataclass(frozen=True, slots=True)
class BookImage:
    """The participants' whole book at a moment, as (ticks, lots), best first; it replaces the one before."""

    time_ms: int
    bids: Levels
    asks: Levels


@dataclass(frozen=True, slots=True)
class RecordedTrade:
    """A trade of the recording, by its taker."""

    is_buy: bool
    ticks: int
    lots: int
    time_ms: int


RecordedEvent = BookImage | RecordedTrade


class Track(Protocol):
    """A coin's recorded events from ``start_ms`` to ``end_ms``."""

    listing: Listing
    start_ms: int
    end_ms: int

    def events(self, from_ms: int, to_ms: int) -> list[RecordedEvent]:
        """What happened in (from, to], in order."""

    def standing(self, at_ms: int) -> BookImage | None:
        """The book at a moment, None before the first."""


def listing_for(coin: str, price: float, sizes: Floats, usd_per_day: float) -> Listing:
    """The listing of a recorded coin: the built-in one where there is one, else a cautious one on a grid that fits."""
    known = listing(coin)
    if known is not None:
        return replace(known, start_price=price, daily_volume_usd=max(usd_per_day, 1.0))
    finest = max(0, min(PERP_MAX_DECIMALS, PERP_MAX_DECIMALS - int(np.ceil(np.log10(LEAST_TICKS / price)))))
    fits = (d for d in range(finest) if (np.abs(sizes * 10**d - np.rint(sizes * 10**d)) < 1e-6).mean() > 0.999)
    return Listing(coin, next(fits, finest), 10, 10, price, 0.9, 1.2, max(usd_per_day, 1.0))


class Grid:
    """Floats to ticks and lots of one listing, counting what does not lie on the grid."""

    def __init__(self, listing: Listing, defects: Counter[str]) -> None:
        self._listing = listing
        self._defects = defects

    def ticks(self, prices: Floats, rounding: Callable[[Floats], Floats]) -> Ints:
        """Valid prices; 0 where the price is absent."""
        raw = np.nan_to_num(prices) * self._listing.ticks_per_unit
        near = np.rint(raw)
        raw = np.where(np.abs(raw - near) < 1e-3, near, raw)
        steps = self._listing.steps(raw)
        snapped = rounding(raw / steps) * steps
        self._defects["price_off_grid"] += int((snapped != raw).sum())
        return np.maximum(snapped, steps * (raw > 0.0)).astype(np.int64)

    def lots(self, sizes: Floats) -> Ints:
        """Whole lots, at least one for what has a size at all."""
        raw = np.nan_to_num(sizes) * self._listing.lots_per_coin
        snapped = np.maximum(np.rint(raw), raw > 0.0)
        self._defects["size_off_grid"] += int((np.abs(snapped - raw) > 1e-3).sum())
        return snapped.astype(np.int64)


class TickTrack:
    """Recorded trades and books; without books, one drawn around each trade."""

    def __init__(self, coin: str, trades: Trades | None, books: Books | None, defects: Counter[str]) -> None:
        if books is not None and trades is not None:
            trades = _while_books_stand(trades, books, defects)
            trades = trades if len(trades.time_ms) else None
        opening = books or trades
        if opening is None:
            raise ValueError(f"nothing was recorded of {coin}")
        price = float(opening.bid_price[0, 0] if isinstance(opening, Books) else opening.price[0])
        sizes = trades.size if trades is not None else books.bid_size[:, 0] if books is not None else np.empty(0)
        self.start_ms = int(opening.time_ms[0])
        self.end_ms = int(opening.time_ms[-1])
        days = max(self.end_ms - self.start_ms, 60_000) / DAY_MS
        turnover = float((trades.price * trades.size).sum()) / days if trades is not None else 1e8
        self.listing = listing_for(coin, price, sizes, turnover)
        grid = Grid(self.listing, defects)
        nothing = np.empty(0, np.int64)
        self._trade_times, self._ticks, self._lots, self._sides = nothing, nothing, nothing, nothing
        if trades is not None:
            self._trade_times, self._sides = trades.time_ms, trades.side
            self._ticks, self._lots = grid.ticks(trades.price, np.rint), grid.lots(trades.size)
        self._book_times = nothing
        self._books: tuple[Ints, ...] = ()
        if books is not None:
            self._book_times = books.time_ms
            bids = grid.ticks(books.bid_price, np.floor), grid.lots(books.bid_size)
            self._books = (*bids, grid.ticks(books.ask_price, np.ceil), grid.lots(books.ask_size))
        self._usual_lots = int(np.median(self._lots)) if len(self._lots) else 1

    def events(self, from_ms: int, to_ms: int) -> list[RecordedEvent]:
        found: list[RecordedEvent] = []
        lo, hi = np.searchsorted(self._trade_times, [from_ms, to_ms], side="right")
        columns = (column[lo:hi].tolist() for column in (self._sides, self._ticks, self._lots, self._trade_times))
        for side, ticks, lots, time_ms in zip(*columns, strict=True):
            if not self._books:
                found.append(self._drawn(ticks, side > 0, time_ms))
            found.append(RecordedTrade(side > 0, ticks, lots, time_ms))
        if self._books:
            lo, hi = np.searchsorted(self._book_times, [from_ms, to_ms], side="right")
            # Stable: at one stamp the trades come first, the image shows the book after them.
            found.extend(self._image(row) for row in range(int(lo), int(hi)))
            found.sort(key=lambda event: event.time_ms)
        return found

    def standing(self, at_ms: int) -> BookImage | None:
        if self._books:
            row = int(np.searchsorted(self._book_times, at_ms, side="right")) - 1
            return self._image(row) if row >= 0 else None
        row = int(np.searchsorted(self._trade_times, at_ms, side="right")) - 1
        return self._drawn(int(self._ticks[row]), bool(self._sides[row] > 0), at_ms) if row >= 0 else None

    def _drawn(self, ticks: int, is_buy: bool, time_ms: int) -> BookImage:
        return BookImage(time_ms, *book_around(self.listing, ticks, is_buy, self._usual_lots, time_ms))

    def _image(self, row: int) -> BookImage:
        bid_ticks, bid_lots, ask_ticks, ask_lots = (column[row].tolist() for column in self._books)
        return BookImage(int(self._book_times[row]), _merged(bid_ticks, bid_lots), _merged(ask_ticks, ask_lots))


class CandleTrack:
    """Recorded candles, played as trades that make them with a book drawn around each."""

    def __init__(self, coin: str, block: CandleBlock, interval: Interval, defects: Counter[str]) -> None:
        self._span_ms = interval.ms
        self.start_ms = int(block.time_ms[0])
        self.end_ms = int(block.time_ms[-1]) + interval.ms
        usd_per_day = float((block.close * block.volume).mean()) * DAY_MS / interval.ms
        self.listing = listing_for(coin, float(block.open[0]), block.volume, usd_per_day)
        grid = Grid(self.listing, defects)
        self._opens = block.time_ms
        corners = (grid.ticks(column, np.rint) for column in (block.open, block.high, block.low, block.close))
        self._corners = np.column_stack(list(corners))
        self._lots = grid.lots(block.volume)
        self._drawn: tuple[int, list[RecordedEvent]] = (-1, [])

    def events(self, from_ms: int, to_ms: int) -> list[RecordedEvent]:
        first = max(0, int(np.searchsorted(self._opens, from_ms, side="right")) - 1)
        stop = int(np.searchsorted(self._opens, to_ms, side="right"))
        found: list[RecordedEvent] = []
        for row in range(first, stop):
            events = self._candle(row)
            lo = bisect_right(events, from_ms, key=_time_of)
            found += events[lo : bisect_right(events, to_ms, key=_time_of)]
        return found

    def standing(self, at_ms: int) -> BookImage | None:
        row = int(np.searchsorted(self._opens, at_ms, side="right")) - 1
        if row < 0:
            return None
        images = [one for one in self._candle(row) if isinstance(one, BookImage)]
        past = [one for one in images if one.time_ms <= at_ms]
        return replace(past[-1] if past else images[0], time_ms=at_ms)

    def _candle(self, row: int) -> list[RecordedEvent]:
        if self._drawn[0] != row:
            self._drawn = row, self._draw(row)
        return self._drawn[1]

    def _draw(self, row: int) -> list[RecordedEvent]:
        open_ms, lots = int(self._opens[row]), int(self._lots[row])
        begin, high, low, end = self._corners[row].tolist()
        times, ticks, parts = path_in_candle(self.listing, open_ms, self._span_ms, (begin, high, low, end), lots)
        events: list[RecordedEvent] = []
        last, is_buy = begin, end >= begin
        for time_ms, price, size in zip(times.tolist(), ticks.tolist(), parts.tolist(), strict=True):
            is_buy = price > last if price != last else is_buy
            book = book_around(self.listing, price, is_buy, max(1, lots // len(times)), time_ms)
            events += [BookImage(time_ms, *book), RecordedTrade(is_buy, price, size, time_ms)]
            last = price
        if not events:
            usual = max(1, int(np.median(self._lots)) // 20)
            events.append(BookImage(open_ms + 1, *book_around(self.listing, end, is_buy, usual, open_ms)))
        return events


def _while_books_stand(trades: Trades, books: Books, defects: Counter[str]) -> Trades:
    lo = int(np.searchsorted(trades.time_ms, books.time_ms[0]))
    hi = int(np.searchsorted(trades.time_ms, books.time_ms[-1], side="right"))
    defects["trade_without_book"] += len(trades.time_ms) - (hi - lo)
    return Trades(trades.time_ms[lo:hi], trades.price[lo:hi], trades.size[lo:hi], trades.side[lo:hi])


def _time_of(event: Any) -> int:
    return int(event.time_ms)


def _merged(ticks: list[int], lots: list[int]) -> Levels:
    """Levels that have a price and lots, those that fell on one price added up."""
    levels: dict[int, int] = {}
    for price, size in zip(ticks, lots, strict=True):
        if price > 0 and size > 0:
            levels[price] = levels.get(price, 0) + size
    return list(levels.items())
