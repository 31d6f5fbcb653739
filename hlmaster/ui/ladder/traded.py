"""Volume traded at each price since the ladder began to listen, by rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hlmaster.core.events import DataDefect, DefectKind, Trade
from hlmaster.core.model import Side
from hlmaster.market.staleness import TRADES
from hlmaster.ui.ladder.grid import Grid

NO_LOSS = (DefectKind.DUPLICATE, DefectKind.UNKNOWN_COIN)
MOST_PRICES = 4_000
"""Then the prices furthest from the last trade are let go, half of them."""


class Traded:
    """Coins by price and aggressor; ``rows`` sums them as the book is grouped: what bought stood among the asks."""

    def __init__(self, gap_ms: int | None = None) -> None:
        """``gap_ms``: until then something was not heard. What was traded before is not counted: no gap is bridged."""
        self.gap_ms = gap_ms
        self._volumes: dict[tuple[float, Side], float] = {}
        self._grid: Grid | None = None
        self._rows: dict[float, float] = {}

    def take(self, trades: Iterable[Trade]) -> None:
        price = 0.0
        for trade in trades:
            if self.gap_ms is not None and trade.time_ms < self.gap_ms:
                continue
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


class TapeGaps:
    """Until when trades of a coin may have been missed, in market milliseconds."""

    def __init__(self) -> None:
        self._everywhere: int | None = None
        self._coins: dict[str, int] = {}
        self._is_cut = False

    def of(self, coin: str) -> int | None:
        known = [at for at in (self._everywhere, self._coins.get(coin)) if at is not None]
        return max(known, default=None)

    def take_link(self, *, is_connected: bool, was_heard: bool, now_ms: int) -> bool:
        """Whether a gap has just ended: the line is there again after it was not."""
        ended = is_connected and self._is_cut
        if ended:
            self._everywhere = now_ms
        self._is_cut = not is_connected and (self._is_cut or was_heard)
        return ended

    def take_defect(self, fact: DataDefect) -> None:
        """What was kept out of the tape may have been a trade."""
        if fact.kind is DefectKind.MALFORMED:
            self._everywhere = fact.time_ms
        elif fact.stream == TRADES and fact.kind not in NO_LOSS:
            self._coins[fact.coin] = fact.time_ms
