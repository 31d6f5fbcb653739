"""Order flow of the coins that somebody looks at: begun at the first look, kept a while after the last."""

from __future__ import annotations

from collections.abc import Callable

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.events import (
    BookChanged,
    ContextChanged,
    DataDefect,
    DefectKind,
    LinkChanged,
    LinkState,
    TradesSeen,
)
from hlmaster.market.coin_market import CoinMarket
from hlmaster.market.feed import Feed
from hlmaster.market.flow.coin_flow import CoinFlow
from hlmaster.market.flow.grid import PriceGrid
from hlmaster.market.staleness import FAST_BOOK, LIMITS, SLOW_BOOK, TRADES

MOST_COINS = 6
"""Of at most 18 MB each: the book's ring 7, cells 10, contexts 1."""
KEPT_SECONDS = 1_800.0
"""Wall seconds after the last look."""
CHECK_SECONDS = 30.0
NO_LOSS = (DefectKind.DUPLICATE, DefectKind.UNKNOWN_COIN)


class Flow:
    """Listens to market data only while it follows a coin."""

    def __init__(self, bus: Bus, clock: Clock, feed: Feed) -> None:
        self._bus, self._clock, self._feed = bus, clock, feed
        self._coins: dict[str, CoinFlow] = {}
        self._looked: dict[str, float] = {}
        self._ends: tuple[Callable[[], None], ...] = ()
        self._connected = False
        self._check_at = 0.0
        bus.subscribe(LinkChanged, self._on_link)

    def look(self, coin: str) -> CoinFlow | None:
        """Follow this coin from now on; None until its price is known. Ask again whenever it is shown."""
        now = self._clock.monotonic()
        flow = self._coins.get(coin)
        if flow is None:
            flow = self._begin(coin)
            if flow is None:
                return None
        self._looked[coin] = now
        flow.heat.pass_time(self._clock.now_ms())
        return flow

    @property
    def coins(self) -> tuple[str, ...]:
        return tuple(self._coins)

    def _begin(self, coin: str) -> CoinFlow | None:
        try:
            market = self._feed.market(coin)
        except KeyError:
            return None
        price = market.mid or market.mark
        if price is None:
            return None
        self._let_go(self._clock.monotonic())
        while len(self._coins) >= MOST_COINS:
            self._drop(min(self._looked, key=self._looked.__getitem__))
        grid = PriceGrid.around(price, market.instrument.size_decimals)
        hold_ms = int(LIMITS[FAST_BOOK] * 1000 * self._clock.speed)
        flow = self._coins[coin] = CoinFlow(coin, grid, self._clock.now_ms(), hold_ms)
        if not self._ends:
            self._listen()
        if not self._connected:
            flow.lose(self._clock.now_ms())
        elif not _is_old(market):
            flow.take_book(self._clock.now_ms(), market.book.bids, market.book.asks)
        return flow

    def _listen(self) -> None:
        bus = self._bus
        self._ends = (
            bus.subscribe(BookChanged, self._on_book),
            bus.subscribe(TradesSeen, self._on_trades),
            bus.subscribe(ContextChanged, self._on_context),
            bus.subscribe(DataDefect, self._on_defect),
        )

    def _let_go(self, now: float) -> None:
        for coin in [coin for coin, at in self._looked.items() if now - at > KEPT_SECONDS]:
            self._drop(coin)

    def _drop(self, coin: str) -> None:
        del self._coins[coin], self._looked[coin]
        if not self._coins:
            for end in self._ends:
                end()
            self._ends = ()

    # --- facts ---

    def _on_book(self, fact: BookChanged) -> None:
        flow = self._coins.get(fact.coin)
        if flow is None:
            return
        now_ms = self._clock.now_ms()
        flow.heard_ms = now_ms
        if flow.heat.wants(now_ms):
            market = self._feed.market(fact.coin)
            if not _is_old(market):
                flow.take_book(now_ms, market.book.bids, market.book.asks)

    def _on_trades(self, fact: TradesSeen) -> None:
        flow = self._coins.get(fact.coin)
        if flow is not None:
            flow.heard_ms = self._clock.now_ms()
            flow.take_trades(fact.trades)

    def _on_context(self, fact: ContextChanged) -> None:
        now = self._clock.monotonic()
        if now >= self._check_at:
            self._check_at = now + CHECK_SECONDS
            self._let_go(now)
        flow, context = self._coins.get(fact.coin), self._feed.context(fact.coin)
        if flow is not None and context is not None:
            flow.take_context(self._clock.now_ms(), context)

    def _on_link(self, fact: LinkChanged) -> None:
        self._connected = fact.state is LinkState.CONNECTED
        now_ms = self._clock.now_ms()
        for flow in self._coins.values():
            if self._connected:
                flow.regain(now_ms)
            else:
                flow.lose(now_ms)

    def _on_defect(self, fact: DataDefect) -> None:
        """What was kept out of the tape may have been a trade: nobody can say what the sums lack."""
        if fact.kind in NO_LOSS:
            return
        for flow in self._coins.values():
            if (fact.coin == flow.coin and fact.stream == TRADES) or fact.kind is DefectKind.MALFORMED:
                flow.miss(self._clock.now_ms())


def _is_old(market: CoinMarket) -> bool:
    """A quote alone renews the best prices, not the levels behind them."""
    stale = market.stale_streams
    return FAST_BOOK in stale and SLOW_BOOK in stale
