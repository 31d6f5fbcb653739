"""The books: fills, funding and cash in, realised profit and positions out. Exact, in Decimal, each fact once.

Identity kept to the last digit:  ``equity = cash in + realised - fees + funding + adjusted + unrealised``, where
``adjusted`` is what only the venue's own statement explains, and nothing as long as every fact is within reach.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from hlmaster.core.differences import Adjustment
from hlmaster.core.model import Account, Side
from hlmaster.core.orders import CashMove, Fill, FundingPayment
from hlmaster.trading.holding import ZERO, Holding, RoundTrip
from hlmaster.trading.past import Entry, Past


class Ledger:
    """Single-entry per fact, keyed, so that repeats from streams and queries change nothing."""

    def __init__(self) -> None:
        self.holdings: dict[str, Holding] = {}
        self.round_trips: list[RoundTrip] = []
        self.cash_in = ZERO
        self.adjusted = ZERO
        self.last_fill_ms = 0
        self.last_funding_ms = 0
        self.last_cash_ms = 0
        self.version = 0
        """Counts every fact that was booked."""
        self._settled = (-1, ZERO)
        self.rebooked = 0
        """How often a late fact changed what was booked before it came."""
        self._pasts: dict[str, Past] = {}
        self._fill_keys: set[tuple[str, int, int]] = set()
        self._funding_keys: set[tuple[str, int]] = set()
        self._cash_keys: set[tuple[str, int, str]] = set()
        self._anchored_ms: dict[str, int] = {}
        """Until when a coin's fills, or with the key "" all facts, belong to an adjustment unless booked before it."""

    def holding(self, coin: str) -> Holding:
        return self.holdings.setdefault(coin, Holding(coin))

    def knows(self, fill: Fill) -> bool:
        """Booked, or part of an adjustment."""
        anchored = max(self._anchored_ms.get("", 0), self._anchored_ms.get(fill.coin, 0))
        return fill.key in self._fill_keys or fill.time_ms <= anchored

    def book_fill(self, fill: Fill, exit_reason: str = "") -> dict[tuple[str, int, int], Decimal]:
        """Realised profit (before fees) by the fill's key; empty when it was booked before.

        One that comes late is booked in its place, and the fills after it realise anew: they are told as well.
        """
        if self.knows(fill):
            return {}
        self._fill_keys.add(fill.key)
        self.last_fill_ms = max(self.last_fill_ms, fill.time_ms)
        return self._book(fill.coin, Entry(fill, exit_reason))

    def _book(self, coin: str, entry: Entry) -> dict[tuple[str, int, int], Decimal]:
        self.version += 1
        holding = self.holding(coin)
        past = self._pasts.setdefault(coin, Past(holding))
        if not past.insert(entry):
            self.rebooked += 1
            again = past.rebook()
            self.holdings[coin] = again.holding
            undone = {id(trip) for trip in again.undone}
            kept = [trip for trip in self.round_trips if id(trip) not in undone]
            self.round_trips = sorted([*kept, *again.ended], key=lambda trip: trip.closed_ms)
            return again.realised
        gain, ended = entry.apply(holding)
        past.end(ended)
        if ended is not None:
            self.round_trips.append(ended)
        return {entry.fact.key: gain} if isinstance(entry.fact, Fill) else {}

    def book_funding(self, payment: FundingPayment) -> bool:
        """False when it was booked before."""
        if payment.key in self._funding_keys or payment.time_ms <= self._anchored_ms.get("", 0):
            return False
        self._funding_keys.add(payment.key)
        self.last_funding_ms = max(self.last_funding_ms, payment.time_ms)
        self._book(payment.coin, Entry(payment))
        return True

    def book_cash(self, move: CashMove) -> bool:
        """False when it was booked before."""
        key = (move.kind, move.time_ms, move.reference)
        if key in self._cash_keys or move.time_ms <= self._anchored_ms.get("", 0):
            return False
        self._cash_keys.add(key)
        self.last_cash_ms = max(self.last_cash_ms, move.time_ms)
        self.cash_in += move.amount
        self.version += 1
        return True

    def adjust(self, adjustment: Adjustment) -> bool:
        """Take the venue's statement for ours; False when a later one was taken before."""
        coin = adjustment.coin
        if adjustment.time_ms <= self._anchored_ms.get(coin, 0):
            return False
        self._anchored_ms[coin] = adjustment.time_ms
        self.adjusted += adjustment.amount
        self.version += 1
        if coin:
            self._restate(self.holding(coin), adjustment)
            # What happened before it is part of it: nothing older can come late any more.
            self._pasts.pop(coin, None)
        return True

    def _restate(self, holding: Holding, stated: Adjustment) -> None:
        """A position that kept its side is the same trade; else that trade ended out of sight and another began."""
        if holding.trip is not None and holding.size * stated.size <= 0:
            holding.trip.closed_ms, holding.trip.exit_reason = stated.time_ms, "out of sight"
            self.round_trips.append(holding.trip)
            holding.trip = None
        holding.size, holding.entry_price = stated.size, stated.entry_price
        if not stated.size:
            holding.opened_ms = 0
            return
        if holding.trip is None:
            holding.trip = RoundTrip(holding.coin, Side.BUY if stated.size > 0 else Side.SELL, stated.time_ms)
            holding.opened_ms = stated.time_ms
        trip, size = holding.trip, abs(stated.size)
        trip.size = max(trip.size, size)
        trip.entry_size, trip.entry_notional = size, size * stated.entry_price

    def unexplained(self, account: Account) -> Decimal:
        """What the venue's statement says the account is worth more than these books, at the venue's own marks, USD."""
        value = self.settled
        for position in account.positions:
            holding = self.holding(position.coin)
            value += position.position_value * (1 if position.size > 0 else -1) - holding.size * holding.entry_price
        return account.equity - value

    def unrealised(self, mark: Callable[[str], Decimal | None]) -> Decimal:
        """Sum over open holdings; one without a mark is valued at its entry price."""
        total = ZERO
        for holding in self.holdings.values():
            price = mark(holding.coin) if holding.size else None
            if price is not None:
                total += holding.unrealised(price)
        return total

    def equity(self, mark: Callable[[str], Decimal | None]) -> Decimal:
        return self.settled + self.unrealised(mark)

    @property
    def realised(self) -> Decimal:
        return sum((self.holdings[coin].realised for coin in sorted(self.holdings)), ZERO)

    @property
    def fees(self) -> Decimal:
        return sum((self.holdings[coin].fees for coin in sorted(self.holdings)), ZERO)

    @property
    def funding(self) -> Decimal:
        return sum((self.holdings[coin].funding for coin in sorted(self.holdings)), ZERO)

    @property
    def settled(self) -> Decimal:
        """Equity without what is open."""
        if self._settled[0] != self.version:
            total = self.cash_in + self.realised - self.fees + self.funding + self.adjusted
            self._settled = self.version, total
        return self._settled[1]
