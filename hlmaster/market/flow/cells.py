"""What aggressors bought and sold, by minute and price: footprints, profiles and deltas are read from this one store.

Minutes are the finest candles there are, so every candle and every session is a sum of whole minutes, and a coarser row
a sum of whole price units: regrouping loses and doubles nothing.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice

import numpy as np

from hlmaster.core.candles import Floats, Ints
from hlmaster.core.clock import MINUTE_MS

MOST_MINUTES = 2_880
"""Two days."""
MOST_CELLS = 400_000
"""Of 24 bytes: at most 10 MB a coin."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Columns of equal length; ``units`` are prices of a ``PriceGrid``, in any order and not unique. Sizes in coins."""

    units: Ints
    sold: Floats
    bought: Floats

    def __len__(self) -> int:
        return len(self.units)


@dataclass(frozen=True, slots=True)
class Totals:
    """Per minute, rising in ``time_ms``; minutes without a trade are not there. Sizes in coins."""

    time_ms: Ints
    sold: Floats
    bought: Floats


@dataclass(frozen=True, slots=True)
class _Minute:
    open_ms: int
    cells: Cells
    sold: float
    bought: float


NO_CELLS = Cells(np.empty(0, np.int64), np.empty(0), np.empty(0))


class PriceCells:
    """Holds the last ``MOST_MINUTES`` minutes with trades, fewer when they have more than ``MOST_CELLS`` cells.

    ``forgotten_ms`` is the end of the last minute that was let go, 0 before.
    """

    def __init__(self) -> None:
        self._closed: deque[_Minute] = deque()
        self._count = 0
        self._open_ms = 0
        self._open: dict[int, list[float]] = {}
        self.forgotten_ms = 0

    def add(self, time_ms: int, units: int, size: float, is_buy: bool) -> None:
        minute = time_ms // MINUTE_MS * MINUTE_MS
        if minute < self._open_ms:
            self._add_late(minute, units, size, is_buy)
            return
        if minute > self._open_ms:
            self._close()
            self._open_ms = minute
        cell = self._open.get(units)
        if cell is None:
            cell = self._open[units] = [0.0, 0.0]
        cell[is_buy] += size

    def between(self, start_ms: int, end_ms: int) -> Cells:
        """Cells of the minutes that open in [start, end)."""
        found = [minute.cells for minute in self._since(start_ms) if minute.open_ms < end_ms]
        if self._open and start_ms <= self._open_ms < end_ms:
            found.append(_frozen(self._open))
        if not found:
            return NO_CELLS
        return Cells(
            np.concatenate([cells.units for cells in found]),
            np.concatenate([cells.sold for cells in found]),
            np.concatenate([cells.bought for cells in found]),
        )

    def totals(self, start_ms: int = 0) -> Totals:
        """Of the minutes that open at ``start_ms`` or later."""
        rows = [(minute.open_ms, minute.sold, minute.bought) for minute in self._since(start_ms)]
        if self._open and self._open_ms >= start_ms:
            cells = self._open.values()
            rows.append((self._open_ms, sum(cell[0] for cell in cells), sum(cell[1] for cell in cells)))
        table = np.array(rows, np.float64).reshape(len(rows), 3)
        return Totals(table[:, 0].astype(np.int64), table[:, 1], table[:, 2])

    def _since(self, start_ms: int) -> list[_Minute]:
        behind = 0
        for minute in reversed(self._closed):
            if minute.open_ms < start_ms:
                break
            behind += 1
        return list(islice(self._closed, len(self._closed) - behind, None))

    def _close(self) -> None:
        if not self._open:
            return
        self._closed.append(_minute(self._open_ms, self._open))
        self._count += len(self._open)
        self._open = {}
        while len(self._closed) > MOST_MINUTES or (self._count > MOST_CELLS and len(self._closed) > 1):
            oldest = self._closed.popleft()
            self._count -= len(oldest.cells)
            self.forgotten_ms = oldest.open_ms + MINUTE_MS

    def _add_late(self, open_ms: int, units: int, size: float, is_buy: bool) -> None:
        """Into its own minute, or a new one in its place; what is older than everything held is let go."""
        if open_ms < self.forgotten_ms:
            return
        at = len(self._closed)
        while at and self._closed[at - 1].open_ms >= open_ms:
            at -= 1
        cells: dict[int, list[float]] = {}
        if at < len(self._closed) and self._closed[at].open_ms == open_ms:
            held = self._closed[at].cells
            columns = (held.units.tolist(), held.sold.tolist(), held.bought.tolist())
            cells = {unit: [sold, bought] for unit, sold, bought in zip(*columns, strict=True)}
            self._count -= len(cells)
            del self._closed[at]
        cells.setdefault(units, [0.0, 0.0])[is_buy] += size
        self._count += len(cells)
        self._closed.insert(at, _minute(open_ms, cells))


def _frozen(cells: dict[int, list[float]]) -> Cells:
    sides = np.array(list(cells.values()), np.float64).reshape(len(cells), 2)
    return Cells(np.fromiter(cells, np.int64, len(cells)), sides[:, 0].copy(), sides[:, 1].copy())


def _minute(open_ms: int, cells: dict[int, list[float]]) -> _Minute:
    frozen = _frozen(cells)
    return _Minute(open_ms, frozen, float(frozen.sold.sum()), float(frozen.bought.sum()))
