"""Orders on their way: what is wanted, what the gate approved, what the journal holds, the answers.

An order reaches a venue only as ``Approved``. ``Approved`` cannot be built without the seal that ``ApprovalMint``
holds, and the desk hands its one mint to the risk gate alone.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

import msgspec

from hlmaster.core.model import Side


class TimeInForce(StrEnum):
    GTC = "Gtc"
    IOC = "Ioc"
    ALO = "Alo"
    """Add liquidity only: post-only."""


class Purpose(StrEnum):
    """Why an order exists. All but ENTRY only ever make a position smaller and are never blocked by limits."""

    ENTRY = "entry"
    REDUCE = "reduce"
    CLOSE = "close"
    PROTECT = "protect"
    FLATTEN = "flatten"


class TriggerKind(StrEnum):
    STOP = "sl"
    TAKE_PROFIT = "tp"


@dataclass(frozen=True, slots=True)
class Trigger:
    """Waits until the mark price reaches ``price``; then a market order (slippage-capped) or a limit order."""

    price: Decimal
    kind: TriggerKind
    market: bool


class Grouping(StrEnum):
    NONE = "na"
    ENTRY_TPSL = "normalTpsl"
    POSITION_TPSL = "positionTpsl"


def new_client_order_id() -> str:
    """``0x`` and 32 hex digits; random, so it is unique over restarts and machines."""
    return "0x" + secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Basis:
    """Why an entry is wanted, as far as the gate must know. A person's own ticket has none."""

    strategy: str
    proposal_id: str
    automatic: bool
    """Approved by a policy, not by a person."""
    confidence: float
    unadjusted_confidence: float
    stop_price: Decimal | None
    """The size-weighted mean of its stops: what its risk is measured to."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order as somebody wants it. ``size`` in coins, ``price`` the limit (for market orders the worst price)."""

    coin: str
    side: Side
    size: Decimal
    price: Decimal
    time_in_force: TimeInForce = TimeInForce.GTC
    reduce_only: bool = False
    trigger: Trigger | None = None
    market: bool = False
    """Sent as IOC at ``price``, which caps the slippage; only a label otherwise."""
    purpose: Purpose = Purpose.ENTRY
    source: str = "manual"
    client_order_id: str = field(default_factory=new_client_order_id)
    basis: Basis | None = None
    ticket: str = ""  # what the entries and exits of one ticket share: they are alike and belong together on purpose

    @property
    def notional(self) -> Decimal:
        return self.size * self.price

    @property
    def kind(self) -> str:
        """What a trader calls it."""
        if self.trigger is not None:
            name = "stop" if self.trigger.kind is TriggerKind.STOP else "take profit"
            return f"{name} {'market' if self.trigger.market else 'limit'}"
        if self.market:
            return "market"
        return "post-only" if self.time_in_force is TimeInForce.ALO else "limit"


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule's verdict. ``value`` and ``limit`` are texts with units; ``sentence`` says what to do about it."""

    rule: str
    passed: bool
    value: str = ""
    limit: str = ""
    sentence: str = ""


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """All rules' results for one order. A struct, for the gate makes one for each it is asked about."""

    results: tuple[RuleResult, ...]

    @property
    def passed(self) -> bool:
        return all(result.passed for result in self.results)

    @property
    def failures(self) -> tuple[RuleResult, ...]:
        return tuple(result for result in self.results if not result.passed)


class Approved:
    """An order that passed the gate, and the proof of it."""

    __slots__ = ("_seal", "order", "verdict")

    def __init__(self, order: Order, verdict: Verdict, seal: object) -> None:
        self.order = order
        self.verdict = verdict
        self._seal = seal

    def is_sealed_by(self, seal: object) -> bool:
        return self._seal is seal


class ApprovalMint:
    """Makes ``Approved`` and can tell its own from forgeries. One per desk; only the gate may hold it."""

    def __init__(self) -> None:
        self._seal = object()

    def approve(self, order: Order, verdict: Verdict) -> Approved:
        if not verdict.passed:
            raise ValueError("an order that failed a rule cannot be approved")
        return Approved(order, verdict, self._seal)

    def is_genuine(self, approved: Approved) -> bool:
        return isinstance(approved, Approved) and approved.is_sealed_by(self._seal)


class OrderStatus(StrEnum):
    """Life of one of our orders. States only move down this list."""

    INTENDED = "intended"
    SENT = "sent"
    UNKNOWN = "unknown"
    """The send's outcome is not known; only the venue's answer or expiry plus proof resolves it."""
    RESTING = "resting"
    WAITING = "waiting"
    """A trigger waiting for its price, or a child waiting for its parent."""
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"

    @property
    def is_final(self) -> bool:
        return self in (OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED)

    @property
    def is_live(self) -> bool:
        return self in (OrderStatus.RESTING, OrderStatus.WAITING)


class ActionKind(StrEnum):
    ORDER = "order"
    MODIFY = "modify"
    CANCEL = "cancel"
    LEVERAGE = "leverage"
    MARGIN = "margin"
    NOOP = "noop"
    """Does nothing but use up a nonce: whatever was signed with the same one can never be carried out after it."""
    SCHEDULE_CANCEL = "schedule cancel"


@dataclass(frozen=True, slots=True)
class CancelTarget:
    coin: str
    order_id: int | None
    client_order_id: str | None

    @property
    def name(self) -> str:
        """The key under which the desk knows the order."""
        return self.client_order_id or f"oid:{self.order_id}"


@dataclass(frozen=True, slots=True)
class AssetSnapshot:
    """A coin as an action named it: its number and lot at the moment of signing."""

    coin: str
    asset: int
    size_decimals: int


@dataclass(frozen=True, slots=True)
class ActionItem:
    """One item of an action as the wire has it. ``price`` and ``size`` are the very texts that were signed.
    ``subject``: the client order id, the name of the order to cancel, the coin, or what else is acted upon.
    """

    subject: str
    asset: AssetSnapshot | None = None
    price: str = ""
    size: str = ""
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """Bytes ready to send: everything decided, nothing sent. Times are market milliseconds of the venue."""

    kind: ActionKind
    body: bytes
    payload_hash: str
    nonce: int
    expires_ms: int | None
    items: tuple[ActionItem, ...]

    @property
    def orders(self) -> tuple[Order, ...]:
        return tuple(item.order for item in self.items if item.order is not None)

    @property
    def is_entry(self) -> bool:
        return any(order.purpose is Purpose.ENTRY for order in self.orders)


@dataclass(frozen=True, slots=True)
class Intent:
    """A row of the journal, one for each item of an action: committed to disk before its bytes leave."""

    kind: ActionKind
    subject: str
    nonce: int
    expires_ms: int | None
    payload_hash: str
    created_ms: int
    asset: AssetSnapshot | None = None
    price: str = ""
    size: str = ""
    purpose: Purpose | None = None
    """None for actions that carry no order."""
    side: Side | None = None
    reduce_only: bool = False
    order: Order | None = None

    @property
    def may_go_without_disk(self) -> bool:
        """Cancels, and orders that can only reduce: getting out must not depend on a disk."""
        return self.kind is ActionKind.CANCEL or self.reduce_only


def intents_of(prepared: Prepared, created_ms: int) -> tuple[Intent, ...]:
    return tuple(
        Intent(
            prepared.kind,
            item.subject,
            prepared.nonce,
            prepared.expires_ms,
            prepared.payload_hash,
            created_ms,
            item.asset,
            item.price,
            item.size,
            item.order.purpose if item.order else None,
            item.order.side if item.order else None,
            item.order.reduce_only if item.order else False,
            item.order,
        )
        for item in prepared.items
    )


@dataclass(frozen=True, slots=True)
class Expiry:
    """Wall seconds from signing after which the venue must refuse an action."""

    entry_seconds: float = 15.0
    exit_seconds: float = 30.0


class ReplyKind(StrEnum):
    RESTING = "resting"
    FILLED = "filled"
    WAITING = "waiting"
    DONE = "done"
    REJECTED = "rejected"
    UNRECOGNISED = "unrecognised"


@dataclass(frozen=True, slots=True)
class OrderReply:
    """The venue's answer to one item of an action. ``FILLED`` may be less than asked: compare ``filled_size``."""

    kind: ReplyKind
    order_id: int | None = None
    filled_size: Decimal = Decimal(0)
    average_price: Decimal | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class VenueOrder:
    """An order as the venue lists it. ``size`` is what remains, ``original_size`` what was asked."""

    coin: str
    side: Side
    price: Decimal
    size: Decimal
    original_size: Decimal
    order_id: int
    client_order_id: str | None
    time_ms: int
    reduce_only: bool = False
    trigger: Trigger | None = None
    time_in_force: TimeInForce | None = None
    order_type: str = "Limit"
    is_position_tpsl: bool = False
    status: OrderStatus = OrderStatus.RESTING
    status_text: str = "open"
    """The venue's own word, kept for display and for statuses newer than this program."""
    status_time_ms: int = 0


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution of ours. Keyed by (coin, time_ms, trade_id), for trade ids alone collide. Money in USD."""

    coin: str
    side: Side
    price: Decimal
    size: Decimal
    time_ms: int
    trade_id: int
    order_id: int
    client_order_id: str | None
    fee: Decimal
    """Positive paid, negative rebate."""
    closed_pnl: Decimal
    start_position: Decimal
    """Signed position before this fill."""
    is_maker: bool
    direction: str = ""
    liquidation: bool = False

    @property
    def key(self) -> tuple[str, int, int]:
        return (self.coin, self.time_ms, self.trade_id)

    @property
    def signed_size(self) -> Decimal:
        return self.size * self.side.sign


@dataclass(frozen=True, slots=True)
class FundingPayment:
    """One hour's funding of one position. ``amount`` USD, positive received."""

    coin: str
    time_ms: int
    amount: Decimal
    size: Decimal
    rate: Decimal

    @property
    def key(self) -> tuple[str, int]:
        return (self.coin, self.time_ms)


@dataclass(frozen=True, slots=True)
class CashMove:
    """Deposit (positive) or withdrawal (negative), USD."""

    time_ms: int
    amount: Decimal
    kind: str
    reference: str
