"""The books: fills, funding and cash in, realised profit and positions out. Exact, in Decimal, each fact once.

Identity kept to the last digit:  ``equity = cash in + realised - fees + funding + adjusted + unrealised``, where
``adjusted`` is what only the venue's own statement explains, and nothing as long as every fact is within reach.
Entry price is the size-weighted average of increases only; a reduction realises against it; a flip realises the old
part and opens the rest at the fill's price (the venue's documentation of positions).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.differences import Adjustment
from hlmaster.core.model import Account, Side
from hlmaster.core.orders import CashMove, Fill, FundingPayment

ZERO = Decimal(0)


@dataclass(slots=True)
class Holding:
    """Our own account of one coin. ``size`` signed; ``funding`` positive received; money in USD."""

    coin: str
    size: Decimal = ZERO
    entry_price: Decimal = ZERO
    realised: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    opened_ms: int = 0
    last_fill_ms: int = 0
    trip: RoundTrip | None = None

    def unrealised(self, mark: Decimal) -> Decimal:
        return self.size * (mark - self.entry_price)


@dataclass(slots=True)
class RoundTrip:
    """A position from its first fill until it is flat again. ``net`` is after fees and funding, in USD."""

    coin: str
    side: Side
    opened_ms: int
    closed_ms: int = 0
    size: Decimal = ZERO
    """The largest size it had, coins."""
    entry_notional: Decimal = ZERO
    entry_size: Decimal = ZERO
    exit_notional: Decimal = ZERO
    exit_size: Decimal = ZERO
    realised: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    exit_reason: str = ""

    @property
    def net(self) -> Decimal:
        return self.realised - self.fees + self.funding

    @property
    def entry_price(self) -> Decimal:
        return self.entry_notional / self.entry_size if self.entry_size else ZERO

    @property
    def exit_price(self) -> Decimal:
        return self.exit_notional / self.exit_size if self.exit_size else ZERO


class Ledger:
    """Single-entry per fact, keyed, so that repeats from streams and queries change nothing."""

    def __init__(self) -> None:
        self.holdings: dict[str, Holding] = {}
        self.round_trips: list[RoundTrip] = []
        self.cash_in = ZERO
        self.realised = ZERO
        self.fees = ZERO
        self.funding = ZERO
        self.adjusted = ZERO
        self.last_fill_ms = 0
        self.last_funding_ms = 0
        self.last_cash_ms = 0
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

    def book_fill(self, fill: Fill, exit_reason: str = "") -> Decimal | None:
        """Realised profit (before fees) of this fill, or None when it was booked before."""
        if self.knows(fill):
            return None
        self._fill_keys.add(fill.key)
        self.last_fill_ms = max(self.last_fill_ms, fill.time_ms)
        holding = self.holding(fill.coin)
        holding.last_fill_ms = max(holding.last_fill_ms, fill.time_ms)
        closing = min(abs(fill.signed_size), abs(holding.size)) if holding.size * fill.signed_size < 0 else ZERO
        opening = fill.size - closing
        # A flip's fee is split by size between the trip that ends and the trip that begins.
        closing_fee = fill.fee * closing / fill.size
        realised = ZERO
        if closing:
            realised = self._close_part(holding, fill, closing, closing_fee, exit_reason)
        if opening:
            self._open_part(holding, fill, opening, fill.fee - closing_fee)
        holding.fees += fill.fee
        self.fees += fill.fee
        return realised

    def _close_part(self, holding: Holding, fill: Fill, size: Decimal, fee: Decimal, exit_reason: str) -> Decimal:
        direction = 1 if holding.size > 0 else -1
        realised = (fill.price - holding.entry_price) * size * direction
        holding.size -= size * direction
        holding.realised += realised
        self.realised += realised
        trip = holding.trip
        if trip is not None:
            trip.exit_notional += size * fill.price
            trip.exit_size += size
            trip.realised += realised
            trip.fees += fee
            if holding.size == 0:
                trip.closed_ms, trip.exit_reason = fill.time_ms, exit_reason or fill.direction
                self.round_trips.append(trip)
                holding.trip, holding.entry_price, holding.opened_ms = None, ZERO, 0
        return realised

    def _open_part(self, holding: Holding, fill: Fill, size: Decimal, fee: Decimal) -> None:
        if holding.trip is None:
            holding.trip = RoundTrip(fill.coin, fill.side, fill.time_ms)
            holding.opened_ms = fill.time_ms
        before = abs(holding.size)
        holding.entry_price = (holding.entry_price * before + fill.price * size) / (before + size)
        holding.size += size * fill.side.sign
        trip = holding.trip
        trip.entry_notional += size * fill.price
        trip.entry_size += size
        trip.fees += fee
        trip.size = max(trip.size, abs(holding.size))

    def book_funding(self, payment: FundingPayment) -> bool:
        """False when it was booked before."""
        if payment.key in self._funding_keys or payment.time_ms <= self._anchored_ms.get("", 0):
            return False
        self._funding_keys.add(payment.key)
        self.last_funding_ms = max(self.last_funding_ms, payment.time_ms)
        holding = self.holding(payment.coin)
        holding.funding += payment.amount
        self.funding += payment.amount
        if holding.trip is not None:
            holding.trip.funding += payment.amount
        return True

    def book_cash(self, move: CashMove) -> bool:
        """False when it was booked before."""
        key = (move.kind, move.time_ms, move.reference)
        if key in self._cash_keys or move.time_ms <= self._anchored_ms.get("", 0):
            return False
        self._cash_keys.add(key)
        self.last_cash_ms = max(self.last_cash_ms, move.time_ms)
        self.cash_in += move.amount
        return True

    def adjust(self, adjustment: Adjustment) -> bool:
        """Take the venue's statement for ours; False when a later one was taken before."""
        coin = adjustment.coin
        if adjustment.time_ms <= self._anchored_ms.get(coin, 0):
            return False
        self._anchored_ms[coin] = adjustment.time_ms
        self.adjusted += adjustment.amount
        if coin:
            self._restate(self.holding(coin), adjustment)
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
    def settled(self) -> Decimal:
        """Equity without what is open."""
        return self.cash_in + self.realised - self.fees + self.funding + self.adjusted
