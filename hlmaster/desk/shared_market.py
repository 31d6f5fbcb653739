"""One venue's market data for a second desk in the same process: the same facts, on its own bus."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hlmaster.core.bus import Bus
from hlmaster.core.candles import CandleBlock
from hlmaster.core.events import (
    AssetContext,
    BestQuote,
    BookSnapshot,
    CandleRow,
    LinkChanged,
    LinkState,
    Mids,
    Resynchronised,
    Trades,
)
from hlmaster.core.model import Instrument, Interval
from hlmaster.core.ports import MarketData, Turn
from hlmaster.desk.charts import Charts

FACTS = (BookSnapshot, BestQuote, Trades, CandleRow, AssetContext, Mids, LinkChanged, Resynchronised)


class SharedMarket:
    """``core.ports.MarketData`` whose subscriptions only add to ``market``'s: nothing here takes data from anybody.

    ``source`` is the bus that ``market`` publishes on, and ``charts`` keeps its candle streams. What is watched stays
    watched until ``market`` itself ends.
    """

    def __init__(self, market: MarketData, source: Bus, own: Bus, charts: Charts) -> None:
        self._market, self._source, self._own, self._charts = market, source, own, charts
        self.health = market.health
        self._subscriptions: list[Callable[[], None]] = []

    async def start(self) -> None:
        self._subscriptions = [self._source.subscribe(fact, self._own.publish) for fact in FACTS]
        self._own.publish(LinkChanged(LinkState.CONNECTED, "Shares the market data of the desk beside it."))

    async def stop(self) -> None:
        for unsubscribe in self._subscriptions:
            unsubscribe()
        self._subscriptions = []

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        return self._market.instruments

    def watch(self, coin: str) -> None:
        self._market.watch(coin)

    def unwatch(self, coin: str) -> None:
        """It may be the other desk's."""

    def watch_grouped(self, coin: str, significant_figures: int, mantissa: int) -> None:
        """Nobody looks at books here."""

    def unwatch_grouped(self) -> None: ...

    def watch_candles(self, coin: str, interval: Interval) -> None:
        self._charts.hold("challengers", coin, interval)

    def unwatch_candles(self, coin: str, interval: Interval) -> None:
        """It may be the other desk's."""

    async def candles(
        self, coin: str, interval: Interval, start_ms: int, end_ms: int, turn: Turn = Turn.STUDY
    ) -> CandleBlock:
        return await self._market.candles(coin, interval, start_ms, end_ms, turn)

    async def funding_history(self, coin: str, start_ms: int, end_ms: int) -> list[tuple[int, float, float]]:
        return await self._market.funding_history(coin, start_ms, end_ms)
