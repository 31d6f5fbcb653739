"""How old each stream of a coin may become before entries on that coin stop."""

from __future__ import annotations

import math
from collections.abc import Mapping

from hlmaster.core.clock import Clock

QUOTE, MID, FAST_BOOK, SLOW_BOOK, CONTEXT, TRADES, CANDLE = (
    "quote",
    "mid",
    "fast_book",
    "slow_book",
    "context",
    "trades",
    "candle",
)
ACCOUNT = "account"

LIMITS: Mapping[str, float] = {MID: 5.0, FAST_BOOK: 3.0, SLOW_BOOK: 15.0, CONTEXT: 10.0}
"""Seconds. Quotes, trades and candles are sent only when something happens, so their silence proves nothing."""
ACCOUNT_LIMIT = 60.0
ACCOUNT_LIMITS: Mapping[str, float] = {ACCOUNT: ACCOUNT_LIMIT}

WORDS: Mapping[str, str] = {
    MID: "mid price",
    FAST_BOOK: "fast order book",
    SLOW_BOOK: "full order book",
    CONTEXT: "mark and oracle price",
    ACCOUNT: "account state",
}


NONE: tuple[str, ...] = ()


class Receipts:
    """When each stream was last heard, by the monotonic clock."""

    __slots__ = ("_clock", "_fresh_until", "_limits", "at")

    def __init__(self, clock: Clock, limits: Mapping[str, float] = LIMITS) -> None:
        self._clock, self._limits = clock, limits
        self.at: dict[str, float] = {}
        self._fresh_until = -math.inf
        """Until then nothing that was heard can be too old: what is heard later only moves it further."""

    def age(self, stream: str) -> float | None:
        """Seconds since this stream was heard, None when it never was."""
        at = self.at.get(stream)
        return None if at is None else self._clock.monotonic() - at

    def stale(self) -> tuple[str, ...]:
        """The streams that are older than their limit or were never heard, in the limits' order."""
        now, at = self._clock.monotonic(), self.at
        if now < self._fresh_until:
            return NONE
        found, until = NONE, math.inf
        for stream, limit in self._limits.items():
            heard = at.get(stream)
            if heard is None or now - heard > limit:
                found += (stream,)
            else:
                until = min(until, heard + limit)
        if not found:
            self._fresh_until = until
        return found


def sentence(subject: str, stream: str, age: float | None, limit: float) -> str:
    if age is None:
        return f"The {WORDS[stream]} of {subject} has not arrived yet; entries wait for it."
    return (
        f"The {WORDS[stream]} of {subject} is {age:.0f} s old, more than {limit:.0f} s; entries wait for a fresh one."
    )
