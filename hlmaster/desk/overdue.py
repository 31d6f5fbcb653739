"""Fills that the exchange has hinted at and that have not come: a frame was lost, so the exchange is asked at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.events import AccountSnapshot, BooksInDoubt, FillBooked, OpenOrdersSnapshot, OrderChanged
from hlmaster.core.model import Account
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio

PATIENCE_SECONDS = 1.0
AGAIN_SECONDS = 5.0
ORDERS = "open orders"
TRIES = 3
"""What is not explained by then is a difference, and the books' usual comparison goes on about it."""
DOUBT_SECONDS = 60.0
"""For so long a hint puts the reading of the account before everything but protection: as long as the venue counts
requests. What it cannot explain by then, hurry would not either."""


class Overdue:
    """Holds order replies, lists of orders and statements against the books; ``ask`` has these reconciled."""

    def __init__(
        self, bus: Bus, clock: Clock, tracker: OrderTracker, portfolio: Portfolio, ask: Callable[[], None]
    ) -> None:
        self._bus, self._clock = bus, clock
        self._tracker, self._portfolio, self._ask = tracker, portfolio, ask
        self._hinted: dict[str, float] = {}
        """Since when each of those due is."""
        self._doubted = False
        self._booked: dict[str, Decimal] = {}
        """Size of the fills of each order that is being watched."""
        self._due: dict[str, tuple[float, int]] = {}
        """Order ids, coins and ORDERS: when to ask about them, and how often that has been done."""
        bus.subscribe(OrderChanged, self._on_order)
        bus.subscribe(FillBooked, self._on_fill)
        bus.subscribe(OpenOrdersSnapshot, lambda _: self._note(ORDERS, bool(tracker.missing())))
        bus.subscribe(AccountSnapshot, lambda _: self._on_account(portfolio.account))

    def look(self) -> None:
        """Call it a few times a second."""
        now = self._clock.monotonic()
        late = [(name, tries + 1) for name, (due, tries) in self._due.items() if due <= now]
        for name, tries in late:
            self._due[name] = (now + AGAIN_SECONDS if tries < TRIES else math.inf, tries)
        self._doubt(any(PATIENCE_SECONDS <= now - since < DOUBT_SECONDS for since in self._hinted.values()))
        if late:
            self._ask()

    def _doubt(self, doubted: bool) -> None:
        if doubted is not self._doubted:
            self._doubted = doubted
            self._bus.publish(BooksInDoubt(doubted))

    def _on_order(self, fact: OrderChanged) -> None:
        order = fact.order
        if order.foreign or not order.filled_size:
            return
        name = order.client_order_id
        if name not in self._booked:
            fills = [booked.fill for booked in self._portfolio.fills if booked.fill.client_order_id == name]
            self._booked[name] = sum((fill.size for fill in fills), Decimal(0))
        self._note(name, self._booked[name] < order.filled_size)
        if order.status.is_final and name not in self._due:
            del self._booked[name]

    def _on_fill(self, fact: FillBooked) -> None:
        owner = self._tracker.of_fill(fact.fill)
        if owner is None or owner.client_order_id not in self._booked:
            return
        name = owner.client_order_id
        self._booked[name] += fact.fill.size
        self._note(name, self._booked[name] < owner.filled_size)
        if owner.status.is_final and name not in self._due:
            del self._booked[name]

    def _on_account(self, account: Account | None) -> None:
        theirs = {position.coin: position.size for position in account.positions} if account is not None else {}
        ours = {coin: held.size for coin, held in self._portfolio.ledger.holdings.items()}
        for coin in theirs.keys() | ours.keys():
            self._note(coin, theirs.get(coin, Decimal(0)) != ours.get(coin, Decimal(0)))

    def _note(self, name: str, wanting: bool) -> None:
        if wanting:
            now = self._clock.monotonic()
            self._due.setdefault(name, (now + PATIENCE_SECONDS, 0))
            self._hinted.setdefault(name, now)
        else:
            self._due.pop(name, None)
            self._hinted.pop(name, None)
