"""What the decision grids live on: candle streams and their history, the rates paid in the past, and the beat."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

import numpy as np

from hlmaster.core.bus import Bus
from hlmaster.core.clock import HOUR_MS, Clock
from hlmaster.core.errors import VenueError
from hlmaster.core.events import Notice, Severity
from hlmaster.core.model import Interval
from hlmaster.core.ports import MarketData
from hlmaster.desk.charts import Charts
from hlmaster.market.feed import Feed
from hlmaster.market.grid.grids import Grids

log = logging.getLogger(__name__)
IDLE_SECONDS = 0.25
"""Wall seconds between two looks while no sample is due sooner."""
SHORTEST_SECONDS = 0.001
TELL_SECONDS = 0.001
"""Wall seconds for which strategies may decide at a stretch, where many samples are due at once."""
RETRY_SECONDS = 5.0
PATIENCE = 3
"""Failures in a row after which the user is told."""
MOST_CANDLES = 5_000
"""The venue keeps no more of a timeframe."""
MOST_RATES = 480
"""Hours of past funding rates: one answer of the venue."""
Series = tuple[str, Interval]


class Supply:
    """``run_beat`` and ``run_loader`` are the desk's to own. One history is asked for at a time, in the last turn: a
    chart that a person waits for, and what risk is measured by, come first."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        market_data: MarketData,
        feed: Feed,
        charts: Charts,
        grids: Grids,
        watch: Callable[[Iterable[str]], None],
        nap: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``watch`` has the desk subscribe coins."""
        self._bus, self._clock, self._market_data, self._feed = bus, clock, market_data, feed
        self._charts, self._grids, self._watch = charts, grids, watch
        self._nap = nap
        self._revision = -1
        self._streams: set[Series] = set()
        self._loaded: dict[Series, int] = {}
        """Rows that were asked for, by series; the venue may have had fewer."""
        self._rates: set[str] = set()
        self._changed = asyncio.Event()

    async def run_beat(self) -> None:
        """Tick whenever a sample is due: each wait is measured anew against market time, so nothing adds up."""
        while True:
            self._grids.tick(TELL_SECONDS)
            while self._grids.tell(TELL_SECONDS):
                await self._nap(0)
            self._look()
            due = self._grids.next_due_ms
            wait = IDLE_SECONDS if due is None else (due - self._clock.now_ms()) / 1000 / self._clock.speed
            await self._nap(min(max(wait, SHORTEST_SECONDS), IDLE_SECONDS))

    async def run_loader(self) -> None:
        """Load what is wanted, again and again; what fails is tried again after what else there is."""
        failures: dict[str, int] = {}
        while True:
            self._changed.clear()
            failed = False
            for job in self._jobs():
                failed |= not await self._try(job, failures)
            if failed:
                await self._clock.sleep(RETRY_SECONDS)
            elif not self._jobs():
                await self._changed.wait()

    def _look(self) -> None:
        """Subscribe what is newly needed, let go of what no longer is."""
        if self._revision == self._grids.revision:
            return
        self._revision = self._grids.revision
        listed = self._market_data.instruments
        self._watch(coin for coin in self._grids.coins if coin in listed)
        wanted = {series for series in self._grids.candles_wanted() if series[0] in listed}
        for series in sorted(wanted - self._streams):
            self._charts.hold(self, *series)
        for series in sorted(self._streams - wanted):
            self._loaded.pop(series, None)
            self._charts.release(self, *series)
        self._streams = wanted
        self._changed.set()

    def _jobs(self) -> list[Series | str]:
        """Series that lack history, shortest timeframe first, then coins whose past rates are wanted."""
        series = [one for one in self._streams if self._lacks(one)]
        coins = {coin for coin, _ in self._streams if self._grids.funding_wanted(coin)} - self._rates
        return [*sorted(series, key=lambda one: (one[1].ms, one[0])), *sorted(coins)]

    def _lacks(self, series: Series) -> bool:
        return self._loaded.get(series, 0) < min(self._grids.history_wanted(*series), MOST_CANDLES)

    async def _try(self, job: Series | str, failures: dict[str, int]) -> bool:
        name = job if isinstance(job, str) else f"{job[0]} {job[1]}"
        try:
            await (self._load_rates(job) if isinstance(job, str) else self._load(job))
        except VenueError as error:
            failures[name] = failures.get(name, 0) + 1
            log.info("the history of %s could not be loaded: %s", name, error)
            if failures[name] == PATIENCE:
                sentence = f"The history of {name} could not be loaded: {error.sentence} Strategies on it wait."
                self._bus.publish(Notice(Severity.WARNING, sentence, error.code, "It is tried again by itself."))
            return False
        failures.pop(name, None)
        return True

    async def _load(self, series: Series) -> None:
        coin, interval = series
        rows = min(self._grids.history_wanted(coin, interval), MOST_CANDLES)
        if not self._lacks(series):
            return
        now = self._clock.now_ms()
        if not self._holds(series, rows, now):
            block = await self._market_data.candles(coin, interval, max(0, now - (rows + 1) * interval.ms), now)
            self._feed.load_series(coin, interval, block)
        self._loaded[series] = rows

    def _holds(self, series: Series, rows: int, now_ms: int) -> bool:
        """A chart has loaded as much already."""
        held = self._feed.market(series[0]).series(series[1])
        if held is None or not len(held) or not self._charts.has(*series):
            return False
        return int(held.block().time_ms[0]) <= now_ms - (rows + 1) * series[1].ms

    async def _load_rates(self, coin: str) -> None:
        """As far back as the candles go that show them."""
        now = self._clock.now_ms()
        shown = [self._grids.history_wanted(*one) * one[1].ms for one in self._streams if one[0] == coin]
        reach = min(max(shown, default=0), MOST_RATES * HOUR_MS)
        found = await self._market_data.funding_history(coin, max(0, now - reach - HOUR_MS), now)
        times = np.array([row[0] for row in found], np.int64)
        self._rates.add(coin)
        self._grids.load_funding(coin, (times, np.array([row[1] for row in found], np.float64)))
