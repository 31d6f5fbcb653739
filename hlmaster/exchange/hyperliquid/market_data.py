"""Hyperliquid's public data: its sockets, queries beside them, and queries instead of them while they are down.

The venue serves a coin's book in one of two ways per socket: five levels twice a second, or twenty levels every few
seconds. So the main socket carries quotes, trades, contexts, candles and fast books, and a second one the deep books.
Books that the venue has summed to coarser prices look the same, so the one that is wanted has a third.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from hlmaster.core.bus import Bus
from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import Clock
from hlmaster.core.errors import UnrecognisedReply, VenueError, VenueRefused
from hlmaster.core.events import (
    AssetContext,
    BestQuote,
    BookSnapshot,
    CandleRow,
    DataDefect,
    DefectKind,
    GroupedBook,
    LinkChanged,
    LinkState,
    Mids,
    Resynchronised,
    Trades,
)
from hlmaster.core.model import Instrument, Interval
from hlmaster.core.ports import LinkHealth, Turn
from hlmaster.exchange.hyperliquid import codec
from hlmaster.exchange.hyperliquid.budget import WeightBudget, query_weight
from hlmaster.exchange.hyperliquid.chores import Chores
from hlmaster.exchange.hyperliquid.client import Client, ClientTiming
from hlmaster.exchange.hyperliquid.gaps import CandleGaps, Series
from hlmaster.exchange.hyperliquid.instruments import instruments_of
from hlmaster.exchange.hyperliquid.listed import Listed
from hlmaster.exchange.hyperliquid.market_list import MarketList
from hlmaster.exchange.hyperliquid.market_queries import MarketQueries
from hlmaster.exchange.hyperliquid.socket import Socket, SocketTiming, socket_url
from hlmaster.exchange.hyperliquid.venue_time import VenueTime

log = logging.getLogger(__name__)
POLL_WEIGHT_PER_SECOND = 5.0
"""What polling instead of a lost line may cost: a quarter of the budget."""
CONFIRM_SECONDS = 2.0
"""After which a time of the venue that nobody believes is asked for again."""
_STREAMS = {BookSnapshot: "book", BestQuote: "quote", Trades: "trades", AssetContext: "context"}


class HyperliquidMarketData:
    """``core.ports.MarketData`` of one Hyperliquid-speaking venue at ``url``."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        url: str,
        *,
        budget: WeightBudget | None = None,
        listed: Listed | None = None,
        socket_timing: SocketTiming | None = None,
        client_timing: ClientTiming | None = None,
        poll_every: float = 5.0,
        offset_every: float = 60.0,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """``budget`` is shared with ``HyperliquidTrading``: the venue counts per address. Pauses in wall seconds."""
        self.health = LinkHealth()
        self.budget = budget or WeightBudget(clock)
        self._bus = bus
        self._clock = clock
        self._client = Client(url, clock, self.health, self.budget, client_timing, jitter)
        self._poll_every = poll_every
        self._offset_every = offset_every
        self._venue_time = VenueTime(clock)
        self._jitter = jitter
        self._queries = MarketQueries(self._client, clock)
        self._markets = MarketList(bus, clock, self._client, listed or Listed(clock), jitter, self._drop_unlisted)
        self._watched: set[str] = set()
        self._gaps = CandleGaps()
        self._ages: dict[tuple[str, str], float] = {}
        self._down = asyncio.Event()
        self._down.set()
        self._chores = Chores(bus.publish)
        self._resynchronising: asyncio.Task[None] | None = None
        line = partial(Socket, socket_url(url), clock, self.health, timing=socket_timing, jitter=jitter)
        beside = partial(line, changed=lambda change: None, ready=lambda offline: None)
        self._main = line(name="market data", heard=self._hear, changed=self._link_changed, ready=self._line_ready)
        self._deep = beside(name="deep books", heard=self._hear_deep)
        self._grouped = beside(name="grouped book", heard=self._hear_grouped)
        self._grouping: tuple[str, int, int] | None = None

    # --- life ---

    async def start(self) -> None:
        """Load instruments, retrying as long as it takes, and open the sockets; returns when instruments are known."""
        await self._markets.load()
        self._main.subscribe({"type": "allMids"})
        self._main.start()
        self._deep.start()
        self._chores.start(self._poll_while_down(), "poll while down")
        self._chores.start(self._measure_offset(), "clock offset")
        self._chores.start(self._markets.renew(), "renew instruments")

    async def stop(self) -> None:
        await self._chores.stop()
        await self._main.stop()
        await self._deep.stop()
        await self._grouped.stop()
        await self._client.close()

    # --- what is known and watched ---

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        return MappingProxyType(self._markets.instruments)

    def ages(self) -> dict[tuple[str, str], float]:
        """Seconds since the last frame of each stream, by (stream or interval, coin)."""
        now = self._clock.monotonic()
        return {stream: now - heard for stream, heard in self._ages.items()}

    def watch(self, coin: str) -> None:
        """Subscribe a coin. Raises VenueRefused for one that is not listed: asking for it would cost the connection."""
        self._known(coin)
        self._watched.add(coin)
        for subscription in self._streams(coin):
            self._main.subscribe(subscription)
        self._deep.subscribe({"type": "l2Book", "coin": coin})

    def unwatch(self, coin: str) -> None:
        self._watched.discard(coin)
        for subscription in self._streams(coin):
            self._main.unsubscribe(subscription)
        self._deep.unsubscribe({"type": "l2Book", "coin": coin})
        if self._grouping is not None and self._grouping[0] == coin:
            self.unwatch_grouped()
        for stream in [key for key in self._ages if key[1] == coin and key[0] in (*_STREAMS.values(), "deep book")]:
            del self._ages[stream]

    def watch_grouped(self, coin: str, significant_figures: int, mantissa: int) -> None:
        """Raises VenueRefused for a coin that is not listed."""
        wanted = (coin, significant_figures, mantissa)
        if wanted != self._grouping:
            self._known(coin)
            self.unwatch_grouped()
            self._grouping = wanted
            self._grouped.subscribe(_grouped_stream(*wanted))
            self._grouped.start()

    def unwatch_grouped(self) -> None:
        if self._grouping is not None:
            self._grouped.unsubscribe(_grouped_stream(*self._grouping))
            self._grouping = None

    def watch_candles(self, coin: str, interval: Interval) -> None:
        """Raises VenueRefused for a coin that is not listed."""
        self._known(coin)
        self._main.subscribe(_candle_stream(coin, interval))

    def unwatch_candles(self, coin: str, interval: Interval) -> None:
        self._main.unsubscribe(_candle_stream(coin, interval))
        self._gaps.forget((coin, interval))
        self._ages.pop((interval.value, coin), None)

    def _drop_unlisted(self) -> None:
        for coin in self._watched - self._markets.instruments.keys():
            self.unwatch(coin)
            sentence = f"{coin} is no longer listed; its streams were dropped."
            self._bus.publish(DataDefect(DefectKind.UNKNOWN_COIN, "meta", coin, sentence, self._clock.now_ms()))

    @staticmethod
    def _streams(coin: str) -> tuple[dict[str, object], ...]:
        return (
            {"type": "bbo", "coin": coin},
            {"type": "trades", "coin": coin},
            {"type": "activeAssetCtx", "coin": coin},
            {"type": "l2Book", "coin": coin, "fast": True},
        )

    def _known(self, coin: str) -> None:
        if coin not in self._markets.instruments:
            raise VenueRefused(
                f"{coin!r} is not a market of this exchange.", "Pick one from the market list; case matters."
            )

    # --- queries ---

    async def candles(
        self, coin: str, interval: Interval, start_ms: int, end_ms: int, turn: Turn = Turn.STUDY
    ) -> CandleBlock:
        """Candles whose open lies in [start, end], the unfinished one included. Raises VenueError."""
        block = codec.candle_block(await self._queries.candles(coin, interval, start_ms, end_ms, turn))
        if len(block) and _candle_stream(coin, interval) in self._main.subscriptions:
            self._gaps.saw((coin, interval), int(block.time_ms[-1]))
        return block

    async def funding_history(self, coin: str, start_ms: int, end_ms: int) -> list[tuple[int, float, float]]:
        """(time_ms, hourly rate, premium), ascending. Raises VenueError."""
        return await self._queries.funding_history(coin, start_ms, end_ms)

    # --- the main line ---

    def _hear(self, fact: Any) -> None:
        kind = fact.__class__
        if kind is CandleRow:
            self._ages[fact.interval.value, fact.coin] = self.health.last_frame_monotonic or 0.0
            if not self._gaps.passes(fact):
                return
        elif (stream := _STREAMS.get(kind)) is not None:
            self._ages[stream, fact.coin] = self.health.last_frame_monotonic or 0.0
        self._bus.publish(fact)

    def _hear_deep(self, fact: Any) -> None:
        if fact.__class__ is BookSnapshot:
            self._ages["deep book", fact.coin] = self.health.last_frame_monotonic or 0.0
        self._bus.publish(fact)

    def _hear_grouped(self, fact: Any) -> None:
        """Frames do not name their grouping: the line carries one at a time, and the newest frame is of the last."""
        if fact.__class__ is not BookSnapshot:
            self._bus.publish(fact)
        elif self._grouping is not None and self._grouping[0] == fact.coin:
            self._bus.publish(GroupedBook(*self._grouping, fact.time_ms, fact.bids, fact.asks))

    def _link_changed(self, change: LinkChanged) -> None:
        if change.state is LinkState.CONNECTED:
            self._down.clear()
        else:
            self._down.set()
            self._gaps.line_dropped()
            if self._resynchronising is not None:
                self._resynchronising.cancel()
        self._bus.publish(change)

    def _line_ready(self, offline: float) -> None:
        self._resynchronising = self._chores.start(self._resynchronise(offline), "resynchronise")

    async def _resynchronise(self, offline: float) -> None:
        if offline:
            await self._markets.refresh()
        filled = await asyncio.gather(*(self._fill(series, since) for series, since in self._gaps.open.items()))
        self._bus.publish(Resynchronised(offline, sum(filled)))

    async def _fill(self, series: Series, since_ms: int) -> int:
        """Close one gap; how many rows that took. Retries while the venue is unreachable."""
        coin, interval = series
        rows: list[CandleRow] = []
        while True:
            try:
                rows = await self._missed(series, since_ms)
            except (VenueRefused, UnrecognisedReply) as error:
                sentence = f"The gap since {since_ms} in {coin} {interval} could not be filled: {error}"
                self._bus.publish(DataDefect(DefectKind.GAP, "candle", coin, sentence, self._clock.now_ms()))
            except VenueError:
                await self._clock.sleep(1.0 + self._jitter())
                continue
            break
        merged = self._gaps.close(series, rows)
        for row in merged:
            self._bus.publish(row)
        return len(merged)

    async def _missed(self, series: Series, since_ms: int) -> list[CandleRow]:
        """Asked a second time when a candle closed under way: the first answer may hold it unfinished."""
        coin, interval = series
        rows: list[CandleRow] = []
        for _ in range(2):
            until_ms = self._clock.now_ms() + interval.ms
            found = await self._queries.candles(coin, interval, since_ms, until_ms, Turn.MEASURE)
            rows = [codec.candle_row(row) for row in found]
            if not rows or self._gaps.newest_held(series) <= rows[-1].open_ms:
                break
        return rows

    # --- beside and instead of the main line ---

    async def _poll_while_down(self) -> None:
        """While the line is down, prices of watched coins come from queries, far slower but never silent."""
        rounds = 0
        while True:
            await self._down.wait()
            weight = query_weight("allMids") + len(self._watched) * query_weight("l2Book") + query_weight("meta") / 3
            await self._clock.sleep(max(self._poll_every, weight / POLL_WEIGHT_PER_SECOND))
            if not self._down.is_set():
                continue
            try:
                await self._poll(with_contexts=rounds % 3 == 0)
            except VenueError as error:
                log.info("polling failed: %s", error)
            else:
                rounds += 1

    async def _poll(self, *, with_contexts: bool) -> None:
        self._bus.publish(Mids(codec.MIDS.read(await self._client.info("allMids"))))
        for coin in sorted(self._watched):
            book = codec.BOOK.read(await self._client.info("l2Book", coin=coin))
            if book is not None and self._down.is_set():
                self._bus.publish(codec.book_snapshot(book))
        if with_contexts:
            meta, contexts = codec.CONTEXTS.read(await self._client.info("metaAndAssetCtxs"))
            found = instruments_of(meta).found
            for coin in sorted(self._watched & found.keys()):
                if found[coin].asset < len(contexts):
                    context = contexts[found[coin].asset]
                    self._bus.publish(codec.asset_context(coin, context, self._clock.now_ms()))

    async def _measure_offset(self) -> None:
        while True:
            before, believed = self._clock.now_ms(), True
            try:
                status = codec.STATUS.read(await self._client.info("exchangeStatus"))
            except VenueError as error:
                log.info("the exchange's clock could not be read: %s", error)
            else:
                believed = self._venue_time.learn(status.time, before)
                self.health.clock_offset_ms = self._venue_time.offset_ms
            await self._clock.sleep(self._offset_every if believed else CONFIRM_SECONDS)


def _grouped_stream(coin: str, significant_figures: int, mantissa: int) -> dict[str, object]:
    stream: dict[str, object] = {"type": "l2Book", "coin": coin, "nSigFigs": significant_figures}
    return stream | {"mantissa": mantissa} if mantissa != 1 else stream


def _candle_stream(coin: str, interval: Interval) -> dict[str, object]:
    return {"type": "candle", "coin": coin, "interval": interval.value}
