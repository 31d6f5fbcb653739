"""A feed, its grids, and the few needs that tests share."""

from __future__ import annotations

import numpy as np

from hlmaster.core.candles import CandleBlock
from hlmaster.core.decision_rows import RowBlock
from hlmaster.core.events import CandleRow
from hlmaster.core.model import Interval
from hlmaster.core.signals import RowClosed
from hlmaster.market.grid.grids import Grids
from hlmaster.market.indicators.ema import Ema
from hlmaster.market.window import Grid, Needs, Window
from tests.market.facts import MINUTE, NOW, Desk, book, candle, context, quote

SAMPLED = Needs(Grid.of("250ms"), 8, ("mid", "mark", "flow", "taker_volume", "imbalance", "oracle_age"), (Ema(3),))
MINUTES = Needs(Grid.of("1m"), 8, ("mark", "funding", "flow"), (Ema(3),))


class GridDesk(Desk):
    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[RowBlock] = []
        self.grids = Grids(self.bus, self.clock, self.feed, self.blocks.append)
        self.rows: list[RowClosed] = self.listen(RowClosed)

    def market(self) -> None:
        """Fresh data of every kind."""
        now = self.clock.now_ms()
        self.hears(context(received_ms=now), quote(time_ms=now), book(time_ms=now, fast=True))

    def passes(self, ms: int) -> None:
        self.clock.advance(ms)

    def at(self, ms: int) -> None:
        self.clock.advance(ms - self.clock.now_ms())

    def closes(self, minute: int, close: float = 100.0, *, after_ms: int = 200, mark: float | None = None) -> None:
        """The candle of this minute, and the first word of the next one a moment after its end."""
        self.at(NOW + minute * MINUTE + 1_000)
        self.hears(candle(minute, close))
        self.at(NOW + (minute + 1) * MINUTE + after_ms)
        if mark is not None:
            self.hears(context(mark))
        self.hears(candle(minute + 1, close))

    def window(self, needs: Needs, coin: str = "BTC") -> Window:
        found = self.grids.window(coin, needs)
        assert found is not None
        return found


def history(first: int, last: int, interval: Interval = Interval.M1, close: float = 100.0) -> CandleBlock:
    """Candles ``first`` to ``last`` minutes (or longer units) after NOW's own."""
    opened = NOW - NOW % interval.ms + interval.ms * np.arange(first, last + 1, dtype=np.int64)
    prices = close + (opened // interval.ms % 7).astype(np.float64)
    return CandleBlock(
        opened, prices, prices + 1, prices - 1, prices, np.ones(len(opened)), np.ones(len(opened), np.int64)
    )


def bar(interval: Interval, number: int, close: float = 100.0) -> CandleRow:
    opened = NOW - NOW % interval.ms + number * interval.ms
    return CandleRow("BTC", interval, opened, close, close, close, close, 1.0, 1)
