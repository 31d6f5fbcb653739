"""What the embedded exchange tells: frozen rows, some of them also events drained from the venue.

Money and prices are exact ``Decimal`` (USD, coins), times market milliseconds, addresses lower case. Nothing here knows
the wire; the server writes these rows in the protocol's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hlmaster.core.model import Interval, Leverage, MarginMode

OPEN = "open"
FILLED = "filled"
CANCELED = "canceled"
TRIGGERED = "triggered"


@dataclass(frozen=True, slots=True)
class OrderView:
    """One order of one user as it stood at ``status_time_ms``; also the event of a status change.

    ``size`` is what remains (0 for a whole-position trigger), ``price`` the limit. ``status`` is the protocol's word
    (section 4.4: open, filled, canceled, triggered, marginCanceled, badAloPxRejected ...). ``order_type`` is the
    frontend label (Limit, Market, Stop Market ...). ``children`` are the waiting TP/SL of a resting parent; they are
    listed at top level too.
    """

    user: str
    coin: str
    asset: int
    is_buy: bool
    price: Decimal
    size: Decimal
    original_size: Decimal
    oid: int
    cloid: str | None
    time_ms: int
    reduce_only: bool
    order_type: str
    time_in_force: str | None
    """None for orders with a trigger."""
    trigger_price: Decimal | None
    """None for orders without a trigger."""
    trigger_condition: str
    """``N/A``, ``Price above 10.004`` / ``Price below ...``, or ``Triggered``."""
    is_position_tpsl: bool
    status: str
    status_time_ms: int
    children: tuple[OrderView, ...] = ()

    @property
    def side(self) -> str:
        """``B`` or ``A``."""
        return "B" if self.is_buy else "A"

    @property
    def is_trigger(self) -> bool:
        """Still waiting for its trigger price."""
        return self.trigger_price is not None and self.trigger_condition != "Triggered"


@dataclass(frozen=True, slots=True)
class LiquidationMark:
    """On the fills of both sides of a liquidation. ``method`` is ``market`` or ``backstop``."""

    liquidated_user: str
    mark_price: Decimal
    method: str


@dataclass(frozen=True, slots=True)
class FillRow:
    """One user's side of an execution (event and history row). ``crossed``: this user was the taker."""

    user: str
    coin: str
    asset: int
    is_buy: bool
    price: Decimal
    size: Decimal
    time_ms: int
    start_position: Decimal
    """Signed, before this fill."""
    direction: str
    """Open Long, Close Short, Long > Short ..."""
    closed_pnl: Decimal
    """Without fees."""
    fee: Decimal
    crossed: bool
    oid: int
    tid: int
    hash: str
    cloid: str | None = None
    liquidation: LiquidationMark | None = None

    @property
    def side(self) -> str:
        return "B" if self.is_buy else "A"


@dataclass(frozen=True, slots=True)
class FundingRow:
    """One hour's funding of one position (event and history row). ``usdc`` positive received."""

    user: str
    coin: str
    time_ms: int
    usdc: Decimal
    size: Decimal
    """Signed position."""
    rate: Decimal
    hash: str


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """Anything else that moved a user's money (event and history row).

    ``kind`` is the protocol's ``delta.type``; ``details`` its remaining fields by their wire names, with ``Decimal``
    where the wire has decimal strings (``usdc`` included where the kind has it). ``amount`` is the signed effect on the
    perpetuals account, USD; a liquidation's is zero, its fills carry the loss.
    """

    user: str
    time_ms: int
    kind: str
    amount: Decimal
    hash: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LiquidationEvent:
    """A user's account was liquidated; of the ``userEvents`` channel."""

    user: str
    time_ms: int
    lid: int
    liquidator: str
    notional: Decimal
    account_value: Decimal
    """Both before the liquidation."""


@dataclass(frozen=True, slots=True)
class ForcedCancel:
    """An order was cancelled by the venue, not by its owner (``nonUserCancel``)."""

    user: str
    coin: str
    oid: int
    time_ms: int


@dataclass(frozen=True, slots=True)
class AccountTouched:
    """Something in this user's clearinghouse state or open orders changed other than by the mark moving."""

    user: str


@dataclass(frozen=True, slots=True)
class TradeRow:
    """A public trade (event). ``is_buy``: the aggressor bought."""

    coin: str
    is_buy: bool
    price: Decimal
    size: Decimal
    time_ms: int
    hash: str
    tid: int
    buyer: str
    seller: str

    @property
    def side(self) -> str:
        return "B" if self.is_buy else "A"


@dataclass(frozen=True, slots=True)
class LevelRow:
    price: Decimal
    size: Decimal
    orders: int


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """Best bid and offer after a block that changed them (event), at most one per coin and block."""

    coin: str
    time_ms: int
    bid: LevelRow | None
    ask: LevelRow | None


@dataclass(frozen=True, slots=True)
class BookRow:
    """A whole book, best first."""

    coin: str
    time_ms: int
    bids: tuple[LevelRow, ...]
    asks: tuple[LevelRow, ...]


@dataclass(frozen=True, slots=True)
class ContextRow:
    """Prices and day figures of one coin; ``funding`` per hour, ``open_interest`` in coins, one-sided."""

    coin: str
    mark: Decimal
    oracle: Decimal
    mid: Decimal | None
    previous_day: Decimal | None
    """Price 24 h ago where the venue was open then, else None: take it from the history."""
    day_notional: Decimal
    day_volume: Decimal
    """Of the last 24 h as far as the venue was open; add the history's share."""
    funding: Decimal
    premium: Decimal | None
    impact_bid: Decimal | None
    impact_ask: Decimal | None
    open_interest: Decimal


@dataclass(frozen=True, slots=True)
class ContextChanged:
    """Mark or oracle of a coin moved (event)."""

    coin: str
    time_ms: int


@dataclass(frozen=True, slots=True)
class FundingRateRow:
    """The rate that was charged at an hour (event and history row)."""

    coin: str
    time_ms: int
    rate: Decimal
    premium: Decimal


@dataclass(frozen=True, slots=True)
class CandleView:
    """One live candle; ``volume`` in coins. ``close_ms`` is the next open minus one."""

    coin: str
    interval: Interval
    open_ms: int
    close_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    trades: int


@dataclass(frozen=True, slots=True)
class PositionView:
    """One open position at the mark. ``size`` signed; ``raw_usd`` only for isolated positions."""

    coin: str
    size: Decimal
    entry_price: Decimal
    position_value: Decimal
    unrealised: Decimal
    return_on_equity: Decimal
    liquidation_price: Decimal | None
    margin_used: Decimal
    max_leverage: int
    leverage: Leverage
    raw_usd: Decimal | None
    funding_all_time: Decimal
    """Funding sums: positive paid, negative received, as the protocol counts them."""
    funding_since_open: Decimal
    funding_since_change: Decimal

    @property
    def is_cross(self) -> bool:
        return self.leverage.mode is MarginMode.CROSS


@dataclass(frozen=True, slots=True)
class MarginSummary:
    account_value: Decimal
    total_notional: Decimal
    total_raw_usd: Decimal
    total_margin_used: Decimal


@dataclass(frozen=True, slots=True)
class AccountView:
    """``summary`` is cross plus isolated, ``cross`` cross alone; ``spot_usdc`` the spot wallet."""

    user: str
    time_ms: int
    summary: MarginSummary
    cross: MarginSummary
    cross_maintenance: Decimal
    withdrawable: Decimal
    positions: tuple[PositionView, ...]
    spot_usdc: Decimal


@dataclass(frozen=True, slots=True)
class ActiveAssetView:
    """``activeAssetData``: capacity of a user in a coin, pairs are (buy, sell); sizes in coins, available in USD."""

    user: str
    coin: str
    leverage: Leverage
    raw_usd: Decimal | None
    max_trade_sizes: tuple[Decimal, Decimal]
    available: tuple[Decimal, Decimal]
    mark: Decimal


@dataclass(frozen=True, slots=True)
class DayVolume:
    """One UTC day of a user's traded notional (USD) and of the whole exchange's."""

    day_ms: int
    taker: Decimal
    maker: Decimal
    exchange: Decimal


@dataclass(frozen=True, slots=True)
class FeeView:
    """A user's present rates (fractions of notional) and the last 15 UTC days, oldest first."""

    taker: Decimal
    maker: Decimal
    days: tuple[DayVolume, ...]


Event = (
    OrderView
    | FillRow
    | FundingRow
    | LedgerRow
    | LiquidationEvent
    | ForcedCancel
    | AccountTouched
    | TradeRow
    | QuoteRow
    | ContextChanged
    | FundingRateRow
)
"""What ``Venue.drain`` yields, in the order it happened."""
