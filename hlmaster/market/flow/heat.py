"""The book over time: a ring of columns, each the book as it stood in one stretch of ``COLUMN_MS``.

Between two books a column holds the one before, for a book stands until it changes, but no longer than ``hold_ms``:
what is not known is a gap and stays one. Memory is fixed: 512 bytes a column, 7 MB a coin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hlmaster.core.candles import Floats
from hlmaster.core.events import Level
from hlmaster.market.flow.grid import PriceGrid, weighed

COLUMN_MS = 250
COLUMNS = 14_400
"""An hour of market time."""
SIDE_LEVELS = 28
"""Of each side: twenty of the slow book, and what the fast one adds."""
STEPS_MS = (250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000)
"""What a painted column may stand for; every one is a whole number of columns."""
LOOKS = 8
"""Books, evenly spread, that a painted column is averaged from where it stands for more of them."""


@dataclass(frozen=True, slots=True)
class HeatWindow:
    """Columns of ``step_ms`` from number ``first`` on (a column's number is its time over ``step_ms``).

    ``size`` float64[columns, rows]: coins that rested in a row, averaged over the column's time; row i begins at
    ``(low + i) * row_units``. ``bid`` and ``ask`` are the last best prices, NaN where there was none. Trades of a
    column: sizes bought and sold and their average prices (NaN where none). ``heard`` is False for gaps.
    """

    first: int
    step_ms: int
    low: int
    row_units: int
    size: Floats
    heard: NDArray[np.bool_]
    bid: Floats
    ask: Floats
    bought: Floats
    bought_at: Floats
    sold: Floats
    sold_at: Floats


class HeatHistory:
    def __init__(self, grid: PriceGrid, begun_ms: int, hold_ms: int) -> None:
        self.grid, self._hold = grid, hold_ms
        self.begun = begun_ms // COLUMN_MS
        """Number of the first column."""
        self.head = self.begun - 1
        """Number of the newest column."""
        self._booked = -1
        self._book_ms: int | None = None
        self._levels = np.zeros(COLUMNS, np.int16)
        self._units = np.zeros((COLUMNS, 2 * SIDE_LEVELS), np.int32)
        self._sizes = np.zeros((COLUMNS, 2 * SIDE_LEVELS), np.float32)
        self._heard = np.zeros(COLUMNS, np.bool_)
        self._best = np.full((COLUMNS, 2), np.nan)
        self._trades = np.zeros((COLUMNS, 4))
        """Sizes sold and bought, and sizes times prices of both."""

    @property
    def oldest(self) -> int:
        """Number of the oldest column held."""
        return max(self.begun, self.head - COLUMNS + 1)

    def wants(self, now_ms: int) -> bool:
        """False when this column has its book already: more of them would cost and not show."""
        return now_ms // COLUMN_MS > self._booked

    def take_book(self, now_ms: int, bids: Sequence[Level], asks: Sequence[Level]) -> None:
        """Both best first. A time before the newest column is passed over."""
        number = now_ms // COLUMN_MS
        if number < self.head:
            return
        self._open(number)
        self._booked, self._book_ms = number, now_ms
        place = number % COLUMNS
        bids, asks = bids[:SIDE_LEVELS], asks[:SIDE_LEVELS]
        prices = [level.price for level in bids]
        prices += [level.price for level in asks]
        sizes = [level.size for level in bids]
        sizes += [level.size for level in asks]
        count = len(prices)
        self._levels[place] = count
        self._units[place, :count] = np.rint(np.array(prices) * self.grid.scale)
        self._sizes[place, :count] = sizes
        self._heard[place] = True
        self._best[place] = bids[0].price if bids else np.nan, asks[0].price if asks else np.nan

    def take_trade(self, time_ms: int, price: float, size: float, is_buy: bool) -> None:
        number = time_ms // COLUMN_MS
        if number > self.head:
            self._open(number)
        elif number < self.oldest:
            return
        row = self._trades[number % COLUMNS]
        side = int(is_buy)  # a bool would be a mask
        row[side] += size
        row[2 + side] += size * price

    def lose(self) -> None:
        """The book is not known any more: what follows is a gap until the next one."""
        self._book_ms = None

    def pass_time(self, now_ms: int) -> None:
        """Columns up to now: as the last book says, while it may be believed."""
        if now_ms // COLUMN_MS > self.head:
            self._open(now_ms // COLUMN_MS)

    def _open(self, number: int) -> None:
        if number <= self.head:
            return
        if number == self.head + 1:
            self._open_next(number % COLUMNS, self.head % COLUMNS)
            self.head = number
            return
        numbers = np.arange(max(self.head + 1, number - COLUMNS + 1), number + 1)
        held = np.zeros(len(numbers), np.bool_)
        if self._book_ms is not None and self.head >= self.begun:
            held = numbers * COLUMN_MS - self._book_ms <= self._hold
        places, last = numbers % COLUMNS, self.head % COLUMNS
        kept = places[held]
        if len(kept):
            for column in (self._levels, self._units, self._sizes, self._heard, self._best):
                column[kept] = column[last]
        lost = places[~held]
        self._levels[lost], self._heard[lost], self._best[lost] = 0, False, np.nan
        self._trades[places] = 0.0
        self.head = number

    def _open_next(self, place: int, last: int) -> None:
        """The usual case of ``_open``, at a fifth of its cost."""
        at_ms = (self.head + 1) * COLUMN_MS
        if self._book_ms is not None and at_ms - self._book_ms <= self._hold:
            for column in (self._levels, self._units, self._sizes, self._heard, self._best):
                column[place] = column[last]
        else:
            self._levels[place], self._heard[place], self._best[place] = 0, False, np.nan
        self._trades[place] = 0.0

    def window(self, first: int, count: int, step_ms: int, low: int, rows: int, row_units: int) -> HeatWindow:
        """``count`` columns of ``step_ms`` (one of ``STEPS_MS``) and ``rows`` rows of ``row_units`` units.

        What is outside the ring is not heard.
        """
        fold = step_ms // COLUMN_MS
        numbers = np.arange(first * fold, (first + count) * fold)
        held = (numbers >= self.oldest) & (numbers <= self.head)
        places = numbers[held] % COLUMNS
        into = (np.arange(len(numbers)) // fold)[held]
        trades = np.zeros((count, 4))
        np.add.at(trades, into, self._trades[places])
        every = max(1, fold // LOOKS)
        seen = numbers[held] % every == every - 1
        seen[-1:] = True  # the newest, for its column may have no other yet
        places, into = places[seen], into[seen]
        heard = self._heard[places]
        times_heard = np.bincount(into[heard], minlength=count)
        best = np.full((count, 2), np.nan)
        best[into[heard]] = self._best[places[heard]]
        with np.errstate(invalid="ignore", divide="ignore"):
            at = trades[:, 2:] / trades[:, :2]
        size = self._raster(places[heard], into[heard], count, low, rows, row_units)
        size /= np.maximum(times_heard, 1)[:, None]
        return HeatWindow(
            first,
            step_ms,
            low,
            row_units,
            size,
            times_heard > 0,
            best[:, 0],
            best[:, 1],
            trades[:, 1],
            at[:, 1],
            trades[:, 0],
            at[:, 0],
        )

    def _raster(
        self, places: NDArray[np.int64], into: NDArray[np.int64], count: int, low: int, rows: int, row_units: int
    ) -> Floats:
        """float64[count, rows]: sizes summed over the columns that fall into each."""
        row = self._units[places] // row_units - low
        shown = (row >= 0) & (row < rows) & (np.arange(row.shape[1]) < self._levels[places][:, None])
        flat = (into[:, None] * rows + row)[shown]
        return weighed(flat, self._sizes[places][shown], count * rows).reshape(count, rows)
