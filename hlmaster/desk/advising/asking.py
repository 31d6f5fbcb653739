"""When the analyst is asked by itself: candles as they close, and once a second whatever else its triggers look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.events import CandleChanged
from hlmaster.core.opinions import AnalystCalled, Question
from hlmaster.desk.advising.sight import closed, imbalance
from hlmaster.desk.loading import Loading
from hlmaster.insight.analyst.analyst import Analyst
from hlmaster.insight.analyst.terms import AnalystTerms
from hlmaster.insight.analyst.triggers import Triggers
from hlmaster.market.feed import Feed


class Asking:
    """``coins``: those worth a question now. ``look`` each second."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        feed: Feed,
        loading: Loading,
        analyst: Analyst,
        terms: Callable[[], AnalystTerms],
        coins: Callable[[], Iterable[str]],
    ) -> None:
        self._clock, self._feed, self._loading = clock, feed, loading
        self._analyst, self._terms, self._coins = analyst, terms, coins
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
        yield from (why for why in found if why is not None)

    def _on_candle(self, fact: CandleChanged) -> None:
        if not fact.closed or fact.interval is not self._terms().interval or fact.coin not in self._known:
            return
        if self._begin():
            rows = closed(self._feed.market(fact.coin), fact.interval)
            why = self._triggers.candle_closed(fact.interval, rows)
            if why is not None:
                self._analyst.ask(fact.coin, Question.MARKET, trigger=why)

    def _on_called(self, fact: AnalystCalled) -> None:
        if fact.coin in self._feed.coins and (mid := self._feed.market(fact.coin).mid) is not None:
            self._triggers.analysed(fact.coin, mid)
