"""The public trades of one coin."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice

from hlmaster.core.clock import Clock
from hlmaster.core.events import Trade
from hlmaster.core.model import Side

KEPT = 2_000


@dataclass(frozen=True, slots=True)
class SideStats:
    """Aggressor volume of one coin over a window, USD."""

    side: Side
    notional: float


class TradeTape:
    """The last ``KEPT`` trades, without repeats, in venue order.

    A trade id is unique only together with its time.
    """

    __slots__ = ("_clock", "_known", "_trades")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._trades: deque[Trade] = deque()
        self._known: set[tuple[int, int]] = set()

    def __len__(self) -> int:
        return len(self._trades)

    @property
    def last(self) -> Trade | None:
        return self._trades[-1] if self._trades else None

    def knows(self, trade: Trade) -> bool:
        return (trade.time_ms, trade.trade_id) in self._known

    def append(self, trade: Trade) -> None:
        """A trade that is new and not older than the last."""
        self._trades.append(trade)
        self._known.add((trade.time_ms, trade.trade_id))
        if len(self._trades) > KEPT:
            oldest = self._trades.popleft()
            self._known.discard((oldest.time_ms, oldest.trade_id))

    def recent(self, count: int) -> list[Trade]:
        """The last ``count`` trades, oldest first."""
        return list(islice(reversed(self._trades), count))[::-1]

    def notional(self, window_seconds: float) -> tuple[SideStats, SideStats]:
        """What aggressors bought and sold in the last seconds of market time, USD; as far back as the tape reaches."""
        since = self._clock.now_ms() - window_seconds * 1000
        bought = sold = 0.0
        for trade in reversed(self._trades):
            if trade.time_ms < since:
                break
            if trade.is_buy:
                bought += trade.price * trade.size
            else:
                sold += trade.price * trade.size
        return SideStats(Side.BUY, bought), SideStats(Side.SELL, sold)
