"""What the books say of a round trip, and what they cannot: why it was opened, how far it ran, what it slipped."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from hlmaster.core.model import Side
from hlmaster.core.orders import Fill
from hlmaster.core.records import Trade
from hlmaster.trading.holding import ZERO, RoundTrip


def trade_id(trip: RoundTrip) -> str:
    """By its first fill, so that the same trade is found again after a restart."""
    return f"{trip.coin}/{trip.opened_ms}/{trip.opened_by}"


@dataclass(slots=True)
class Slippage:
    """Paid more than arrival prices, USD; unknown for good once a fill's arrival price is."""

    cost: Decimal | None = ZERO

    def add(self, fill: Fill, size: Decimal, arrival: Decimal | None) -> None:
        """``size``: the part of the fill that counts here."""
        if self.cost is not None:
            self.cost = None if arrival is None else self.cost + (fill.price - arrival) * size * fill.side.sign


@dataclass(slots=True)
class Beside:
    """What is noted of a trade beside the books, from its first fill on."""

    source: str = ""
    proposal_id: str = ""
    entry: Slippage = field(default_factory=Slippage)
    exit: Slippage = field(default_factory=Slippage)
    best: Decimal | None = None
    worst: Decimal | None = None
    risk: Decimal | None = None
    tags: tuple[str, ...] = ()
    note: str = ""
    watched: bool = True
    """Seen from its first fill on, or bridged since: extremes that only part of its life is behind are none."""

    @classmethod
    def of(cls, trade: Trade) -> Beside:
        return cls(
            trade.source,
            trade.proposal_id,
            Slippage(trade.entry_slippage),
            Slippage(trade.exit_slippage),
            trade.best,
            trade.worst,
            trade.risk,
            trade.tags,
            trade.note,
            trade.best is not None,
        )

    @classmethod
    def unseen(cls) -> Beside:
        """Of a trade that nobody watched."""
        return cls("elsewhere", entry=Slippage(None), exit=Slippage(None), watched=False)

    def see(self, profit: Decimal) -> None:
        """What it stood at, before fees and funding."""
        if self.watched:
            self.best, self.worst = max(self.best or ZERO, profit), min(self.worst or ZERO, profit)


def trade_of(trip: RoundTrip, beside: Beside) -> Trade:
    return Trade(
        trade_id=trade_id(trip),
        coin=trip.coin,
        side=trip.side,
        opened_ms=trip.opened_ms,
        closed_ms=trip.closed_ms,
        size=trip.size,
        entry_price=trip.entry_price,
        exit_price=trip.exit_price,
        realised=trip.realised,
        fees=trip.fees,
        funding=trip.funding,
        exit_reason=trip.exit_reason,
        source=beside.source,
        proposal_id=beside.proposal_id,
        entry_slippage=beside.entry.cost,
        exit_slippage=beside.exit.cost,
        best=beside.best,
        worst=beside.worst,
        risk=beside.risk,
        tags=beside.tags,
        note=beside.note,
    )


def parts_of(fill: Fill) -> tuple[Decimal, Decimal]:
    """How much of a fill closes, and how much opens, by the position that the venue states before it."""
    against = fill.start_position * fill.side.sign < 0
    closing = min(fill.size, abs(fill.start_position)) if against else ZERO
    return closing, fill.size - closing


def opener_id(fill: Fill) -> str:
    """The id of the trade that this fill opens."""
    return f"{fill.coin}/{fill.time_ms}/{fill.trade_id}"


def planned_risk(side: Side, entry_price: Decimal, size: Decimal, stops: list[tuple[Decimal, Decimal]]) -> Decimal:
    """Lost before fees if every stop (trigger price, size) is hit, the nearest first; no more than the size."""
    lost, left = ZERO, size
    for price, covered in sorted(stops, key=lambda stop: (entry_price - stop[0]) * side.sign):
        part = min(covered, left)
        lost += (entry_price - price) * side.sign * part
        left -= part
    return lost
