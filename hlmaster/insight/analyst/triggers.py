"""When a coin is worth asking about: each trigger on its own switch, saying why it fired. Pure; time is handed in.

A trigger fires at the crossing of its threshold and again only after it has let go, so that what lasts is told once.
How often a model is really asked is the agenda's affair.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import SECOND_MS
from hlmaster.core.model import Interval
from hlmaster.insight.analyst.facts import dollars

VOLUME_ROWS = 20
"""Candles whose mean is the usual volume."""
LET_GO = 0.75
"""Of its threshold: under it a trigger arms again."""
CASCADE_MS = 60 * SECOND_MS
MOST_CONTEXTS = 600


@dataclass(frozen=True, slots=True)
class Switches:
    """Which triggers are on, and at what. Fractions, unless named otherwise."""

    candle_close: bool = True
    interval: Interval = Interval.M1
    move: bool = False
    move_by: float = 0.001
    """Of the mid since the last analysis."""
    volume: bool = False
    volume_times: float = 2.0
    """The mean of the ``VOLUME_ROWS`` candles before."""
    book: bool = False
    book_imbalance: float = 0.6
    """Bids less asks over their sum, either way."""
    cascade: bool = False
    cascade_interest: float = 0.005
    """Fall of the open interest within a minute …"""
    cascade_move: float = 0.005
    """… with a move of the price as large as this: positions closed by force look like that from outside."""
    funding: bool = False
    funding_rate: float = 0.0001
    """Of an hour, either way; eight times the usual."""
    gap: bool = False
    gap_by: float = 0.002
    """Of the oracle price, either way: the oracle follows other exchanges, so a gap is one between venues."""


@dataclass(slots=True)
class _Edge:
    armed: bool = True

    def crossed(self, level: float, threshold: float) -> bool:
        """NaN neither fires nor arms."""
        fires = self.armed and level >= threshold
        if fires or level < LET_GO * threshold:
            self.armed = not fires
        return fires


@dataclass(slots=True)
class _Coin:
    analysed: float | None = None
    """The mid that a move is counted from."""
    book: _Edge = field(default_factory=_Edge)
    cascade: _Edge = field(default_factory=_Edge)
    funding: _Edge = field(default_factory=_Edge)
    gap: _Edge = field(default_factory=_Edge)
    contexts: deque[tuple[int, float, float]] = field(default_factory=lambda: deque(maxlen=MOST_CONTEXTS))
    """Time, open interest, price."""


class Triggers:
    """Each look returns why the coin is worth asking about, or None."""

    def __init__(self, switches: Switches | None = None) -> None:
        self.switches = switches or Switches()
        self._coins: dict[str, _Coin] = {}

    def analysed(self, coin: str, mid: float) -> None:
        """A call about this coin has begun: moves count from here."""
        self._of(coin).analysed = mid if mid > 0 else None

    def forget(self, coin: str) -> None:
        self._coins.pop(coin, None)

    def candle_closed(self, interval: Interval, closed: CandleBlock, *, plain: bool = True) -> str | None:
        """``closed``: candles of this interval, oldest first; the last one is what closed just now.

        ``plain``: its close alone is reason enough where that is switched on.
        """
        on = self.switches
        if interval is not on.interval or not len(closed):
            return None
        if on.volume and (times := _times_usual(closed)) >= on.volume_times:
            worth = dollars(closed.volume[-1] * closed.close[-1])
            return f"volume of {worth} in {interval.value} is {times:.1f} times the usual"
        return f"a {interval.value} candle closed" if on.candle_close and plain else None

    def moved(self, coin: str, mid: float) -> str | None:
        seen = self._of(coin)
        if seen.analysed is None:
            self.analysed(coin, mid)
            return None
        change = mid / seen.analysed - 1.0
        if not self.switches.move or not abs(change) >= self.switches.move_by:
            return None
        seen.analysed = mid
        return f"the price moved {change:+.2%} since the last analysis"

    def booked(self, coin: str, imbalance: float) -> str | None:
        """``imbalance``: bids less asks over their sum, -1 to 1."""
        if not self.switches.book or not self._of(coin).book.crossed(abs(imbalance), self.switches.book_imbalance):
            return None
        side = "bids" if imbalance > 0 else "asks"
        return f"{side} are {(1.0 + abs(imbalance)) / 2.0:.0%} of the shown book"

    def context(self, coin: str, now_ms: int, open_interest: float, price: float, funding_rate: float) -> str | None:
        """``open_interest`` in coins; ``funding_rate``: fraction per hour."""
        return self._cascade(coin, now_ms, open_interest, price) or self._funding(coin, funding_rate)

    def _cascade(self, coin: str, now_ms: int, open_interest: float, price: float) -> str | None:
        seen, on = self._of(coin), self.switches
        while seen.contexts and now_ms - seen.contexts[0][0] > CASCADE_MS:
            seen.contexts.popleft()
        seen.contexts.append((now_ms, open_interest, price))
        _, interest_before, price_before = seen.contexts[0]
        if not on.cascade or not (interest_before > 0 and price_before > 0):
            return None
        fall, change = 1.0 - open_interest / interest_before, price / price_before - 1.0
        if not seen.cascade.crossed(min(fall / on.cascade_interest, abs(change) / on.cascade_move), 1.0):
            return None
        return f"open interest fell {fall:.1%} while the price moved {change:+.1%} in a minute: a liquidation cascade"

    def _funding(self, coin: str, rate: float) -> str | None:
        on = self.switches
        if not on.funding or not self._of(coin).funding.crossed(abs(rate), on.funding_rate):
            return None
        payer = "longs" if rate > 0 else "shorts"
        return f"funding is {rate:+.4%} an hour, paid by {payer}"

    def apart(self, coin: str, price: float, oracle: float) -> str | None:
        """``price``: of this venue; ``oracle``: what other exchanges come to."""
        gap = price / oracle - 1.0 if oracle > 0 else math.nan
        if not self.switches.gap or not self._of(coin).gap.crossed(abs(gap), self.switches.gap_by):
            return None
        return f"the price is {gap:+.2%} off the oracle, which follows other exchanges"

    def _of(self, coin: str) -> _Coin:
        return self._coins.setdefault(coin, _Coin())


def _times_usual(closed: CandleBlock) -> float:
    """The last candle's volume over the mean of those before; 0 while fewer than half of them are there."""
    before = closed.volume[-VOLUME_ROWS - 1 : -1]
    usual = float(before.mean()) if 2 * len(before) >= VOLUME_ROWS else 0.0
    return float(closed.volume[-1]) / usual if usual > 0 else 0.0
