"""What the desk asks of the world. Adapters implement these; siblings never import each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Protocol

from hlmaster.core.candles import CandleBlock
from hlmaster.core.differences import Adjustment, Discrepancy
from hlmaster.core.events import EquityPoint, TrackedOrder
from hlmaster.core.model import Account, FeeRates, Instrument, Interval, Leverage
from hlmaster.core.orders import (
    ActionKind,
    Approved,
    CancelTarget,
    CashMove,
    Expiry,
    Fill,
    FundingPayment,
    Grouping,
    Intent,
    OrderReply,
    Prepared,
    VenueOrder,
)


@dataclass(slots=True)
class LinkHealth:
    """What the status bar and ``health`` show of a venue connection; the adapter keeps it current."""

    messages: int = 0
    bytes_received: int = 0
    reconnects: int = 0
    last_frame_monotonic: float | None = None
    round_trip_ms: float | None = None
    clock_offset_ms: float | None = None
    """Venue time minus ours."""
    weigh: Callable[[], int] = int
    """Gives the request weight that was spent in the last minute, of ``weight_limit``."""
    weight_limit: int = 1200
    address_used: int | None = None
    address_limit: int | None = None
    errors: dict[str, int] = field(default_factory=dict)

    def venue_ms(self, our_ms: int) -> int:
        """By the venue's clock, as far as it is known: expiries, nonces and statements are judged by it."""
        return our_ms + int(self.clock_offset_ms or 0)


class Turn(Enum):
    """Who waits for whom where the allowance for market history is short, foremost first. Protection and the account
    come before all of them."""

    MEASURE = "what stops, sizes and limits are measured by"
    SIGHT = "what a person looks at"
    STUDY = "what strategies live on, and everything else"


class MarketData(Protocol):
    """Public data of one venue; publishes raw facts, ``LinkChanged`` and ``Resynchronised`` on its bus."""

    health: LinkHealth

    async def start(self) -> None:
        """Load instruments, retrying as long as it takes, and open the socket; returns when they are known."""

    async def stop(self) -> None: ...

    @property
    def instruments(self) -> Mapping[str, Instrument]: ...

    def watch(self, coin: str) -> None:
        """Subscribe quote, trades, context and both books of a coin. Idempotent."""

    def unwatch(self, coin: str) -> None: ...

    def watch_grouped(self, coin: str, significant_figures: int, mantissa: int) -> None:
        """Subscribe one book as the venue sums it, instead of the one before. Mantissa 2 or 5 only with 5 figures."""

    def unwatch_grouped(self) -> None: ...

    def watch_candles(self, coin: str, interval: Interval) -> None:
        """Subscribe a candle stream; after a reconnect its gap is filled and published before live rows."""

    def unwatch_candles(self, coin: str, interval: Interval) -> None: ...

    async def candles(
        self, coin: str, interval: Interval, start_ms: int, end_ms: int, turn: Turn = Turn.STUDY
    ) -> CandleBlock:
        """Closed and open candles whose open lies in [start, end]. Raises VenueError."""

    async def funding_history(self, coin: str, start_ms: int, end_ms: int) -> list[tuple[int, float, float]]:
        """(time_ms, hourly rate, premium), ascending."""


class Trading(Protocol):
    """One account at one venue. ``prepare_*`` decide nonce, expiry, bytes and hash and touch no wire; ``send`` sends.

    Publishes AccountSnapshot, OpenOrdersSnapshot, OrderReported, FillsReported, FundingReported, CashMoved on the bus.
    """

    health: LinkHealth
    expiry: Expiry
    """Of the actions prepared from now on."""

    @property
    def address(self) -> str:
        """The account's address, lower case."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def prepare_orders(self, approved: Sequence[Approved], grouping: Grouping = Grouping.NONE) -> Prepared: ...

    def prepare_modify(self, changes: Sequence[tuple[CancelTarget, Approved]]) -> Prepared:
        """One action for all of them, carried out in this order; each is answered by itself."""

    def prepare_cancel(self, targets: Sequence[CancelTarget]) -> Prepared: ...

    def prepare_leverage(self, coin: str, leverage: Leverage) -> Prepared: ...

    def prepare_isolated_margin(self, coin: str, amount: Decimal) -> Prepared:
        """Add (positive) or take back (negative) isolated margin, USD."""

    def prepare_noop(self, nonce: int) -> Prepared:
        """Uses up a nonce that another action was signed with: accepted, it proves that one can never land."""

    def prepare_schedule_cancel(self, time_ms: int | None) -> Prepared:
        """Have the venue cancel every open order, stops too, at ``time_ms``; None takes that back."""

    async def send(self, prepared: Prepared) -> tuple[OrderReply, ...]:
        """One reply per item, in order (a whole refusal is repeated for each item).

        Raises OutcomeUnknown when the bytes may have arrived and no recognisable answer came back (NonceUsed where
        the venue says that it has seen this nonce before), VenueUnreachable when they certainly did not leave,
        RateLimited when our own budget forbids sending.
        """

    async def account(self) -> Account: ...

    async def open_orders(self) -> tuple[VenueOrder, ...]: ...

    async def fills(self, since_ms: int) -> tuple[Fill, ...]:
        """All fills from ``since_ms`` on, oldest first, paged as often as needed."""

    async def funding(self, since_ms: int) -> tuple[FundingPayment, ...]: ...

    async def cash_moves(self, since_ms: int) -> tuple[CashMove, ...]: ...

    async def order_status(self, client_order_id: str) -> VenueOrder | None:
        """By client order id, or as ``oid:7`` by venue id. None: unknown there (one negative is no proof)."""

    async def fee_rates(self) -> FeeRates: ...

    async def leverage(self, coin: str) -> Leverage: ...


class Journal(Protocol):
    """Durable intents: what was about to be sent, committed before it was."""

    @property
    def unclean(self) -> bool:
        """True when an earlier run did not end in order and nobody has confirmed it since."""

    def confirm(self) -> None:
        """A person knows of the unclean end; written soon."""

    async def commit(self, intents: Sequence[Intent]) -> None:
        """On disk when this returns. Raises JournalUnavailable."""

    async def unresolved(self) -> list[Intent]:
        """Intents without an end, oldest first."""

    def resolve(self, subject: str, status: str, text: str) -> None:
        """Close every intent about an order that has reached its final state; written soon, not awaited."""

    def conclude(self, kind: ActionKind, nonce: int, status: str, text: str = "") -> None:
        """Close the intents of one action; written soon, not awaited."""

    def reserve_nonce(self, now_ms: int) -> int:
        """``max(now, last + 1)``, unique over restarts."""


class Store(Protocol):
    """The session's memory. Loads are for start-up; ``save_*`` queue to the recorder and return at once."""

    def save_order(self, order: TrackedOrder) -> None: ...

    def save_fill(self, fill: Fill, realised: Decimal) -> None: ...

    def save_funding(self, payment: FundingPayment) -> None: ...

    def save_cash(self, move: CashMove) -> None: ...

    def save_adjustment(self, adjustment: Adjustment) -> None: ...

    def save_discrepancy(self, discrepancy: Discrepancy) -> None: ...

    def save_equity(self, point: EquityPoint) -> None: ...

    def save_refusal(self, time_ms: int, coin: str, rule: str, sentence: str) -> None: ...

    async def orders(self) -> list[TrackedOrder]: ...

    async def fills(self) -> list[Fill]:
        """Every fill ever booked in this session, oldest first."""

    async def funding(self) -> list[FundingPayment]: ...

    async def cash(self) -> list[CashMove]: ...

    async def adjustments(self) -> list[Adjustment]: ...

    async def discrepancies(self, limit: int = 1000) -> list[Discrepancy]:
        """The latest ``limit``, oldest first."""

    async def equity(self, limit: int = 5000) -> list[EquityPoint]: ...

    async def flush(self) -> None:
        """Return when everything queued so far is on disk."""


Unsubscribe = Callable[[], None]
