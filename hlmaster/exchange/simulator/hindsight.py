"""Accounts as they stood a while ago, for answers that lag behind the truth."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hlmaster.exchange.simulator.events import AccountView, FillRow, FundingRow, LedgerRow, OrderView
from hlmaster.exchange.simulator.venue import Venue


@dataclass(frozen=True, slots=True)
class Photo:
    time_ms: int
    accounts: Mapping[str, AccountView]
    orders: Mapping[str, list[OrderView]]


class Album:
    """Photos of all accounts, oldest first."""

    def __init__(self) -> None:
        self._photos: deque[Photo] = deque()

    def take(self, venue: Venue) -> None:
        users = venue.users()
        accounts = {user: venue.account_state(user) for user in users}
        self._photos.append(Photo(venue.now_ms, accounts, {user: venue.open_orders(user) for user in users}))

    def before(self, time_ms: int) -> Photo | None:
        """The last one up to then, else the first; older ones are thrown away, for time only goes on."""
        while len(self._photos) > 1 and self._photos[1].time_ms <= time_ms:
            self._photos.popleft()
        return self._photos[0] if self._photos else None

    def forget(self) -> None:
        self._photos.clear()


class PastVenue:
    """A venue whose accounts are those of a photo; rows written since are not there yet."""

    def __init__(self, venue: Venue, photo: Photo) -> None:
        self._venue, self._photo = venue, photo

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    def account_state(self, user: str) -> AccountView:
        return self._photo.accounts.get(user) or self._venue.account_state(user)

    def open_orders(self, user: str) -> list[OrderView]:
        return self._photo.orders.get(user, [])

    def order_by(self, user: str, reference: int | str) -> OrderView | None:
        for order in self.open_orders(user):
            if reference in (order.oid, order.cloid):
                return order
        found = self._venue.order_by(user, reference)
        return found if found is not None and found.status_time_ms <= self._photo.time_ms else None

    def historical_orders(self, user: str) -> list[OrderView]:
        return [row for row in self._venue.historical_orders(user) if row.status_time_ms <= self._photo.time_ms]

    def fills(self, user: str) -> Sequence[FillRow]:
        return [row for row in self._venue.fills(user) if row.time_ms <= self._photo.time_ms]

    def funding(self, user: str) -> Sequence[FundingRow]:
        return [row for row in self._venue.funding(user) if row.time_ms <= self._photo.time_ms]

    def ledger(self, user: str) -> Sequence[LedgerRow]:
        return [row for row in self._venue.ledger(user) if row.time_ms <= self._photo.time_ms]
