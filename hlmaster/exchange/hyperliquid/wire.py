"""What travels on the venue's wire, field for field. Prices of market data become float64, money becomes Decimal.

The venue writes every figure as a decimal string; decoders that meet floats therefore run with ``strict=False``.
Fields that old or foreign servers leave out have defaults; fields nobody here reads are not listed.
"""

from __future__ import annotations

from decimal import Decimal
from math import nan

import msgspec

from hlmaster.core.events import Level
from hlmaster.core.model import Interval

# --- market data ---


class Book(msgspec.Struct, gc=False):
    coin: str
    time: int
    levels: tuple[list[Level], list[Level]]
    fast: bool = False


class Quote(msgspec.Struct, gc=False):
    coin: str
    time: int
    bbo: tuple[Level | None, Level | None]


class PublicTrade(msgspec.Struct, gc=False):
    coin: str
    side: str
    px: float
    sz: float
    time: int
    tid: int


class Candle(msgspec.Struct, gc=False):
    t: int
    s: str
    i: Interval
    o: float
    h: float
    l: float
    c: float
    v: float
    n: int


class Context(msgspec.Struct, gc=False, rename="camel"):
    mark_px: float
    oracle_px: float
    prev_day_px: float
    day_ntl_vlm: float
    funding: float
    open_interest: float
    mid_px: float | None = None
    premium: float | None = None
    day_base_vlm: float = nan


class CoinContext(msgspec.Struct, gc=False):
    coin: str
    ctx: Context


class AllMids(msgspec.Struct, gc=False):
    mids: dict[str, float]


class BookFrame(msgspec.Struct, gc=False):
    data: Book


class QuoteFrame(msgspec.Struct, gc=False):
    data: Quote


class TradesFrame(msgspec.Struct, gc=False):
    data: list[PublicTrade]


class CandleFrame(msgspec.Struct, gc=False):
    data: Candle


class ContextFrame(msgspec.Struct, gc=False):
    data: CoinContext


class MidsFrame(msgspec.Struct, gc=False):
    data: AllMids


class FundingRow(msgspec.Struct, rename="camel"):
    time: int
    funding_rate: float
    premium: float = nan


class Status(msgspec.Struct):
    time: int


# --- instruments: rows stay raw, so that one bad row costs one instrument ---


class Meta(msgspec.Struct, rename="camel"):
    universe: list[msgspec.Raw]
    margin_tables: list[msgspec.Raw] = []


class Asset(msgspec.Struct, rename="camel"):
    name: str
    sz_decimals: int
    max_leverage: int
    margin_table_id: int | None = None
    only_isolated: bool = False
    is_delisted: bool = False
    margin_mode: str | None = None


class Tier(msgspec.Struct, rename="camel"):
    lower_bound: Decimal
    max_leverage: int


class MarginTable(msgspec.Struct, rename="camel"):
    margin_tiers: list[Tier]


# --- session frames ---


class Envelope(msgspec.Struct):
    channel: str


class Acknowledged(msgspec.Struct):
    method: str
    subscription: dict[str, str | int | bool | None]


class AcknowledgedFrame(msgspec.Struct):
    data: Acknowledged


class ErrorFrame(msgspec.Struct):
    data: str


# --- the account ---


class Order(msgspec.Struct, rename="camel"):
    """An order in any of the venue's listings; the short form has no trigger fields."""

    coin: str
    side: str
    limit_px: Decimal
    sz: Decimal
    oid: int
    timestamp: int
    orig_sz: Decimal | None = None
    cloid: str | None = None
    reduce_only: bool = False
    is_trigger: bool = False
    trigger_px: Decimal | None = None
    order_type: str = "Limit"
    tif: str | None = None
    is_position_tpsl: bool = False
    children: list[Order] = []


class OrderState(msgspec.Struct, rename="camel"):
    order: Order
    status: str
    status_timestamp: int


class OrderAnswer(msgspec.Struct):
    status: str
    order: OrderState | None = None


class LiquidationMark(msgspec.Struct, rename="camel"):
    liquidated_user: str | None = None


class Fill(msgspec.Struct, rename="camel"):
    coin: str
    side: str
    px: Decimal
    sz: Decimal
    time: int
    oid: int
    start_position: Decimal
    closed_pnl: Decimal
    crossed: bool
    fee: Decimal
    dir: str = ""
    tid: int = 0
    cloid: str | None = None
    liquidation: LiquidationMark | None = None


class LeverageSetting(msgspec.Struct):
    type: str
    value: int


class CumulativeFunding(msgspec.Struct, frozen=True, rename="camel"):
    since_open: Decimal = Decimal(0)


class PositionRow(msgspec.Struct, rename="camel"):
    coin: str
    szi: Decimal
    leverage: LeverageSetting
    position_value: Decimal
    unrealized_pnl: Decimal
    margin_used: Decimal
    entry_px: Decimal | None = None
    liquidation_px: Decimal | None = None
    cum_funding: CumulativeFunding = CumulativeFunding()


class AssetPosition(msgspec.Struct):
    position: PositionRow


class MarginSummary(msgspec.Struct, rename="camel"):
    account_value: Decimal
    total_margin_used: Decimal
    total_ntl_pos: Decimal


class ClearinghouseState(msgspec.Struct, rename="camel"):
    margin_summary: MarginSummary
    withdrawable: Decimal
    asset_positions: list[AssetPosition]
    cross_maintenance_margin_used: Decimal = Decimal(0)
    time: int = 0


class FundingPaid(msgspec.Struct, rename="camel"):
    coin: str
    usdc: Decimal
    szi: Decimal
    funding_rate: Decimal


class FundingEntry(msgspec.Struct):
    """One row of the funding query."""

    time: int
    delta: FundingPaid


class StreamedFunding(msgspec.Struct, rename="camel"):
    """The same row as the stream sends it: flat."""

    time: int
    coin: str
    usdc: Decimal
    szi: Decimal
    funding_rate: Decimal


class LedgerDelta(msgspec.Struct, rename="camel"):
    type: str
    usdc: Decimal | None = None
    fee: Decimal = Decimal(0)
    to_perp: bool | None = None
    user: str | None = None
    destination: str | None = None
    source_dex: str | None = None
    destination_dex: str | None = None
    amount: str | None = None
    token: str | int | None = None
    net_withdrawn_usd: Decimal | None = None
    commission: Decimal | None = None


class LedgerEntry(msgspec.Struct):
    time: int
    hash: str
    delta: LedgerDelta


class UserFees(msgspec.Struct, rename="camel"):
    user_cross_rate: Decimal
    user_add_rate: Decimal


class RateLimit(msgspec.Struct, rename="camel"):
    n_requests_used: int
    n_requests_cap: int


class ActiveAsset(msgspec.Struct):
    coin: str
    leverage: LeverageSetting


class UserState(msgspec.Struct, rename="camel"):
    user: str
    clearinghouse_state: ClearinghouseState


class UserOrders(msgspec.Struct):
    user: str
    orders: list[Order]


class UserFills(msgspec.Struct):
    user: str
    fills: list[Fill]


class UserFundings(msgspec.Struct):
    user: str
    fundings: list[StreamedFunding]


class UserLedger(msgspec.Struct, rename="camel"):
    user: str
    non_funding_ledger_updates: list[LedgerEntry]


class StateFrame(msgspec.Struct):
    data: UserState


class OrdersFrame(msgspec.Struct):
    data: UserOrders


class OrderUpdatesFrame(msgspec.Struct):
    data: list[OrderState]


class FillsFrame(msgspec.Struct):
    data: UserFills


class FundingsFrame(msgspec.Struct):
    data: UserFundings


class LedgerFrame(msgspec.Struct):
    data: UserLedger


# --- answers of the exchange endpoint: judged by ``replies`` ---


class ExchangeReply(msgspec.Struct):
    status: str
    response: msgspec.Raw


class ActionResponse(msgspec.Struct):
    type: str
    data: msgspec.Raw = msgspec.Raw(b"null")


class Statuses(msgspec.Struct, forbid_unknown_fields=True):
    statuses: list[msgspec.Raw]


class Resting(msgspec.Struct):
    oid: int
    cloid: str | None = None


class RestingReply(msgspec.Struct, forbid_unknown_fields=True):
    resting: Resting


class Filled(msgspec.Struct, rename="camel"):
    total_sz: str
    avg_px: str
    oid: int
    cloid: str | None = None


class FilledReply(msgspec.Struct, forbid_unknown_fields=True):
    filled: Filled


class ErrorReply(msgspec.Struct, forbid_unknown_fields=True):
    error: str
