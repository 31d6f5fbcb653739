"""The venue's two allowances, kept so that what makes risk smaller always finds room.

Weight: 1,200 a minute per internet address, shared by all connections of one desk. Requests: 10,000 and one per USD
ever traded, per account. Reads and entries use at most four fifths of either; the rest belongs to exits.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
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
RESERVE = 0.2
"""Share of an account's requests that only exits may use."""
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
    """Share of an allowance that a kind of request may use up.

    Nothing of ours holds back what protects or cancels: the venue alone may say no to it.
    """

    STUDY = 0.45
    """History of the market for strategies and sparklines: it fills up as room comes free."""
    SIGHT = 0.65
    """The chart that a person looks at: one or two more than what strategies may use up."""
    MEASURE = 0.7
    """History that stops, sizes and limits are measured by: a coin or two more still."""
    STATE = 0.78
    """Of our own account, and prices while no stream brings them."""
    ENTRY = 0.8
    DECIDING = 0.94
    """Light questions that exits and protection hang on: an order's fate, the positions."""
    CLOSE = 0.95
    PROTECT = math.inf


QUERIES = (Priority.STATE, Priority.MEASURE, Priority.SIGHT, Priority.STUDY)
"""They pause when the venue asks for it. Each gives way to those before it, as long as one of them claims a turn."""
WAY_SECONDS = 0.05
"""After which one that gave way looks again."""


class WeightBudget:
    """Counts weight over a sliding minute of wall time."""

    def __init__(self, clock: Clock, limit: int = LIMIT) -> None:
        self.limit = limit
        self._clock = clock
        self._spent: deque[tuple[float, int]] = deque()
        self._used = 0
        self._blocked_until = -math.inf
        self._hurried = False
        self._claims = dict.fromkeys(QUERIES, 0)

    @contextmanager
    def claim(self, priority: Priority) -> Iterator[None]:
        """A question, or several that belong together, of this priority is under way: lesser ones wait meanwhile."""
        if priority not in self._claims:
            yield
            return
        self._claims[priority] += 1
        try:
            yield
        finally:
            self._claims[priority] -= 1

    def _gives_way(self, priority: Priority) -> bool:
        return priority in QUERIES and any(self._claims[one] for one in QUERIES[: QUERIES.index(priority)])

    @property
    def used(self) -> int:
        """Weight spent in the last minute."""
        horizon = self._clock.monotonic() - WINDOW_SECONDS
        while self._spent and self._spent[0][0] <= horizon:
            self._used -= self._spent.popleft()[1]
        return self._used

    def charge(self, weight: int) -> None:
        """Book weight that was spent, allowed or not; below zero, what was foreseen and did not come."""
        if weight:
            self._spent.append((self._clock.monotonic(), weight))
            self._used += weight

    def hurry(self, hurried: bool) -> None:
        """While what exits hang on is not known, questions about our own account, waiting ones too, decide."""
        self._hurried = hurried

    def wait_for(self, weight: int, priority: Priority) -> float:
        """Seconds until ``weight`` may be spent, 0 for now. More than the whole share waits until all of it is free."""
        if priority is Priority.PROTECT:
            return 0.0
        if priority is Priority.STATE and self._hurried:
            priority = Priority.DECIDING
        now = self._clock.monotonic()
        blocked = max(0.0, self._blocked_until - now) if priority in QUERIES else 0.0
        if self._gives_way(priority):
            blocked = max(blocked, WAY_SECONDS)
        share = int(self.limit * priority.value)
        excess = self.used + min(weight, share) - share
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
        self._blocked_until = max(self._blocked_until, self._clock.monotonic() + seconds)

    def admit_reads(self) -> None:
        """The venue takes requests again, so reads need not wait any longer."""
        self._blocked_until = -math.inf


def requests_refusal(used: int | None, limit: int | None, requests: int = 1) -> str | None:
    """Why an entry of so many requests must not be sent; None when it may, or while the venue has stated nothing.

    ``used`` and ``limit``: the account's requests since its beginning, each order and cancel of a batch counted.
    Cancels have a larger limit at the venue, ``min(limit + 100,000, 2 x limit)``, and like all exits are not held
    back here.
    """
    if used is None or limit is None or used + requests <= int(limit * (1 - RESERVE)):
        return None
    return (
        f"This account has used {used:,} of its {limit:,} requests at the exchange, and the last fifth is kept for "
        "exits: entries are off. Every dollar traded adds one request."
    )
