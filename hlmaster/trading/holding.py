"""One coin in our books: its size, entry price and costs, and the round trip that is under way.

Entry price is the size-weighted average of increases only; a reduction realises against it; a flip realises the old
part and opens the rest at the fill's price (the venue's documentation of positions).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from hlmaster.core.model import Side
from hlmaster.core.orders import Fill, FundingPayment

ZERO = Decimal(0)


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
    opened_by: int = 0
    """The trade id of its first fill; 0 where that is out of sight."""

    @property
    def net(self) -> Decimal:
        return self.realised - self.fees + self.funding

    @property
    def entry_price(self) -> Decimal:
        return self.entry_notional / self.entry_size if self.entry_size else ZERO

    @property
    def exit_price(self) -> Decimal:
        return self.exit_notional / self.exit_size if self.exit_size else ZERO


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

    def copy(self) -> Holding:
        return replace(self, trip=None if self.trip is None else replace(self.trip))

    def take(self, fill: Fill, exit_reason: str) -> tuple[Decimal, RoundTrip | None]:
        """Realised profit before fees, and the round trip that this fill ended."""
        self.last_fill_ms = max(self.last_fill_ms, fill.time_ms)
        closing = min(abs(fill.signed_size), abs(self.size)) if self.size * fill.signed_size < 0 else ZERO
        opening = fill.size - closing
        # A flip's fee is split by size between the trip that ends and the trip that begins.
        closing_fee = fill.fee * closing / fill.size
        realised, ended = ZERO, None
        if closing:
            realised, ended = self._close_part(fill, closing, closing_fee, exit_reason)
        if opening:
            self._open_part(fill, opening, fill.fee - closing_fee)
        self.fees += fill.fee
        return realised, ended

    def pay(self, payment: FundingPayment) -> None:
        self.funding += payment.amount
        if self.trip is not None:
            self.trip.funding += payment.amount

    def _close_part(
        self, fill: Fill, size: Decimal, fee: Decimal, exit_reason: str
    ) -> tuple[Decimal, RoundTrip | None]:
        direction = 1 if self.size > 0 else -1
        realised = (fill.price - self.entry_price) * size * direction
        self.size -= size * direction
        self.realised += realised
        trip = self.trip
        if trip is None:
            return realised, None
        trip.exit_notional += size * fill.price
        trip.exit_size += size
        trip.realised += realised
        trip.fees += fee
        if self.size:
            return realised, None
        trip.closed_ms, trip.exit_reason = fill.time_ms, exit_reason or fill.direction
        self.trip, self.entry_price, self.opened_ms = None, ZERO, 0
        return realised, trip

    def _open_part(self, fill: Fill, size: Decimal, fee: Decimal) -> None:
        if self.trip is None:
            self.trip = RoundTrip(fill.coin, fill.side, fill.time_ms, opened_by=fill.trade_id)
            self.opened_ms = fill.time_ms
        before = abs(self.size)
        self.entry_price = (self.entry_price * before + fill.price * size) / (before + size)
        self.size += size * fill.side.sign
        trip = self.trip
        trip.entry_notional += size * fill.price
        trip.entry_size += size
        trip.fees += fee
        trip.size = max(trip.size, abs(self.size))
