"""The venue's request allowance per internet address: 1,200 weight a minute, shared by all connections of one desk."""

from __future__ import annotations

import math
from collections import deque
from enum import Enum

from hlmaster.core.clock import Clock

LIMIT = 1200
WINDOW_SECONDS = 60.0
ROWS_PER_WEIGHT = {
    "recentTrades": 20,
    "historicalOrders": 20,
    "userFills": 20,
    "userFillsByTime": 20,
    "fundingHistory": 20,
    "userFunding": 20,
    "userNonFundingLedgerUpdates": 20,
    "candleSnapshot": 60,
}
LIGHT = frozenset(
    {"l2Book", "allMids", "clearinghouseState", "orderStatus", "spotClearinghouseState", "exchangeStatus"}
)


def query_weight(kind: str) -> int:
    if kind in LIGHT:
        return 2
    return 60 if kind == "userRole" else 20


def rows_weight(kind: str, rows: int) -> int:
    """Charged on top, once the answer's length is known."""
    per = ROWS_PER_WEIGHT.get(kind)
    return 0 if per is None else rows // per


def action_weight(items: int) -> int:
    return 1 + items // 40


class Priority(Enum):
    """Share of the allowance that a kind of request may use up. What makes risk smaller always has the last of it."""

    READ = 0.8
    ENTRY = 0.9
    PROTECT = 1.0


class WeightBudget:
    """Counts weight over a sliding minute of wall time."""

    def __init__(self, clock: Clock, limit: int = LIMIT) -> None:
        self.limit = limit
        self._clock = clock
        self._spent: deque[tuple[float, int]] = deque()
        self._used = 0
        self._blocked_until = -math.inf

    @property
    def used(self) -> int:
        """Weight spent in the last minute."""
        horizon = self._clock.monotonic() - WINDOW_SECONDS
        while self._spent and self._spent[0][0] <= horizon:
            self._used -= self._spent.popleft()[1]
        return self._used

    def charge(self, weight: int) -> None:
        """Book weight that was spent, allowed or not."""
        if weight:
            self._spent.append((self._clock.monotonic(), weight))
            self._used += weight

    def wait_for(self, weight: int, priority: Priority) -> float:
        """Seconds until ``weight`` may be spent, 0 for now. More than the whole share waits until all of it is free."""
        now = self._clock.monotonic()
        blocked = max(0.0, self._blocked_until - now) if priority is Priority.READ else 0.0
        excess = self.used + min(weight, int(self.limit * priority.value)) - int(self.limit * priority.value)
        for moment, spent in self._spent:
            if excess <= 0:
                break
            excess -= spent
            blocked = max(blocked, moment + WINDOW_SECONDS - now)
        return blocked

    def take(self, weight: int, priority: Priority) -> bool:
        """Book ``weight`` if the share allows it now."""
        if self.wait_for(weight, priority) > 0:
            return False
        self.charge(weight)
        return True

    def refuse_reads(self, seconds: float) -> None:
        """The venue said 429: our count was too low, so reads pause."""
        self._blocked_until = self._clock.monotonic() + seconds
