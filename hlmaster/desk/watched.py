"""The coins that are watched, and how far our reading of them lags behind the market."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.events import AccountSnapshot, LinkChanged, LinkState, TradesSeen
from hlmaster.core.model import Instrument
from hlmaster.core.ports import MarketData
from hlmaster.market.feed import Feed


class Watched:
    """Coins of the watchlist and of every position. ``behind_ms_max`` is measured while ``measuring``."""

    def __init__(
        self, bus: Bus, clock: Clock, market_data: MarketData, feed: Feed, instruments: Mapping[str, Instrument]
    ) -> None:
        self._clock, self._market_data, self._feed, self._instruments = clock, market_data, feed, instruments
        self.behind_ms_max = 0
        """Market milliseconds."""
        self.measuring = False
        self._coins: set[str] = set()
        self._past_replay: set[str] = set()
        """Coins whose first trades since their subscription, which are old ones, have been seen."""
        bus.subscribe(AccountSnapshot, lambda fact: self.watch(position.coin for position in fact.account.positions))
        bus.subscribe(TradesSeen, self._on_trades)
        bus.subscribe(LinkChanged, self._on_link)

    def watch(self, coins: Iterable[str]) -> None:
        """Idempotent; a coin that this exchange does not list is passed over."""
        for coin in coins:
            if coin not in self._coins and coin in self._instruments:
                self._coins.add(coin)
                self._past_replay.discard(coin)
                self._feed.expect_replay(coin)
                self._market_data.watch(coin)

    def _on_trades(self, fact: TradesSeen) -> None:
        if fact.coin not in self._past_replay:
            self._past_replay.add(fact.coin)
        elif self.measuring:
            self.behind_ms_max = max(self.behind_ms_max, self._clock.now_ms() - fact.trades[-1].time_ms)

    def _on_link(self, fact: LinkChanged) -> None:
        if fact.state is LinkState.CONNECTED:
            self._past_replay.clear()
