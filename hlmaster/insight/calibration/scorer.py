"""Waits until an opinion's horizon has come and says what became of it; what cannot be learnt is unknown, not guessed.

The outcome is measured at the horizon from the mid, or from candles where nobody was there to see it. The naive guess
needs the price as long before the question, which candles tell.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np

from hlmaster.core.bus import Bus
from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Clock
from hlmaster.core.errors import HlError, VenueError
from hlmaster.core.opinions import AnalystAnswered, KeptOpinions, Opinion, Outcome, OutcomeKnown
from hlmaster.core.signals import Direction, Regime, direction_of
from hlmaster.insight.calibration.ledger import MOST_CALLS, Ledger

log = logging.getLogger(__name__)
MOST_WAITING = 1_000
"""Opinions that wait for their horizon; beyond it the oldest is given up."""
LATE_MS = 5 * SECOND_MS
"""Wall time by which the mid may be late for the horizon."""
STALE_MS = 5 * MINUTE_MS
"""For how long the last close counts where nothing was traded."""
CLOSED_MS, COMPLETE_MS = 2 * MINUTE_MS, 5 * MINUTE_MS
"""After the horizon: from when candles are asked for, and from when one that is not there never comes."""
PATIENCE_MS = DAY_MS
"""For how long candles that the venue refuses are asked for."""
WINDOW_MS = 12 * HOUR_MS
"""Of candles asked for at one time."""
BRIDGE_SECONDS = 60.0
Candles = Callable[[str, int, int], Awaitable[CandleBlock]]
"""One-minute candles of a coin whose open lies in [start, end]. Raises VenueError."""


@dataclass(slots=True)
class _Waiting:
    opinion: Opinion
    digest: str
    regime: str
    price: float | None = None
    """At the horizon."""

    @property
    def since_ms(self) -> int:
        return self.opinion.asked_ms - self.opinion.horizon_ms

    @property
    def due_ms(self) -> int:
        return self.opinion.asked_ms + self.opinion.horizon_ms


class Scorer:
    """``run`` once the store is open, and ``look`` each second. Fills the ledger.

    ``mid`` and ``regime`` of a coin now, None where it is not known or stale. What saves raises StorageError as the
    store does.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        mid: Callable[[str], float | None],
        regime: Callable[[str], Regime | None],
        ledger: Ledger,
        keep: KeptOpinions | None = None,
    ) -> None:
        self._bus, self._clock, self._mid, self._regime = bus, clock, mid, regime
        self._ledger, self._keep = ledger, keep
        self._waiting: dict[str, _Waiting] = {}
        self._unsubscribe = bus.subscribe(AnalystAnswered, self._on_answer)

    @property
    def waiting(self) -> int:
        """Opinions without an outcome yet."""
        return len(self._waiting)

    def close(self) -> None:
        self._unsubscribe()

    async def run(self, candles: Candles) -> None:
        """Until cancelled. A record that cannot be read begins anew; a venue that refuses is asked again."""
        try:
            await self.restore()
        except HlError as error:
            log.warning("the analyst's record begins anew: %s", error)
        while True:
            try:
                await self.bridge(candles)
            except HlError as error:
                log.info("what became of some opinions cannot be told yet: %s", error)
            await self._clock.sleep(BRIDGE_SECONDS)

    async def restore(self) -> None:
        """Take up what earlier runs left: their outcomes, and opinions that have none. Raises StorageError."""
        if self._keep is None:
            return
        self._ledger.add(*await self._keep.scored(MOST_CALLS))
        for opinion, digest in await self._keep.waiting(MOST_WAITING):
            self._ledger.spoke(opinion.model, digest, opinion.asked_ms)
            self._wait(_Waiting(opinion, digest, ""))

    def look(self) -> None:
        """Take the price of those whose horizon has come just now."""
        now = self._clock.now_ms()
        for one in self._waiting.values():
            if one.price is None and 0 <= now - one.due_ms <= LATE_MS * self._clock.speed:
                one.price = self._mid(one.opinion.coin)

    async def bridge(self, candles: Candles) -> None:
        """Learn the prices that are missing and say what became of those that are due. Raises VenueError of the last
        coin that failed, when the others are done."""
        failure: VenueError | None = None
        now = self._clock.now_ms()
        due = [one for one in self._waiting.values() if one.due_ms + CLOSED_MS <= now]
        for coin in sorted({one.opinion.coin for one in due}):
            here = [one for one in due if one.opinion.coin == coin]
            prices: dict[int, float | None] = {}
            patience = COMPLETE_MS
            try:
                prices = await _prices(candles, coin, here)
            except VenueError as error:
                failure, patience = error, PATIENCE_MS
            for one in here:
                before, after = prices.get(one.since_ms), one.price or prices.get(one.due_ms)
                if (before and after) or now - one.due_ms > patience:
                    self._settle(one, before, after)
        if failure is not None:
            raise failure

    def _on_answer(self, fact: AnalystAnswered) -> None:
        call, opinion = fact.call, fact.call.opinion
        self._ledger.spoke(call.model, call.digest, call.asked_ms)
        if opinion is None or opinion.direction is Direction.NEUTRAL or opinion.horizon_ms <= 0:
            return
        regime = self._regime(opinion.coin)
        self._wait(_Waiting(opinion, call.digest, "" if regime is None else regime.value))

    def _wait(self, one: _Waiting) -> None:
        self._waiting.setdefault(one.opinion.call_id, one)
        if len(self._waiting) > MOST_WAITING:
            self._settle(min(self._waiting.values(), key=lambda each: each.opinion.asked_ms), None, None)

    def _settle(self, one: _Waiting, before: float | None, after: float | None) -> None:
        opinion = one.opinion
        if self._waiting.pop(opinion.call_id, None) is None:
            return
        outcome = outcome_of(opinion, before, after, one.regime)
        if not outcome.known:
            log.info("what became of the opinion %s on %s is unknown", opinion.call_id, opinion.coin)
        known = OutcomeKnown(opinion, outcome, one.digest)
        self._ledger.add(known)
        if self._keep is not None:
            self._keep.save_outcome(outcome)
        self._bus.publish(known)


def outcome_of(opinion: Opinion, before: float | None, after: float | None, regime: str) -> Outcome:
    """``before``: the price as long before the question as the horizon lies after it. None: not known."""
    at_ms = opinion.asked_ms + opinion.horizon_ms
    if before is None or after is None or not (before > 0 and after > 0 and opinion.price > 0):
        return Outcome(opinion.call_id, at_ms, math.nan, False, False, regime)
    went, was_going = direction_of(after - opinion.price), direction_of(opinion.price - before)
    moved = went is not Direction.NEUTRAL
    change = after / opinion.price - 1
    return Outcome(opinion.call_id, at_ms, change, went is opinion.direction, moved and went is was_going, regime)


async def _prices(candles: Candles, coin: str, waiting: list[_Waiting]) -> dict[int, float | None]:
    """By time. Raises VenueError."""
    found: dict[int, float | None] = {}
    times = sorted({one.since_ms for one in waiting} | {one.due_ms for one in waiting if one.price is None})
    while times:
        near = [time_ms for time_ms in times if time_ms - times[0] <= WINDOW_MS]
        block = await candles(coin, max(0, near[0] - STALE_MS), max(0, near[-1]))
        found |= {time_ms: price_at(block, time_ms) for time_ms in near}
        times = times[len(near) :]
    return found


def price_at(block: CandleBlock, time_ms: int) -> float | None:
    """From one-minute candles: the end of the candle's open and close that is nearer in time; after the last trade its
    close, for five minutes; None where that is not known."""
    row = int(np.searchsorted(block.time_ms, time_ms, "right")) - 1
    if row < 0:
        return None
    into = time_ms - int(block.time_ms[row])
    if into > STALE_MS:
        return None
    return float(block.open[row] if into < MINUTE_MS // 2 else block.close[row])
