"""Websocket frames and query answers as facts. Pure: bytes in, facts out, no clock, no state.

A hot frame costs one look at its channel and one typed pass; nothing is decoded twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
import numpy as np

from hlmaster.core.candles import CandleBlock
from hlmaster.core.errors import UnrecognisedReply
from hlmaster.core.events import (
    AccountSnapshot,
    AssetContext,
    BestQuote,
    BookSnapshot,
    CandleRow,
    CashMoved,
    FillsReported,
    FundingReported,
    Mids,
    OpenOrdersSnapshot,
    OrderReported,
    Trade,
    Trades,
)
from hlmaster.exchange.hyperliquid import account, wire

Now = Callable[[], int]
Value = TypeVar("Value")
EXCERPT = 120
_PREFIX = len(b'{"channel":"')

IGNORED_CHANNELS = {
    "user": "userEvents repeats what userFills, userFundings and orderUpdates say, without naming the user",
    "notification": "text for people, written by the venue's own site",
    "activeAssetData": "leverage and capacity are asked for when a ticket needs them",
    "post": "actions and queries go over HTTP, whose answers cannot be lost in a reconnect",
    "userHistoricalOrders": "orderUpdates and the status query tell the same of our own orders",
    "userTwapSliceFills": "the venue's own TWAP is not used",
    "userTwapHistory": "the venue's own TWAP is not used",
    "twapStates": "the venue's own TWAP is not used",
    "webData2": "refused by live servers",
    "webData3": "a digest for the venue's own site",
    "spotState": "spot is not traded",
    "activeSpotAssetCtx": "spot is not traded",
    "spotAssetCtxs": "spot is not traded",
    "assetCtxs": "positional without names; activeAssetCtx names its coin",
    "allDexsAssetCtxs": "positional without names; activeAssetCtx names its coin",
    "allDexsClearinghouseState": "only the first dex is traded",
    "fastAssetCtxs": "partial contexts; bbo and activeAssetCtx carry the same sooner",
    "outcomeMetaUpdates": "outcome markets are not traded",
}


class Acknowledgement(msgspec.Struct, frozen=True):
    """The venue accepted a (un)subscription; ``subscription`` as it echoed it."""

    subscribed: bool
    subscription: dict[str, Any]


class Pong(msgspec.Struct, frozen=True):
    pass


class VenueComplaint(msgspec.Struct, frozen=True):
    """A text on the error channel; it names no request."""

    text: str


class Ignored(msgspec.Struct, frozen=True):
    """A frame of a channel this program does not use. ``known``: it is in ``IGNORED_CHANNELS``."""

    channel: str
    known: bool


Heard = object
"""A core fact, a tuple of them, or one of the session frames above."""
PONG = Pong()


def excerpt(raw: bytes | str) -> str:
    text = raw[: EXCERPT + 1].decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    return text if len(text) <= EXCERPT else text[:EXCERPT] + "…"


def unrecognised(what: str, raw: bytes, why: object) -> UnrecognisedReply:
    return UnrecognisedReply(
        f"The exchange's {what} has an unknown form ({why}): {excerpt(raw)}",
        "Look for a newer version of this program.",
    )


def _json(kind: Any) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(kind, strict=False).decode


_book = _json(wire.BookFrame)
_quote = _json(wire.QuoteFrame)
_trades = _json(wire.TradesFrame)
_candle = _json(wire.CandleFrame)
_context = _json(wire.ContextFrame)
_mids = _json(wire.MidsFrame)
_acknowledged = _json(wire.AcknowledgedFrame)
_complaint = _json(wire.ErrorFrame)
_state = _json(wire.StateFrame)
_orders = _json(wire.OrdersFrame)
_order_updates = _json(wire.OrderUpdatesFrame)
_fills = _json(wire.FillsFrame)
_fundings = _json(wire.FundingsFrame)
_ledger = _json(wire.LedgerFrame)
_envelope = _json(wire.Envelope)


def book_snapshot(book: wire.Book) -> BookSnapshot:
    bids, asks = book.levels
    return BookSnapshot(book.coin, book.time, bids, asks, book.fast)


def candle_row(row: wire.Candle) -> CandleRow:
    return CandleRow(row.s, row.i, row.t, row.o, row.h, row.l, row.c, row.v, row.n)


def asset_context(coin: str, ctx: wire.Context, received_ms: int) -> AssetContext:
    return AssetContext(
        coin=coin,
        mark_price=ctx.mark_px,
        oracle_price=ctx.oracle_px,
        mid_price=ctx.mid_px,
        previous_day_price=ctx.prev_day_px,
        day_notional=ctx.day_ntl_vlm,
        day_volume=ctx.day_base_vlm,
        funding_rate=ctx.funding,
        premium=ctx.premium,
        open_interest=ctx.open_interest,
        received_ms=received_ms,
    )


def _read_book(frame: bytes, now: Now) -> Heard:
    book = _book(frame).data
    bids, asks = book.levels
    return BookSnapshot(book.coin, book.time, bids, asks, book.fast)


def _read_quote(frame: bytes, now: Now) -> Heard:
    quote = _quote(frame).data
    bid, ask = quote.bbo
    return BestQuote(quote.coin, quote.time, bid, ask)


def _read_trades(frame: bytes, now: Now) -> Heard:
    rows = _trades(frame).data
    if not rows:
        return Ignored("trades", known=True)
    if rows[0].time > rows[-1].time:
        rows.reverse()
    return Trades(rows[0].coin, [Trade(r.coin, r.time, r.px, r.sz, r.side == "B", r.tid) for r in rows])


def _read_candle(frame: bytes, now: Now) -> Heard:
    return candle_row(_candle(frame).data)


def _read_context(frame: bytes, now: Now) -> Heard:
    data = _context(frame).data
    return asset_context(data.coin, data.ctx, now())


def _read_mids(frame: bytes, now: Now) -> Heard:
    return Mids(_mids(frame).data.mids)


def _read_acknowledgement(frame: bytes, now: Now) -> Heard:
    data = _acknowledged(frame).data
    return Acknowledgement(data.method == "subscribe", data.subscription)


def _read_complaint(frame: bytes, now: Now) -> Heard:
    return VenueComplaint(_complaint(frame).data)


def _read_pong(frame: bytes, now: Now) -> Heard:
    return PONG


def _read_state(frame: bytes, now: Now) -> Heard:
    data = _state(frame).data
    return AccountSnapshot(account.account(data.clearinghouse_state, data.user.lower()))


def _read_orders(frame: bytes, now: Now) -> Heard:
    return OpenOrdersSnapshot(account.open_orders(_orders(frame).data.orders), now())


def _read_order_updates(frame: bytes, now: Now) -> Heard:
    return tuple(OrderReported(account.reported_order(row)) for row in _order_updates(frame).data)


def _read_fills(frame: bytes, now: Now) -> Heard:
    data = _fills(frame).data
    return FillsReported(account.fills(data.fills, data.user))


def _read_fundings(frame: bytes, now: Now) -> Heard:
    rows = sorted(_fundings(frame).data.fundings, key=lambda row: row.time)
    return FundingReported(tuple(account.funding_payment(row.time, row) for row in rows))


def _read_ledger(frame: bytes, now: Now) -> Heard:
    data = _ledger(frame).data
    return CashMoved(account.cash_moves(data.non_funding_ledger_updates, data.user))


_READERS: dict[bytes, Callable[[bytes, Now], Heard]] = {
    b"l2Book": _read_book,
    b"bbo": _read_quote,
    b"trades": _read_trades,
    b"candle": _read_candle,
    b"activeAssetCtx": _read_context,
    b"allMids": _read_mids,
    b"subscriptionResponse": _read_acknowledgement,
    b"error": _read_complaint,
    b"pong": _read_pong,
    b"clearinghouseState": _read_state,
    b"openOrders": _read_orders,
    b"orderUpdates": _read_order_updates,
    b"userFills": _read_fills,
    b"userFundings": _read_fundings,
    b"userNonFundingLedgerUpdates": _read_ledger,
}


def read_frame(frame: bytes, now: Now) -> Heard:
    """One websocket frame as a fact; ``now`` gives market milliseconds for facts the venue does not stamp.

    Raises UnrecognisedReply, with an excerpt, for what is not JSON or not of its channel's form.
    """
    reader = _READERS.get(frame[_PREFIX : frame.find(b'"', _PREFIX)])
    try:
        if reader is not None:
            return reader(frame, now)
        return _read_unusual(frame, now)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise unrecognised("frame", frame, error) from error


def _read_unusual(frame: bytes, now: Now) -> Heard:
    """A frame whose first bytes do not name a channel in use: spaced or reordered JSON, or another channel."""
    channel = _envelope(frame).channel
    reader = _READERS.get(channel.encode())
    return Ignored(channel, channel in IGNORED_CHANNELS) if reader is None else reader(frame, now)


# --- answers to queries ---


class Answer:
    """Reads one kind of query answer. Raises UnrecognisedReply."""

    __slots__ = ("_decode", "_what")

    def __init__(self, what: str, kind: Any) -> None:
        self._what = what
        self._decode = _json(kind)

    def read(self, raw: bytes) -> Any:
        try:
            return self._decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise unrecognised(f"{self._what} answer", raw, error) from error


BOOK = Answer("l2Book", wire.Book | None)
CANDLES = Answer("candleSnapshot", list[wire.Candle])
MIDS = Answer("allMids", dict[str, float])
CONTEXTS = Answer("metaAndAssetCtxs", tuple[wire.Meta, list[wire.Context]])
FUNDING_HISTORY = Answer("fundingHistory", list[wire.FundingRow])
STATUS = Answer("exchangeStatus", wire.Status)
STATE = Answer("clearinghouseState", wire.ClearinghouseState)
ORDERS = Answer("open orders", list[wire.Order])
ORDER = Answer("orderStatus", wire.OrderAnswer)
ORDER_HISTORY = Answer("historicalOrders", list[wire.OrderState])
FILLS = Answer("fills", list[wire.Fill])
FUNDING = Answer("userFunding", list[wire.FundingEntry])
LEDGER = Answer("userNonFundingLedgerUpdates", list[wire.LedgerEntry])
FEES = Answer("userFees", wire.UserFees)
RATE_LIMIT = Answer("userRateLimit", wire.RateLimit)
ACTIVE_ASSET = Answer("activeAssetData", wire.ActiveAsset)


def candle_block(rows: list[wire.Candle]) -> CandleBlock:
    """Columns of the rows, ascending; of rows with one open time the last one counts."""
    by_open = {row.t: row for row in rows}
    ordered = [by_open[t] for t in sorted(by_open)]

    def floats(pick: Callable[[wire.Candle], float]) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.fromiter(map(pick, ordered), np.float64, len(ordered))

    return CandleBlock(
        np.fromiter((row.t for row in ordered), np.int64, len(ordered)),
        floats(lambda row: row.o),
        floats(lambda row: row.h),
        floats(lambda row: row.l),
        floats(lambda row: row.c),
        floats(lambda row: row.v),
        np.fromiter((row.n for row in ordered), np.int64, len(ordered)),
    )
