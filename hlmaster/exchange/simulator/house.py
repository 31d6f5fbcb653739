"""The embedded exchange as a whole, behind the wire: venue, memory, rights, budgets and misfortune in one place.

``settle`` is the one way out: what happened is committed to the state file first, then told to listeners.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from hlmaster.core.clock import MINUTE_MS, Clock
from hlmaster.exchange.simulator.budgets import AddressBudget
from hlmaster.exchange.simulator.chronicle import Chronicle
from hlmaster.exchange.simulator.delegation import Delegations
from hlmaster.exchange.simulator.events import Event, OrderView
from hlmaster.exchange.simulator.faults import FaultKind, Faults
from hlmaster.exchange.simulator.hindsight import Album, PastVenue
from hlmaster.exchange.simulator.nonces import Nonces
from hlmaster.exchange.simulator.state import Change, StateFile
from hlmaster.exchange.simulator.venue import Venue

log = logging.getLogger(__name__)
HEARTBEAT_SECONDS = 1.0
Listener = Callable[[Sequence[Event]], None]


@dataclass(frozen=True, slots=True)
class Pause:
    """The time between two lives of a state file: no trading, no funding, no candles."""

    from_ms: int
    until_ms: int


class House:
    def __init__(
        self,
        venue: Venue,
        chronicle: Chronicle,
        clock: Clock,
        *,
        faucet: Decimal = Decimal(0),
        budget_multiplier: float = 1.0,
        store: StateFile | None = None,
        pause: Pause | None = None,
        letters: tuple[str, ...] = ("b", "a"),
    ) -> None:
        self.venue = venue
        self.chronicle = chronicle
        self.clock = clock
        self.pause = pause
        self.letters = letters
        """Of the networks whose signatures are taken; testnet first, as the official client signs for any address."""
        self.delegations = Delegations()
        self.nonces = Nonces()
        self.address_budget = AddressBudget(clock, budget_multiplier)
        self.faults = Faults(clock.monotonic)
        self._album = Album()
        self._faucet = faucet
        self._store = store
        self._listeners: list[Listener] = []
        self._marked: set[str] = set()
        if store is not None:
            self.recall(store)
        self._committed_at = 0.0
        self._committed_minute = 0

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def now(self) -> int:
        """Market time as the venue lives it: never back, and ahead of the ready line's promise under a skew."""
        skew = self.faults.standing(FaultKind.CLOCK_SKEW)
        return max(self.venue.now_ms, self.clock.now_ms() + (int(skew.seconds * 1000) if skew else 0))

    def is_coin(self, name: str) -> bool:
        return name in self.venue.instruments

    def step(self) -> None:
        """Let the market live up to now."""
        self.venue.advance(self.now())
        self.settle()
        if self.faults.standing(FaultKind.STALE_READS):
            self._album.take(self.venue)
        else:
            self._album.forget()

    def settle(self) -> None:
        """Commit everything that happened, then tell it."""
        events = self.venue.drain()
        self._remember()
        if events:
            for listener in self._listeners:
                listener(events)

    def _remember(self) -> None:
        """Users' changes at once; prices and candles with them, at every new minute, and once a second."""
        users = self.venue.dirty_users()
        marked, self._marked = self._marked, set()
        if self._store is None:
            self._forget(users)
            return
        minute, wall = self.venue.now_ms // MINUTE_MS, self.clock.monotonic()
        if not (users or marked or minute != self._committed_minute or wall - self._committed_at >= HEARTBEAT_SECONDS):
            return
        self._committed_minute, self._committed_at = minute, wall
        documents = {name: self._document(name) for name in marked}
        documents["venue"] = self.venue.export_venue()
        oracles = {coin: str(self.venue.oracle(coin)) for coin in self.venue.instruments}
        mids = {coin: str(self.venue.mid(coin)) for coin in self.venue.instruments}
        documents["market"] = {"time_ms": self.venue.now_ms, "oracles": oracles, "mids": mids}
        self._store.commit(
            Change(
                documents,
                {user: self.venue.export_user(user) for user in users},
                {user: self.venue.take_rows(user) for user in users},
                self.venue.take_candles(),
            )
        )

    def _forget(self, users: Iterable[str]) -> None:
        """Nobody will store what the venue keeps ready for storing."""
        for user in users:
            self.venue.take_rows(user)
        self.venue.take_candles()

    def _document(self, name: str) -> Any:
        match name:
            case "nonces":
                return self.nonces.export()
            case "delegations":
                return self.delegations.export()
            case _:
                return self.address_budget.export()

    def recall(self, store: StateFile) -> None:
        """Take up rights, nonces and budgets from a state file; the venue was built from it already."""
        if (nonces := store.document("nonces")) is not None:
            self.nonces.restore(nonces)
        if (delegations := store.document("delegations")) is not None:
            self.delegations = Delegations.restored(delegations)
        if (budgets := store.document("budgets")) is not None:
            self.address_budget.restore(budgets)

    def shut(self) -> None:
        """The last word into the state file, which is closed. Raises StorageError where the disk refuses it."""
        if self._store is None:
            return
        try:
            self._committed_minute = 0
            self._remember()
        finally:
            self._store.close()

    def mark(self, document: str) -> None:
        """A document of the house itself (nonces, delegations) changed and goes with the next commit."""
        self._marked.add(document)

    def welcome(self, user: str) -> None:
        """The faucet: an address seen for the first time is funded."""
        if self._faucet and not self.venue.knows(user) and not self.delegations.has_no_purse(user):
            self.venue.deposit(user, self._faucet, self.now())
            self.settle()

    def as_seen(self) -> House:
        """What queries see: this house, or under stale reads the one of a while ago."""
        stale = self.faults.standing(FaultKind.STALE_READS)
        photo = None if stale is None else self._album.before(self.now() - int(stale.seconds * 1000))
        if photo is None:
            return self
        seen = copy.copy(self)
        seen.venue = cast(Venue, PastVenue(self.venue, photo))
        return seen

    def order_seen(self, user: str, reference: int | str) -> OrderView | None:
        """An order as queries see it, which may lag behind the truth."""
        found = self.venue.order_by(user, reference)
        lag = self.faults.standing(FaultKind.LAGGING_STATUS)
        if found is None or (lag and found.time_ms > self.now() - lag.seconds * 1000):
            return None
        return None if self.faults.strike(FaultKind.UNKNOWN_OID) else found
