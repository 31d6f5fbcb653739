"""The coins that are watched, and how far our reading of them lags behind the market."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.events import AccountSnapshot, LinkChanged, LinkState, TradesSeen
from hlmaster.core.model import Instrument
from hlmaster.core.ports import MarketData
from hlmaster.market.feed import Feed

MOST_LOOKED_AT = 16
"""Coins of no list whose streams stay after somebody looked at them; the venue bounds subscriptions."""


class Watched:
    """Coins of the watchlist, of every position, and those looked at last. ``behind_ms_max`` is measured while
    ``measuring``."""

    def __init__(
        self, bus: Bus, clock: Clock, market_data: MarketData, feed: Feed, instruments: Mapping[str, Instrument]
    ) -> None:
        self._clock, self._market_data, self._feed, self._instruments = clock, market_data, feed, instruments
        self.behind_ms_max = 0
        """Market milliseconds."""
        self.measuring = False
        self._coins: set[str] = set()
        """They matter for as long as the desk runs."""
        self._listed: set[str] = set()
        """Of the watchlist as it is now."""
        self._looked_at: dict[str, None] = {}
        """Of no list, the one that was looked at last is the last."""
        self._past_replay: set[str] = set()
        """Coins whose first trades since their subscription, which are old ones, have been seen."""
        bus.subscribe(AccountSnapshot, lambda fact: self.watch(position.coin for position in fact.account.positions))
        bus.subscribe(TradesSeen, self._on_trades)
        bus.subscribe(LinkChanged, self._on_link)

    def watch(self, coins: Iterable[str]) -> None:
        """Idempotent; a coin that this exchange does not list is passed over."""
        for coin in coins:
            if coin not in self._coins and coin in self._instruments:
                if coin not in self._listed:
                    self._keep(coin)
                self._coins.add(coin)

    def take_list(self, coins: Iterable[str]) -> None:
        """The watchlist as it is from now on; what was taken off it is a coin that was looked at just now."""
        before, self._listed = self._listed, {coin for coin in coins if coin in self._instruments}
        for coin in self._listed - before - self._coins:
            self._keep(coin)
        for coin in before - self._listed - self._coins:
            self._leave(coin)

    def _keep(self, coin: str) -> None:
        if coin in self._looked_at:
            del self._looked_at[coin]
        else:
            self._subscribe(coin)

    def look_at(self, coin: str) -> None:
        """Somebody sees this coin now, and says so every second; a coin that is not listed is passed over."""
        if coin in self._instruments and coin not in self._coins and coin not in self._listed:
            self._keep(coin)
            self._leave(coin)

    def _leave(self, coin: str) -> None:
        """It stays until others have been looked at."""
        self._looked_at[coin] = None
        if len(self._looked_at) > MOST_LOOKED_AT:
            oldest = next(iter(self._looked_at))
            del self._looked_at[oldest]
            self._market_data.unwatch(oldest)

    def _subscribe(self, coin: str) -> None:
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
