from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    Level,
    Mids,
    OpenOrdersSnapshot,
    OrderReported,
    Trade,
    Trades,
)
from hlmaster.core.model import Interval, MarginMode, Side
from hlmaster.core.orders import OrderStatus, TriggerKind
from hlmaster.exchange.hyperliquid import account, codec, wire
from tests.exchange.hyperliquid.venue import CONTEXT, STATE, book, candle

ME = "0x" + "1a" * 20
OTHER = "0x" + "2b" * 20


def read(channel: str, data: object) -> Any:
    frame = json.dumps({"channel": channel, "data": data}, separators=(",", ":")).encode()
    return codec.read_frame(frame, lambda: 77)


def test_books() -> None:
    assert read("l2Book", book("BTC", 5) | {"fast": True}) == BookSnapshot(
        "BTC", 5, [Level(99.5, 1.0, 1)], [Level(100.5, 2.0, 2)], True
    )
    empty = read("l2Book", {"coin": "BTC", "time": 5, "levels": [[], []], "spread": "0.1"})
    assert empty == BookSnapshot("BTC", 5, [], [], False)


def test_quotes_with_an_empty_side() -> None:
    level = {"px": "1.5", "sz": "2", "n": 3}
    assert read("bbo", {"coin": "A", "time": 1, "bbo": [None, level]}) == BestQuote("A", 1, None, Level(1.5, 2.0, 3))


def test_trades_come_oldest_first_whichever_way_they_were_sent() -> None:
    def trade(time: int, tid: int) -> dict[str, object]:
        sides = {"side": "B" if tid % 2 else "A", "users": [ME, OTHER], "hash": "0x0"}
        return {"coin": "A", "px": "1.0", "sz": "2.0", "time": time, "tid": tid} | sides

    wanted = Trades("A", [Trade("A", t, 1.0, 2.0, tid != 2, tid) for t, tid in ((1, 1), (1, 2), (9, 3))])
    rows = [trade(1, 1), trade(1, 2), trade(9, 3)]
    assert read("trades", rows) == wanted
    assert read("trades", rows[::-1]) == wanted
    assert read("trades", []) == codec.Ignored("trades", known=True)


def test_candles_contexts_and_mids() -> None:
    assert read("candle", candle("A", 60_000, close=3.0, trades=4)) == CandleRow(
        "A", Interval.M1, 60_000, 3.0, 3.0, 3.0, 3.0, 1.0, 4
    )
    assert read("activeAssetCtx", {"coin": "A", "ctx": CONTEXT}) == AssetContext(
        "A", 100.0, 100.1, 100.0, 99.0, 1000.0, 10.0, 0.0000125, None, 5.0, 77
    )
    assert read("allMids", {"mids": {"A": "1.5", "@7": "2"}}) == Mids({"A": 1.5, "@7": 2.0})


def test_session_frames() -> None:
    assert read("subscriptionResponse", {"method": "unsubscribe", "subscription": {"type": "bbo"}}) == (
        codec.Acknowledgement(False, {"type": "bbo"})
    )
    assert read("error", "no") == codec.VenueComplaint("no")
    assert codec.read_frame(b'{"channel":"pong"}', lambda: 0) is codec.PONG
    assert read("fromTheFuture", 1) == codec.Ignored("fromTheFuture", known=False)
    assert all(read(channel, {}) == codec.Ignored(channel, known=True) for channel in codec.IGNORED_CHANNELS)


ORDER = {"coin": "BTC", "side": "A", "limitPx": "90.0", "sz": "1.5", "oid": 5, "timestamp": 3, "origSz": "2.0"}
TRIGGER = ORDER | {
    "isTrigger": True,
    "triggerPx": "91.0",
    "orderType": "Take Profit Limit",
    "reduceOnly": True,
    "tif": None,
    "cloid": "0x" + "cd" * 16,
}


def test_order_reports() -> None:
    row = {"order": ORDER, "status": "open", "statusTimestamp": 9}
    (fact, second) = read("orderUpdates", [row, row | {"status": "marginCanceled"}])
    assert isinstance(fact, OrderReported)
    order = fact.order
    assert (order.side, order.price, order.size, order.original_size) == (
        Side.SELL,
        Decimal("90.0"),
        Decimal("1.5"),
        Decimal("2.0"),
    )
    assert (order.status, order.status_text, order.status_time_ms) == (OrderStatus.RESTING, "open", 9)
    assert second.order.status is OrderStatus.CANCELED


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("open", OrderStatus.RESTING),
        ("triggered", OrderStatus.RESTING),
        ("filled", OrderStatus.FILLED),
        ("canceled", OrderStatus.CANCELED),
        ("scheduledCancel", OrderStatus.CANCELED),
        ("siblingFilledCanceled", OrderStatus.CANCELED),
        ("newlyInventedCanceled", OrderStatus.CANCELED),
        ("rejected", OrderStatus.REJECTED),
        ("badAloPxRejected", OrderStatus.REJECTED),
        ("vanished", OrderStatus.UNKNOWN),
    ],
)
def test_status_words(word: str, status: OrderStatus) -> None:
    assert account.order_status(word) is status


def test_open_orders_list_each_order_once_though_parents_repeat_their_children() -> None:
    orphan = TRIGGER | {"oid": 8, "orderType": "Stop Market"}
    parent = ORDER | {"oid": 6, "children": [TRIGGER | {"oid": 7}, orphan]}
    fact = read("openOrders", {"dex": "", "user": ME, "orders": [TRIGGER | {"oid": 7}, parent]})
    assert isinstance(fact, OpenOrdersSnapshot)
    assert fact.time_ms == 77
    orders = {order.order_id: order for order in fact.orders}
    assert sorted(orders) == [6, 7, 8]
    trigger = orders[7].trigger
    assert trigger is not None
    assert (trigger.kind, trigger.market, trigger.price) == (TriggerKind.TAKE_PROFIT, False, Decimal("91.0"))
    assert orders[7].status is OrderStatus.WAITING
    assert orders[8].trigger is not None
    assert orders[8].trigger.kind is TriggerKind.STOP
    assert orders[8].trigger.market
    assert orders[6].trigger is None


FILL = {
    "coin": "BTC",
    "px": "90.0",
    "sz": "1.0",
    "side": "B",
    "time": 10,
    "startPosition": "-1.0",
    "dir": "Close Short",
    "closedPnl": "2.5",
    "hash": "0x0",
    "oid": 5,
    "crossed": True,
    "fee": "-0.01",
    "tid": 99,
    "feeToken": "USDC",
}


def test_fills_are_money_and_come_oldest_first() -> None:
    later = FILL | {"time": 11, "tid": 1, "crossed": False}
    fact = read("userFills", {"user": ME, "isSnapshot": True, "fills": [later, FILL]})
    assert isinstance(fact, FillsReported)
    first, second = fact.fills
    assert (first.key, second.key) == (("BTC", 10, 99), ("BTC", 11, 1))
    assert (first.price, first.fee, first.closed_pnl, first.start_position) == (
        Decimal("90.0"),
        Decimal("-0.01"),
        Decimal("2.5"),
        Decimal("-1.0"),
    )
    assert (first.is_maker, second.is_maker, first.liquidation) == (False, True, False)


def test_a_liquidation_is_ours_only_if_we_were_liquidated() -> None:
    def ours(user: str | None, direction: str = "Close Long") -> bool:
        mark = {"markPx": "1.0", "method": "market"} | ({} if user is None else {"liquidatedUser": user})
        (fill,) = read("userFills", {"user": ME, "fills": [FILL | {"liquidation": mark, "dir": direction}]}).fills
        return bool(fill.liquidation)

    assert ours(ME)
    assert ours(ME.upper().replace("0X", "0x"))
    assert not ours(OTHER)
    assert not ours(None)
    assert ours(None, "Liquidated Cross Long")


def test_positions() -> None:
    row = {
        "coin": "ETH",
        "szi": "-2.0",
        "entryPx": "10.0",
        "positionValue": "22.0",
        "unrealizedPnl": "-2.0",
        "returnOnEquity": "-0.1",
        "liquidationPx": None,
        "marginUsed": "4.0",
        "maxLeverage": 25,
        "leverage": {"type": "isolated", "value": 5, "rawUsd": "26.0"},
        "cumFunding": {"allTime": "1.0", "sinceOpen": "0.5", "sinceChange": "0.0"},
    }
    flat = row | {"coin": "BTC", "szi": "0.0"}
    state = STATE | {"assetPositions": [{"type": "oneWay", "position": p} for p in (row, flat)]}
    fact = read("clearinghouseState", {"dex": "", "user": ME.upper(), "clearinghouseState": state})
    assert isinstance(fact, AccountSnapshot)
    assert fact.account.address == ME
    assert fact.account.equity == Decimal("10000.0")
    (position,) = fact.account.positions
    assert (position.side, position.leverage.mode, position.leverage.value) == (Side.SELL, MarginMode.ISOLATED, 5)
    assert position.liquidation_price is None
    assert position.funding_since_open == Decimal("0.5")


def test_funding_reads_the_same_from_stream_and_query() -> None:
    row = {"coin": "BTC", "usdc": "-0.5", "szi": "1.0", "fundingRate": "0.0001", "nSamples": None}
    fact = read("userFundings", {"user": ME, "isSnapshot": True, "fundings": [{"time": 5} | row]})
    assert isinstance(fact, FundingReported)
    (entry,) = codec.FUNDING.read(json.dumps([{"time": 5, "hash": "0x0", "delta": {"type": "funding"} | row}]).encode())
    assert fact.payments == (account.funding_payment(entry.time, entry.delta),)


@pytest.mark.parametrize(
    ("delta", "amount"),
    [
        ({"type": "deposit", "usdc": "5.0"}, "5.0"),
        ({"type": "withdraw", "usdc": "5.0", "nonce": 1, "fee": "1.0"}, "-6.0"),
        ({"type": "accountClassTransfer", "usdc": "5.0", "toPerp": True}, "5.0"),
        ({"type": "accountClassTransfer", "usdc": "5.0", "toPerp": False}, "-5.0"),
        ({"type": "internalTransfer", "usdc": "5.0", "user": ME, "destination": OTHER, "fee": "1.0"}, "-6.0"),
        ({"type": "internalTransfer", "usdc": "5.0", "user": OTHER, "destination": ME, "fee": "1.0"}, "5.0"),
        ({"type": "subAccountTransfer", "usdc": "5.0", "user": ME, "destination": OTHER}, "-5.0"),
        ({"type": "vaultDeposit", "vault": OTHER, "usdc": "5.0"}, "-5.0"),
        ({"type": "vaultWithdraw", "vault": OTHER, "user": ME, "netWithdrawnUsd": "4.0"}, "4.0"),
        ({"type": "spotTransfer", "token": "USDC", "amount": "10.5", "usdcValue": "10.5", "fee": "1.0"}, None),
        ({"type": "liquidation", "liquidatedNtlPos": "5.0", "accountValue": "1.0"}, None),
        ({"type": "inventedLater", "usdc": "5.0"}, None),
    ],
)
def test_transfers_count_what_reached_or_left_the_perpetuals_balance(
    delta: dict[str, object], amount: str | None
) -> None:
    update = {"time": 5, "hash": "0xab", "delta": delta}
    fact = read("userNonFundingLedgerUpdates", {"user": ME, "nonFundingLedgerUpdates": [update]})
    assert isinstance(fact, CashMoved)
    assert [move.amount for move in fact.moves] == ([] if amount is None else [Decimal(amount)])


def test_sends_between_wallets_count_only_on_the_perpetuals_side() -> None:
    def moved(**fields: str) -> list[Decimal]:
        delta = {"type": "send", "token": "USDC", "amount": "5.0", "usdcValue": "5.0", "fee": "0.0"} | fields
        entry = codec.LEDGER.read(json.dumps([{"time": 5, "hash": "0xab", "delta": delta}]).encode())
        return [move.amount for move in account.cash_moves(entry, ME)]

    assert moved(user=ME, destination=OTHER, sourceDex="", destinationDex="") == [Decimal(-5)]
    assert moved(user=OTHER, destination=ME, sourceDex="spot", destinationDex="") == [Decimal(5)]
    assert moved(user=ME, destination=ME, sourceDex="spot", destinationDex="spot") == []
    assert moved(user=ME, destination=ME, sourceDex="", destinationDex="") == []


def test_candle_columns_are_ascending_and_unique() -> None:
    rows = [
        wire.Candle(t, "A", Interval.M1, 1.0, 1.0, 1.0, close, 1.0, 1) for t, close in ((3, 1.0), (1, 2.0), (3, 5.0))
    ]
    block = codec.candle_block(rows)
    assert block.time_ms.tolist() == [1, 3]
    assert block.close.tolist() == [2.0, 5.0]
    assert len(codec.candle_block([])) == 0


FRAMES = [
    json.dumps({"channel": channel, "data": data}, separators=(",", ":")).encode()
    for channel, data in (
        ("l2Book", book("BTC")),
        ("candle", candle("BTC", 60_000)),
        ("activeAssetCtx", {"coin": "BTC", "ctx": CONTEXT}),
        ("userFills", {"user": ME, "fills": [FILL]}),
        ("openOrders", {"user": ME, "orders": [TRIGGER]}),
        ("clearinghouseState", {"user": ME, "clearinghouseState": STATE}),
    )
]


@given(st.sampled_from(FRAMES), st.integers(0, 400), st.binary(max_size=3), st.booleans())
def test_a_damaged_frame_is_read_or_refused_never_a_crash(frame: bytes, at: int, junk: bytes, cut: bool) -> None:
    damaged = frame[:at] + junk + (b"" if cut else frame[at + 1 :])
    with suppress(UnrecognisedReply):
        codec.read_frame(damaged, lambda: 0)


def test_an_error_quotes_a_short_piece_of_a_long_frame() -> None:
    with pytest.raises(UnrecognisedReply) as caught:
        codec.read_frame(b'{"channel":"bbo","data":"' + b"x" * 100_000, lambda: 0)
    assert len(str(caught.value)) < 400
