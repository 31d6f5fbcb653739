"""Facts on the bus. Market data in float64, money in Decimal, times in market milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import msgspec

from hlmaster.core.model import Account, Interval
from hlmaster.core.orders import ActionKind, CashMove, Fill, FundingPayment, Order, OrderStatus, VenueOrder, Verdict


class Level(msgspec.Struct, frozen=True, gc=False, rename={"price": "px", "size": "sz", "orders": "n"}):
    """One price of a book: total size in coins and number of orders. Field names on the wire are px, sz, n."""

    price: float
    size: float
    orders: int = 0


# --- raw facts: what the adapter heard, before the feed has judged it ---


class BookSnapshot(msgspec.Struct, frozen=True, gc=False):
    """A whole book, best first. ``fast``: five levels about twice a second, else twenty about every 5 s."""

    coin: str
    time_ms: int
    bids: list[Level]
    asks: list[Level]
    fast: bool = False


class GroupedBook(msgspec.Struct, frozen=True, gc=False):
    """A book as the venue sums it: bids down and asks up to so many figures, twenty groups a side, best first."""

    coin: str
    significant_figures: int
    mantissa: int
    time_ms: int
    bids: list[Level]
    asks: list[Level]


class BestQuote(msgspec.Struct, frozen=True, gc=False):
    """Best bid and offer; a side is None when its book is empty."""

    coin: str
    time_ms: int
    bid: Level | None
    ask: Level | None


class Trade(msgspec.Struct, frozen=True, gc=False):
    """A public trade. ``is_buy``: the aggressor bought."""

    coin: str
    time_ms: int
    price: float
    size: float
    is_buy: bool
    trade_id: int


class Trades(msgspec.Struct, frozen=True, gc=False):
    """Trades of one frame, oldest first. The first frame after a subscription repeats recent ones."""

    coin: str
    trades: list[Trade]


class CandleRow(msgspec.Struct, frozen=True, gc=False):
    """One candle; the open one is replaced until its time changes. ``volume`` in coins."""

    coin: str
    interval: Interval
    open_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    trades: int


class AssetContext(msgspec.Struct, frozen=True, gc=False):
    """Mark, oracle, funding and day figures of a coin. What the venue states as null is None, never a guess."""

    coin: str
    mark_price: float
    oracle_price: float
    mid_price: float | None
    previous_day_price: float
    day_notional: float
    day_volume: float
    funding_rate: float
    """Fraction per hour."""
    premium: float | None
    open_interest: float
    """Coins, one-sided."""
    received_ms: int = 0


class Mids(msgspec.Struct, frozen=True, gc=False):
    prices: dict[str, float]


# --- connection ---


class LinkState(StrEnum):
    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    FATAL = "fatal"


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The socket's state. ``sentence`` explains it; ``attempt`` counts tries since the last connection."""

    state: LinkState
    sentence: str
    attempt: int = 0
    retry_in_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Resynchronised:
    """After a (re)connect: subscriptions acknowledged, gaps filled, account reconciled."""

    offline_seconds: float
    candles_filled: int


@dataclass(frozen=True, slots=True)
class AccountLinkChanged(LinkChanged):
    """The same of the socket that carries our account's streams; the bus tells exact types apart."""


@dataclass(frozen=True, slots=True)
class AccountResynchronised:
    """After a (re)connect of the account's socket: streams acknowledged, the account pulled anew and published."""

    offline_seconds: float


@dataclass(frozen=True, slots=True)
class BooksInDoubt:
    """The exchange hinted at fills that our books lack, so a position may stand unprotected; or that is over."""

    doubted: bool


# --- the feed's verdicts ---


class DefectKind(StrEnum):
    OUT_OF_ORDER = "out of order"
    DUPLICATE = "duplicate"
    NOT_A_NUMBER = "not a number"
    CROSSED_BOOK = "crossed book"
    OUTLIER_PRICE = "outlier price"
    FUTURE_TIME = "future timestamp"
    GAP = "gap"
    MALFORMED = "malformed frame"
    UNKNOWN_COIN = "unknown coin"


@dataclass(frozen=True, slots=True)
class DataDefect:
    """A datum that was counted, shown and kept out of strategies; never silently repaired."""

    kind: DefectKind
    stream: str
    coin: str
    detail: str
    time_ms: int


class BookChanged(msgspec.Struct, frozen=True, gc=False):
    """The feed accepted a book or quote of this coin."""

    coin: str


class QuoteChanged(msgspec.Struct, frozen=True, gc=False):
    coin: str


class TradesSeen(msgspec.Struct, frozen=True, gc=False):
    """New trades accepted, oldest first, repeats removed."""

    coin: str
    trades: list[Trade]


class CandleChanged(msgspec.Struct, frozen=True, gc=False):
    """The open candle moved, or (``closed``) a candle closed and the next one began."""

    coin: str
    interval: Interval
    closed: bool


class SeriesLoaded(msgspec.Struct, frozen=True, gc=False):
    """A candle series was (re)loaded or extended backwards; redraw it whole."""

    coin: str
    interval: Interval


class ContextChanged(msgspec.Struct, frozen=True, gc=False):
    coin: str


@dataclass(frozen=True, slots=True)
class StalenessChanged:
    """A stream of a coin (or the account) became stale or fresh again. Stale blocks entries on that coin."""

    coin: str
    stream: str
    stale: bool
    age_seconds: float


# --- our account ---


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """The venue's own statement of the account."""

    account: Account


@dataclass(frozen=True, slots=True)
class OpenOrdersSnapshot:
    """All resting and waiting orders of the account, whole."""

    orders: tuple[VenueOrder, ...]
    time_ms: int


@dataclass(frozen=True, slots=True)
class OrderReported:
    """The venue's user stream told of one order."""

    order: VenueOrder


@dataclass(frozen=True, slots=True)
class FillsReported:
    """Fills from the user stream or a query; the receiver removes repeats by ``Fill.key``."""

    fills: tuple[Fill, ...]


@dataclass(frozen=True, slots=True)
class FundingReported:
    payments: tuple[FundingPayment, ...]


@dataclass(frozen=True, slots=True)
class CashMoved:
    moves: tuple[CashMove, ...]


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """One of our orders, as the desk now knows it."""

    order: TrackedOrder


@dataclass(frozen=True, slots=True)
class TrackedOrder:
    """The desk's whole knowledge of one order, ours or foreign."""

    order: Order
    status: OrderStatus
    order_id: int | None
    filled_size: Decimal
    average_price: Decimal | None
    created_ms: int
    updated_ms: int
    text: str = ""
    foreign: bool = False
    expires_ms: int | None = None
    replacement: Order | None = None
    """The shape a change on its way would give it; whichever of the two weighs more counts against the limits."""
    resolving: bool = False
    """What became of that change is being found out; nothing new is opened on the coin meanwhile."""

    @property
    def in_doubt(self) -> bool:
        return self.resolving or self.status is OrderStatus.UNKNOWN

    @property
    def client_order_id(self) -> str:
        return self.order.client_order_id

    @property
    def remaining(self) -> Decimal:
        return self.order.size - self.filled_size


@dataclass(frozen=True, slots=True)
class FillBooked:
    """A fill entered the ledger, once."""

    fill: Fill
    realised: Decimal


@dataclass(frozen=True, slots=True)
class FundingBooked:
    payment: FundingPayment


@dataclass(frozen=True, slots=True)
class PositionsChanged:
    """The ledger's positions changed (a fill, a mark, or the venue's word)."""


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """Equity at a moment, USD, for the curve."""

    time_ms: int
    equity: Decimal


@dataclass(frozen=True, slots=True)
class Refused:
    """The gate said no; nothing was sent."""

    order: Order
    verdict: Verdict
    time_ms: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """The venue said no."""

    order: Order
    text: str
    time_ms: int


@dataclass(frozen=True, slots=True)
class ActionResolved:
    """What became of an action whose answer had been lost; ``arrived`` is None where nobody can say."""

    kind: ActionKind
    subjects: tuple[str, ...]
    """Client order ids, or the coin."""
    arrived: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class SessionRestored:
    """The session's orders, fills and equity curve are back from the store; redraw them whole."""


class TradingState(StrEnum):
    ACTIVE = "active"
    REDUCING = "reducing"
    """New entries are off (the user paused, or a guard did); exits, stops and cancels go on."""
    HALTED = "halted"
    PROTECT_ONLY = "protect-only"


@dataclass(frozen=True, slots=True)
class TradingStateChanged:
    state: TradingState
    sentence: str


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should see: toast, log panel, later alerts. ``code`` is stable, ``cure`` the next step."""

    severity: Severity
    sentence: str
    code: str = ""
    cure: str = ""
