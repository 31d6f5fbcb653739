"""Facts of every shape, for round trips."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from hlmaster.core.events import TrackedOrder
from hlmaster.core.model import Mode, Side
from hlmaster.core.orders import (
    ActionKind,
    AssetSnapshot,
    CashMove,
    Fill,
    FundingPayment,
    Intent,
    Order,
    OrderStatus,
    Purpose,
    TimeInForce,
    Trigger,
    TriggerKind,
    new_client_order_id,
)
from hlmaster.core.rounding import wire_text
from hlmaster.storage.session_file import SessionInfo

NOW = 1_700_000_000_000
DEMO = SessionInfo(f"demo/default/{NOW}", Mode.DEMO, "default", NOW, NOW, Decimal(10_000))

money = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)
times = st.integers(0, 2**45)
numbers = st.integers(0, 2**63 - 1)
maybe_number = st.none() | numbers
coins = st.sampled_from(["BTC", "ETH", "kPEPE"])
ids = st.builds(new_client_order_id)
triggers = st.builds(Trigger, money, st.sampled_from(TriggerKind), st.booleans())
orders = st.builds(
    Order,
    coins,
    st.sampled_from(Side),
    money,
    money,
    st.sampled_from(TimeInForce),
    st.booleans(),
    st.none() | triggers,
    st.booleans(),
    st.sampled_from(Purpose),
    texts,
    ids,
)
tracked = st.builds(
    TrackedOrder,
    orders,
    st.sampled_from(OrderStatus),
    maybe_number,
    money,
    st.none() | money,
    times,
    times,
    texts,
    st.booleans(),
    st.none() | times,
)
fills = st.builds(
    Fill,
    coins,
    st.sampled_from(Side),
    money,
    money,
    times,
    numbers,
    numbers,
    st.none() | ids,
    money,
    money,
    money,
    st.booleans(),
    texts,
    st.booleans(),
)
payments = st.builds(FundingPayment, coins, times, money, money, money)
moves = st.builds(CashMove, times, money, texts, texts)


def a_fill(n: int) -> Fill:
    return Fill(
        coin="BTC",
        side=Side.BUY,
        price=Decimal("97000.5"),
        size=Decimal("0.010"),
        time_ms=NOW + n,
        trade_id=n,
        order_id=n,
        client_order_id=None,
        fee=Decimal("0.4365"),
        closed_pnl=Decimal(0),
        start_position=Decimal(0),
        is_maker=False,
    )


def an_order() -> TrackedOrder:
    order = Order("BTC", Side.BUY, Decimal("0.010"), Decimal(97_000))
    return TrackedOrder(order, OrderStatus.RESTING, 7, Decimal(0), None, NOW, NOW, expires_ms=NOW + 15_000)


def intent_about(order: Order, nonce: int, *, kind: ActionKind = ActionKind.ORDER) -> Intent:
    return Intent(
        kind=kind,
        subject=order.client_order_id,
        nonce=nonce,
        expires_ms=nonce + 15_000,
        payload_hash="ab" * 32,
        created_ms=nonce,
        asset=AssetSnapshot(order.coin, 3, 5),
        price=wire_text(order.price),
        size=wire_text(order.size),
        purpose=order.purpose,
        side=order.side,
        reduce_only=order.reduce_only,
        order=order,
    )
