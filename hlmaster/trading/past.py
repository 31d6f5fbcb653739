"""The latest facts of one coin in the order in which they happened, for those that come late.

A frame that was delayed brings a fill when later ones are booked already. Booked last it would leave another entry
price than the exchange's, and a restart, which reads the facts in order, would find other books than were left.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.orders import Fill, FundingPayment
from hlmaster.trading.holding import Holding, RoundTrip

LONGEST = 512
"""Facts kept; one older than all of them is booked as it comes."""


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
    def __init__(self, holding: Holding) -> None:
        self._base = holding.copy()
        self._entries: list[Entry] = []
        self._trips: list[RoundTrip] = []
        self._forgot = False

    def is_late(self, entry: Entry) -> bool:
        """Happened before the last fact, and late enough to have its place among those that are kept."""
        if not self._entries or entry.moment >= self._entries[-1].moment:
            return False
        return not self._forgot or entry.moment >= self._entries[0].moment

    def note(self, entry: Entry, ended: RoundTrip | None) -> None:
        """A fact that came in order."""
        self._entries.append(entry)
        if ended is not None:
            self._trips.append(ended)
        if len(self._entries) > LONGEST:
            self._forgot = True
            _, ended = self._entries.pop(0).apply(self._base)
            if ended is not None:
                self._trips.pop(0)

    def rebook(self, late: Entry) -> Rebooked:
        self._entries.insert(bisect_right(self._entries, late.moment, key=lambda entry: entry.moment), late)
        holding, trips = self._base.copy(), []
        realised: dict[tuple[str, int, int], Decimal] = {}
        for entry in self._entries:
            gain, ended = entry.apply(holding)
            if isinstance(entry.fact, Fill):
                realised[entry.fact.key] = gain
            if ended is not None:
                trips.append(ended)
        undone, self._trips = self._trips, trips
        return Rebooked(holding, undone, list(trips), realised)
