"""The adapter against the embedded exchange: real HTTP, real websockets, real signatures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from itertools import count, pairwise
from typing import Any

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.candles import next_open_time
from hlmaster.core.errors import NonceUsed, OutcomeUnknown, RateLimited
from hlmaster.core.events import (
    AccountResynchronised,
    AccountSnapshot,
    AssetContext,
    BestQuote,
    BookSnapshot,
    CandleRow,
    CashMoved,
    DataDefect,
    FillsReported,
    LinkChanged,
    LinkState,
    Notice,
    OpenOrdersSnapshot,
    OrderReported,
    Resynchronised,
    Trades,
)
from hlmaster.core.model import Interval, Leverage, MarginMode, Side
from hlmaster.core.orders import (
    ApprovalMint,
    CancelTarget,
    Grouping,
    Order,
    OrderReply,
    OrderStatus,
    Prepared,
    Purpose,
    ReplyKind,
    TimeInForce,
    Trigger,
    TriggerKind,
    Verdict,
)
from hlmaster.core.rounding import round_price, to_decimal
from hlmaster.exchange.hyperliquid.market_data import HyperliquidMarketData
from hlmaster.exchange.hyperliquid.signing import Network, Signer
from hlmaster.exchange.hyperliquid.trading import HyperliquidTrading
from hlmaster.exchange.simulator.faults import Fault, FaultKind
from hlmaster.exchange.simulator.opening import Options
from hlmaster.exchange.simulator.server import SimulatorServer
from tests.exchange.hyperliquid.venue import QUICK_CLIENT, QUICK_SOCKET, Ear, until

HEARD = (
    AccountResynchronised,
    AccountSnapshot,
    AssetContext,
    BestQuote,
    BookSnapshot,
    CandleRow,
    CashMoved,
    DataDefect,
    FillsReported,
    LinkChanged,
    Notice,
    OpenOrdersSnapshot,
    OrderReported,
    Resynchronised,
    Trades,
)
COIN = "ETH"
# Quick to come back; an exchange that shares a busy processor with its client is not given up for that.
SOCKET = replace(QUICK_SOCKET, connect=10.0, ping_every=10.0, pong_within=5.0, acknowledged_within=10.0)
CLIENT = replace(QUICK_CLIENT, connect=10.0, read=10.0)


class Rig:
    """Both ports of the adapter, pointed at one embedded exchange."""

    def __init__(self, server: SimulatorServer) -> None:
        self.server = server
        self.clock = server.clock
        self.bus = Bus()
        self.ear = Ear(self.bus, *HEARD)
        self.mint = ApprovalMint()
        signer = Signer.generate()
        used = count()
        self.data = HyperliquidMarketData(self.bus, self.clock, server.url, socket_timing=SOCKET, client_timing=CLIENT)
        self.trading = HyperliquidTrading(
            self.bus,
            self.clock,
            server.url,
            Network.TESTNET,
            signer,
            signer.address,
            lambda now_ms: now_ms + next(used),
            self.mint.is_genuine,
            budget=self.data.budget,
            socket_timing=SOCKET,
            client_timing=CLIENT,
        )

    async def start(self) -> None:
        await self.data.start()
        await self.trading.start()
        await until(lambda: self.ear.of(AccountResynchronised) and self.ear.of(Resynchronised))

    async def stop(self) -> None:
        await self.trading.stop()
        await self.data.stop()

    async def quote(self) -> BestQuote:
        self.data.watch(COIN)
        await until(lambda: any(q.bid and q.ask for q in self.ear.of(BestQuote)))
        latest: BestQuote = next(q for q in reversed(self.ear.of(BestQuote)) if q.bid and q.ask)
        return latest

    def order(self, side: Side, size: str, price: float, **more: Any) -> Order:
        decimals = self.data.instruments[COIN].size_decimals
        limit = round_price(to_decimal(price, 6), decimals, side, marketable=bool(more.get("market")))
        return Order(COIN, side, Decimal(size), limit, **more)

    async def place(self, *orders: Order, grouping: Grouping = Grouping.NONE) -> tuple[OrderReply, ...]:
        approved = [self.mint.approve(order, Verdict(())) for order in orders]
        return await self.trading.send(self.trading.prepare_orders(approved, grouping))

    async def buy(self, size: str = "0.5") -> OrderReply:
        quote = await self.quote()
        assert quote.ask is not None
        (reply,) = await self.place(self.order(Side.BUY, size, quote.ask.price * 1.03, market=True))
        assert reply.kind is ReplyKind.FILLED, reply
        return reply

    def strike(self, kind: FaultKind, times: int = 1, channel: str = "") -> None:
        self.server.house.faults.add(Fault(kind, times, channel=channel))


@asynccontextmanager
async def running(**options: Any) -> AsyncIterator[Rig]:
    fields: dict[str, Any] = {"seed": 5, "coins": ("BTC", "ETH"), "faucet": Decimal(10_000)}
    async with SimulatorServer(Options(**fields | options)) as server:
        rig = Rig(server)
        await rig.start()
        try:
            yield rig
        finally:
            await rig.stop()


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with running() as made:
        yield made


async def test_every_stream_of_a_watched_coin_arrives(rig: Rig) -> None:
    rig.data.watch(COIN)
    rig.data.watch_candles(COIN, Interval.M1)
    ear = rig.ear
    await until(lambda: all(ear.of(kind) for kind in (BestQuote, Trades, AssetContext, CandleRow)), 20)
    await until(lambda: {fact.fast for fact in ear.of(BookSnapshot)} == {True, False}, 20)
    assert ear.of(DataDefect) == ear.of(Notice) == []
    assert rig.data.health.errors == rig.trading.health.errors == {}
    deep = next(fact for fact in ear.of(BookSnapshot) if not fact.fast)
    assert len(deep.bids) == len(deep.asks) == 20


async def test_an_order_rests_is_changed_and_is_cancelled(rig: Rig) -> None:
    quote = await rig.quote()
    assert quote.bid is not None
    order = rig.order(Side.BUY, "0.5", quote.bid.price * 0.9, time_in_force=TimeInForce.ALO)
    (placed,) = await rig.place(order)
    assert placed.kind is ReplyKind.RESTING
    await until(lambda: any(fact.order.order_id == placed.order_id for fact in rig.ear.of(OrderReported)))
    found = await rig.trading.order_status(order.client_order_id)
    assert found is not None
    assert (found.status, found.order_id, found.price) == (OrderStatus.RESTING, placed.order_id, order.price)

    changed = rig.order(
        Side.BUY,
        "0.4",
        quote.bid.price * 0.91,
        time_in_force=TimeInForce.ALO,
        client_order_id=order.client_order_id,
    )
    target = CancelTarget(COIN, placed.order_id, order.client_order_id)
    prepared = rig.trading.prepare_modify([(target, rig.mint.approve(changed, Verdict(())))])
    (moved,) = await rig.trading.send(prepared)
    assert moved.kind is ReplyKind.RESTING
    assert moved.order_id != placed.order_id
    (resting,) = await rig.trading.open_orders()
    assert (resting.price, resting.size, resting.client_order_id) == (
        changed.price,
        changed.size,
        order.client_order_id,
    )

    cancel = [CancelTarget(COIN, moved.order_id, order.client_order_id)]
    assert (await rig.trading.send(rig.trading.prepare_cancel(cancel)))[0].kind is ReplyKind.DONE
    (again,) = await rig.trading.send(rig.trading.prepare_cancel(cancel))
    assert again.kind is ReplyKind.REJECTED
    assert "no longer there" in again.text
    assert await rig.trading.open_orders() == ()


async def test_a_fill_reaches_stream_query_and_position_alike(rig: Rig) -> None:
    reply = await rig.buy()
    await until(lambda: any(fact.fills for fact in rig.ear.of(FillsReported)))
    streamed = {fill.key: fill for fact in rig.ear.of(FillsReported) for fill in fact.fills}
    queried = {fill.key: fill for fill in await rig.trading.fills(0)}
    assert streamed == queried
    assert sum(fill.size for fill in queried.values()) == reply.filled_size == Decimal("0.5")
    position = (await rig.trading.account()).position(COIN)
    assert position is not None
    assert position.size == Decimal("0.5")
    assert (await rig.trading.cash_moves(0))[0].amount == Decimal(10_000)
    rates = await rig.trading.fee_rates()
    for fill in queried.values():
        assert fill.fee == pytest.approx(fill.price * fill.size * rates.taker, abs=Decimal("0.00001"))


async def test_a_position_is_protected_and_closed(rig: Rig) -> None:
    reply = await rig.buy()
    assert reply.average_price is not None
    entry = float(reply.average_price)
    stop = rig.order(
        Side.SELL,
        "0.5",
        entry * 0.85,
        reduce_only=True,
        purpose=Purpose.PROTECT,
        trigger=Trigger(Decimal(int(entry * 0.95)), TriggerKind.STOP, market=True),
    )
    (waiting,) = await rig.place(stop, grouping=Grouping.POSITION_TPSL)
    assert waiting.kind in (ReplyKind.WAITING, ReplyKind.RESTING)
    (listed,) = await rig.trading.open_orders()
    assert listed.status is OrderStatus.WAITING
    assert listed.trigger is not None
    assert (listed.trigger.kind, listed.trigger.market) == (TriggerKind.STOP, True)
    close = rig.order(Side.SELL, "0.5", entry * 0.9, reduce_only=True, market=True, purpose=Purpose.CLOSE)
    assert (await rig.place(close))[0].kind is ReplyKind.FILLED
    assert (await rig.trading.account()).positions == ()


async def test_refusals_come_in_plain_words(rig: Rig) -> None:
    quote = await rig.quote()
    assert quote.ask is not None
    price = quote.ask.price
    tiny, huge, crossing = (
        rig.order(Side.BUY, "0.0001", price * 0.5),
        rig.order(Side.BUY, "5000", price * 0.9),
        rig.order(Side.BUY, "0.5", price * 1.02, time_in_force=TimeInForce.ALO),
    )
    texts = [(await rig.place(order))[0] for order in (tiny, huge, crossing)]
    assert [reply.kind for reply in texts] == [ReplyKind.REJECTED] * 3
    for reply, words in zip(texts, ("minimum of 10 USD", "free margin", "drop post-only"), strict=True):
        assert words in reply.text


async def test_leverage_and_isolated_margin(rig: Rig) -> None:
    wanted = Leverage(MarginMode.ISOLATED, 5)
    assert (await rig.trading.send(rig.trading.prepare_leverage(COIN, wanted)))[0].kind is ReplyKind.DONE
    assert await rig.trading.leverage(COIN) == wanted
    await rig.buy()
    before = (await rig.trading.account()).position(COIN)
    added = await rig.trading.send(rig.trading.prepare_isolated_margin(COIN, Decimal(100)))
    after = (await rig.trading.account()).position(COIN)
    assert added[0].kind is ReplyKind.DONE
    assert before is not None
    assert after is not None
    assert after.margin_used - before.margin_used == pytest.approx(Decimal(100), abs=Decimal(20))


@pytest.mark.parametrize("fault", [FaultKind.ERROR_AFTER_ACCEPT, FaultKind.REPLY_LOST])
async def test_an_order_whose_answer_was_lost_is_found_by_its_name(rig: Rig, fault: FaultKind) -> None:
    quote = await rig.quote()
    assert quote.bid is not None
    order = rig.order(Side.BUY, "0.5", quote.bid.price * 0.9)
    rig.strike(fault)
    with pytest.raises(OutcomeUnknown):
        await rig.place(order)
    found = await rig.trading.order_status(order.client_order_id)
    assert found is not None
    assert found.status is OrderStatus.RESTING
    assert len(await rig.trading.open_orders()) == 1


async def test_the_same_bytes_sent_again_do_not_make_a_second_order(rig: Rig) -> None:
    quote = await rig.quote()
    assert quote.bid is not None
    approved = [rig.mint.approve(rig.order(Side.BUY, "0.5", quote.bid.price * 0.9), Verdict(()))]
    prepared = rig.trading.prepare_orders(approved)
    await rig.trading.send(prepared)
    with pytest.raises(OutcomeUnknown):
        await rig.trading.send(prepared)
    assert len(await rig.trading.open_orders()) == 1


async def resting(rig: Rig) -> Prepared:
    quote = await rig.quote()
    assert quote.bid is not None
    return rig.trading.prepare_orders(
        [rig.mint.approve(rig.order(Side.BUY, "0.5", quote.bid.price * 0.9), Verdict(()))]
    )


async def test_an_accepted_fence_keeps_an_order_that_is_late_from_ever_landing(rig: Rig) -> None:
    late = await resting(rig)
    (fenced,) = await rig.trading.send(rig.trading.prepare_noop(late.nonce))
    assert fenced.kind is ReplyKind.DONE
    with pytest.raises(NonceUsed):
        await rig.trading.send(late)
    assert await rig.trading.open_orders() == ()


async def test_a_fence_behind_an_order_that_landed_says_so_and_leaves_it(rig: Rig) -> None:
    landed = await resting(rig)
    await rig.trading.send(landed)
    with pytest.raises(NonceUsed):
        await rig.trading.send(rig.trading.prepare_noop(landed.nonce))
    assert len(await rig.trading.open_orders()) == 1


async def test_a_scheduled_cancel_needs_volume_and_taking_it_back_does_not(rig: Rig) -> None:
    (refused,) = await rig.trading.send(rig.trading.prepare_schedule_cancel(rig.clock.now_ms() + 60_000))
    assert "1,000,000 USD of volume" in refused.text
    (taken_back,) = await rig.trading.send(rig.trading.prepare_schedule_cancel(None))
    assert taken_back.kind is ReplyKind.DONE


async def test_a_venue_that_refuses_requests_is_told_from_one_that_lost_them(rig: Rig) -> None:
    quote = await rig.quote()
    assert quote.bid is not None
    rig.strike(FaultKind.HTTP_429)
    with pytest.raises(RateLimited):
        await rig.place(rig.order(Side.BUY, "0.5", quote.bid.price * 0.9))
    assert await rig.trading.open_orders() == ()


async def outage(rig: Rig, seconds: float, during: Callable[[], Awaitable[object]] | None = None) -> None:
    """No socket can be had for some wall seconds."""
    faults = rig.server.house.faults
    synchronised = len(rig.ear.of(Resynchronised))
    faults.add(Fault(FaultKind.REFUSE_SOCKETS, 0))
    faults.add(Fault(FaultKind.CLOSE, 1))
    await until(lambda: rig.ear.of(LinkChanged)[-1].state is LinkState.RECONNECTING)
    if during is not None:
        await during()
    await asyncio.sleep(seconds)
    faults.clear()
    await until(lambda: len(rig.ear.of(Resynchronised)) > synchronised, 10)


async def test_fills_of_an_outage_are_pulled_after_it(rig: Rig) -> None:
    await rig.quote()
    await outage(rig, 0.1, rig.buy)
    await until(lambda: len(rig.ear.of(AccountResynchronised)) == 2)
    published = {fill.key for fact in rig.ear.of(FillsReported) for fill in fact.fills}
    assert published == {fill.key for fill in await rig.trading.fills(0)} != set()


@pytest.mark.parametrize("interval", [Interval.M1, Interval.M5])
async def test_an_outage_leaves_no_missing_and_no_doubled_candle(interval: Interval) -> None:
    """1.5 wall seconds at 240 times: six minutes of market without a line."""
    async with running(speed=240.0) as rig:
        rig.data.watch_candles(COIN, interval)
        await until(lambda: rig.ear.of(CandleRow))
        await outage(rig, 1.5)
        done = rig.ear.of(Resynchronised)[-1]
        lost = next(fact for fact in rig.ear.of(LinkChanged) if fact.state is LinkState.RECONNECTING)
        at = sum(isinstance(fact, CandleRow) for fact in rig.ear.facts[: rig.ear.facts.index(lost)])
        again = rig.clock.now_ms()
        await until(lambda: rig.ear.of(CandleRow)[-1].open_ms > again + interval.ms, 10)
        rows = rig.ear.of(CandleRow)
        opens = [row.open_ms for row in rows]
        assert opens == sorted(opens)
        known = sorted(set(opens))
        assert all(later == next_open_time(sooner, interval) for sooner, later in pairwise(known))

        # All but the last of the filled rows were closed when they were published
        missed = rows[at : at + done.candles_filled - 1]
        assert len(missed) >= 300_000 // interval.ms
        closed = list({row.open_ms: row for row in rows}.values())[:-1]
        for told in (missed, closed):  # streamed or pulled, the last word about a candle is what the venue keeps
            truth = await rig.data.candles(COIN, interval, told[0].open_ms, told[-1].open_ms)
            assert truth.time_ms.tolist() == [row.open_ms for row in told]
            for field in ("open", "high", "low", "close", "volume", "trades"):
                assert getattr(truth, field).tolist() == [getattr(row, field) for row in told], field


async def test_garbage_duplicates_and_disorder_on_the_line_are_survived(rig: Rig) -> None:
    await rig.quote()
    for kind in (FaultKind.GARBAGE, FaultKind.TRUNCATED, FaultKind.DUPLICATE, FaultKind.REORDER, FaultKind.DROP):
        rig.strike(kind, 3, "bbo")
    await until(lambda: len(rig.ear.of(DataDefect)) >= 6, 20)
    heard = len(rig.ear.of(BestQuote))
    await until(lambda: len(rig.ear.of(BestQuote)) > heard, 20)
    assert rig.ear.of(LinkChanged)[-1].state is LinkState.CONNECTED
