"""The latest facts of one coin in the order in which they happened, for those that come late.

A frame that was delayed brings a fill when later ones are booked already. Booked last it would leave another entry
price than the exchange's, and a restart, which reads the facts in order, would find other books than were left.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from hlmaster.core.orders import Fill, FundingPayment
from hlmaster.trading.holding import ZERO, Holding, RoundTrip

LONGEST = 512
"""Facts kept; one older than all of them is booked before them."""
MOST_TOGETHER = 64
"""Fills of one millisecond that are put in order; more than an order of ours ever meets at once stay as they came."""


def in_sequence(fills: Iterable[Fill]) -> list[Fill]:
    """In the order in which they happened: by time, within a millisecond by the position before."""
    in_time = sorted(fills, key=lambda fill: (fill.time_ms, fill.coin))
    return [
        fill
        for _, together in groupby(in_time, key=lambda fill: (fill.time_ms, fill.coin))
        for fill in chained(list(together))
    ]


def chained(fills: list[Fill]) -> list[Fill]:
    """Fills of one coin and millisecond: each begins at the position that another left; else as they came.

    Those that lead back to where they began are taken to begin flat.
    """
    if not 1 < len(fills) <= MOST_TOGETHER:
        return fills
    starting: dict[Decimal, deque[Fill]] = {}
    for fill in fills:
        starting.setdefault(fill.start_position, deque()).append(fill)
    left = {_end(fill) for fill in fills}
    begins = [start for start in starting if start not in left]
    position = next(iter([*begins, *([ZERO] if ZERO in starting else starting)]))
    ordered: list[Fill] = []
    while starting:
        waiting = starting.get(position)
        if waiting is None:  # a link is missing: go on with what came first
            position = next(iter(starting))
            continue
        ordered.append(waiting.popleft())
        if not waiting:
            del starting[position]
        position = _end(ordered[-1])
    return ordered


def _end(fill: Fill) -> Decimal:
    return fill.start_position + fill.signed_size


@dataclass(frozen=True, slots=True)
class Entry:
    """A fill and why it may end a position, or a payment of funding."""

    fact: Fill | FundingPayment
    exit_reason: str = ""

    @property
    def moment(self) -> tuple[int, int]:
        """Funding comes before the fills of its millisecond."""
        return self.fact.time_ms, int(isinstance(self.fact, Fill))

    def apply(self, holding: Holding) -> tuple[Decimal, RoundTrip | None]:
        if isinstance(self.fact, Fill):
            return holding.take(self.fact, self.exit_reason)
        holding.pay(self.fact)
        return Decimal(0), None


@dataclass(frozen=True, slots=True)
class Rebooked:
    """The coin as it is with a late fact in its place: ``ended`` stands instead of ``undone``."""

    holding: Holding
    undone: list[RoundTrip]
    ended: list[RoundTrip]
    realised: dict[tuple[str, int, int], Decimal]
    """Of each fill kept, by its key."""


class Past:
    """``holding`` is what the coin was before the facts to come."""

    def __init__(self, holding: Holding) -> None:
        self._base = holding.copy()
        self._entries: list[Entry] = []
        self._trips: list[RoundTrip] = []

    def insert(self, entry: Entry) -> bool:
        """Keep a fact in its place; True when that is after all others, so that it can be booked on top of them."""
        if not self._entries or entry.moment > self._entries[-1].moment:
            self._entries.append(entry)
            return True
        before = self._entries
        first, last = (cut(before, entry.moment, key=_moment) for cut in (bisect_left, bisect_right))
        together = _ordered([*before[first:last], entry])
        self._entries = [*before[:first], *together, *before[last:]]
        return self._entries[:-1] == before

    def end(self, trip: RoundTrip | None) -> None:
        """The fact just booked on top ended this round trip, or none."""
        if trip is not None:
            self._trips.append(trip)
        if len(self._entries) > LONGEST:
            _, forgotten = self._entries.pop(0).apply(self._base)
            if forgotten is not None:
                self._trips.pop(0)

    def rebook(self) -> Rebooked:
        """All that is kept, booked anew in its order."""
        holding, trips = self._base.copy(), list[RoundTrip]()
        realised: dict[tuple[str, int, int], Decimal] = {}
        for entry in self._entries:
            gain, ended = entry.apply(holding)
            if isinstance(entry.fact, Fill):
                realised[entry.fact.key] = gain
            if ended is not None:
                trips.append(ended)
        undone, self._trips = self._trips, trips
        return Rebooked(holding, undone, list(trips), realised)


def _moment(entry: Entry) -> tuple[int, int]:
    return entry.moment


def _ordered(together: list[Entry]) -> list[Entry]:
    by_key = {entry.fact.key: entry for entry in together if isinstance(entry.fact, Fill)}
    fills = [entry.fact for entry in together if isinstance(entry.fact, Fill)]
    return [by_key[fill.key] for fill in chained(fills)] if len(fills) == len(together) else together
