"""Facts of every shape, for round trips."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from hlmaster.core.events import TrackedOrder
from hlmaster.core.model import Mode, Side
from hlmaster.core.opinions import Call, Headline, Mood, Opinion, Outcome, Question
from hlmaster.core.orders import (
    ActionKind,
    AssetSnapshot,
    Basis,
    CashMove,
    Fill,
    FundingPayment,
    Intent,
    Order,
    OrderStatus,
    Purpose,
    RuleResult,
    TimeInForce,
    Trigger,
    TriggerKind,
    Verdict,
    new_client_order_id,
)
from hlmaster.core.proposals import LimitEffect, Policy, Proposal, ProposalState, SizeStep
from hlmaster.core.records import Arrival, Ghost, GhostState, Trade
from hlmaster.core.rounding import wire_text
from hlmaster.core.signals import Detail, Direction, Signal, Terms
from hlmaster.storage.session_file import SessionInfo

NOW = 1_700_000_000_000
DEMO = SessionInfo(f"demo/default/{NOW}", Mode.DEMO, "default", NOW, NOW, Decimal(10_000))

money = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)
times = st.integers(0, 2**45)
numbers = st.integers(0, 2**63 - 1)
maybe_number = st.none() | numbers
fractions = st.floats(0, 1)
prices = st.none() | st.floats(0, 1e9)
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
    st.none() | st.builds(Basis, texts, texts, st.booleans(), fractions, fractions, st.none() | money),
    texts,
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
details = st.lists(st.builds(Detail, texts, texts, texts), max_size=3).map(tuple)
signals = st.builds(
    Signal,
    texts,
    coins,
    st.sampled_from(["1m", "250ms"]),
    times,
    st.sampled_from(Direction),
    fractions,
    fractions,
    times,
    times,
    texts,
    details,
    prices,
    prices,
    prices,
    texts,
    st.lists(texts, max_size=2).map(tuple),
    st.builds(Terms, prices, prices, st.none() | st.integers(0, 9), times, st.booleans()),
)
results = st.builds(RuleResult, texts, st.booleans(), texts, texts, texts)
pairs = st.lists(st.tuples(money, money), max_size=3).map(tuple)
maybe_money = st.none() | money
proposals = st.builds(
    Proposal,
    proposal_id=ids,
    source=texts,
    signals=st.lists(signals, min_size=1, max_size=3, unique_by=lambda signal: signal.key).map(tuple),
    coin=coins,
    side=st.sampled_from(Side),
    size=money,
    limit_price=maybe_money,
    post_only=st.booleans(),
    reference_price=money,
    stops=pairs,
    target=maybe_money,
    confidence=fractions,
    unadjusted_confidence=fractions,
    notional=money,
    risk=money,
    risk_percent=money,
    reward=maybe_money,
    fee_in=money,
    fee_out=money,
    funding_per_hour=maybe_money,
    liquidation_price=maybe_money,
    margin=money,
    effects=st.lists(st.builds(LimitEffect, texts, texts, texts, texts, texts, fractions, fractions), max_size=2).map(
        tuple
    ),
    steps=st.lists(st.builds(SizeStep, texts, texts, money), max_size=2).map(tuple),
    reasons=st.lists(texts, max_size=2).map(tuple),
    created_ms=times,
    expires_ms=times,
    policy=st.sampled_from(Policy),
    state=st.sampled_from(ProposalState),
    state_text=texts,
    verdict=st.none() | st.builds(Verdict, st.lists(results, max_size=3).map(tuple)),
    edited=st.booleans(),
    snoozed_until_ms=st.none() | times,
    decided_by=texts,
    decided_ms=st.none() | times,
    order_ids=st.lists(ids, max_size=2).map(tuple),
)
trades = st.builds(
    Trade,
    trade_id=ids,
    coin=coins,
    side=st.sampled_from(Side),
    opened_ms=times,
    closed_ms=times,
    size=money,
    entry_price=money,
    exit_price=money,
    realised=money,
    fees=money,
    funding=money,
    exit_reason=texts,
    source=texts,
    proposal_id=texts,
    entry_slippage=maybe_money,
    exit_slippage=maybe_money,
    best=maybe_money,
    worst=maybe_money,
    risk=maybe_money,
    tags=st.lists(texts, max_size=3).map(tuple),
    note=texts,
    superseded=st.booleans(),
)
ghosts = st.builds(
    Ghost,
    proposal_id=ids,
    source=texts,
    coin=coins,
    side=st.sampled_from(Side),
    size=money,
    entry_price=money,
    is_limit=st.booleans(),
    stops=pairs,
    target=maybe_money,
    fee_in=money,
    fee_out=money,
    risk=money,
    start_ms=times,
    end_ms=times,
    until_ms=times,
    state=st.sampled_from(GhostState),
    remaining=money,
    net=money,
    best=money,
    worst=money,
)
arrivals = st.builds(Arrival, ids, coins, times, money)
opinions = st.builds(
    Opinion,
    call_id=ids,
    coin=coins,
    question=st.sampled_from(Question),
    mood=st.sampled_from(Mood),
    direction=st.sampled_from(Direction),
    confidence=fractions,
    reason=texts,
    entry=prices,
    stop=prices,
    target=prices,
    invalidation=texts,
    horizon_ms=times,
    asked_ms=times,
    answered_ms=times,
    model=texts,
    trigger=texts,
    price=st.floats(0, 1e9),
    heard_outside=st.booleans(),
    proposal_id=texts,
)


def _call_about(opinion: Opinion | None) -> st.SearchStrategy[Call]:
    return st.builds(
        Call,
        call_id=ids if opinion is None else st.just(opinion.call_id),
        coin=coins,
        question=st.sampled_from(Question),
        trigger=texts,
        model=texts,
        digest=texts,
        options=texts,
        prompt_version=texts,
        prompt=texts,
        answer=texts,
        asked_ms=times,
        latency_ms=st.floats(0, 1e6),
        prompt_tokens=st.integers(0, 9_999),
        answer_tokens=st.integers(0, 9_999),
        failure=texts,
        opinion=st.just(opinion),
    )


calls = (st.none() | opinions).flatmap(_call_about)
outcomes = st.builds(Outcome, ids, times, st.floats(-1, 9), st.booleans(), st.booleans(), texts)
words = st.lists(texts, max_size=3).map(tuple)
headlines = st.builds(
    Headline, ids, texts, texts, texts, texts, times, times, words, fractions, fractions, words, texts, words
)


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


def a_proposal() -> Proposal:
    signal = Signal("momentum", "BTC", "1m", NOW, Direction.LONG, 0.6, 0.3, 3_600_000, NOW + 60_000, "It rose.")
    return Proposal(
        proposal_id="p1",
        source="momentum",
        signals=(signal,),
        coin="BTC",
        side=Side.BUY,
        size=Decimal("0.1"),
        limit_price=None,
        post_only=False,
        reference_price=Decimal(97_000),
        stops=((Decimal(96_000), Decimal("0.1")),),
        target=Decimal(99_000),
        confidence=0.6,
        unadjusted_confidence=0.6,
        notional=Decimal(9_700),
        risk=Decimal("108.7"),
        risk_percent=Decimal("1.087"),
        reward=Decimal(200),
        fee_in=Decimal("4.365"),
        fee_out=Decimal("4.335"),
        funding_per_hour=None,
        liquidation_price=None,
        margin=Decimal(970),
        effects=(),
        steps=(),
        reasons=("It rose.",),
        created_ms=NOW,
        expires_ms=NOW + 300_000,
        policy=Policy.ASK,
        state=ProposalState.OPEN,
    )


def an_opinion(call_id: str = "c1", direction: Direction = Direction.LONG, asked_ms: int = NOW) -> Opinion:
    return Opinion(
        call_id=call_id,
        coin="BTC",
        question=Question.MARKET,
        mood=Mood.BULLISH,
        direction=direction,
        confidence=0.8,
        reason="It rose.",
        entry=97_000.0,
        stop=96_000.0,
        target=None,
        invalidation="under 96,000",
        horizon_ms=900_000,
        asked_ms=asked_ms,
        answered_ms=asked_ms + 4_000,
        model="llama3.2:latest",
        trigger="1m candle closed",
        price=97_000.0,
    )


def a_call(opinion: Opinion | None = None, call_id: str = "c1", asked_ms: int = NOW) -> Call:
    return Call(
        call_id=call_id if opinion is None else opinion.call_id,
        coin="BTC",
        question=Question.MARKET,
        trigger="1m candle closed",
        model="llama3.2:latest",
        digest="a80c4f17acd5",
        options="{}",
        prompt_version="1",
        prompt="What do you see?",
        answer="Nothing.",
        asked_ms=asked_ms if opinion is None else opinion.asked_ms,
        latency_ms=4_000.0,
        prompt_tokens=900,
        answer_tokens=80,
        failure="" if opinion is not None else "No opinion: the answer broke off.",
        opinion=opinion,
    )
