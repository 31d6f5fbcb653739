"""Volume traded at each price since the ladder began to listen, by rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hlmaster.core.events import Trade
from hlmaster.core.model import Side
from hlmaster.ui.ladder.grid import Grid

MOST_PRICES = 4_000
"""Then the prices furthest from the last trade are let go, half of them."""


class Traded:
    """Coins by price and aggressor; ``rows`` sums them as the book is grouped: what bought stood among the asks."""

    def __init__(self) -> None:
        self._volumes: dict[tuple[float, Side], float] = {}
        self._grid: Grid | None = None
        self._rows: dict[float, float] = {}

    def take(self, trades: Iterable[Trade]) -> None:
        price = 0.0
        for trade in trades:
            price, side = trade.price, Side.SELL if trade.is_buy else Side.BUY
            self._volumes[price, side] = self._volumes.get((price, side), 0.0) + trade.size
            if self._grid is not None:
                row = self._grid.of(price, side)
                self._rows[row] = self._rows.get(row, 0.0) + trade.size
        if len(self._volumes) > MOST_PRICES:
            near = sorted(self._volumes, key=lambda key: abs(key[0] - price))[: MOST_PRICES // 2]
            self._volumes = {key: self._volumes[key] for key in near}
            self._grid = None

    def rows(self, grid: Grid) -> Mapping[float, float]:
        """By the row's price."""
        if grid != self._grid:
            self._grid, self._rows = grid, {}
            for (price, side), size in self._volumes.items():
                row = grid.of(price, side)
                self._rows[row] = self._rows.get(row, 0.0) + size
        return self._rows
