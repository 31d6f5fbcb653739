"""What the analyst is shown of a coin as it stands now, without amounts of our money."""

from __future__ import annotations

from collections.abc import Callable

from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import Clock
from hlmaster.core.model import Interval
from hlmaster.core.opinions import Headline
from hlmaster.core.rounding import to_float
from hlmaster.core.signals import direction_of
from hlmaster.insight.analyst.facts import CANDLES, MarketFacts, figure
from hlmaster.market.coin_market import CoinMarket
from hlmaster.market.feed import Feed
from hlmaster.trading.portfolio import Portfolio

MINUTE_SECONDS = 60.0
HEADLINES = 8
BOOK_LEVELS = 20


class Sight:
    """``headlines`` of a coin, the newest first; none where the news may not be shown to whoever answers."""

    def __init__(
        self,
        clock: Clock,
        feed: Feed,
        portfolio: Portfolio,
        interval: Callable[[], Interval],
        headlines: Callable[[str, int], tuple[Headline, ...]],
    ) -> None:
        self._clock, self._feed, self._portfolio = clock, feed, portfolio
        self._interval, self._headlines = interval, headlines

    def __call__(self, coin: str) -> MarketFacts | None:
        """None while its prices are not known, or are too old to speak of."""
        if coin not in self._feed.coins:
            return None
        market = self._feed.market(coin)
        bid, ask = market.book.best_bid, market.book.best_ask
        if bid is None or ask is None or market.mid is None or market.stale_for_entries is not None:
            return None
        bought, sold = market.trades.notional(MINUTE_SECONDS)
        context, interval = market.context, self._interval()
        return MarketFacts(
            coin=coin,
            at_ms=self._clock.now_ms(),
            mid=(bid.price + ask.price) / 2,
            bid=bid.price,
            ask=ask.price,
            interval=interval,
            candles=closed(market, interval),
            momentum=market.momentum(MINUTE_SECONDS),
            imbalance=imbalance(market),
            bought=bought.notional,
            sold=sold.notional,
            funding_rate=None if context is None else context.funding_rate,
            oracle=market.oracle,
            mark=market.mark,
            position=self._position(coin),
            headlines=self._headlines(coin, HEADLINES),
        )

    def _position(self, coin: str) -> str:
        """Which way and since what price; how much is nobody's business who answers."""
        view = self._portfolio.position(coin)
        if view is None or not view.size:
            return "none"
        return f"{direction_of(to_float(view.size))}, opened at {figure(to_float(view.entry_price))}"


def closed(market: CoinMarket, interval: Interval) -> CandleBlock:
    """The last closed candles; none while they are not loaded."""
    series = market.series(interval)
    if series is None or len(series) < 2:
        return CandleBlock.empty()
    return series.block().rows(slice(max(0, len(series) - 1 - CANDLES), len(series) - 1))


def imbalance(market: CoinMarket) -> float | None:
    """Bids less asks over their sum, -1 to 1."""
    ratio = market.book.imbalance(BOOK_LEVELS)
    return None if ratio is None else (ratio - 1) / (ratio + 1)
