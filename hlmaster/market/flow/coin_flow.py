"""Everything of one coin's order flow since somebody began to look."""

from __future__ import annotations

from hlmaster.core.events import AssetContext, Level, Trade
from hlmaster.market.flow.cells import PriceCells
from hlmaster.market.flow.grid import PriceGrid
from hlmaster.market.flow.heat import HeatHistory
from hlmaster.market.flow.listening import Listening
from hlmaster.market.flow.series import ContextSamples


class CoinFlow:
    """Times in market milliseconds. What came before ``listening.begun_ms`` is not known and never guessed."""

    def __init__(self, coin: str, grid: PriceGrid, begun_ms: int, hold_ms: int) -> None:
        self.coin, self.grid = coin, grid
        self.listening = Listening(begun_ms)
        self.heat = HeatHistory(grid, begun_ms, hold_ms)
        self.cells = PriceCells()
        self.contexts = ContextSamples()
        self.heard_ms = begun_ms
        """When anything was heard last: a loss that is noticed later began here."""

    def take_book(self, now_ms: int, bids: list[Level], asks: list[Level]) -> None:
        self.heat.take_book(now_ms, bids, asks)

    def take_trades(self, trades: list[Trade]) -> None:
        """Judged, each once. Trades from before the start, which the venue repeats to a new listener, are left out."""
        cells, heat, grid, begun = self.cells, self.heat, self.grid, self.listening.begun_ms
        for trade in trades:
            if trade.time_ms >= begun:
                cells.add(trade.time_ms, grid.units(trade.price), trade.size, trade.is_buy)
                heat.take_trade(trade.time_ms, trade.price, trade.size, trade.is_buy)
        if cells.forgotten_ms > begun:
            self.listening.forget(cells.forgotten_ms)

    def take_context(self, now_ms: int, context: AssetContext) -> None:
        self.contexts.add(now_ms, context)

    def lose(self, at_ms: int) -> None:
        """The line is gone, since the last that was heard over it."""
        if not self.listening.is_lost:
            self.listening.lose(min(self.heard_ms, at_ms))
            self.contexts.miss(at_ms)
            self.heat.pass_time(min(self.heard_ms, at_ms))
            self.heat.lose()

    def regain(self, at_ms: int) -> None:
        self.listening.regain(at_ms)

    def miss(self, at_ms: int) -> None:
        """A trade was told and could not be believed, or a frame could not be read."""
        self.listening.miss(min(self.heard_ms, at_ms), at_ms)
