"""When the analyst is asked by itself: candles as they close, and once a second whatever else its triggers look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import ceil

from hlmaster.core.bus import Bus
from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import HOUR_MS, Clock
from hlmaster.core.events import CandleChanged
from hlmaster.core.opinions import AnalystCalled, Question
from hlmaster.desk.advising.sight import closed, imbalance
from hlmaster.desk.loading import Loading
from hlmaster.insight.analyst.analyst import Analyst
from hlmaster.insight.analyst.terms import AnalystTerms
from hlmaster.insight.analyst.triggers import Triggers
from hlmaster.market.feed import Feed

SHOWN_SHARE, OTHERS_SHARE = 0.6, 0.3
"""Of the hour's calls, for closing candles: of the coin that is looked at, and of all others together. The rest is for
what happens between."""


class Asking:
    """``coins``: those worth a question now; ``shown``: the one that is looked at. ``look`` each second."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        feed: Feed,
        loading: Loading,
        analyst: Analyst,
        terms: Callable[[], AnalystTerms],
        coins: Callable[[], Iterable[str]],
        shown: Callable[[], str],
    ) -> None:
        self._clock, self._feed, self._loading = clock, feed, loading
        self._analyst, self._terms, self._coins, self._shown = analyst, terms, coins, shown
        self._triggers = Triggers()
        self._known: set[str] = set()
        bus.subscribe(CandleChanged, self._on_candle)
        bus.subscribe(AnalystCalled, self._on_called)

    def look(self) -> None:
        if not self._begin():
            return
        wanted = {coin for coin in self._coins() if coin in self._feed.coins}
        for coin in self._known - wanted:
            self._triggers.forget(coin)
        self._known = wanted
        for coin in sorted(wanted):
            self._loading.want(coin, self._terms().interval)
            for why in self._reasons(coin):
                self._analyst.ask(coin, Question.MARKET, trigger=why)

    def _begin(self) -> bool:
        terms = self._terms()
        self._triggers.switches = terms.switches
        return terms.enabled

    def _reasons(self, coin: str) -> Iterable[str]:
        market = self._feed.market(coin)
        if market.mid is None or market.stale_for_entries is not None:
            return
        leaning, context = imbalance(market), market.context
        found = [self._triggers.moved(coin, market.mid)]
        if leaning is not None:
            found.append(self._triggers.booked(coin, leaning))
        if context is not None:
            now, interest, rate = self._clock.now_ms(), context.open_interest, context.funding_rate
            found.append(self._triggers.context(coin, now, interest, market.mid, rate))
            found.append(self._triggers.apart(coin, market.mid, context.oracle_price))
        yield from (why for why in found if why is not None)

    def _on_candle(self, fact: CandleChanged) -> None:
        if not fact.closed or fact.interval is not self._terms().interval or fact.coin not in self._known:
            return
        if self._begin():
            rows = closed(self._feed.market(fact.coin), fact.interval)
            why = self._triggers.candle_closed(fact.interval, rows, plain=self._has_turn(fact.coin, rows))
            if why is not None:
                self._analyst.ask(fact.coin, Question.MARKET, trigger=why)

    def _has_turn(self, coin: str, closed: CandleBlock) -> bool:
        """Whether a close alone is reason enough: with many coins each has its turn, so that the hour's calls last."""
        if not self._analyst.state.is_model or not len(closed):
            return True
        interval, others = self._terms().interval.ms, sorted(self._known - {self._shown()})
        number = int(closed.time_ms[-1]) // interval
        if coin not in others:
            return is_turn(number, 0, 1, interval, SHOWN_SHARE * self._terms().per_hour)
        return is_turn(number, others.index(coin), len(others), interval, OTHERS_SHARE * self._terms().per_hour)

    def _on_called(self, fact: AnalystCalled) -> None:
        if fact.coin in self._feed.coins and (mid := self._feed.market(fact.coin).mid) is not None:
            self._triggers.analysed(fact.coin, mid)


def is_turn(candle: int, place: int, coins: int, interval_ms: int, per_hour: float) -> bool:
    """Whether the coin at this ``place`` of ``coins`` is asked about at this candle, so that all of them together make
    at most ``per_hour`` calls in an hour of candles."""
    if per_hour <= 0:
        return False
    every = ceil(coins * HOUR_MS / interval_ms / per_hour)
    return (candle + place) % every == 0
