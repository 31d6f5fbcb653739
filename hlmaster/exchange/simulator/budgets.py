"""Request budgets: weight per network address and minute, actions per account and traded volume.

Refills are in wall time, as those of the real exchange are; ``multiplier`` raises every limit, 0 lifts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.clock import Clock

WEIGHT_PER_MINUTE = 1200
MESSAGES_PER_MINUTE = 2000
CONNECTIONS_PER_MINUTE = 30
OPEN_CONNECTIONS = 10
SUBSCRIPTIONS = 1000
USERS_PER_ADDRESS = 15
POSTS_IN_FLIGHT = 100
FREE_ACTIONS = 10_000
CANCEL_EXTRA = 100_000
TRICKLE_SECONDS = 10.0

LIGHT_TYPES = frozenset(
    {"l2Book", "allMids", "clearinghouseState", "orderStatus", "spotClearinghouseState", "exchangeStatus"}
)
ROWS_PER_WEIGHT = {
    "recentTrades": 20,
    "historicalOrders": 20,
    "userFills": 20,
    "userFillsByTime": 20,
    "fundingHistory": 20,
    "userFunding": 20,
    "userNonFundingLedgerUpdates": 20,
    "twapHistory": 20,
    "userTwapSliceFills": 20,
    "userTwapSliceFillsByTime": 20,
    "delegatorHistory": 20,
    "delegatorRewards": 20,
    "validatorStats": 20,
    "candleSnapshot": 60,
}


def info_weight(kind: str) -> int:
    if kind in LIGHT_TYPES:
        return 2
    return 60 if kind == "userRole" else 20


def row_weight(kind: str, rows: int) -> int:
    """What a long answer costs on top."""
    per = ROWS_PER_WEIGHT.get(kind)
    return rows // per if per else 0


def action_weight(batch: int) -> int:
    return 1 + batch // 40


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


class MinuteBudget:
    """A bucket per key that refills evenly over a minute."""

    def __init__(self, clock: Clock, per_minute: int, multiplier: float) -> None:
        self._clock = clock
        self._limit = per_minute * multiplier
        self._buckets: dict[str, _Bucket] = {}

    def spend(self, key: str, weight: int) -> bool:
        """False when the bucket is empty; a request is let in while anything is left, and may overdraw it."""
        if not self._limit:
            return True
        bucket = self._filled(key)
        if bucket.level < 1:
            return False
        bucket.level -= weight
        return True

    def charge(self, key: str, weight: int) -> None:
        """Weight that is known only after the answer was built."""
        if self._limit and weight:
            self._filled(key).level -= weight

    def _filled(self, key: str) -> _Bucket:
        now = self._clock.monotonic()
        bucket = self._buckets.setdefault(key, _Bucket(self._limit, now))
        bucket.level = min(self._limit, bucket.level + (now - bucket.at) * self._limit / 60.0)
        bucket.at = now
        return bucket


class AddressBudget:
    """Actions an account may still send: 10,000 and one per USDC ever traded; then one every ten seconds."""

    def __init__(self, clock: Clock, multiplier: float) -> None:
        self._clock = clock
        self._multiplier = multiplier
        self.used: dict[str, int] = {}
        self._bought: dict[str, int] = {}
        self._trickle: dict[str, float] = {}

    def cap(self, account: str, volume: Decimal) -> int:
        return FREE_ACTIONS + int(volume) + self._bought.get(account, 0)

    def refusal(self, account: str, volume: Decimal, count: int, *, is_cancel: bool) -> str | None:
        """Spend ``count`` requests, or say in the venue's words why that is refused."""
        used, cap = self.used.get(account, 0), self.cap(account, volume)
        allowed = min(cap + CANCEL_EXTRA, cap * 2) if is_cancel else cap
        if self._multiplier and used + count > allowed * self._multiplier:
            now = self._clock.monotonic()
            if now - self._trickle.get(account, -TRICKLE_SECONDS) < TRICKLE_SECONDS:
                return (
                    f"Too many cumulative requests sent ({used} > {cap}) for cumulative volume traded ${volume:.2f}. "
                    "Place taker orders to free up 1 request per USDC traded."
                )
            self._trickle[account] = now
        self.used[account] = used + count
        return None

    def export(self) -> dict[str, dict[str, int]]:
        return {"used": self.used, "bought": self._bought}

    def restore(self, document: Mapping[str, Mapping[str, int]]) -> None:
        self.used, self._bought = dict(document["used"]), dict(document["bought"])

    def buy(self, account: str, weight: int) -> None:
        self._bought[account] = self._bought.get(account, 0) + weight
