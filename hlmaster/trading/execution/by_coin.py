"""The orders of each coin as the gate needs them: those that are not final, those of late, and fills to come.

Kept up with every change of an order, so that asking costs the same however many orders the session has seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from hlmaster.core.events import TrackedOrder
from hlmaster.core.model import Side

ZERO = Decimal(0)
MAX_RECENT = 256
"""Of one coin: more than any limit on the rate of entries lets through in a minute."""
MAX_ENTRIES = 4_096


@dataclass(frozen=True, slots=True)
class Owed:
    """Coins that the venue says are filled and whose fills have not been booked; the position is to grow by them."""

    side: Side
    size: Decimal
    since_ms: int


@dataclass(slots=True)
class Coin:
    live: dict[str, TrackedOrder] = field(default_factory=dict)
    owed: dict[str, Owed] = field(default_factory=dict)
    recent: deque[str] = field(default_factory=lambda: deque(maxlen=MAX_RECENT))
    unsettled: tuple[TrackedOrder, ...] = ()
    lately: tuple[TrackedOrder, ...] | None = None
    """What was last answered of ``recent``; None after a change of an order."""
    is_doubtful: bool = False
    """The fate of one of those is not known."""

    def settle(self) -> None:
        self.lately = None
        self.unsettled = tuple(self.live.values())
        self.is_doubtful = any(tracked.in_doubt for tracked in self.unsettled)


NOTHING = Coin()
"""Of a coin without orders. Nobody writes to it."""


class ByCoin:
    """``version`` counts every change of any order; ``unsettled`` is a new tuple after every change of the coin's."""

    def __init__(self, orders: dict[str, TrackedOrder]) -> None:
        self.version = 0
        self._orders = orders
        self._coins: dict[str, Coin] = {}
        self._owing: set[str] = set()
        self._entries: deque[int] = deque(maxlen=MAX_ENTRIES)

    def put(self, tracked: TrackedOrder, is_new: bool, booked: Decimal) -> None:
        """``booked``: coins of the order's present life whose fills are in the ledger."""
        self.version += 1
        order, name = tracked.order, tracked.client_order_id
        coin = self._coins.get(order.coin)
        if coin is None:
            coin = self._coins[order.coin] = Coin()
        if is_new and not tracked.foreign:
            coin.recent.append(name)
            if not order.reduce_only:
                self._entries.append(tracked.created_ms)
        if tracked.status.is_final:
            coin.live.pop(name, None)
        else:
            coin.live[name] = tracked
        missing = ZERO if tracked.foreign or order.reduce_only else tracked.filled_size - booked
        if missing > 0:
            coin.owed[name] = Owed(order.side, missing, tracked.updated_ms)
            self._owing.add(name)
        elif self._owing:
            coin.owed.pop(name, None)
            self._owing.discard(name)
        coin.settle()

    def drop(self, tracked: TrackedOrder) -> None:
        """As if it had never been."""
        self.version += 1
        coin = self._coins[tracked.order.coin]
        coin.live.pop(tracked.client_order_id, None)
        coin.owed.pop(tracked.client_order_id, None)
        self._owing.discard(tracked.client_order_id)
        coin.settle()

    @property
    def is_owed(self) -> bool:
        """A fill is on its way."""
        return bool(self._owing)

    @property
    def coins(self) -> Iterator[str]:
        """Those with an order that is not final, or with a fill on its way."""
        return (name for name, coin in self._coins.items() if coin.live or coin.owed)

    def of(self, coin: str) -> Coin:
        return self._coins.get(coin, NOTHING)

    def unsettled(self, coin: str) -> tuple[TrackedOrder, ...]:
        return self.of(coin).unsettled

    def is_doubtful(self, coin: str) -> bool:
        """An order of this coin may or may not have come about."""
        return self.of(coin).is_doubtful

    def owed(self, coin: str, since_ms: int) -> tuple[Owed, ...]:
        """Told since then; for what is older the venue's statement of the position counts, and it is forgotten."""
        known = self._coins.get(coin)
        if known is None or not known.owed:
            return ()
        for name in [name for name, owed in known.owed.items() if owed.since_ms < since_ms]:
            del known.owed[name]
            self._owing.discard(name)
        return tuple(known.owed.values())

    def recent(self, coin: str, since_ms: int) -> tuple[TrackedOrder, ...]:
        """Orders of ours created since then, oldest first."""
        known = self._coins.get(coin)
        if known is None:
            return ()
        lately = known.lately
        if lately is not None and (not lately or lately[0].created_ms >= since_ms):
            return lately
        found = []
        for name in reversed(known.recent):
            tracked = self._orders.get(name)
            if tracked is not None and tracked.created_ms < since_ms:
                break
            if tracked is not None:
                found.append(tracked)
        known.lately = lately = tuple(reversed(found))
        return lately

    def entries_since(self, since_ms: int) -> int:
        """How many orders of ours that could open something were made since then, of all coins."""
        entries = self._entries
        while entries and entries[0] < since_ms:
            entries.popleft()
        return len(entries)
